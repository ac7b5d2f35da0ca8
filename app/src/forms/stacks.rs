//! Stacks.

use axum::extract::{Extension, Form, Path};
use axum::response::Response;

use super::{Posted, done_or_back};
use crate::backend::SharedBackend;
use crate::routes;

/// Take a stack down, as shown.
pub(super) async fn destroy(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    let answer = backend
        .destroy(&id, posted.one("digest"), posted.one("name"))
        .await;
    done_or_back(&backend, answer, &routes::destroy_stack(&id), routes::run).await
}
