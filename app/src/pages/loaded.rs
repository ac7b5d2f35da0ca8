//! How a page gets what it shows: ask the backend of this request, then show the answer, or the error with its next click.

use std::future::Future;

use leptos::prelude::*;

use crate::backend::people::Notice;
use crate::backend::{Answer, PanelError, PanelErrorCode, SharedBackend};
use crate::components::*;
use crate::i18n::locale;
use crate::words;

/// What every page knows besides its answer.
#[derive(Clone, Default)]
pub struct Around {
    /// The form on this page was just checked: its problems are shown.
    pub checked: bool,
    /// What the last refused form left.
    pub notice: Option<Notice>,
}

impl Around {
    /// What was typed into a field before the form was refused, or nothing.
    pub fn typed(&self, field: &str) -> String {
        let values = self.notice.as_ref().and_then(|notice| notice.values.get(field));
        values
            .and_then(|values| values.first())
            .cloned()
            .unwrap_or_default()
    }

    /// Whether nothing was typed yet, so that proposals stand in the fields.
    pub fn is_fresh(&self) -> bool {
        self.notice.as_ref().is_none_or(|notice| notice.values.is_empty())
    }

    /// Problems of the refused form.
    pub fn problems(&self) -> Problems {
        let found = self.notice.iter().flat_map(|notice| &notice.error.problems);
        words::problem::problems(locale(), found)
    }
}

/// Ask, then show. The whole page waits: status, redirects and content are right without JavaScript.
///
/// Leptos walks a suspended page twice before it waits for it. A closure in there would be called each time, and what it
/// asked be dropped: a query that is dropped costs its connection to the database. So it is one future, asked once.
pub fn loaded<T, Asked, View>(
    ask: impl FnOnce(SharedBackend) -> Asked + Send + 'static,
    show: impl FnOnce(T, Around) -> View + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    Asked: Future<Output = Answer<T>> + Send + 'static,
    View: IntoView + 'static,
{
    let backend = use_context::<SharedBackend>();
    let query = leptos_router::hooks::use_query_map().get_untracked();
    let (checked, notice) = (query.get("checked").is_some(), query.get("notice"));
    let page = Suspend::new(async move {
        let Some(backend) = backend else {
            return view! { <Refused error=PanelError::new(PanelErrorCode::Unexpected)/> }.into_any();
        };
        let kept = match &notice {
            Some(id) => backend.notice(id).await,
            None => None,
        };
        match ask(backend.clone()).await {
            Ok(answer) => show(
                answer,
                Around {
                    checked,
                    notice: kept,
                },
            )
            .into_any(),
            Err(error) => view! { <Refused error/> }.into_any(),
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

/// The error of a refused form, above it.
#[component]
pub fn NoticeOf(
    /// What the page knows besides its answer.
    around: Around,
) -> impl IntoView {
    around
        .notice
        .map(|notice| view! { <ErrorOf error=notice.error/> })
}

/// An error as a note: what, why, AWS's own words, and the next click.
#[component]
pub fn ErrorOf(
    /// The error.
    error: PanelError,
) -> impl IntoView {
    view! { <ErrorSaid error=words::error::Said::of(locale(), &error)/> }
}

/// An error that is in the reader's words already.
#[component]
pub fn ErrorSaid(
    /// The error.
    error: words::error::Said,
) -> impl IntoView {
    let next = error
        .next
        .map(|(href, label)| view! { <LinkButton href>{label}</LinkButton> });
    view! {
        <ErrorNote
            title=error.title
            why=error.why
            code=error.code
            message=error.message
            request_id=error.request_id
            next=next
        />
    }
}

/// A page that can't be shown: with the right status, or on the way to the sign-in page.
#[component]
fn Refused(error: PanelError) -> impl IntoView {
    let l = locale();
    answer_with(&error);
    view! {
        <PlainFrame>
            <PageHead title=words::error::title(l, &error)/>
            <ErrorOf error/>
        </PlainFrame>
    }
}

/// Answers with the status that fits an error.
#[cfg(feature = "ssr")]
pub(super) fn answer_with(error: &PanelError) {
    use crate::preferences::respond;
    use axum::http::StatusCode;

    let status = match error.code {
        PanelErrorCode::SignInNeeded => {
            let here = crate::request::Asked::current().path;
            let next = leptos_router::params::ParamsMap::from_iter([("next", here)]).to_query_string();
            return respond::see_other(&format!("{}{next}", crate::routes::SIGN_IN));
        }
        PanelErrorCode::NotFound | PanelErrorCode::SetupLink => StatusCode::NOT_FOUND,
        PanelErrorCode::SlowDown => StatusCode::TOO_MANY_REQUESTS,
        PanelErrorCode::Changed
        | PanelErrorCode::StalePlan
        | PanelErrorCode::RunUnfinished
        | PanelErrorCode::RunSuperseded
        | PanelErrorCode::RunNotResumable => StatusCode::CONFLICT,
        PanelErrorCode::DraftDone | PanelErrorCode::StackGone => StatusCode::GONE,
        PanelErrorCode::Aws | PanelErrorCode::AwsUnreachable => StatusCode::BAD_GATEWAY,
        PanelErrorCode::Storage => StatusCode::SERVICE_UNAVAILABLE,
        PanelErrorCode::Unexpected => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    respond::status(status);
}

/// Answers with the status that fits an error; in the browser nothing is answered.
#[cfg(not(feature = "ssr"))]
pub(super) fn answer_with(_error: &PanelError) {}
