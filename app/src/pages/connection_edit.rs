//! Changing a connection: its name, and how the account is reached.

use leptos::prelude::*;

use super::loaded::Around;
use crate::backend::connections::{ConnectionKind, ConnectionView, CredentialSource};
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// The form. What a practice account leads to can't be changed, only its name.
#[component]
pub fn EditConnection(
    /// As it is now.
    connection: ConnectionView,
    /// What the page knows besides: a refused form keeps what was typed.
    around: Around,
) -> impl IntoView {
    let l = locale();
    let problems = around.problems();
    let action = format!("{}/edit", routes::connection(&connection.id));
    let open = !around.is_fresh();
    let typed = move |field: &str, now: String| if open { around.typed(field) } else { now };
    let name = typed("name", connection.name);
    let aws = match connection.kind {
        ConnectionKind::Practice { .. } => None,
        ConnectionKind::Aws {
            credentials,
            endpoint,
        } => {
            let (source, profile, role_arn, has_id) = match credentials {
                CredentialSource::Default => ("default", String::new(), String::new(), false),
                CredentialSource::Profile { name } => ("profile", name, String::new(), false),
                CredentialSource::AssumeRole {
                    role_arn,
                    has_external_id,
                } => ("assume_role", String::new(), role_arn, has_external_id),
            };
            let source = typed("source", source.to_owned());
            let (profile, role_arn) = (typed("profile", profile), typed("role_arn", role_arn));
            let region = typed("region", connection.region);
            let endpoint = typed("endpoint", endpoint.unwrap_or_default());
            let regions: Vec<_> = engine::spec::region::REGIONS
                .iter()
                .map(|region| SelectOption::new(region.code, format!("{} · {}", region.code, region.name)))
                .collect();
            let id_hint = if has_id {
                t!(l, connections.external_id_kept)
            } else {
                t!(l, connections.external_id_hint)
            };
            let problems = problems.clone();
            Some(view! {
                <SelectField name="region" label=t!(l, connections.region) options=regions value=region problems=problems.clone() mono=true/>
                <Choices legend=t!(l, connections.source) name="source" problems=problems.clone()>
                    <Choice name="source" value="default" checked=source == "default" why=t!(l, connections.default_why)>{t!(l, connections.source_default)}</Choice>
                    <Choice name="source" value="profile" checked=source == "profile" why=t!(l, connections.profile_why)>{t!(l, connections.profile)}</Choice>
                    <Choice name="source" value="assume_role" checked=source == "assume_role" why=t!(l, connections.role_why)>{t!(l, connections.role)}</Choice>
                </Choices>
                <TextField name="profile" label=t!(l, connections.profile_name) value=profile problems=problems.clone() mono=true/>
                <TextField name="role_arn" label=t!(l, connections.role_arn) value=role_arn problems=problems.clone() mono=true/>
                <TextField name="external_id" label=t!(l, connections.external_id) hint=id_hint problems=problems.clone() mono=true/>
                {has_id.then(|| view! { <Check name="drop_external_id" label=t!(l, connections.external_id_drop)/> })}
                <TextField name="endpoint" label=t!(l, connections.endpoint) value=endpoint hint=t!(l, connections.endpoint_hint) problems=problems mono=true/>
            })
        }
    };
    view! {
        <Disclosure summary=t!(l, connections.edit) open=open>
            <form method="post" action=action novalidate=true>
                <ProblemSummary problems=problems.clone()/>
                <TextField name="name" label=t!(l, connections.name) value=name hint=t!(l, connections.name_hint) problems required=true/>
                {aws}
                <div class="actions"><Button kind=ButtonKind::Primary>{t!(l, wizard.save)}</Button></div>
            </form>
        </Disclosure>
    }
}
