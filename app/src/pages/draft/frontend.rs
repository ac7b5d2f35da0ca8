//! Wizard: the Amplify frontend.

use leptos::prelude::*;

use super::{Onward, Wizard, problems, retyped, wizard_page};
use crate::backend::drafts::{self, AppChoice, WizardStep};
use crate::components::*;
use crate::i18n::{Locale, locale, t};
use crate::routes;

/// Which frontend calls the stack, and how it gets the address.
#[component]
pub fn FrontendPage(
    /// Id of the draft.
    id: String,
) -> impl IntoView {
    wizard_page(
        id,
        WizardStep::Frontend,
        |backend, id| async move { backend.frontend_page(&id).await },
        |mut page: drafts::FrontendPage, around| {
            let l = locale();
            retyped(&mut page.draft, &around);
            let seen = page.draft.seen.clone();
            let step = WizardStep::Frontend;
            let found = problems(&page.draft, step, &around);
            let chosen = page.draft.value("frontend.app").to_owned();
            let (branch, variables) = (
                page.draft.value("frontend.branch").to_owned(),
                page.draft.value("frontend.variables").to_owned(),
            );
            let branch_only = page.draft.value("frontend.branch_only") == "on";
            let skip_missing = page.draft.value("frontend.skip_missing") == "on";
            let none = chosen.is_empty();
            let action = routes::draft(&page.draft.id, step);
            let (apps, trouble) = match page.apps {
                Ok(apps) => (apps, None),
                Err(reason) => (Vec::new(), Some(reason)),
            };
            let offered = apps.iter().find(|app| page.proposed && app.id == chosen);
            let lead = match offered {
                Some(app) => t!(l, wizard.frontend.lead_proposed, app = app.name.clone()),
                None if apps.is_empty() => t!(l, wizard.frontend.lead_none).to_owned(),
                None => t!(l, wizard.frontend.lead).to_owned(),
            };
            let branches = branches(&apps, &branch);
            // What is chosen stays on offer, also when the account does not list it.
            let listed = none || apps.iter().any(|app| app.id == chosen || app.name == chosen);
            let kept = chosen.clone();
            let unlisted = (!listed).then(|| {
                view! { <Choice name="frontend.app" value=kept.clone() checked=true why=t!(l, wizard.frontend.unlisted)><b>{kept}</b></Choice> }
            });
            let choices: Vec<_> = apps.iter().map(|app| app_choice(l, app, &chosen)).collect();
            view! {
                <Wizard draft=page.draft step around lead>
                    {trouble.map(|reason| view! { <Note tone=Tone::Warn title=t!(l, wizard.frontend.trouble)>{reason}</Note> })}
                    <form class="panel" method="post" action=action novalidate=true>
                        <div class="body">
                            <ProblemSummary problems=found.clone()/>
                            <Choices legend=t!(l, wizard.frontend.which) name="frontend.app" problems=found.clone()>
                                {choices}
                                {unlisted}
                                <Choice name="frontend.app" value="" checked=none why=t!(l, wizard.frontend.none_why)>{t!(l, wizard.frontend.none)}</Choice>
                            </Choices>
                            <div class="nested when-frontend">
                                {if branches.is_empty() {
                                    view! { <TextField name="frontend.branch" label=t!(l, wizard.frontend.branch) value=branch problems=found.clone() mono=true required=true/> }.into_any()
                                } else {
                                    view! { <SelectField name="frontend.branch" label=t!(l, wizard.frontend.branch) groups=branches value=branch problems=found.clone() mono=true/> }.into_any()
                                }}
                                <TextField name="frontend.variables" label=t!(l, wizard.frontend.variables) value=variables hint=t!(l, wizard.frontend.variables_hint) problems=found mono=true required=true/>
                                <Check name="frontend.branch_only" label=t!(l, wizard.frontend.branch_only) checked=branch_only hint=t!(l, wizard.frontend.branch_only_hint)/>
                                <Check name="frontend.skip_missing" label=t!(l, wizard.frontend.skip_missing) checked=skip_missing/>
                            </div>
                            <div class="when-frontend"><Note tone=Tone::Warn>{t!(l, wizard.frontend.mixed)}</Note></div>
                            <Onward step seen/>
                        </div>
                    </form>
                </Wizard>
            }
        },
    )
}

fn app_choice(l: Locale, app: &AppChoice, chosen: &str) -> AnyView {
    let names = if app.variables.is_empty() {
        "–".to_owned()
    } else {
        app.variables.join(", ")
    };
    let why = format!(
        "{} · {} · {}",
        app.id,
        app.domain,
        t!(l, wizard.frontend.has, names = names)
    );
    let checked = app.id == chosen || app.name == chosen;
    let name = app.name.clone();
    // An app that the spec names stays named.
    let id = if checked {
        chosen.to_owned()
    } else {
        app.id.clone()
    };
    view! { <Choice name="frontend.app" value=id checked why><b>{name}</b></Choice> }.into_any()
}

/// The branches of each app; one that was typed and that no app has stays on offer.
fn branches(apps: &[AppChoice], typed: &str) -> Vec<SelectGroup> {
    let known = apps
        .iter()
        .any(|app| app.branches.iter().any(|branch| branch == typed));
    apps.iter()
        .filter(|app| !app.branches.is_empty())
        .map(|app| {
            let lost = (!known && !typed.is_empty()).then_some(typed);
            let names = app.branches.iter().map(String::as_str).chain(lost);
            SelectGroup {
                key: app.id.clone(),
                label: app.name.clone(),
                options: names.map(|name| SelectOption::new(name, name)).collect(),
            }
        })
        .collect()
}
