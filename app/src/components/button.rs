//! Buttons and links that look like buttons. One primary button per page.

use leptos::prelude::*;

use super::Text;

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// One among several.
    #[default]
    Plain,
    /// The next step of this page.
    Primary,
    /// Beside a text; no frame.
    Quiet,
    /// Ends or removes something.
    Danger,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "button",
            Self::Primary => "button primary",
            Self::Quiet => "button quiet",
            Self::Danger => "button danger",
        }
    }
}

/// A button: `<Button kind=ButtonKind::Primary>"Next"</Button>`. Submits its form unless `plain`.
/// `name` and `value` go with the form, so one form can have several buttons.
#[component]
pub fn Button(
    /// How much it asks to be pressed.
    #[prop(optional)]
    kind: ButtonKind,
    /// The field that it sends when it is the one pressed.
    #[prop(optional, into)]
    name: Text,
    /// That field's value.
    #[prop(optional, into)]
    value: Text,
    /// A spoken name when the content is an icon only.
    #[prop(optional, into)]
    label: Text,
    /// In rows and bars.
    #[prop(optional)]
    small: bool,
    /// Cannot be pressed now. Say why beside it.
    #[prop(optional)]
    disabled: bool,
    /// Its work is under way.
    #[prop(optional)]
    busy: bool,
    /// Does not submit a form: its island handles the click.
    #[prop(optional)]
    plain: bool,
    /// The form to send, when it stands outside of it.
    #[prop(optional, into)]
    form: Text,
    /// Words, with an icon if it helps.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class=kind.class()
            class:small=small
            type=if plain { "button" } else { "submit" }
            name=name.get()
            value=value.get()
            form=form.get()
            aria-label=label.get()
            aria-busy=busy.then_some("true")
            disabled=disabled || busy
        >
            {busy.then(|| view! { <Spinner/> })}
            {children()}
        </button>
    }
    .into_any()
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[component]
pub fn LinkButton(
    /// Where to.
    #[prop(into)]
    href: String,
    /// How much it asks to be pressed.
    #[prop(optional)]
    kind: ButtonKind,
    /// In rows and bars.
    #[prop(optional)]
    small: bool,
    /// A file name: the answer is saved instead of shown.
    #[prop(optional, into)]
    download: Text,
    /// Words, with an icon if it helps.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=kind.class() class:small=small href=href download=download.get()>
            {children()}
        </a>
    }
    .into_any()
}

/// A turning ring for work under way. Decorative: the words beside it say what is happening.
#[component]
pub fn Spinner() -> impl IntoView {
    view! {
        <svg class="spinner" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="6"/>
            <path d="M8 2a6 6 0 0 1 6 6"/>
        </svg>
    }
}
