//! Taking a stack down: a plan like any other, shown first.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::loaded::{NoticeOf, loaded};
use super::plan_table::{PlanBody, PlanFacts};
use crate::backend::drafts::PlanView;
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// What would be removed, and the form that does it.
#[component]
pub fn Destroy() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    let page = routes::destroy_stack(&id);
    let stack = routes::stack(&id);
    loaded(
        move |backend| {
            let id = id.clone();
            async move { backend.destroy_plan(&id).await }
        },
        move |view: PlanView, around| {
            let l = locale();
            let name = view.plan.spec.name.clone();
            let trail = vec![
                Crumb::link(t!(l, nav.stacks), routes::HOME),
                Crumb::link(name.clone(), stack.clone()),
                Crumb::here(t!(l, stack.destroy)),
            ];
            let (action, digest) = (page.clone(), view.digest.clone());
            let label = t!(l, destroy.type_name, name = name.clone());
            let problems = around.problems();
            view! {
                <Frame place=Place::Stacks trail>
                    <PageHead title=t!(l, destroy.title, name = name) lead=t!(l, destroy.lead)/>
                    <NoticeOf around/>
                    <PlanFacts view=view.clone()/>
                    <form class="panel" method="post" action=action>
                        <div class="body">
                            <input type="hidden" name="digest" value=digest/>
                            <TextField name="name" label problems mono=true required=true autocomplete="off"/>
                            <div class="actions"><Button kind=ButtonKind::Danger>{t!(l, destroy.go)}</Button></div>
                        </div>
                    </form>
                    <PlanBody view/>
                </Frame>
            }
        },
    )
}
