//! Where forms are posted. Plain `POST` handlers, one file per area: they read the form, ask the backend, and answer with
//! `303 See Other`, so that every form works without JavaScript and a reload never posts twice.
//!
//! The server puts the request's [`SharedBackend`] into its extensions before these handlers see it.

mod connections;
mod drafts;
mod people;
mod runs;
mod stacks;

use std::collections::BTreeMap;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;

use crate::backend::drafts::FormValues;
use crate::backend::people::Notice;
use crate::backend::{PanelError, PanelErrorCode, SharedBackend};
use crate::routes;

/// Every form's address. Mounted beside the pages: a form is posted to the page it stands on, or to a verb below it.
pub fn routes() -> Router {
    Router::new()
        .route("/setup/{token}", post(people::set_up))
        .route(routes::SIGN_IN, post(people::sign_in))
        .route(routes::SIGN_OUT, post(people::sign_out))
        .route(routes::NEW_CONNECTION, post(connections::add))
        .route("/connections/{id}/edit", post(connections::edit))
        .route("/connections/{id}/test", post(connections::test))
        .route("/connections/{id}/reset", post(connections::reset))
        .route("/connections/{id}/remove", post(connections::remove))
        .route(routes::NEW_DRAFT, post(drafts::create))
        .route("/drafts/{id}/discard", post(drafts::discard))
        .route("/drafts/{id}/repository", post(drafts::create_repository))
        .route("/drafts/{id}/push", post(drafts::play_push))
        .route("/drafts/{id}/apply", post(drafts::apply))
        .route("/drafts/{id}/{step}", post(drafts::save))
        .route("/stacks/{id}/edit", post(drafts::edit_stack))
        .route("/stacks/{id}/destroy", post(stacks::destroy))
        .route("/runs/{id}/edit", post(drafts::edit_run))
        .route("/runs/{id}/push", post(runs::push))
        .route("/runs/{id}/cancel", post(runs::cancel))
        .route("/runs/{id}/resume", post(runs::resume))
}

/// A posted form: names may repeat.
#[derive(Debug, Default)]
struct Posted(FormValues);

impl Posted {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut values: FormValues = BTreeMap::new();
        for (name, value) in pairs {
            values.entry(name).or_default().push(value);
        }
        Self(values)
    }

    /// The first value of a field, trimmed, or nothing.
    fn one(&self, name: &str) -> &str {
        self.0
            .get(name)
            .and_then(|values| values.first())
            .map_or("", |value| value.trim())
    }

    /// Everything that was typed, without the fields that must not be kept.
    fn without(mut self, secret: &[&str]) -> FormValues {
        self.0.retain(|name, _| !secret.contains(&name.as_str()));
        self.0
    }
}

/// `303` to a page.
fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Back to the page the form stands on, with the error and what was typed. Nobody signed in: to the sign-in page.
async fn back(backend: &SharedBackend, page: &str, error: PanelError, values: FormValues) -> Response {
    if error.code == PanelErrorCode::SignInNeeded {
        return see_other(routes::SIGN_IN);
    }
    let joint = if page.contains('?') { '&' } else { '?' };
    match backend.keep_notice(Notice { error, values }).await {
        Ok(id) => see_other(&format!("{page}{joint}notice={id}")),
        Err(_) => see_other(page),
    }
}

/// To `done` when it went well, back with the error when it did not.
async fn done_or_back<T>(
    backend: &SharedBackend,
    answer: Result<T, PanelError>,
    page: &str,
    done: impl FnOnce(T) -> String,
) -> Response {
    match answer {
        Ok(value) => see_other(&done(value)),
        Err(error) => back(backend, page, error, FormValues::new()).await,
    }
}
