//! Wizard: account and name.

use leptos::prelude::*;

use super::super::connections::described;
use super::super::loaded::loaded;
use super::{Onward, Wizard, problems, retyped};
use crate::backend::connections::ConnectionView;
use crate::backend::drafts::{DraftView, WizardStep};
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// Where the stack is built, and what it is called.
#[component]
pub fn AccountPage(
    /// Id of the draft.
    id: String,
) -> impl IntoView {
    loaded(
        move |backend| {
            let id = id.clone();
            async move { backend.account_page(&id).await }
        },
        |(mut draft, connections): (DraftView, Vec<ConnectionView>), around| {
            let l = locale();
            retyped(&mut draft, &around);
            let seen = draft.seen.clone();
            let locked = draft.stack_id.is_some();
            let step = WizardStep::Account;
            let found = problems(&draft, step, &around);
            let chosen = draft.value("connection").to_owned();
            let choices: Vec<_> = connections
                .into_iter()
                .filter(|connection| !locked || connection.id == chosen)
                .map(|connection| {
                    let (what, detail) = described(l, &connection.kind);
                    let checked = connection.id == chosen;
                    view! {
                        <Choice name="connection" value=connection.id checked why=format!("{detail} · {}", connection.region)>
                            <b>{connection.name}</b> " " <Tag>{what}</Tag>
                        </Choice>
                    }
                })
                .collect();
            let (name, environment) = (
                draft.value("name").to_owned(),
                draft.value("environment").to_owned(),
            );
            let taken = draft.taken_by.clone().map(|stack| {
                let said = t!(l, wizard.taken, name = name.clone());
                let (page, edit) = (routes::stack(&stack), format!("/stacks/{stack}/edit"));
                view! {
                    <Note tone=Tone::Warn>
                        <a href=page>{said}</a>
                        <form method="post" action=edit><Button small=true>{t!(l, wizard.change_it)}</Button></form>
                    </Note>
                }
            });
            let action = routes::draft(&draft.id, step);
            let discard = format!("/drafts/{}/discard", draft.id);
            let discard_button = move || {
                view! {
                    <Confirm open=t!(l, wizard.discard) question=t!(l, wizard.discard_question)>
                        <form method="post" action=discard><Button kind=ButtonKind::Danger>{t!(l, wizard.discard_go)}</Button></form>
                    </Confirm>
                }
            };
            view! {
                <Wizard draft step around lead=if locked { t!(l, wizard.account.locked) } else { t!(l, wizard.account.lead) } actions=discard_button>
                    {taken}
                    <form class="panel" method="post" action=action novalidate=true>
                        <div class="body">
                            <ProblemSummary problems=found.clone()/>
                            <Choices legend=t!(l, wizard.account.connection) name="connection" problems=found.clone()>{choices}</Choices>
                            {(!locked).then(|| view! { <p><a href=routes::NEW_CONNECTION>{t!(l, connections.add)}</a></p> })}
                            <TextField name="name" label=t!(l, wizard.account.name) value=name hint=t!(l, wizard.account.name_hint) placeholder="vendor0919" problems=found.clone() mono=true required=true readonly=locked/>
                            <TextField name="environment" label=t!(l, wizard.account.environment) value=environment hint=t!(l, wizard.account.environment_hint) problems=found mono=true required=true/>
                            <Onward step seen/>
                        </div>
                    </form>
                </Wizard>
            }
        },
    )
}
