//! The dashboard: all stacks, and what happened lately.

use jiff::Timestamp;
use leptos::prelude::*;

use super::health::{spark_values, state};
use super::loaded::{NoticeOf, loaded};
use super::money;
use crate::backend::drafts::DraftLine;
use crate::backend::stacks::{ActivityLine, Dashboard as Answer, HealthState, PreparedLine, StackLine};
use crate::charts::Spark;
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t, tn};
use crate::routes;
use crate::words;

/// All stacks.
#[component]
pub fn Dashboard() -> impl IntoView {
    loaded(
        |backend| async move { backend.dashboard().await },
        |answer: Answer, around| {
            let l = locale();
            let lead = lead(l, &answer.stacks);
            let (yen, now) = (answer.yen_per_usd, answer.now);
            let none = answer.stacks.is_empty();
            let alarms: Vec<_> = answer.stacks.iter().filter_map(|stack| alarm(l, stack)).collect();
            let rows: Vec<_> = answer
                .stacks
                .into_iter()
                .map(|stack| row(l, stack, yen, now))
                .collect();
            let prepared = prepared(l, answer.prepared);
            let (drafts, activity) = (drafts(l, answer.drafts, now), activity(l, answer.activity, now));
            let new = move || view! { <form method="post" action=routes::NEW_DRAFT><Button kind=ButtonKind::Primary><Glyph icon=Icon::Add/>{t!(l, dashboard.new)}</Button></form> };
            view! {
                <Frame place=Place::Stacks trail=vec![Crumb::here(t!(l, nav.stacks))]>
                    <PageHead title=t!(l, nav.stacks) lead=lead actions=new/>
                    <NoticeOf around/>
                    {alarms}
                    {if none {
                        view! { <Empty title=t!(l, dashboard.none)>{t!(l, dashboard.none_why)}</Empty> }.into_any()
                    } else {
                        view! {
                            <Panel title=t!(l, dashboard.all) flush=true>
                                <Table label=t!(l, dashboard.all) wide=true>
                                    <thead><tr>
                                        <th>{t!(l, dashboard.name)}</th><th>{t!(l, dashboard.state)}</th><th>{t!(l, dashboard.day)}</th>
                                        <th class="num">{t!(l, dashboard.uptime)}</th><th class="num">"p95"</th><th class="num">{t!(l, dashboard.tasks)}</th>
                                        <th>{t!(l, dashboard.last_run)}</th><th class="num">{t!(l, plan.cost)}</th>
                                    </tr></thead>
                                    <tbody>{rows}</tbody>
                                </Table>
                            </Panel>
                        }.into_any()
                    }}
                    {drafts}
                    {prepared}
                    {activity}
                </Frame>
            }
        },
    )
}

fn lead(l: Locale, stacks: &[StackLine]) -> String {
    let needy = stacks.iter().filter(|stack| needs_somebody(stack)).count();
    match (stacks.len(), needy) {
        (0, _) => t!(l, dashboard.lead_none).to_owned(),
        (all, 0) if stacks.iter().any(is_unknown) => {
            let unknown = stacks.iter().filter(|stack| is_unknown(stack)).count();
            t!(l, dashboard.lead_unknown, all = all, unknown = unknown)
        }
        (all, 0) => tn!(l, all, dashboard.lead_well),
        (all, needy) => t!(l, dashboard.lead_needy, all = all, needy = needy),
    }
}

fn needs_somebody(stack: &StackLine) -> bool {
    let down = stack
        .health
        .as_ref()
        .is_some_and(|health| matches!(health.state, HealthState::Down | HealthState::Degraded));
    let failed = stack
        .last_run
        .as_ref()
        .is_some_and(|run| run.state == engine::run::RunState::Failed);
    down || failed
}

/// Nobody can say how it is. A stack that is being built is not expected to be anything yet.
fn is_unknown(stack: &StackLine) -> bool {
    let building = stack.last_run.as_ref().is_some_and(|run| !run.state.is_over());
    let known = stack
        .health
        .as_ref()
        .is_some_and(|health| health.state != HealthState::Unknown);
    !building && !known
}

fn alarm(l: Locale, stack: &StackLine) -> Option<AnyView> {
    let href = routes::stack(&stack.id);
    if let Some(run) = stack
        .last_run
        .as_ref()
        .filter(|run| run.state == engine::run::RunState::Failed)
    {
        let why = t!(
            l,
            dashboard.run_failed,
            stack = stack.name.clone(),
            number = run.number
        );
        let href = routes::run(&run.id);
        return Some(
            view! { <Note tone=Tone::Bad>{why} " " <a href=href>{t!(l, dashboard.see_why)}</a></Note> }
                .into_any(),
        );
    }
    let health = stack
        .health
        .as_ref()
        .filter(|health| health.state == HealthState::Down)?;
    let why = t!(
        l,
        dashboard.is_down,
        stack = stack.name.clone(),
        error = health
            .last_trouble
            .as_ref()
            .map(|trouble| words::health::trouble(l, trouble))
            .unwrap_or_default()
    );
    Some(view! { <Note tone=Tone::Bad>{why} " " <a href=href>{t!(l, dashboard.look)}</a></Note> }.into_any())
}

fn row(l: Locale, stack: StackLine, yen: f64, now: Timestamp) -> impl IntoView {
    let running = stack.last_run.as_ref().filter(|run| !run.state.is_over());
    let (tone, word) = match running {
        Some(_) => (Tone::Wait, t!(l, run_state.running)),
        None => state(l, stack.health.as_ref()),
    };
    let spark = spark_values(&stack.history);
    let p95 = stack.history.iter().rev().find_map(|slot| slot.p95_us);
    let tasks = stack.health.as_ref().and_then(|health| health.tasks);
    let last = stack.last_run.map(|run| {
        let (tone, word) = words::run::run_state(l, run.state);
        view! {
            <span class="pair"><a href=routes::run(&run.id)>{format!("#{} {}", run.number, words::run::purpose(l, run.purpose))}</a> <State tone word/></span>
            <span class="why"><Ago at=run.created_at now/> " · " {run.started_by}</span>
        }
    });
    let place = stack
        .url
        .unwrap_or_else(|| format!("{} · {}", stack.connection, stack.region));
    let shown = place.trim_start_matches("http://").to_owned();
    view! {
        <tr>
            <td class="name"><a href=routes::stack(&stack.id)>{stack.name}</a> <Tag>{stack.environment}</Tag></td>
            <td><State tone word/><span class="why line" title=place>{shown}</span></td>
            <td><Spark values=spark label=t!(l, dashboard.day_latency)/></td>
            <td class="num">{stack.uptime_24h.map_or_else(|| "—".to_owned(), format::percent)}</td>
            <td class="num">{p95.map_or_else(|| "—".to_owned(), |us| format::millis(us as f64 / 1000.0))}</td>
            <td class="num">{tasks.map_or_else(|| "—".to_owned(), |(running, desired)| format!("{running} / {desired}"))}</td>
            <td>{last}</td>
            <td class="num">{money::text(l, stack.monthly_usd, yen)}</td>
        </tr>
    }
}

fn drafts(l: Locale, drafts: Vec<DraftLine>, now: Timestamp) -> Option<AnyView> {
    let rows: Vec<_> = drafts
        .into_iter()
        .map(|draft| {
            let name = if draft.name.is_empty() {
                t!(l, wizard.new_stack).to_owned()
            } else {
                draft.name
            };
            view! {
                <tr>
                    <td><a href=routes::draft(&draft.id, draft.step)>{name}</a></td>
                    <td>{super::draft::step_name(l, draft.step)}</td>
                    <td class="muted"><Ago at=draft.saved_at now/> " · " {draft.saved_by}</td>
                    <td class="num">
                        <Confirm open=t!(l, wizard.discard) question=t!(l, wizard.discard_question)>
                            <form method="post" action=format!("/drafts/{}/discard", draft.id)><Button kind=ButtonKind::Danger>{t!(l, wizard.discard_go)}</Button></form>
                        </Confirm>
                    </td>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! { <Panel title=t!(l, dashboard.drafts) flush=true><Table label=t!(l, dashboard.drafts)><tbody>{rows}</tbody></Table></Panel> }.into_any()
    })
}

/// Repositories that wait for an image, and the way to be rid of one.
fn prepared(l: Locale, prepared: Vec<PreparedLine>) -> Option<AnyView> {
    let rows: Vec<_> = prepared
        .into_iter()
        .map(|line| {
            view! {
                <tr>
                    <td>{line.name}</td>
                    <td><code>{line.image}</code></td>
                    <td class="muted">{line.connection}</td>
                    <td class="num"><a href=routes::destroy_stack(&line.id)>{t!(l, stack.destroy)}</a></td>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <Panel title=t!(l, dashboard.prepared) end=t!(l, dashboard.prepared_why) flush=true>
                <Table label=t!(l, dashboard.prepared)><tbody>{rows}</tbody></Table>
            </Panel>
        }
        .into_any()
    })
}

fn activity(l: Locale, lines: Vec<ActivityLine>, now: Timestamp) -> Option<AnyView> {
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let (tone, word) = words::run::run_state(l, line.state);
            let what = format!(
                "{} · {} #{}",
                line.stack,
                words::run::purpose(l, line.purpose),
                line.number
            );
            view! {
                <tr>
                    <td class="muted"><Ago at=line.at now/></td>
                    <td><b>{line.who}</b> " " <a href=routes::run(&line.run_id)>{what}</a></td>
                    <td><State tone word/></td>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! { <Panel title=t!(l, dashboard.activity) flush=true><Table label=t!(l, dashboard.activity)><tbody>{rows}</tbody></Table></Panel> }.into_any()
    })
}
