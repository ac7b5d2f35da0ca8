//! Signing in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::loaded::{NoticeOf, loaded};
use crate::components::*;
use crate::i18n::{locale, t};
use crate::routes;

/// The sign-in form.
#[component]
pub fn SignIn() -> impl IntoView {
    let asked = use_query_map().get_untracked().get("next");
    loaded(
        |backend| async move { Ok(backend.viewer()) },
        move |viewer, around| {
            let l = locale();
            // A mistyped password does not forget where somebody was on the way to.
            let next = match (&asked, around.typed("next")) {
                (Some(asked), _) => asked.clone(),
                (None, before) if before.is_empty() => routes::HOME.to_owned(),
                (None, before) => before,
            };
            let email = around.typed("email");
            let already = viewer.map(|viewer| {
                view! { <Note tone=Tone::None>{t!(l, sign_in.already, name = viewer.name)} " " <a href=routes::HOME>{t!(l, next.stacks)}</a></Note> }
            });
            view! {
                <PlainFrame>
                    <div class="gate">
                        <PageHead title=t!(l, sign_in.title) lead=t!(l, sign_in.lead)/>
                        {already}
                        <NoticeOf around/>
                        <form class="panel" method="post" action=routes::SIGN_IN>
                            <div class="body">
                                <input type="hidden" name="next" value=next/>
                                <TextField name="email" label=t!(l, people.email) kind="email" value=email autocomplete="username" required=true autofocus=true/>
                                <TextField name="password" label=t!(l, people.password) kind="password" autocomplete="current-password" required=true/>
                                <div class="actions"><Button kind=ButtonKind::Primary>{t!(l, sign_in.go)}</Button></div>
                            </div>
                        </form>
                        <p class="muted">{t!(l, sign_in.lost)}</p>
                    </div>
                </PlainFrame>
            }
        },
    )
}
