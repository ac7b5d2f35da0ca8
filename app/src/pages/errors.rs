//! Pages for what is not there and for what went wrong. Both say the next click.

use leptos::prelude::*;

use crate::{
    components::*,
    i18n::{locale, t},
    routes,
};

/// Nothing at this address. Answers 404.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::preferences::respond::status(axum::http::StatusCode::NOT_FOUND);
    let l = locale();
    view! {
        <PlainFrame>
            <PageHead
                title=t!(l, error.not_found)
                lead=t!(l, error.not_found_why)
                actions=view! { <LinkButton href=routes::HOME kind=ButtonKind::Primary>{t!(l, error.to_stacks)}</LinkButton> }
            />
        </PlainFrame>
    }
}

/// A page that could not be made. Answers 500 and shows the number under which the log has the cause.
#[component]
pub fn Broken(
    /// What to look for in the log.
    #[prop(into)]
    trace: Text,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::preferences::respond::status(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    let l = locale();
    view! {
        <PlainFrame>
            <PageHead
                title=t!(l, error.broken)
                lead=t!(l, error.broken_why)
                actions=view! { <LinkButton href=routes::HOME kind=ButtonKind::Primary>{t!(l, error.to_stacks)}</LinkButton> }
            />
            {trace.get().map(|trace| view! { <p class="muted">{t!(l, error.trace)} " " <code>{trace}</code></p> })}
        </PlainFrame>
    }
}
