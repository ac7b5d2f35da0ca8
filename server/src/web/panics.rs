//! The answer to a request whose handler panicked: a page without internals, with a number to look for in the log.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use app::i18n::{locale, tag};
use app::pages::errors::Broken;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use leptos::prelude::*;
use leptos_router::components::Router;
use uuid::Uuid;

/// Passes the request on; when that panics, logs it and shows the page.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    match AssertUnwindSafe(next.run(Request::from_parts(parts, body)))
        .catch_unwind()
        .await
    {
        Ok(response) => response,
        Err(panic) => {
            let incident = note(panic.as_ref());
            let page = leptos_axum::render_app_async_with_context(super::provide, move || {
                document(incident.clone())
            });
            page(Request::from_parts(asked, Body::empty())).await
        }
    }
}

/// The last resort: the page itself panicked.
pub(super) fn answer(panic: Box<dyn Any + Send + 'static>) -> Response {
    let incident = note(panic.as_ref());
    let mut response = Response::new(Body::from(format!(
        "500 Internal Server Error\nslipway {incident}\n"
    )));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// Writes the reason to the log and answers the number under which it is there.
fn note(panic: &(dyn Any + Send)) -> String {
    let reason = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let mut incident = Uuid::new_v4().simple().to_string();
    incident.truncate(8);
    tracing::error!(incident, reason, "a request handler panicked");
    incident
}

/// A whole document without the parts that may have failed.
fn document(incident: String) -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <!DOCTYPE html>
        <html lang=tag(locale())>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="stylesheet" href="/pkg/slipway.css"/>
                <leptos_meta::MetaTags/>
            </head>
            <body>
                // The page asks where it is: only a router knows.
                <Router><Broken trace=incident/></Router>
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn explode() -> &'static str {
        panic!("the password is hunter2");
    }

    #[tokio::test]
    async fn a_panic_becomes_a_page_without_internals() {
        // Lists the pages, and starts what renders them, as the server does.
        let _pages = leptos_axum::generate_route_list(app::App);
        let router = axum::Router::new().route("/", get(explode)).layer(from_fn(guard));
        let request = Request::get("/")
            .header(header::ACCEPT_LANGUAGE, "ja")
            .body(Body::empty())
            .unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("<html lang=\"ja\""), "{body}");
        assert!(!body.contains("hunter2"), "{body}");
    }
}
