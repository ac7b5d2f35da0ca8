//! Connections.

use axum::extract::{Extension, Form, Path};
use axum::response::Response;

use super::{Posted, back, done_or_back, see_other};
use crate::backend::SharedBackend;
use crate::backend::connections::ConnectionForm;
use crate::components::Noted;
use crate::routes;

/// A new connection.
pub(super) async fn add(
    Extension(backend): Extension<SharedBackend>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    let form = form(&posted);
    match backend.add_connection(form).await {
        Ok(id) => see_other(&Noted::Added.on(&routes::connection(id))),
        Err(error) => {
            back(
                &backend,
                routes::NEW_CONNECTION,
                error,
                posted.without(&["external_id"]),
            )
            .await
        }
    }
}

fn form(posted: &Posted) -> ConnectionForm {
    let text = |name: &str| posted.one(name).to_owned();
    ConnectionForm {
        kind: text("kind"),
        name: text("name"),
        scenario: text("scenario"),
        region: text("region"),
        source: text("source"),
        profile: text("profile"),
        role_arn: text("role_arn"),
        external_id: text("external_id"),
        drop_external_id: posted.one("drop_external_id") == "on",
        endpoint: text("endpoint"),
    }
}

/// A connection changed.
pub(super) async fn edit(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    let page = routes::connection(&id);
    match backend.edit_connection(&id, form(&posted)).await {
        Ok(()) => see_other(&Noted::Saved.on(&page)),
        Err(error) => back(&backend, &page, error, posted.without(&["external_id"])).await,
    }
}

/// "Test connection".
pub(super) async fn test(Extension(backend): Extension<SharedBackend>, Path(id): Path<String>) -> Response {
    let page = routes::connection(&id);
    done_or_back(&backend, backend.test_connection(&id).await, &page, |_| {
        page.clone()
    })
    .await
}

/// A practice account back to its morning.
pub(super) async fn reset(Extension(backend): Extension<SharedBackend>, Path(id): Path<String>) -> Response {
    let page = routes::connection(&id);
    done_or_back(&backend, backend.reset_practice(&id).await, &page, |()| {
        Noted::Saved.on(&page)
    })
    .await
}

/// A connection that nobody needs.
pub(super) async fn remove(Extension(backend): Extension<SharedBackend>, Path(id): Path<String>) -> Response {
    let page = routes::connection(&id);
    done_or_back(&backend, backend.remove_connection(&id).await, &page, |()| {
        Noted::Removed.on(routes::CONNECTIONS)
    })
    .await
}
