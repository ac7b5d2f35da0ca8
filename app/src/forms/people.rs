//! Set-up, signing in and out.

use axum::extract::{Extension, Form, Path};
use axum::response::Response;

use super::{Posted, back, see_other};
use crate::backend::SharedBackend;
use crate::backend::people::OwnerForm;
use crate::components::Noted;
use crate::routes;

/// The owner's account, or a new password for one: the link says which.
pub(super) async fn set_up(
    Extension(backend): Extension<SharedBackend>,
    Path(token): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    let form = OwnerForm {
        name: posted.one("name").to_owned(),
        email: posted.one("email").to_owned(),
        password: password(&posted),
    };
    let done = match backend.reset_link(&token).await {
        Ok(Some(_)) => backend.reset_password(&token, &form.password).await,
        Ok(None) => backend.set_up(&token, form).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => see_other(routes::HOME),
        Err(error) => {
            back(
                &backend,
                &routes::setup(&token),
                error,
                posted.without(&["password"]),
            )
            .await
        }
    }
}

/// Signing in. `next` leads back to the page that asked for it.
pub(super) async fn sign_in(
    Extension(backend): Extension<SharedBackend>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    match backend.sign_in(posted.one("email"), &password(&posted)).await {
        Ok(()) => see_other(crate::preferences::respond::local(posted.one("next"))),
        Err(error) => back(&backend, routes::SIGN_IN, error, posted.without(&["password"])).await,
    }
}

/// Signing out.
pub(super) async fn sign_out(Extension(backend): Extension<SharedBackend>) -> Response {
    // A session that is gone already is signed out as well.
    let _gone_already = backend.sign_out().await;
    see_other(&Noted::SignedOut.on(routes::SIGN_IN))
}

/// A password is taken as it was typed: spaces at its ends belong to it.
fn password(posted: &Posted) -> String {
    posted
        .0
        .get("password")
        .and_then(|values| values.first())
        .cloned()
        .unwrap_or_default()
}
