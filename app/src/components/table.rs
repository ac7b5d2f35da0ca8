//! Tables, in a region that scrolls by itself so that the page never does.

use leptos::prelude::*;

use super::Text;

/// A place that scrolls sideways by itself. Focusable, so that a keyboard can scroll it; labelled, so that it is known what scrolls.
#[component]
pub fn Scroll(
    /// What is inside.
    #[prop(into)]
    label: Text,
    /// A wide chart or table.
    children: Children,
) -> impl IntoView {
    view! { <div class="scroll" tabindex="0" role="region" aria-label=label.get()>{children()}</div> }
        .into_any()
}

/// A table in a `Scroll`. Children are `<thead>` and `<tbody>`. Numbers: `class="num"`; a second quiet line: `<span class="why">`.
#[component]
pub fn Table(
    /// What the rows are.
    #[prop(into)]
    label: Text,
    /// Many columns: scrolls rather than squeezes where it is narrow.
    #[prop(optional)]
    wide: bool,
    /// `<thead>` and `<tbody>`.
    children: Children,
) -> impl IntoView {
    let label = label.get();
    let region = label.clone();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=region>
            <table class:wide=wide aria-label=label>{children()}</table>
        </div>
    }
    .into_any()
}

/// Older and newer, by the caller's own cursors. Shown only when there is somewhere to go.
#[component]
pub fn Pager(
    /// Address of the newer rows.
    #[prop(optional, into)]
    newer: Text,
    /// Address of the older rows.
    #[prop(optional, into)]
    older: Text,
) -> impl IntoView {
    use super::{Glyph, Icon};
    use crate::i18n::{locale, t};

    let l = locale();
    let (newer, older) = (newer.get(), older.get());
    (newer.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label=t!(l, pager.label)>
                {newer.map(|href| view! { <a class="button small" href=href rel="prev"><Glyph icon=Icon::Back/>{t!(l, pager.newer)}</a> })}
                {older.map(|href| view! { <a class="button small" href=href rel="next">{t!(l, pager.older)}<Glyph icon=Icon::Next/></a> })}
            </nav>
        }
    })
}
