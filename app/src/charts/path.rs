//! The path: the way a packet goes, with the hop that stops it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    components::{Glyph, Icon},
    i18n::{locale, t},
};

/// Whether a packet gets through a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopState {
    /// It passes.
    #[default]
    Pass,
    /// It is stopped here.
    Stop,
    /// It never comes here.
    Beyond,
    /// Not known yet.
    Unknown,
}

/// One place on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What it is.
    pub title: String,
    /// Which one: an id, a port.
    pub detail: Option<String>,
    /// Why it stops the packet.
    pub problem: Option<String>,
    /// Whether a packet gets through.
    pub state: HopState,
}

impl Hop {
    /// A place that lets the packet pass.
    pub fn pass(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            detail: Some(detail.into()),
            problem: None,
            state: HopState::Pass,
        }
    }
}

/// Draws a path: to the right where there is room, downwards where there is not.
#[component]
pub fn PathWay(
    /// The places in the packet's order.
    hops: Vec<Hop>,
    /// Whose way it is: "from the internet to a task".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let l = locale();
    let hops: Vec<_> = hops
        .into_iter()
        .map(|hop| {
            let (class, said) = match hop.state {
                HopState::Pass => ("pass", None),
                HopState::Stop => ("stop", Some(t!(l, path.stop))),
                HopState::Beyond => ("beyond", Some(t!(l, path.beyond))),
                HopState::Unknown => ("unknown", Some(t!(l, path.unknown))),
            };
            view! {
                <li class=class>
                    <span class="hop">
                        <span class="title">
                            {(hop.state == HopState::Stop).then(|| view! { <Glyph icon=Icon::Bad/> })}
                            {hop.title}
                        </span>
                        {hop.detail.map(|detail| view! { <small>{detail}</small> })}
                        {hop.problem.map(|problem| view! { <b>{problem}</b> })}
                        {said.map(|said| view! { <span class="said-only">{said}</span> })}
                    </span>
                </li>
            }
        })
        .collect();
    view! { <div class="way"><ol class="path" aria-label=label>{hops}</ol></div> }.into_any()
}
