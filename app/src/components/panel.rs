//! A titled surface, and the column layout around several.

use leptos::prelude::*;

use super::{Slot, Text};

/// A titled surface. Its content is padded; `flush` leaves a table its full width.
#[component]
pub fn Panel(
    /// Its heading (level two).
    #[prop(optional, into)]
    title: Text,
    /// States or tags right after the heading.
    #[prop(optional, into)]
    beside: Slot,
    /// Quiet words or links at the far end of the heading's row.
    #[prop(optional, into)]
    end: Slot,
    /// No padding: for a table or a list of rows.
    #[prop(optional)]
    flush: bool,
    /// An id to link to.
    #[prop(optional, into)]
    id: Text,
    /// The content.
    children: Children,
) -> impl IntoView {
    let head = title.get().map(|title| {
        view! {
            <header>
                <h2>{title}</h2>
                {beside.get()}
                {end.get().map(|end| view! { <div class="end">{end}</div> })}
            </header>
        }
    });
    view! {
        <section class="panel" id=id.get()>
            {head}
            <div class="body" class:flush=flush>
                {children()}
            </div>
        </section>
    }
    .into_any()
}

/// Two columns, the first twice as wide; one below the other where it is narrow.
#[component]
pub fn Cols(
    /// Two children.
    children: Children,
) -> impl IntoView {
    view! { <div class="cols">{children()}</div> }.into_any()
}

/// A list of numbers that say how things are. Children are `Fact`s.
#[component]
pub fn Facts(
    /// `Fact`s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }.into_any()
}

/// One number with its name: `<Fact name=t!(l, run.elapsed) value="2:12" more="/ 3:35"/>`
#[component]
pub fn Fact(
    /// What it counts.
    #[prop(into)]
    name: Text,
    /// The number, formatted.
    #[prop(into)]
    value: Text,
    /// A quiet part: of how many, per month.
    #[prop(optional, into)]
    more: Text,
) -> impl IntoView {
    view! {
        <div>
            <dt>{name.get()}</dt>
            <dd>
                {value.get()}
                {more.get().map(|more| view! { " " <small>{more}</small> })}
            </dd>
        </div>
    }
    .into_any()
}

/// Names and values below each other, for settings and ids. Children are `Row`s.
#[component]
pub fn Rows(
    /// `Row`s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="rows">{children()}</dl> }.into_any()
}

/// One name with its value.
#[component]
pub fn Row(
    /// The name.
    #[prop(into)]
    name: Text,
    /// The value.
    children: Children,
) -> impl IntoView {
    view! {
        <div>
            <dt>{name.get()}</dt>
            <dd>{children()}</dd>
        </div>
    }
    .into_any()
}
