//! A run: the plan coming true, live.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::loaded::{NoticeOf, loaded};
use super::run_live::RunLive;
use super::run_sheet::RunSheet;
use crate::backend::runs::RunView;
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// The page of a run. Everything that moves is one island; without JavaScript the page says how to see more.
#[component]
pub fn Run() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    loaded(
        move |backend| {
            let id = id.clone();
            async move { backend.run(&id).await }
        },
        |run: RunView, around| {
            let l = locale();
            let here = t!(l, run.number, number = run.number);
            let trail = vec![
                Crumb::link(t!(l, nav.stacks), routes::HOME),
                Crumb::link(run.stack.clone(), routes::stack(&run.stack_id)),
                Crumb::here(here.clone()),
            ];
            let (by, at) = (run.started_by.clone(), run.created_at);
            let aside = move || view! { <span>{t!(l, run.by, who = by)} " " <When at/></span> };
            let tab = format!("{here} · {}", run.stack);
            let moving = !run.state.is_over();
            let sheet = RunSheet::of(l, &run);
            let page = sheet.page.clone();
            view! {
                <leptos_meta::Title text=format!("{tab} · Slipway")/>
                <Frame place=Place::Stacks trail aside>
                    <NoticeOf around/>
                    {moving.then(|| view! {
                        <noscript><p class="note"><a href=page.clone()>{t!(l, run.reload)}</a></p></noscript>
                    })}
                    <RunLive run=sheet events=format!("{page}/events")/>
                </Frame>
            }
        },
    )
}
