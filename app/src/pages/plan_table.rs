//! A plan as facts, time axis, graph and table: on the review page and before taking a stack down.

use std::collections::BTreeMap;

use engine::plan::{Change, Finding, Plan, PlannedStep, StepId, Weight};
use leptos::prelude::*;

use super::{money, step_details};
use crate::backend::drafts::{PlanView, PlannedBar};
use crate::charts::{BarState, Graph, GraphNode, GraphView, Slip, SlipBar, SlipView};
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t, tn};
use crate::words;

/// What the plan comes to, in numbers.
#[component]
pub fn PlanFacts(
    /// The plan.
    view: PlanView,
) -> impl IntoView {
    let l = locale();
    let count = |wanted: Change| {
        view.plan
            .steps
            .iter()
            .filter(|step| step.change == wanted)
            .count()
    };
    let shown = [
        (t!(l, change.create), count(Change::Create)),
        (t!(l, change.update), count(Change::Update)),
        (t!(l, change.adopt), count(Change::Adopt)),
        (t!(l, change.delete), count(Change::Delete)),
        (t!(l, change.keep), count(Change::Keep)),
    ];
    let counts: Vec<_> = shown
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| view! { <Fact name value=count.to_string()/> })
        .collect();
    let cost = money::text(l, view.monthly_usd, view.yen_per_usd);
    let basis = t!(l, plan.prices_of, of = view.prices_of.clone());
    view! {
        <Facts>
            {counts}
            <Fact name=t!(l, plan.expected) value=format::clock(u64::from(view.makespan_s))/>
            <Fact name=t!(l, plan.cost) value=cost more=basis/>
        </Facts>
    }
}

/// Preflight: what blocks and what to know stands out, what is fine folds away.
#[component]
pub fn Preflight(
    /// What the preflight found.
    findings: Vec<Finding>,
) -> impl IntoView {
    let l = locale();
    let of = |weight: Weight| {
        findings
            .iter()
            .filter(|finding| finding.weight == weight)
            .cloned()
            .collect::<Vec<_>>()
    };
    let (blocks, warns, passes) = (of(Weight::Block), of(Weight::Warn), of(Weight::Pass));
    let counts = [
        (Tone::Bad, blocks.len()),
        (Tone::Warn, warns.len()),
        (Tone::Ok, passes.len()),
    ];
    let beside = move || {
        let states: Vec<_> = counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(tone, count)| {
                let word = match tone {
                    Tone::Bad => tn!(l, count, plan.blocking),
                    Tone::Warn => tn!(l, count, plan.warning),
                    Tone::Ok | Tone::Wait | Tone::None => tn!(l, count, plan.passed),
                };
                view! { <State tone word/> }
            })
            .collect();
        states
    };
    let notes = |tone: Tone, found: Vec<Finding>| {
        found
            .into_iter()
            .map(|finding| view! { <Note tone>{words::finding::finding(l, &finding)}</Note> })
            .collect::<Vec<_>>()
    };
    let (blocks, warns) = (notes(Tone::Bad, blocks), notes(Tone::Warn, warns));
    let passed: Vec<_> = passes
        .iter()
        .map(|finding| view! { <li>{words::finding::finding(l, finding)}</li> })
        .collect();
    view! {
        <Panel title=t!(l, plan.preflight) beside=beside>
            {blocks}
            {warns}
            {(!passed.is_empty()).then(|| view! { <Disclosure summary=t!(l, plan.show_passed)><ul class="checks">{passed}</ul></Disclosure> })}
        </Panel>
    }
}

/// What a step comes to before the run: kept things are there already.
fn expected(step: &PlannedStep) -> BarState {
    match step.change {
        Change::Keep | Change::Adopt => BarState::Kept,
        Change::Create | Change::Update | Change::Delete | Change::Wait => BarState::Expected,
    }
}

/// The expected schedule as the slip.
fn slip(l: Locale, plan: &Plan, schedule: &[PlannedBar]) -> SlipView {
    let bars = schedule
        .iter()
        .filter_map(|bar| {
            let step = plan.steps.iter().find(|step| step.id == bar.step)?;
            Some(SlipBar {
                label: format!(
                    "{} {}",
                    words::step::kind(l, &step.action),
                    words::step::name(&step.action)
                ),
                start_s: f64::from(bar.start_s),
                len_s: f64::from(bar.len_s),
                state: expected(step),
                actual_start_s: None,
                actual_len_s: None,
                critical: bar.critical,
            })
        })
        .collect();
    SlipView { bars, now_s: None }
}

/// The plan by order.
fn graph(l: Locale, plan: &Plan, schedule: &[PlannedBar]) -> GraphView {
    let nodes = plan
        .steps
        .iter()
        .map(|step| GraphNode {
            id: step.id.0.clone(),
            kind: words::step::kind(l, &step.action).to_owned(),
            name: words::step::name(&step.action),
            state: expected(step),
            critical: schedule.iter().any(|bar| bar.step == step.id && bar.critical),
            after: step.after.iter().map(|after| after.0.clone()).collect(),
        })
        .collect();
    GraphView { nodes }
}

/// Time axis, graph and table of a plan.
#[component]
pub fn PlanBody(
    /// The plan.
    view: PlanView,
) -> impl IntoView {
    let l = locale();
    let slip = slip(l, &view.plan, &view.schedule);
    let graph = graph(l, &view.plan, &view.schedule);
    view! {
        <Panel title=t!(l, plan.axis) end=t!(l, plan.axis_legend)><Slip view=slip/></Panel>
        <Panel title=t!(l, plan.steps) flush=true><StepTable view/></Panel>
        <Panel title=t!(l, plan.graph) end=t!(l, plan.graph_legend)><Graph view=graph/></Panel>
    }
}

#[component]
fn StepTable(view: PlanView) -> impl IntoView {
    let l = locale();
    let commands: BTreeMap<StepId, Vec<String>> = view.commands.into_iter().collect();
    let actions: BTreeMap<StepId, Vec<String>> = view.actions.into_iter().collect();
    let yen = view.yen_per_usd;
    let steps = &view.plan.steps;
    let rows: Vec<_> = view
        .plan
        .steps
        .iter()
        .map(|step| {
            let (tone, word) = words::run::change(l, step.change);
            let name = words::step::name(&step.action);
            let (currency, amount) = money::amount(l, step.monthly_usd, yen);
            let cost = (step.monthly_usd > 0.0).then_some(amount);
            let lines = commands
                .get(&step.id)
                .map(|lines| lines.join("\n"))
                .unwrap_or_default();
            let permissions = actions
                .get(&step.id)
                .map(|all| all.join(", "))
                .unwrap_or_default();
            let undo = words::undo::undo(l, step.undo()).to_owned();
            view! {
                <tr>
                    <td><State tone word/></td>
                    <td>{words::step::kind(l, &step.action)}</td>
                    <td><code>{name}</code></td>
                    <td>
                        {words::reason::reason(l, step, steps)}
                        {step_details::differences(l, step)}
                        {step_details::details(l, lines, permissions, undo)}
                    </td>
                    <td class="num">{format::clock(u64::from(step.expected_s))}</td>
                    <td class="num"><Cost currency amount=cost bare=true/></td>
                </tr>
            }
        })
        .collect();
    view! {
        <Table label=t!(l, plan.steps) wide=true>
            <thead><tr>
                <th>{t!(l, plan.change)}</th><th>{t!(l, plan.kind)}</th><th>{t!(l, plan.name)}</th><th>{t!(l, plan.reason)}</th>
                <th class="num">{t!(l, plan.time)}</th><th class="num">{t!(l, plan.monthly)}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </Table>
    }
}
