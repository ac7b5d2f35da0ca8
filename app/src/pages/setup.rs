//! First set-up: the one-time link makes the owner's account.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::loaded::{Around, NoticeOf, loaded};
use crate::backend::error::NextLabel;
use crate::backend::{PanelError, PanelErrorCode};
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// The form for the owner's account.
#[component]
pub fn Setup() -> impl IntoView {
    let token = use_params_map().get_untracked().get("token").unwrap_or_default();
    let action = routes::setup(&token);
    loaded(
        move |backend| {
            let token = token.clone();
            async move {
                if let Some(email) = backend.reset_link(&token).await? {
                    Ok(Some(email))
                } else if backend.setup_link_is_good(&token).await? {
                    Ok(None)
                } else {
                    Err(PanelError::new(PanelErrorCode::SetupLink).next(NextLabel::SignIn, routes::SIGN_IN))
                }
            }
        },
        move |reset: Option<String>, around| {
            let l = locale();
            let problems = around.problems();
            let action = action.clone();
            let (name, email) = (around.typed("name"), around.typed("email"));
            if let Some(email) = reset {
                return view! { <NewPassword email action around problems/> }.into_any();
            }
            view! {
                <PlainFrame>
                    <div class="gate">
                        <PageHead title=t!(l, setup.title) lead=t!(l, setup.lead)/>
                        <NoticeOf around/>
                        <form class="panel" method="post" action=action>
                            <div class="body">
                                <TextField name="name" label=t!(l, people.name) value=name problems=problems.clone() autocomplete="name" required=true autofocus=true/>
                                <TextField name="email" label=t!(l, people.email) kind="email" value=email problems=problems.clone() autocomplete="username" required=true/>
                                <TextField name="password" label=t!(l, people.password) kind="password" hint=t!(l, people.password_hint) problems=problems autocomplete="new-password" required=true/>
                                <div class="actions"><Button kind=ButtonKind::Primary>{t!(l, setup.go)}</Button></div>
                            </div>
                        </form>
                    </div>
                </PlainFrame>
            }
            .into_any()
        },
    )
}

/// The form for who lost the password.
#[component]
fn NewPassword(email: String, action: String, around: Around, problems: Problems) -> impl IntoView {
    let l = locale();
    view! {
        <PlainFrame>
            <div class="gate">
                <PageHead title=t!(l, setup.reset) lead=t!(l, setup.reset_lead)/>
                <NoticeOf around/>
                <form class="panel" method="post" action=action>
                    <div class="body">
                        <TextField name="email" label=t!(l, people.email) kind="email" value=email autocomplete="username" readonly=true/>
                        <TextField name="password" label=t!(l, people.password) kind="password" hint=t!(l, people.password_hint) problems=problems autocomplete="new-password" required=true autofocus=true/>
                        <div class="actions"><Button kind=ButtonKind::Primary>{t!(l, setup.reset_go)}</Button></div>
                    </div>
                </form>
            </div>
        </PlainFrame>
    }
}
