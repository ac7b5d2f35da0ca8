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
    let text = |name: &str| posted.one(name).to_owned();
    let form = ConnectionForm {
        kind: text("kind"),
        name: text("name"),
        scenario: text("scenario"),
        region: text("region"),
        source: text("source"),
        profile: text("profile"),
        role_arn: text("role_arn"),
        external_id: text("external_id"),
        endpoint: text("endpoint"),
    };
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
