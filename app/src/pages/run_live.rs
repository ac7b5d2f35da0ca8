//! The live part of a run's page: head, slip, waits, and what was made.

#![expect(
    missing_docs,
    reason = "the island macro makes a struct that no doc comment reaches"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use engine::plan::action::OutputName;
use engine::plan::{PlannedStep, StepId};
use engine::run::{RunState, StepRecord, StepState};
use engine::step::{Diagnosis, Outcome};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

use super::loaded::ErrorOf;
use super::{plan_table, run_fix, step_details};
use crate::backend::drafts::WizardStep;
use crate::backend::runs::{RunProgress, RunView};
use crate::charts::{BarState, Graph, GraphView, Slip, SlipBar, SlipView};
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t};
use crate::live::{Line, every_second, follow, wall_s};
use crate::routes;
use crate::words;

/// Follows the run's events and shows where it stands.
#[island]
pub fn RunLive(
    /// The run as the page was made.
    run: RunView,
    /// Where its events come from.
    events: String,
    /// What it is for, in words.
    purpose: String,
) -> impl IntoView {
    let l = locale();
    let page = routes::run(&run.id);
    let (current, set_current) = signal(run);
    let (line, set_line) = signal(Line::Open);
    // The account's time as it was heard last, and the browser's clock at that moment: between two events the one goes on
    // with the other.
    let first = current.with_untracked(|run| run.now);
    let (now, set_now) = signal(first);
    let heard = StoredValue::new((first, 0.0));
    Effect::new(move |_| {
        if current.with_untracked(|run| run.state.is_over()) {
            return;
        }
        heard.set_value((first, wall_s()));
        every_second(move || {
            // Numbers that nobody can vouch for must not look live.
            if line.get_untracked() == Line::Open {
                let (at, then) = heard.get_value();
                let speed = f64::from(current.with_untracked(|run| run.speed));
                set_now.set(later(at, (wall_s() - then) * speed));
            }
            if current.with_untracked(|run| run.state.is_over()) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        follow(
            events.clone(),
            &["run"],
            move |event| {
                let Ok(progress) = serde_json::from_str::<RunProgress>(&event.data) else {
                    return ControlFlow::Continue(());
                };
                let over = progress.state.is_over();
                heard.set_value((progress.now, wall_s()));
                set_now.set(progress.now);
                set_current.update(|run| run.advance(progress));
                if over {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
            move |line| set_line.set(line),
        );
    });
    let said = Memo::new(move |_| current.with(|run| said(l, run)));
    let graph = Memo::new(move |_| current.with(|run| graph(l, run)));
    let everything = move || current.with(|run| ids_of(l, run));
    view! {
        {move || line_note(l, line.get(), &page)}
        {move || current.with(|run| head(l, run, now, &purpose))}
        <p class="said-only" role="status">{said}</p>
        {move || current.with(|run| facts(l, run, now.get()))}
        {move || current.with(|run| run.error.clone().map(|error| view! { <ErrorOf error/> }))}
        {move || current.with(|run| blocked(l, run))}
        {move || current.with(|run| run_fix::push(l, run))}
        <Panel title=t!(l, plan.axis) end=t!(l, run.axis_legend)>{move || current.with(|run| view! { <Slip view=slip(l, run, now.get())/> })}</Panel>
        {move || current.with(|run| waits(l, run, now.get()))}
        <Panel title=t!(l, plan.steps) flush=true end=move || view! { {t!(l, stack.copy_all)} " " {move || view! { <CopyButton text=everything() label=t!(l, stack.copy_all).to_owned()/> }} }>
            {move || current.with(|run| table(l, run, now))}
        </Panel>
        <Panel title=t!(l, plan.graph) end=t!(l, plan.graph_legend)>{move || view! { <Graph view=graph.get()/> }}</Panel>
    }
}

/// What there is to say about the connection: numbers that do not move must not look live.
pub(super) fn line_note(l: Locale, line: Line, page: &str) -> Option<AnyView> {
    let page = page.to_owned();
    let note = match line {
        Line::Open => return None,
        Line::Lost => view! { <Note tone=Tone::Warn>{t!(l, run.lost)}</Note> }.into_any(),
        Line::SignedOut => {
            let href = format!("{}?next={page}", routes::SIGN_IN);
            view! { <Note tone=Tone::Warn>{t!(l, run.signed_out)} " " <a href=href>{t!(l, next.sign_in)}</a></Note> }.into_any()
        }
        Line::Gone => view! { <Note tone=Tone::Warn>{t!(l, run.line_gone)} " " <a href=page>{t!(l, next.try_again)}</a></Note> }.into_any(),
    };
    Some(note)
}

fn later(at: Timestamp, seconds: f64) -> Timestamp {
    SignedDuration::try_from_secs_f64(seconds.max(0.0))
        .ok()
        .and_then(|passed| at.checked_add(passed).ok())
        .unwrap_or(at)
}

fn seconds_between(from: Option<Timestamp>, to: Timestamp) -> u64 {
    from.map_or(0, |from| {
        u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
    })
}

fn elapsed(run: &RunView, now: Timestamp) -> u64 {
    seconds_between(run.started_at, run.finished_at.unwrap_or(now))
}

fn done(run: &RunView) -> usize {
    let steps = run.steps.iter();
    steps.filter(|record| record.state == StepState::Done).count()
}

/// What is read aloud when it changes. Not the seconds.
fn said(l: Locale, run: &RunView) -> String {
    let (_, state) = words::run::run_state(l, run.state);
    t!(
        l,
        run.said,
        state = state,
        done = done(run),
        all = run.plan.steps.len()
    )
}

fn head(l: Locale, run: &RunView, now: ReadSignal<Timestamp>, purpose: &str) -> AnyView {
    let (tone, word) = words::run::run_state(l, run.state);
    let moving = !run.state.is_over();
    let shown = run.clone();
    let lead = move || lead(l, &shown, now.get());
    let (cancel_action, resume_action) = (
        format!("{}/cancel", routes::run(&run.id)),
        format!("{}/resume", routes::run(&run.id)),
    );
    let (stack_page, purpose) = (routes::stack(&run.stack_id), purpose.to_owned());
    let cancel = (moving && !run.cancelling).then(|| {
        view! {
            <Confirm open=t!(l, run.cancel) question=t!(l, run.cancel_question) danger=true>
                <form method="post" action=cancel_action><Button kind=ButtonKind::Danger>{t!(l, run.cancel_go)}</Button></form>
            </Confirm>
        }
    });
    let resumable = run.newer.is_none()
        && matches!(
            run.state,
            RunState::Failed | RunState::Cancelled | RunState::Waiting
        );
    let resume = resumable.then(|| {
        view! {
            <form method="post" action=resume_action><Button kind=ButtonKind::Primary>{t!(l, run.resume)}</Button></form>
        }
    });
    let change = run_fix::can_change(run)
        .then(|| run_fix::change(run, WizardStep::Image, t!(l, run.change).to_owned()));
    let newer = run
        .newer
        .clone()
        .filter(|_| run.state.is_over())
        .map(|(id, number)| {
            view! { <LinkButton href=routes::run(&id)>{t!(l, run.newer, number = number)}</LinkButton> }
        });
    let stack = (!moving).then(|| view! { <LinkButton href=stack_page>{t!(l, run.to_stack)}</LinkButton> });
    let url = run.url.clone().filter(|_| run.state == RunState::Succeeded);
    view! {
        <div class="head">
            <div>
                <h1><State tone word big=true live=moving/> <span class="quiet">{purpose}</span></h1>
                <p class="lead">{lead}</p>
                {url.map(|url| view! { <p class="address"><a href=url.clone()>{url.clone()}</a> <CopyButton text=url/></p> })}
            </div>
            <div class="actions">{cancel}{resume}{change}{newer}{stack}</div>
        </div>
    }
    .into_any()
}

fn lead(l: Locale, run: &RunView, now: Timestamp) -> String {
    // "About": in fives.
    let left = u64::from(run.makespan_s)
        .saturating_sub(elapsed(run, now))
        .next_multiple_of(5);
    let done = done(run);
    match run.state {
        RunState::Queued => t!(l, run.lead_queued).to_owned(),
        RunState::Running if run.cancelling => t!(l, run.lead_cancelling).to_owned(),
        RunState::Running if left > 0 => t!(
            l,
            run.lead_running,
            done = done,
            all = run.plan.steps.len(),
            left = format::duration(l, left)
        ),
        RunState::Running => t!(l, run.lead_late, done = done, all = run.plan.steps.len()),
        RunState::Succeeded => t!(
            l,
            run.lead_succeeded,
            time = format::duration(l, elapsed(run, now))
        ),
        RunState::Failed => t!(l, run.lead_failed).to_owned(),
        RunState::Waiting => t!(l, run.lead_waiting).to_owned(),
        RunState::Cancelled => t!(l, run.lead_cancelled).to_owned(),
    }
}

fn facts(l: Locale, run: &RunView, now: Timestamp) -> AnyView {
    let calls: u32 = run.steps.iter().map(|record| record.attempts).sum();
    let retries: u32 = run.steps.iter().map(|record| record.retries).sum();
    let speed = (run.speed > 1).then(|| t!(l, run.speed, speed = run.speed));
    let finished = done(run);
    let (took, expected, all) = (elapsed(run, now), u64::from(run.makespan_s), run.plan.steps.len());
    view! {
        <Facts>
            <Fact name=t!(l, run.elapsed) value=format::clock(took) more=speed/>
            <Fact name=t!(l, plan.expected) value=format::clock(expected)/>
            <Fact name=t!(l, plan.steps) value=finished.to_string() more=format!("/ {all}")/>
            <Fact name=t!(l, run.rounds) value=calls.to_string() more=(retries > 0).then(|| t!(l, run.retries, count = retries))/>
        </Facts>
    }
    .into_any()
}

fn find<'a>(run: &'a RunView, id: &StepId) -> Option<&'a StepRecord> {
    run.steps.iter().find(|record| record.step == *id)
}

fn bar_state(record: &StepRecord) -> BarState {
    match (record.state, record.outcome) {
        (StepState::Pending | StepState::Skipped, _) => BarState::Expected,
        (StepState::Running, _) => BarState::Running,
        (StepState::Waiting, _) => BarState::Waiting,
        (StepState::Blocked, _) => BarState::Blocked,
        (StepState::Done, Some(Outcome::Kept | Outcome::Adopted)) => BarState::Kept,
        (StepState::Done, Some(Outcome::Waiting)) => BarState::Waiting,
        (StepState::Done, _) => BarState::Ok,
    }
}

fn slip(l: Locale, run: &RunView, now: Timestamp) -> SlipView {
    let offset = |at: Timestamp| {
        at.duration_since(run.started_at.unwrap_or(at))
            .as_secs_f64()
            .max(0.0)
    };
    let end = run.finished_at.unwrap_or(now);
    let bars = run
        .schedule
        .iter()
        .filter_map(|bar| {
            let step = run.plan.steps.iter().find(|step| step.id == bar.step)?;
            let record = find(run, &bar.step);
            let started = record.and_then(|record| record.started_at);
            let stopped = record.and_then(|record| record.finished_at).unwrap_or(end);
            Some(SlipBar {
                label: format!(
                    "{} {}",
                    words::step::kind(l, &step.action),
                    words::step::name(&step.action)
                ),
                start_s: f64::from(bar.start_s),
                len_s: f64::from(bar.len_s),
                state: record.map_or(BarState::Expected, bar_state),
                actual_start_s: started.map(offset),
                actual_len_s: started.map(|started| (offset(stopped) - offset(started)).max(0.0)),
                critical: bar.critical,
            })
        })
        .collect();
    SlipView {
        bars,
        now_s: (!run.state.is_over()).then(|| offset(now)),
    }
}

fn graph(l: Locale, run: &RunView) -> GraphView {
    plan_table::graph(l, &run.plan, &run.schedule, |step| {
        find(run, &step.id).map_or(BarState::Expected, bar_state)
    })
}

fn step_of<'a>(run: &'a RunView, record: &StepRecord) -> Option<&'a PlannedStep> {
    run.plan.steps.iter().find(|step| step.id == record.step)
}

fn blocked(l: Locale, run: &RunView) -> Option<AnyView> {
    let notes: Vec<_> = run
        .steps
        .iter()
        .filter_map(|record| {
            let diagnosis = record
                .diagnosis
                .as_ref()
                .filter(|_| record.state == StepState::Blocked)?;
            Some(diagnosed(l, run, step_of(run, record)?, record, diagnosis))
        })
        .collect();
    (!notes.is_empty()).then(|| notes.into_any())
}

/// Cause, fix, evidence, AWS's own words.
fn diagnosed(
    l: Locale,
    run: &RunView,
    step: &PlannedStep,
    record: &StepRecord,
    diagnosis: &Diagnosis,
) -> AnyView {
    let evidence: Vec<_> = diagnosis
        .evidence
        .iter()
        .map(|seen| view! { <tr><td class="muted"><When at=seen.at style=TimeStyle::Second/></td><td class="evidence">{seen.text.clone()} <span class="why">{seen.source.clone()}</span></td></tr> })
        .collect();
    let fault = record.fault.as_ref();
    let title = format!(
        "{} {}",
        words::step::kind(l, &step.action),
        words::step::name(&step.action)
    );
    let (code, message) = (
        fault.map(|fault| fault.code.clone()),
        fault.map(|fault| fault.message.clone()),
    );
    let request_id = fault.and_then(|fault| fault.request_id.clone());
    let any = !evidence.is_empty();
    let click = run_fix::click(l, run, diagnosis.code);
    let (why, fix, rule) = (
        words::diagnosis::cause(l, diagnosis),
        words::diagnosis::fix(l, diagnosis),
        diagnosis.rule.clone(),
    );
    view! {
        <ErrorNote title why code message request_id/>
        <Panel title=t!(l, run.fix) end=rule>
            <p>{fix}</p>
            {click.map(|click| view! { <div class="actions">{click}</div> })}
            {any.then(|| view! { <Table label=t!(l, run.evidence)><tbody>{evidence}</tbody></Table> })}
        </Panel>
    }
    .into_any()
}

fn waits(l: Locale, run: &RunView, now: Timestamp) -> Option<AnyView> {
    let rows: Vec<_> = run
        .steps
        .iter()
        .filter_map(|record| {
            let waiting = record.waiting.as_ref().filter(|_| record.state == StepState::Waiting)?;
            let step = step_of(run, record)?;
            let since = seconds_between(record.started_at, now);
            let (kind, name) = (words::step::kind(l, &step.action), words::step::name(&step.action));
            Some(view! {
                <tr>
                    <td><State tone=Tone::Wait word=t!(l, step_state.waiting) live=true/></td>
                    <td><b>{kind}</b> " " <code>{name}</code> <span class="why">{words::waiting::waiting(l, waiting)}</span></td>
                    <td class="num"><Clock seconds=since/></td>
                </tr>
            })
        })
        .collect();
    (!rows.is_empty() && !run.state.is_over()).then(|| {
        view! { <Panel title=t!(l, run.waits) flush=true><Table label=t!(l, run.waits)><tbody>{rows}</tbody></Table></Panel> }.into_any()
    })
}

/// What a step answered that a person may want: ids, ARNs and addresses, most useful first.
fn ids(record: &StepRecord) -> impl Iterator<Item = &String> {
    const SHOWN: [OutputName; 6] = [
        OutputName::Id,
        OutputName::Arn,
        OutputName::DnsName,
        OutputName::Uri,
        OutputName::Url,
        OutputName::Digest,
    ];
    SHOWN.iter().filter_map(|name| record.outputs.get(name))
}

/// All of them, a line each, for the copy button.
fn ids_of(l: Locale, run: &RunView) -> String {
    let lines = run
        .plan
        .steps
        .iter()
        .filter_map(|step| Some((step, find(run, &step.id)?)));
    let lines = lines.flat_map(|(step, record)| {
        let what = format!(
            "{} {}",
            words::step::kind(l, &step.action),
            words::step::name(&step.action)
        );
        ids(record).map(move |id| format!("{what}\t{id}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn table(l: Locale, run: &RunView, now: ReadSignal<Timestamp>) -> AnyView {
    let commands: BTreeMap<&StepId, &Vec<String>> =
        run.commands.iter().map(|(step, lines)| (step, lines)).collect();
    let actions: BTreeMap<&StepId, &Vec<String>> =
        run.actions.iter().map(|(step, all)| (step, all)).collect();
    let region = run.plan.region.clone();
    let rows: Vec<_> = run
        .plan
        .steps
        .iter()
        .map(|step| {
            let record = find(run, &step.id).cloned().unwrap_or_else(|| StepRecord::pending(step.id.clone()));
            let (tone, word) = words::run::step_state(l, &record);
            let (started, finished) = (record.started_at, record.finished_at);
            let took = move || started.map(|started| format::clock(seconds_between(Some(started), finished.unwrap_or_else(|| now.get()))));
            let ids: Vec<_> = ids(&record)
                .map(|id| view! { <div><AwsId id=id.clone() console=crate::console::link(&step.action, id, &region)/></div> })
                .collect();
            let name = words::step::name(&step.action);
            view! {
                <tr>
                    <td><State tone word/></td>
                    <td>{words::step::kind(l, &step.action)} <span class="why"><code>{name}</code></span></td>
                    <td>{ids}</td>
                    <td>{step_details::details(l, step, commands.get(&step.id).copied(), actions.get(&step.id).copied())}</td>
                    <td class="num">{took}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <Table label=t!(l, plan.steps) wide=true>
            <thead><tr><th>{t!(l, run.state)}</th><th>{t!(l, plan.kind)}</th><th>"ID"</th><th>{t!(l, plan.details)}</th><th class="num">{t!(l, plan.time)}</th></tr></thead>
            <tbody>{rows}</tbody>
        </Table>
    }
    .into_any()
}
