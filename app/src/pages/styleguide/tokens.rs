//! Colours and type.

use leptos::prelude::*;

use crate::{
    components::*,
    i18n::{locale, t},
};

const COLOURS: [&str; 20] = [
    "paper",
    "surface",
    "sunken",
    "line",
    "line-strong",
    "ink",
    "ink-2",
    "ink-3",
    "accent",
    "accent-soft",
    "ok",
    "ok-soft",
    "warn",
    "warn-soft",
    "bad",
    "bad-soft",
    "wait",
    "wait-soft",
    "none",
    "none-soft",
];

const SIZES: [&str; 6] = ["t-2xl", "t-xl", "t-l", "t-m", "t-s", "t-xs"];

/// Every colour and size of type.
#[component]
pub fn TokenSection() -> impl IntoView {
    let l = locale();
    let swatches: Vec<_> = COLOURS
        .into_iter()
        .map(|name| {
            view! {
                <li>
                    <svg aria-hidden="true"><rect class=format!("c-{name}") width="100%" height="100%"/></svg>
                    <code>{name}</code>
                </li>
            }
        })
        .collect();
    let sizes: Vec<_> = SIZES
        .into_iter()
        .map(|size| view! { <p class=size><code>{size}</code> " " {t!(l, styleguide.specimen)}</p> })
        .collect();
    view! {
        <Panel title=t!(l, styleguide.colours)>
            <ul class="swatches">{swatches}</ul>
        </Panel>
        <Panel title=t!(l, styleguide.type_)>
            <div class="specimens">{sizes}</div>
        </Panel>
    }
    .into_any()
}
