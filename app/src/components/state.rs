//! A state: icon, word and colour together.

use leptos::prelude::*;

use super::{Glyph, Icon, Text, Tone};

impl Tone {
    /// The icon whose shape alone tells the tone.
    pub fn icon(self) -> Icon {
        match self {
            Self::Ok => Icon::Ok,
            Self::Warn => Icon::Warn,
            Self::Bad => Icon::Bad,
            Self::Wait => Icon::Wait,
            Self::None => Icon::None,
        }
    }
}

/// A state: icon, word and colour. `<State tone=Tone::Ok word=t!(l, state.healthy)/>`
#[component]
pub fn State(
    /// What it means for the reader.
    tone: Tone,
    /// The word. Always there: colour and shape only repeat it.
    #[prop(into)]
    word: Text,
    /// As large as the text around it (in a heading).
    #[prop(optional)]
    big: bool,
    /// It is happening now: the icon breathes (unless the reader wants less motion).
    #[prop(optional)]
    live: bool,
) -> impl IntoView {
    view! {
        <span class=format!("state {}", tone.class()) class:big=big class:live=live>
            <Glyph icon=tone.icon()/>
            {word.get()}
        </span>
    }
}

/// A small label for a kind or a place (`production`, `new`). Not a state.
#[component]
pub fn Tag(
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! { <span class="tag">{children()}</span> }
}
