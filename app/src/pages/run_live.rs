//! The live part of a run's page: head, slip, waits, and what was made.

#![expect(
    missing_docs,
    reason = "the island macro makes a struct that no doc comment reaches"
)]

use std::ops::ControlFlow;

use engine::run::{RunState, StepState};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

use super::loaded::ErrorSaid;
use super::run_failure::failures;
use super::run_fix;
use super::run_sheet::{RunMoment, RunSheet, SheetStep, StepMoment};
use super::step_details;
use crate::backend::drafts::WizardStep;
use crate::charts::{Graph, GraphNode, GraphView, Slip, SlipBar, SlipView};
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
    run: RunSheet,
    /// Where its events come from.
    events: String,
) -> impl IntoView {
    let l = locale();
    let page = run.page.clone();
    let (current, set_current) = signal(run);
    let (line, set_line) = signal(Line::Open);
    // The account's time as it was heard last, and the browser's clock at that moment: between two events the one goes on
    // with the other.
    let first = current.with_untracked(|run| run.moment.now);
    let (now, set_now) = signal(first);
    let heard = StoredValue::new((first, 0.0));
    Effect::new(move |_| {
        if current.with_untracked(is_over) {
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
            if current.with_untracked(is_over) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        follow(
            events.clone(),
            &["run"],
            move |event| {
                let Ok(moment) = serde_json::from_str::<RunMoment>(&event.data) else {
                    return ControlFlow::Continue(());
                };
                let over = moment.state.is_over();
                heard.set_value((moment.now, wall_s()));
                set_now.set(moment.now);
                set_current.update(|run| run.moment = moment);
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
    let graph = Memo::new(move |_| current.with(graph));
    let everything = move || current.with(ids_of);
    view! {
        {move || line_note(l, line.get(), &page)}
        {move || current.with(|run| head(l, run, now))}
        <p class="said-only" role="status">{said}</p>
        {move || current.with(|run| facts(l, run, now.get()))}
        {move || current.with(|run| run.moment.error.clone().map(|error| view! { <ErrorSaid error/> }))}
        {move || current.with(|run| failures(l, run))}
        {move || current.with(|run| run_fix::push(l, run))}
        <Panel title=t!(l, plan.axis) end=t!(l, run.axis_legend)>{move || current.with(|run| view! { <Slip view=slip(run, now.get())/> })}</Panel>
        {move || current.with(|run| waits(l, run, now.get()))}
        <Panel title=t!(l, plan.steps) flush=true end=move || view! { {t!(l, stack.copy_all)} " " {move || view! { <CopyButton text=everything() label=t!(l, stack.copy_all).to_owned()/> }} }>
            {move || current.with(|run| table(l, run, now))}
        </Panel>
        <Panel title=t!(l, plan.graph) end=t!(l, plan.graph_legend)>{move || view! { <Graph view=graph.get()/> }}</Panel>
    }
}

fn is_over(run: &RunSheet) -> bool {
    run.moment.state.is_over()
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

fn elapsed(run: &RunSheet, now: Timestamp) -> u64 {
    seconds_between(run.moment.started_at, run.moment.finished_at.unwrap_or(now))
}

fn done(run: &RunSheet) -> usize {
    let steps = run.moment.steps.iter();
    steps.filter(|step| step.state == StepState::Done).count()
}

/// Every step with what moves of it.
fn steps(run: &RunSheet) -> impl Iterator<Item = (&SheetStep, &StepMoment)> {
    run.steps.iter().zip(&run.moment.steps)
}

/// What is read aloud when it changes. Not the seconds.
fn said(l: Locale, run: &RunSheet) -> String {
    let (_, state) = words::run::run_state(l, run.moment.state);
    t!(
        l,
        run.said,
        state = state,
        done = done(run),
        all = run.steps.len()
    )
}

fn head(l: Locale, run: &RunSheet, now: ReadSignal<Timestamp>) -> AnyView {
    let moment = &run.moment;
    let (tone, word) = words::run::run_state(l, moment.state);
    let moving = !moment.state.is_over();
    let shown = run.clone();
    let lead = move || lead(l, &shown, now.get());
    let (cancel_action, resume_action) = (format!("{}/cancel", run.page), format!("{}/resume", run.page));
    let (stack_page, purpose) = (run.stack_page.clone(), run.purpose.clone());
    let cancel = (moving && !moment.cancelling).then(|| {
        view! {
            <Confirm open=t!(l, run.cancel) question=t!(l, run.cancel_question) danger=true>
                <form method="post" action=cancel_action><Button kind=ButtonKind::Danger>{t!(l, run.cancel_go)}</Button></form>
            </Confirm>
        }
    });
    let resumable = run.newer.is_none()
        && matches!(
            moment.state,
            RunState::Failed | RunState::Cancelled | RunState::Waiting
        );
    let resume = resumable.then(|| {
        view! {
            <form method="post" action=resume_action><Button kind=ButtonKind::Primary>{t!(l, run.resume)}</Button></form>
        }
    });
    let change = moment
        .can_change
        .then(|| run_fix::change(run, WizardStep::Image, t!(l, run.change).to_owned()));
    let newer =
        run.newer.clone().filter(|_| !moving).map(
            |(href, number)| view! { <LinkButton href>{t!(l, run.newer, number = number)}</LinkButton> },
        );
    let stack = (!moving).then(|| view! { <LinkButton href=stack_page>{t!(l, run.to_stack)}</LinkButton> });
    let url = moment.url.clone().filter(|_| moment.state == RunState::Succeeded);
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

fn lead(l: Locale, run: &RunSheet, now: Timestamp) -> String {
    // "About": in fives.
    let left = u64::from(run.makespan_s)
        .saturating_sub(elapsed(run, now))
        .next_multiple_of(5);
    let (done, all) = (done(run), run.steps.len());
    match run.moment.state {
        RunState::Queued => t!(l, run.lead_queued).to_owned(),
        RunState::Running if run.moment.cancelling => t!(l, run.lead_cancelling).to_owned(),
        RunState::Running if left > 0 => t!(
            l,
            run.lead_running,
            done = done,
            all = all,
            left = format::duration(l, left)
        ),
        RunState::Running => t!(l, run.lead_late, done = done, all = all),
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

fn facts(l: Locale, run: &RunSheet, now: Timestamp) -> AnyView {
    let calls: u32 = run.moment.steps.iter().map(|step| step.attempts).sum();
    let retries: u32 = run.moment.steps.iter().map(|step| step.retries).sum();
    let speed = (run.speed > 1).then(|| t!(l, run.speed, speed = run.speed));
    let finished = done(run);
    let (took, expected, all) = (elapsed(run, now), u64::from(run.makespan_s), run.steps.len());
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

fn slip(run: &RunSheet, now: Timestamp) -> SlipView {
    let offset = |at: Timestamp| {
        at.duration_since(run.moment.started_at.unwrap_or(at))
            .as_secs_f64()
            .max(0.0)
    };
    let end = run.moment.finished_at.unwrap_or(now);
    let bars = steps(run).map(|(step, moment)| {
        let stopped = moment.finished_at.unwrap_or(end);
        SlipBar {
            label: format!("{} {}", step.kind, step.name),
            start_s: f64::from(step.start_s),
            len_s: f64::from(step.len_s),
            state: moment.bar,
            actual_start_s: moment.started_at.map(offset),
            actual_len_s: moment
                .started_at
                .map(|started| (offset(stopped) - offset(started)).max(0.0)),
            critical: step.critical,
        }
    });
    SlipView {
        bars: bars.collect(),
        now_s: (!is_over(run)).then(|| offset(now)),
    }
}

fn graph(run: &RunSheet) -> GraphView {
    let nodes = steps(run).map(|(step, moment)| GraphNode {
        id: step.id.clone(),
        kind: step.kind.clone(),
        name: step.name.clone(),
        state: moment.bar,
        critical: step.critical,
        after: step.after.clone(),
    });
    GraphView {
        nodes: nodes.collect(),
    }
}

fn waits(l: Locale, run: &RunSheet, now: Timestamp) -> Option<AnyView> {
    let rows: Vec<_> = steps(run)
        .filter_map(|(step, moment)| {
            let what = moment.waits_for.clone()?;
            let since = seconds_between(moment.started_at, now);
            let (kind, name) = (step.kind.clone(), step.name.clone());
            Some(view! {
                <tr>
                    <td><State tone=Tone::Wait word=t!(l, step_state.waiting) live=true/></td>
                    <td><b>{kind}</b> " " <code>{name}</code> <span class="why">{what}</span></td>
                    <td class="num"><Clock seconds=since/></td>
                </tr>
            })
        })
        .collect();
    (!rows.is_empty() && !is_over(run)).then(|| {
        view! { <Panel title=t!(l, run.waits) flush=true><Table label=t!(l, run.waits)><tbody>{rows}</tbody></Table></Panel> }.into_any()
    })
}

/// Everything that was made, a line each, for the copy button.
fn ids_of(run: &RunSheet) -> String {
    let lines = steps(run).flat_map(|(step, moment)| {
        let what = format!("{} {}", step.kind, step.name);
        moment
            .ids
            .iter()
            .map(move |found| format!("{what}\t{}", found.id))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn table(l: Locale, run: &RunSheet, now: ReadSignal<Timestamp>) -> AnyView {
    let rows: Vec<_> = steps(run)
        .map(|(step, moment)| {
            let (started, finished) = (moment.started_at, moment.finished_at);
            let took = move || started.map(|started| format::clock(seconds_between(Some(started), finished.unwrap_or_else(|| now.get()))));
            let ids: Vec<_> = moment
                .ids
                .iter()
                .map(|found| view! { <div><AwsId id=found.id.clone() console=found.console.clone()/></div> })
                .collect();
            view! {
                <tr>
                    <td><State tone=moment.tone word=moment.word.clone()/></td>
                    <td>{step.kind.clone()} <span class="why"><code>{step.name.clone()}</code></span></td>
                    <td>{ids}</td>
                    <td>{step_details::details(l, moment.commands.clone(), step.permissions.clone(), step.undo.clone())}</td>
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
