//! The copy button.
#![allow(
    missing_docs,
    reason = "the island macro makes a struct that cannot carry a comment"
)]

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::i18n::{locale, t};

/// Copies a text. Hidden until its island is awake, so it is never a button that does nothing.
#[island]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// Said instead of "Copy" when it is not clear what is copied.
    #[prop(optional, into)]
    label: Option<String>,
) -> impl IntoView {
    let l = locale();
    let (awake, set_awake) = signal(false);
    let (copied, set_copied) = signal(false);
    Effect::new(move || set_awake.set(true));
    let name = label.unwrap_or_else(|| t!(l, copy.copy).to_owned());
    let title = name.clone();
    let copy = move |_| {
        crate::live::copy(text.clone(), move |done| {
            set_copied.set(done);
            set_timeout(
                move || set_copied.set(false),
                std::time::Duration::from_millis(1600),
            );
        });
    };
    view! {
        <button type="button" class="copy" class:copied=copied hidden=move || !awake.get() aria-label=name title=title on:click=copy>
            <span class="before"><Glyph icon=Icon::Copy/></span>
            <span class="after"><Glyph icon=Icon::Tick/></span>
            <span class="said-only" role="status">{move || copied.get().then(|| t!(l, copy.copied))}</span>
        </button>
    }
}
