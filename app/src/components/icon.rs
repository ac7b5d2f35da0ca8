//! The icons, drawn on a 16-unit grid with the current colour. Always beside a word or inside of a labelled control.

use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A disc with a tick.
    Ok,
    /// A diamond with an exclamation mark.
    Warn,
    /// A square with a cross.
    Bad,
    /// A ring with a dot.
    Wait,
    /// An empty ring.
    None,
    /// Two sheets.
    Copy,
    /// A tick alone.
    Tick,
    /// An arrow out of a box: leaves the panel.
    External,
    /// A half-filled disc: the theme.
    Theme,
    /// A globe: the language.
    Language,
    /// Three stacked hulls: stacks.
    Stacks,
    /// A plug: connections.
    Connections,
    /// An arrow to the right.
    Next,
    /// An arrow to the left.
    Back,
    /// A person.
    Person,
    /// Plus.
    Add,
    /// A clock.
    Clock,
}

/// Draws an icon at the size of the text around it.
#[component]
pub fn Glyph(
    /// Which one.
    icon: Icon,
) -> impl IntoView {
    let inner = match icon {
        Icon::Ok => view! { <circle cx="8" cy="8" r="7" class="fill"/><path d="m4.9 8.3 2.1 2.1 4.2-4.6" class="cut"/> }.into_any(),
        Icon::Warn => view! { <path d="M8 .8 15.2 8 8 15.2.8 8z" class="fill"/><path d="M8 4.6v4M8 11v.4" class="cut"/> }.into_any(),
        Icon::Bad => view! { <rect x="1.2" y="1.2" width="13.6" height="13.6" rx="2.4" class="fill"/><path d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4" class="cut"/> }.into_any(),
        Icon::Wait => view! { <circle cx="8" cy="8" r="6.2"/><circle cx="8" cy="8" r="2.4" class="fill pulse"/> }.into_any(),
        Icon::None => view! { <circle cx="8" cy="8" r="6"/> }.into_any(),
        Icon::Copy => view! { <path d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z"/> }.into_any(),
        Icon::Tick => view! { <path d="m3 8.6 3.2 3.2L13 4.6"/> }.into_any(),
        Icon::External => view! { <path d="M9.5 2.5h4v4M13.2 2.8 7.5 8.5M6.5 3.5h-4v10h10v-4"/> }.into_any(),
        Icon::Theme => view! { <circle cx="8" cy="8" r="6"/><path d="M8 2a6 6 0 0 1 0 12z" class="fill"/> }.into_any(),
        Icon::Language => view! { <circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c2.2 1.8 2.8 4 2.8 6S10.2 12.2 8 14c-2.2-1.8-2.8-4-2.8-6S5.8 3.8 8 2z"/> }.into_any(),
        Icon::Stacks => view! { <path d="m8 2 6 3-6 3-6-3zM2.5 8.2 8 11l5.5-2.8M2.5 11.2 8 14l5.5-2.8"/> }.into_any(),
        Icon::Connections => view! { <path d="M6 2v3m4-3v3M4 5h8v3a4 4 0 0 1-8 0zM8 12v2.5"/> }.into_any(),
        Icon::Next => view! { <path d="M3 8h9.5M9 4.2 12.8 8 9 11.8"/> }.into_any(),
        Icon::Back => view! { <path d="M13 8H3.5M7 4.2 3.2 8 7 11.8"/> }.into_any(),
        Icon::Person => view! { <circle cx="8" cy="5.4" r="2.9"/><path d="M2.6 14c.6-3 2.7-4.4 5.4-4.4s4.8 1.4 5.4 4.4"/> }.into_any(),
        Icon::Add => view! { <path d="M8 3v10M3 8h10"/> }.into_any(),
        Icon::Clock => view! { <circle cx="8" cy="8" r="6"/><path d="M8 4.6V8l2.3 1.6"/> }.into_any(),
    };
    view! {
        <svg class="glyph" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            {inner}
        </svg>
    }
    .into_any()
}

/// The panel's mark: a hull going down a slipway.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M2 15.5h13.2l4.3-6.2H22"/>
            <path d="M5 11.5h7.5M8.5 11V4.5l5 4"/>
            <path d="M2 19.5c2 0 2-1.2 4-1.2s2 1.2 4 1.2 2-1.2 4-1.2 2 1.2 4 1.2 2-1.2 4-1.2" class="sea"/>
        </svg>
    }
}
