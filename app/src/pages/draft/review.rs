//! Wizard: the plan, before anything is made.

use engine::plan::{Change, Weight};
use leptos::prelude::*;

use super::super::plan_table::{PlanBody, PlanFacts, Preflight};
use super::{Wizard, step_name, wizard_page};
use crate::backend::drafts::{self, DraftView, WizardStep};
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t};
use crate::routes;
use crate::words;

/// Review.
#[component]
pub fn ReviewPage(
    /// Id of the draft.
    id: String,
) -> impl IntoView {
    wizard_page(
        id,
        WizardStep::Review,
        |backend, id| async move { backend.review_page(&id).await },
        |page: drafts::ReviewPage, around| {
            let l = locale();
            let step = WizardStep::Review;
            let Some(plan) = page.plan else {
                let left = left(l, &page.draft);
                return view! { <Wizard draft=page.draft step around lead=t!(l, wizard.review.unfinished)>{left}</Wizard> }.into_any();
            };
            let blocked = plan
                .plan
                .findings
                .iter()
                .any(|finding| finding.weight == Weight::Block);
            let idle = plan
                .plan
                .steps
                .iter()
                .all(|step| matches!(step.change, Change::Keep | Change::Adopt));
            let expected = format::duration(l, u64::from(plan.makespan_s));
            let lead = match (blocked, idle, plan.rehearsed_s) {
                (true, _, _) => t!(l, wizard.review.blocked).to_owned(),
                (false, true, _) => t!(l, wizard.review.idle).to_owned(),
                (false, false, Some(seconds)) => t!(
                    l,
                    wizard.review.rehearsed,
                    time = format::duration(l, u64::from(seconds))
                ),
                (false, false, None) => t!(l, wizard.review.lead, time = expected),
            };
            let base = format!("/drafts/{}", page.draft.id);
            let (apply, digest) = (format!("{base}/apply"), plan.digest.clone());
            let actions = move || {
                let apply = (!blocked).then(|| view! {
                    <form method="post" action=apply>
                        <input type="hidden" name="digest" value=digest/>
                        <Button kind=ButtonKind::Primary>{if idle { t!(l, wizard.review.go_idle) } else { t!(l, wizard.review.go) }}</Button>
                    </form>
                });
                view! {
                    <LinkButton href=format!("{base}/export/cli") download="slipway.sh">"AWS CLI"</LinkButton>
                    <LinkButton href=format!("{base}/export/terraform") download="main.tf">"Terraform"</LinkButton>
                    <LinkButton href=format!("{base}/export/spec") download="slipway.toml">{t!(l, wizard.review.spec)}</LinkButton>
                    {apply}
                }
            };
            let findings = plan.plan.findings.clone();
            view! {
                <Wizard draft=page.draft step around lead actions heading=t!(l, wizard.review.heading)>
                    <PlanFacts view=plan.clone()/>
                    <Preflight findings/>
                    <PlanBody view=plan/>
                </Wizard>
            }
            .into_any()
        },
    )
}

/// What is still missing, page by page.
fn left(l: Locale, draft: &DraftView) -> AnyView {
    let pages: Vec<_> = WizardStep::ALL
        .into_iter()
        .filter(|page| *page != WizardStep::Review)
        .filter(|page| !draft.done.contains(page) || draft.problems.iter().any(|(of, _)| of == page))
        .map(|page| {
            let problems: Vec<_> = draft
                .problems
                .iter()
                .filter(|(of, _)| *of == page)
                .map(|(_, problem)| view! { <li><code>{problem.field.clone()}</code> " " {words::problem::problem(l, problem)}</li> })
                .collect();
            let href = format!("{}?checked=1", routes::draft(&draft.id, page));
            view! { <Note tone=Tone::Warn><a href=href><b>{step_name(l, page)}</b></a><ul>{problems}</ul></Note> }
        })
        .collect();
    view! { <Panel title=t!(l, wizard.review.left)>{pages}</Panel> }.into_any()
}
