//! Why a run does not get on: cause, fix, evidence, and AWS's own words.

use leptos::prelude::*;

use super::run_fix;
use super::run_sheet::{Failure, RunSheet};
use crate::components::*;
use crate::i18n::{Locale, t};

/// One note and one panel for each blocked step.
pub(super) fn failures(l: Locale, run: &RunSheet) -> Option<AnyView> {
    let notes: Vec<_> = run
        .steps
        .iter()
        .zip(&run.moment.steps)
        .filter_map(|(step, moment)| {
            let failure = moment.failure.clone()?;
            let title = format!("{} {}", step.kind, step.name);
            Some(explained(l, run, title, failure))
        })
        .collect();
    (!notes.is_empty()).then(|| notes.into_any())
}

fn explained(l: Locale, run: &RunSheet, title: String, failure: Failure) -> AnyView {
    let evidence: Vec<_> = failure
        .evidence
        .into_iter()
        .map(|seen| view! { <tr><td class="muted"><When at=seen.at style=TimeStyle::Second/></td><td class="evidence">{seen.text} <span class="why">{seen.source}</span></td></tr> })
        .collect();
    let any = !evidence.is_empty();
    let click = failure.click.map(|click| run_fix::button(l, run, click));
    view! {
        <ErrorNote title why=failure.why code=failure.code message=failure.message request_id=failure.request_id/>
        <Panel title=t!(l, run.fix) end=failure.rule>
            <p>{failure.fix}</p>
            {click.map(|click| view! { <div class="actions">{click}</div> })}
            {any.then(|| view! { <Table label=t!(l, run.evidence)><tbody>{evidence}</tbody></Table> })}
        </Panel>
    }
    .into_any()
}
