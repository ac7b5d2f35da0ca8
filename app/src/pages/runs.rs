//! Every run of a stack.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::loaded::loaded;
use crate::backend::runs::RunLine;
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t};
use crate::routes;
use crate::words;

/// The list of runs.
#[component]
pub fn Runs() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    let stack = routes::stack(&id);
    loaded(
        move |backend| {
            let id = id.clone();
            async move { backend.runs(&id).await }
        },
        move |runs: Vec<RunLine>, _around| {
            let l = locale();
            let trail = vec![
                Crumb::link(t!(l, nav.stacks), routes::HOME),
                Crumb::link(t!(l, runs.stack), stack.clone()),
                Crumb::here(t!(l, stack.runs)),
            ];
            let rows = run_rows(l, runs);
            view! {
                <Frame place=Place::Stacks trail>
                    <PageHead title=t!(l, stack.runs) lead=t!(l, runs.lead)/>
                    <Panel flush=true><Table label=t!(l, stack.runs) wide=true><tbody>{rows}</tbody></Table></Panel>
                </Frame>
            }
        },
    )
}

/// Rows of a table of runs.
pub(super) fn run_rows(l: Locale, runs: Vec<RunLine>) -> Vec<AnyView> {
    runs.into_iter()
        .map(|run| {
            let (tone, word) = words::run::run_state(l, run.state);
            let (created, updated, deleted) = run.changed;
            let changed = t!(
                l,
                runs.changed,
                created = created,
                updated = updated,
                deleted = deleted
            );
            view! {
                <tr>
                    <td><a href=routes::run(&run.id)>{format!("#{}", run.number)}</a></td>
                    <td>{words::run::purpose(l, run.purpose)} <span class="why">{changed}</span></td>
                    <td><State tone word/></td>
                    <td class="num">{run.took_s.map(|seconds| format::clock(u64::from(seconds)))}</td>
                    <td class="muted"><When at=run.created_at/> " · " {run.started_by}</td>
                </tr>
            }
            .into_any()
        })
        .collect()
}
