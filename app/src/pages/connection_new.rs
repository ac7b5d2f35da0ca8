//! A new connection.

use leptos::prelude::*;

use super::loaded::{NoticeOf, loaded};
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// The form for a practice account or a real one. Both stand on the page: nothing depends on JavaScript.
#[component]
pub fn NewConnection() -> impl IntoView {
    loaded(
        |backend| async move { backend.connections().await },
        |_connections, around| {
            let l = locale();
            let problems = around.problems();
            let inner = problems.clone();
            let before = around.clone();
            let typed = move |field: &str, otherwise: &str| {
                let typed = before.typed(field);
                if typed.is_empty() && before.is_fresh() {
                    otherwise.to_owned()
                } else {
                    typed
                }
            };
            let (name, profile, role_arn, endpoint) = (
                typed("name", ""),
                typed("profile", ""),
                typed("role_arn", ""),
                typed("endpoint", ""),
            );
            let kind = typed("kind", "practice");
            let scenario = typed("scenario", "runbook");
            let source = typed("source", "default");
            let region = typed("region", "ap-northeast-1");
            let regions: Vec<_> = engine::spec::region::REGIONS
                .iter()
                .map(|region| SelectOption::new(region.code, format!("{} · {}", region.code, region.name)))
                .collect();
            view! {
                <Frame place=Place::Connections trail=vec![Crumb::link(t!(l, nav.connections), routes::CONNECTIONS), Crumb::here(t!(l, connections.add))]>
                    <PageHead title=t!(l, connections.add) lead=t!(l, connections.add_lead)/>
                    <NoticeOf around/>
                    <form class="panel" method="post" action=routes::NEW_CONNECTION novalidate=true>
                        <div class="body">
                            <ProblemSummary problems=problems.clone()/>
                            <TextField name="name" label=t!(l, connections.name) value=name hint=t!(l, connections.name_hint) problems=problems.clone() required=true/>
                            <Choices legend=t!(l, connections.kind) name="kind" problems=problems.clone()>
                                <Choice name="kind" value="practice" checked=kind == "practice" why=t!(l, connections.practice_why)>{t!(l, connections.kind_practice)}</Choice>
                                <Choice name="kind" value="aws" checked=kind == "aws" why=t!(l, connections.aws_why)>{t!(l, connections.kind_aws)}</Choice>
                            </Choices>
                            <div class="only-practice group">
                                <Choices legend=t!(l, connections.scenario) name="scenario" problems=problems.clone()>
                                    <Choice name="scenario" value="runbook" checked=scenario == "runbook" why=t!(l, connections.scenario_runbook)><code>"runbook"</code></Choice>
                                    <Choice name="scenario" value="fresh" checked=scenario == "fresh" why=t!(l, connections.scenario_fresh)><code>"fresh"</code></Choice>
                                </Choices>
                            </div>
                            <div class="only-aws group">
                                <SelectField name="region" label=t!(l, connections.region) options=regions value=region problems=problems.clone() mono=true/>
                                <Choices legend=t!(l, connections.source) name="source" problems=problems.clone()>
                                    <Choice name="source" value="default" checked=source == "default" why=t!(l, connections.default_why)>{t!(l, connections.source_default)}</Choice>
                                    <Choice name="source" value="profile" checked=source == "profile" why=t!(l, connections.profile_why)>{t!(l, connections.profile)}</Choice>
                                    <div class="nested">
                                        <TextField name="profile" label=t!(l, connections.profile_name) value=profile problems=inner.clone() mono=true required=true/>
                                    </div>
                                    <Choice name="source" value="assume_role" checked=source == "assume_role" why=t!(l, connections.role_why)>{t!(l, connections.role)}</Choice>
                                    <div class="nested">
                                        <TextField name="role_arn" label=t!(l, connections.role_arn) value=role_arn placeholder="arn:aws:iam::123456789012:role/slipway" problems=inner.clone() mono=true required=true/>
                                        <TextField name="external_id" label=t!(l, connections.external_id) hint=t!(l, connections.external_id_hint) problems=inner.clone() mono=true/>
                                    </div>
                                </Choices>
                                <TextField name="endpoint" label=t!(l, connections.endpoint) value=endpoint hint=t!(l, connections.endpoint_hint) placeholder="http://127.0.0.1:5000" problems=problems mono=true/>
                            </div>
                            <div class="actions">
                                <Button kind=ButtonKind::Primary>{t!(l, connections.add_go)}</Button>
                                <LinkButton href=routes::CONNECTIONS kind=ButtonKind::Quiet>{t!(l, form.cancel)}</LinkButton>
                            </div>
                        </div>
                    </form>
                </Frame>
            }
        },
    )
}
