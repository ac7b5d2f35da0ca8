//! One stack: its address, its health, everything it consists of, and the commands people keep.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::loaded::{NoticeOf, loaded};
use super::runs::run_rows;
use super::{health, money};
use crate::backend::stacks::{HandyCommand, ResourceLine, StackPage};
use crate::charts::{HistoryBars, Latency};
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t, tn};
use crate::routes;
use crate::words;

/// The page of a stack.
#[component]
pub fn Stack() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    loaded(
        move |backend| {
            let id = id.clone();
            async move { backend.stack(&id).await }
        },
        |page: StackPage, around| {
            let l = locale();
            let line = &page.line;
            let (tone, word) = health::state(l, line.health.as_ref());
            let name = line.name.clone();
            let (edit, destroy) = (
                format!("/stacks/{}/edit", line.id),
                routes::destroy_stack(&line.id),
            );
            let gone = page.removed_at;
            let actions = move || {
                gone.is_none().then(|| view! {
                    <form method="post" action=edit><Button kind=ButtonKind::Primary>{t!(l, stack.deploy)}</Button></form>
                    <LinkButton href=destroy kind=ButtonKind::Danger>{t!(l, stack.destroy)}</LinkButton>
                })
            };
            let address = address(l, &page);
            let (tone, word) = match gone {
                Some(_) => (Tone::None, t!(l, stack.gone)),
                None => (tone, word),
            };
            let alive = gone.is_none().then(|| {
                (
                    facts(l, &page),
                    history(l, &page),
                    resources(l, page.resources.clone()),
                )
            });
            let handy = gone.is_none().then(|| handy(l, page.handy));
            let runs = run_rows(l, page.runs);
            let all_runs = routes::stack_runs(&page.line.id);
            let runs_link = move || view! { <a href=all_runs>{t!(l, stack.all_runs)}</a> };
            let trail = vec![
                Crumb::link(t!(l, nav.stacks), routes::HOME),
                Crumb::here(name.clone()),
            ];
            let aside = format!("{} · {}", page.line.environment, page.line.region);
            view! {
                <Frame place=Place::Stacks trail aside>
                    <PageHead title=name beside=move || view! { <State tone word/> } lead=address actions/>
                    <NoticeOf around/>
                    {alive}
                    <Panel title=t!(l, stack.runs) end=runs_link flush=true>
                        <Table label=t!(l, stack.runs) wide=true><tbody>{runs}</tbody></Table>
                    </Panel>
                    {handy}
                </Frame>
            }
        },
    )
}

fn address(l: Locale, page: &StackPage) -> AnyView {
    if let Some(at) = page.removed_at {
        return view! { {t!(l, stack.gone_at)} " " <When at/> }.into_any();
    }
    let image = page
        .image
        .clone()
        .map(|image| view! { " " <code title=image.clone()>{format::short_image(&image)}</code> });
    let tasks = page.line.health.as_ref().and_then(|health| health.tasks);
    let serving = tasks.map(|tasks| tn!(l, tasks.0, stack.serving));
    match page.line.url.clone() {
        Some(url) => view! {
            <span class="address"><a href=url.clone()>{url.clone()}</a> <CopyButton text=url/></span>
            {serving.map(|serving| view! { {serving} " · " })} {image}
        }
        .into_any(),
        None => view! { {t!(l, stack.no_address)} {image} }.into_any(),
    }
}

fn facts(l: Locale, page: &StackPage) -> AnyView {
    let line = &page.line;
    let health = line.health.as_ref();
    let latency = health
        .and_then(|health| health.last_latency_us)
        .map_or_else(|| "—".to_owned(), |us| format::millis(us as f64 / 1000.0));
    let (running, desired) = health.and_then(|health| health.tasks).map_or(
        ("—".to_owned(), page.spec.service.desired_count),
        |(running, desired)| (running.to_string(), desired),
    );
    let uptime = line.uptime_24h.map_or_else(|| "—".to_owned(), format::percent);
    let cost = money::text(l, line.monthly_usd, page.yen_per_usd);
    let task = page.task_definition.clone().unwrap_or_else(|| "—".to_owned());
    view! {
        <Facts>
            <Fact name=t!(l, stack.uptime) value=uptime/>
            <Fact name=t!(l, stack.latency) value=latency/>
            <Fact name=t!(l, stack.tasks) value=running more=format!("/ {desired}")/>
            <Fact name=t!(l, kind.task_definition) value=task/>
            <Fact name=t!(l, plan.cost) value=cost more=t!(l, cost.per_month)/>
        </Facts>
    }
    .into_any()
}

fn history(l: Locale, page: &StackPage) -> AnyView {
    let Some(now) = &page.line.health else {
        return view! { <Panel title=t!(l, stack.health)><p class="muted">{t!(l, stack.not_watched)}</p></Panel> }.into_any();
    };
    let bars = health::bars(l, &page.history);
    let measured = page.history.iter().any(|slot| slot.p50_us.is_some());
    let chart = health::latency(l, &page.history, &page.deploys);
    let read = now.last_at.unwrap_or(now.since);
    let sentence = health::sentence(l, now, read);
    let last = now
        .last_at
        .map(|at| view! { {t!(l, stack.last_look)} " " <When at style=TimeStyle::Second/> });
    view! {
        <Panel title=t!(l, stack.day) end=move || last>
            <p class="muted">{sentence}</p>
            <HistoryBars slots=bars label=t!(l, stack.day) from=t!(l, stack.day_ago) to=t!(l, stack.now)/>
        </Panel>
        <Panel title=t!(l, stack.latency_chart) end=t!(l, stack.latency_legend)>
            {if measured {
                view! { <Latency view=chart label=t!(l, stack.latency_chart)/> }.into_any()
            } else {
                view! { <p class="muted">{t!(l, stack.no_latency)}</p> }.into_any()
            }}
        </Panel>
    }
    .into_any()
}

fn resources(l: Locale, resources: Vec<ResourceLine>) -> AnyView {
    let everything: Vec<_> = resources
        .iter()
        .flat_map(|resource| {
            resource
                .ids
                .iter()
                .map(|(id, _)| format!("{} {id}", resource.label))
        })
        .collect();
    let everything = everything.join("\n");
    let copy = move || view! { {t!(l, stack.copy_all)} " " <CopyButton text=everything/> };
    let rows: Vec<_> = resources
        .into_iter()
        .map(|resource| {
            let kind = words::step::kind_of(l, &resource.kind).map_or(resource.kind, str::to_owned);
            let ids: Vec<_> = resource
                .ids
                .into_iter()
                .map(|(id, console)| view! { <div><AwsId id console/></div> })
                .collect();
            view! {
                <tr>
                    <td>{kind} " " {resource.adopted.then(|| view! { <Tag>{t!(l, change.adopt)}</Tag> })}</td>
                    <td><code>{resource.label}</code></td>
                    <td>{ids}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <Panel title=t!(l, stack.resources) end=copy flush=true>
            <Table label=t!(l, stack.resources) wide=true>
                <thead><tr><th>{t!(l, plan.kind)}</th><th>{t!(l, plan.name)}</th><th>"ID · ARN"</th></tr></thead>
                <tbody>{rows}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}

fn handy(l: Locale, commands: Vec<HandyCommand>) -> AnyView {
    let blocks: Vec<_> = commands
        .into_iter()
        .map(|command| {
            let title = match command.code.as_str() {
                "service_counts" => t!(l, handy.service_counts),
                "task_address" => t!(l, handy.task_address),
                "target_health" => t!(l, handy.target_health),
                "listeners" => t!(l, handy.listeners),
                "logs" => t!(l, handy.logs),
                "answer" => t!(l, handy.answer),
                "redeploy" => t!(l, handy.redeploy),
                "scale" => t!(l, handy.scale),
                _ => "",
            };
            view! { <Code text=command.command title/> }
        })
        .collect();
    view! { <Panel title=t!(l, stack.handy)>{blocks}</Panel> }.into_any()
}
