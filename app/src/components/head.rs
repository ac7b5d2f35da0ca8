//! The opening of a page: what it is, one sentence that says how things are and what to do, and the actions.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Slot, Text};

/// The opening of a page. The browser's title follows it.
#[component]
pub fn PageHead(
    /// The page's title, also the browser's.
    #[prop(into)]
    title: Text,
    /// The browser's title, when the heading begins with a state.
    #[prop(optional, into)]
    tab: Text,
    /// A state before the title, as large as it.
    #[prop(optional, into)]
    before: Slot,
    /// A state or tag after the title.
    #[prop(optional, into)]
    beside: Slot,
    /// One sentence: how things are and what to do.
    #[prop(optional, into)]
    lead: Slot,
    /// Buttons. One of them may be primary.
    #[prop(optional, into)]
    actions: Slot,
) -> impl IntoView {
    let title = title.get().unwrap_or_default();
    let tab = tab.get().unwrap_or_else(|| title.clone());
    view! {
        <Title text=format!("{tab} · Slipway")/>
        <div class="head">
            <div>
                <h1>{before.get()} {(!title.is_empty()).then(|| view! { <span>{title}</span> })} {beside.get()}</h1>
                {lead.get().map(|lead| view! { <p class="lead">{lead}</p> })}
            </div>
            {actions.get().map(|actions| view! { <div class="actions">{actions}</div> })}
        </div>
    }
    .into_any()
}
