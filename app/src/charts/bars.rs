//! History as bars: one per slot of time, coloured by how it went.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::scale;
use crate::components::Tone;

/// One slot of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryBar {
    /// How it went; `None` when nothing is known.
    pub tone: Tone,
    /// The slot in words: `14:00–14:15 · 30 of 30 looks fine`.
    pub title: String,
}

/// Draws history. Heights differ too, so that a bad slot is not seen by colour alone.
#[component]
pub fn HistoryBars(
    /// The slots, oldest first.
    slots: Vec<HistoryBar>,
    /// The whole in words: `24 hours: 99.98%, one incident`.
    #[prop(into)]
    label: String,
    /// The oldest slot's time, under the left end.
    #[prop(optional, into)]
    from: String,
    /// The newest slot's time, under the right end.
    #[prop(optional, into)]
    to: String,
) -> impl IntoView {
    let count = slots.len().max(1) as f64;
    let gap = if count > 60.0 { 0.22 } else { 0.16 };
    let bars: Vec<_> = slots
        .into_iter()
        .enumerate()
        .map(|(index, slot)| {
            let x = scale::percent(index as f64 + gap / 2.0, count);
            let width = scale::percent(1.0 - gap, count);
            let (y, height) = match slot.tone {
                Tone::Bad => ("0", "36"),
                Tone::Warn => ("6", "30"),
                Tone::Ok | Tone::Wait => ("12", "24"),
                Tone::None => ("30", "6"),
            };
            view! {
                <rect class=slot.tone.class() x=x y=y width=width height=height rx="1.5">
                    <title>{slot.title}</title>
                </rect>
            }
        })
        .collect();
    let ends = (!from.is_empty() || !to.is_empty())
        .then(|| view! { <figcaption aria-hidden="true"><span>{from}</span><span>{to}</span></figcaption> });
    view! {
        <figure class="bars">
            <svg width="100%" height="36" role="img" aria-label=label>{bars}</svg>
            {ends}
        </figure>
    }
    .into_any()
}
