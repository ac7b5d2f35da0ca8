//! All connections.

use leptos::prelude::*;

use super::loaded::{NoticeOf, loaded};
use crate::backend::connections::{ConnectionKind, ConnectionTest, ConnectionView, CredentialSource};
use crate::components::*;
use crate::i18n::{Locale, locale, t};
use crate::routes;

/// The list of connections.
#[component]
pub fn Connections() -> impl IntoView {
    loaded(
        |backend| async move { backend.connections().await },
        |connections: Vec<ConnectionView>, around| {
            let l = locale();
            let add = move || view! { <LinkButton href=routes::NEW_CONNECTION kind=ButtonKind::Primary><Glyph icon=Icon::Add/>{t!(l, connections.add)}</LinkButton> };
            let empty = connections.is_empty();
            let rows: Vec<_> = connections
                .into_iter()
                .map(|connection| line(l, connection))
                .collect();
            view! {
                <Frame place=Place::Connections trail=vec![Crumb::here(t!(l, nav.connections))]>
                    <PageHead title=t!(l, nav.connections) lead=t!(l, connections.lead) actions=add/>
                    <NoticeOf around/>
                    {if empty {
                        view! { <Empty title=t!(l, connections.none)>{t!(l, connections.none_why)}</Empty> }.into_any()
                    } else {
                        view! {
                            <Panel flush=true>
                                <Table label=t!(l, nav.connections) wide=true>
                                    <thead><tr>
                                        <th>{t!(l, connections.name)}</th><th>{t!(l, connections.leads_to)}</th><th>{t!(l, connections.region)}</th>
                                        <th>{t!(l, connections.tested)}</th><th class="num">{t!(l, nav.stacks)}</th>
                                    </tr></thead>
                                    <tbody>{rows}</tbody>
                                </Table>
                            </Panel>
                        }.into_any()
                    }}
                </Frame>
            }
        },
    )
}

fn line(l: Locale, connection: ConnectionView) -> impl IntoView {
    let tested = match &connection.last_test {
        None => view! { <State tone=Tone::None word=t!(l, connections.never)/> }.into_any(),
        Some(test) => {
            let state = tone_of_test(l, test);
            view! { <State tone=state.0 word=state.1/> <span class="why"><When at=test.at/></span> }
                .into_any()
        }
    };
    let (what, detail) = described(l, &connection.kind);
    view! {
        <tr>
            <td><a href=routes::connection(&connection.id)><b>{connection.name}</b></a></td>
            <td>{what} <span class="why">{detail}</span></td>
            <td><code>{connection.region}</code></td>
            <td>{tested}</td>
            <td class="num">{connection.stacks}</td>
        </tr>
    }
}

/// Whether the last test went well.
pub(super) fn tone_of_test(l: Locale, test: &ConnectionTest) -> (Tone, &'static str) {
    match (&test.identity, test.lacks_permissions()) {
        (Err(_), _) => (Tone::Bad, t!(l, connections.fails)),
        (Ok(_), true) => (Tone::Warn, t!(l, connections.lacks)),
        (Ok(_), false) => (Tone::Ok, t!(l, connections.works)),
    }
}

/// What a connection leads to: in words, and in detail.
pub(super) fn described(l: Locale, kind: &ConnectionKind) -> (String, String) {
    match kind {
        ConnectionKind::Practice { scenario, speed } => {
            let about = match scenario.as_str() {
                "runbook" => t!(l, connections.scenario_runbook),
                "fresh" => t!(l, connections.scenario_fresh),
                _ => "",
            };
            (
                t!(l, connections.practice, speed = speed),
                format!("{scenario} · {about}"),
            )
        }
        ConnectionKind::Aws {
            credentials,
            endpoint,
        } => {
            let source = match credentials {
                CredentialSource::Default => t!(l, connections.source_default).to_owned(),
                CredentialSource::Profile { name } => t!(l, connections.source_profile, name = name),
                CredentialSource::AssumeRole { role_arn, .. } => {
                    t!(l, connections.source_role, role = role_arn)
                }
            };
            let at = endpoint
                .as_ref()
                .map(|endpoint| format!(" · {endpoint}"))
                .unwrap_or_default();
            ("AWS".to_owned(), format!("{source}{at}"))
        }
    }
}
