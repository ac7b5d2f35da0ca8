//! A plan with what a person needs to decide.

use std::collections::BTreeMap;

use app::backend::drafts::{PlanView, PlannedBar};
use engine::plan::export::cli;
use engine::plan::{Plan, StepId};
use engine::prices;
use sha2::{Digest as _, Sha256};

/// Proof of what was shown: two plans with the same digest do the same to the same account.
pub(in crate::backend) fn digest(plan: &Plan) -> String {
    let shown = (&plan.parent, &plan.spec, &plan.steps);
    // Plain data always serialises; an empty text would only make the digests differ.
    let text = serde_json::to_string(&shown).unwrap_or_default();
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The expected schedule.
pub(in crate::backend) fn schedule(plan: &Plan) -> (Vec<PlannedBar>, u32) {
    let schedule = engine::plan::schedule(plan);
    let bars = schedule
        .bars
        .into_iter()
        .map(|bar| PlannedBar {
            step: bar.step,
            start_s: bar.start_s,
            len_s: bar.len_s,
            critical: bar.critical,
        })
        .collect();
    (bars, schedule.makespan_s)
}

/// The commands of every step, with real values as far as they are known.
pub(in crate::backend) fn commands(
    plan: &Plan,
    outputs: &BTreeMap<StepId, engine::plan::action::Outputs>,
) -> Vec<(StepId, Vec<String>)> {
    plan.steps
        .iter()
        .map(|step| (step.id.clone(), cli::commands(plan, step, outputs)))
        .collect()
}

/// The IAM actions of every step.
pub(in crate::backend) fn actions(plan: &Plan) -> Vec<(StepId, Vec<String>)> {
    let of = |step: &engine::plan::PlannedStep| {
        let all = engine::step::step(&step.action);
        all.iam_actions()
            .iter()
            .map(|action| (*action).to_owned())
            .collect()
    };
    plan.steps
        .iter()
        .map(|step| (step.id.clone(), of(step)))
        .collect()
}

/// The whole view.
pub(in crate::backend) fn plan_view(plan: Plan) -> PlanView {
    let (bars, makespan_s) = schedule(&plan);
    let prices = prices::prices();
    PlanView {
        digest: digest(&plan),
        schedule: bars,
        makespan_s,
        monthly_usd: plan.monthly_usd(),
        yen_per_usd: prices.usd_jpy,
        prices_of: prices.as_of.clone(),
        commands: commands(&plan, &BTreeMap::new()),
        actions: actions(&plan),
        rehearsed_s: None,
        plan,
    }
}
