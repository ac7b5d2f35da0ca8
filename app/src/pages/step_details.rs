//! What a step declares about itself, folded away: its commands, its permissions, its undoing.

use engine::plan::PlannedStep;
use leptos::prelude::*;

use crate::components::*;
use crate::i18n::{Locale, t};
use crate::words;

/// The values and rules that a step changes, one a line; nothing where it changes nothing.
pub(super) fn differences(l: Locale, step: &PlannedStep) -> Option<AnyView> {
    let lines: Vec<_> = step
        .differences
        .iter()
        .map(|one| view! { <li><code>{words::difference::difference(l, one)}</code></li> })
        .collect();
    (!lines.is_empty()).then(|| view! { <ul>{lines}</ul> }.into_any())
}

/// The commands, the IAM actions and the undoing of a step.
pub(super) fn details(l: Locale, commands: String, permissions: String, undo: String) -> AnyView {
    let commands = (!commands.is_empty()).then_some(commands);
    view! {
        <Disclosure summary=t!(l, plan.details)>
            {commands.map(|text| view! { <p>"AWS CLI"</p> <Code text/> })}
            <p>{t!(l, plan.permissions)} ": " <code>{permissions}</code></p>
            <p>{t!(l, plan.undo)} ": " {undo}</p>
        </Disclosure>
    }
    .into_any()
}
