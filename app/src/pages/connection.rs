//! One connection: what it leads to, whether it works, what it may do.

use std::collections::{BTreeMap, BTreeSet};

use engine::cloud::identity::{NoVerdict, Permission, Verdict};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::connection_edit::EditConnection;
use super::connections::{described, tone_of_test};
use super::loaded::{NoticeOf, loaded};
use crate::backend::connections::{ConnectionKind, ConnectionTest, ConnectionView};
use crate::components::*;
use crate::i18n::{Locale, locale, t, tn};
use crate::routes;
use crate::words;

/// The page of one connection.
#[component]
pub fn Connection() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    loaded(
        move |backend| {
            let id = id.clone();
            async move {
                let connection = backend.connection(&id).await?;
                let policy = match connection.kind {
                    ConnectionKind::Aws { .. } => Some(backend.policy(&id).await?),
                    ConnectionKind::Practice { .. } => None,
                };
                Ok((connection, policy))
            }
        },
        |(connection, policy): (ConnectionView, Option<String>), around| {
            let l = locale();
            let page = routes::connection(&connection.id);
            let (what, detail) = described(l, &connection.kind);
            let practice = matches!(connection.kind, ConnectionKind::Practice { .. });
            let (test_action, reset_action, remove_action) = (
                format!("{page}/test"),
                format!("{page}/reset"),
                format!("{page}/remove"),
            );
            let test_button = move || {
                view! {
                    <form method="post" action=test_action><Button kind=ButtonKind::Primary>{t!(l, connections.test)}</Button></form>
                }
            };
            let name = connection.name.clone();
            let edit = view! { <EditConnection connection=connection.clone() around=around.clone()/> };
            view! {
                <Frame place=Place::Connections trail=vec![Crumb::link(t!(l, nav.connections), routes::CONNECTIONS), Crumb::here(name.clone())]>
                    <PageHead title=name lead=format!("{what} · {detail}") actions=test_button/>
                    <NoticeOf around/>
                    <Facts>
                        <Fact name=t!(l, connections.region) value=connection.region.clone()/>
                        <Fact name=t!(l, nav.stacks) value=connection.stacks.to_string()/>
                    </Facts>
                    {edit}
                    <Panel title=t!(l, connections.test_result)>{test_result(l, connection.last_test.clone())}</Panel>
                    {policy.map(|policy| view! {
                        <Panel title=t!(l, connections.policy)>
                            <p class="lead">{t!(l, connections.policy_why)}</p>
                            <Code text=policy/>
                        </Panel>
                    })}
                    <Panel title=t!(l, connections.danger)>
                        <div class="actions">
                            {practice.then(|| view! {
                                <Confirm open=t!(l, connections.reset) question=t!(l, connections.reset_question)>
                                    <form method="post" action=reset_action><Button kind=ButtonKind::Danger>{t!(l, connections.reset_go)}</Button></form>
                                </Confirm>
                            })}
                            <Confirm open=t!(l, connections.remove) question=t!(l, connections.remove_question) danger=true>
                                <form method="post" action=remove_action><Button kind=ButtonKind::Danger>{t!(l, connections.remove_go)}</Button></form>
                            </Confirm>
                        </div>
                    </Panel>
                </Frame>
            }
        },
    )
}

fn test_result(l: Locale, test: Option<ConnectionTest>) -> AnyView {
    let Some(test) = test else {
        return view! { <p class="muted">{t!(l, connections.never_why)}</p> }.into_any();
    };
    let (tone, word) = tone_of_test(l, &test);
    let identity = match test.identity {
        Ok(caller) => view! {
            <Rows>
                <Row name=t!(l, connections.account)><code>{caller.account_id}</code></Row>
                <Row name=t!(l, connections.identity)><code>{caller.arn}</code></Row>
            </Rows>
        }
        .into_any(),
        Err(fault) => view! { <ErrorNote title=t!(l, connections.refused) code=fault.code message=fault.message request_id=fault.request_id/> }.into_any(),
    };
    let rights = rights(l, &test.permissions);
    let unchecked = test.unchecked.map(|fault| {
        view! { <ErrorNote title=t!(l, connections.unchecked) code=fault.code message=fault.message request_id=fault.request_id/> }
    });
    view! {
        <p><State tone word/> " · " <When at=test.at/> " · " {t!(l, connections.took, ms = test.took_ms)}</p>
        {identity}
        {rights}
        {unchecked}
    }
    .into_any()
}

/// What may be done: what is not allowed by whom forbids it, what nobody would say and why, and only then that all is
/// well.
fn rights(l: Locale, permissions: &[Permission]) -> Vec<AnyView> {
    let lacking = |wanted: Verdict| {
        let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for one in permissions.iter().filter(|one| one.verdict == wanted) {
            names
                .entry(&one.action)
                .or_default()
                .extend(one.resource.as_deref());
        }
        names
    };
    let mut notes = Vec::new();
    for (verdict, missing) in [
        (Verdict::Missing, None),
        (Verdict::Forbidden, Some(t!(l, connections.forbidden))),
        (Verdict::Organization, Some(t!(l, connections.organization))),
    ] {
        let names = lacking(verdict);
        if names.is_empty() {
            continue;
        }
        let title = missing.map_or_else(
            || tn!(l, names.len(), connections.permissions_lack),
            str::to_owned,
        );
        let rows: Vec<_> = names
            .into_iter()
            .map(|(action, on)| {
                let on: Vec<_> = on
                    .into_iter()
                    .map(|arn| view! { " " <code class="muted">{arn.to_owned()}</code> })
                    .collect();
                view! { <li><code>{action.to_owned()}</code>{on}</li> }
            })
            .collect();
        notes.push(view! { <Note tone=Tone::Bad title=title><ul>{rows}</ul></Note> }.into_any());
    }
    let silent: BTreeSet<NoVerdict> = permissions
        .iter()
        .filter_map(|one| match one.verdict {
            Verdict::Unknown(why) => Some(why),
            Verdict::Allowed | Verdict::Missing | Verdict::Forbidden | Verdict::Organization => None,
        })
        .collect();
    for why in silent {
        notes.push(view! { <Note tone=Tone::Warn>{words::permission::unknown(l, why)}</Note> }.into_any());
    }
    if notes.is_empty() && !permissions.is_empty() {
        let actions: BTreeSet<&str> = permissions.iter().map(|one| one.action.as_str()).collect();
        let said = tn!(l, actions.len(), connections.permissions_ok);
        notes.push(view! { <Note tone=Tone::Ok>{said}</Note> }.into_any());
    }
    notes
}
