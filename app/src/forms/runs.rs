//! Runs.

use axum::extract::{Extension, Path};
use axum::response::Response;

use super::done_or_back;
use crate::backend::SharedBackend;
use crate::components::Noted;
use crate::routes;

/// Ask a run to stop.
pub(super) async fn cancel(Extension(backend): Extension<SharedBackend>, Path(id): Path<String>) -> Response {
    let page = routes::run(&id);
    done_or_back(&backend, backend.cancel_run(&id).await, &page, |()| {
        Noted::Stopping.on(&page)
    })
    .await
}

/// A practice account's push of the image that a run waits for.
pub(super) async fn push(Extension(backend): Extension<SharedBackend>, Path(id): Path<String>) -> Response {
    let page = routes::run(&id);
    done_or_back(&backend, backend.push_for_run(&id).await, &page, |()| {
        page.clone()
    })
    .await
}

/// Go on with a run.
pub(super) async fn resume(Extension(backend): Extension<SharedBackend>, Path(id): Path<String>) -> Response {
    let page = routes::run(&id);
    done_or_back(&backend, backend.resume_run(&id).await, &page, |()| page.clone()).await
}
