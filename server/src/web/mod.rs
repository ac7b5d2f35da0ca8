//! The web server: which layers a request passes, and who answers it.
//!
//! From the outside in: security headers, panic guard, compression, CSRF, size limit, session, gate, pages. What needs
//! no person (`/healthz`, styles and scripts) is answered before the session is looked at.

mod arrival;
mod assets;
mod events;
mod exports;
mod gate;
mod headers;
mod healthz;
mod panics;
mod watched;

use std::sync::Arc;

use app::backend::SharedBackend;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::Limited;
use leptos::config::{Env, LeptosOptions};
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use store::sessions::PgSessions;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{ConfigError, CsrfLayer};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::config::WebConfig;
use crate::panel::Panel;

/// Largest request body in bytes: the longest form is a wizard page.
const LARGEST_BODY: usize = 256 * 1024;
/// A session ends after this much time without a request, in minutes. The absolute limit is the store's.
const IDLE_MINUTES: i64 = 30;

/// The name of the session cookie. `__Host-` makes browsers insist on HTTPS, this host and the root path.
fn cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Host-slipway"
    } else {
        "slipway_session"
    }
}

/// Everything the panel answers.
///
/// # Errors
/// When the base URL is no origin that a browser could send.
pub fn router(panel: Arc<Panel>, config: &WebConfig) -> Result<Router, ConfigError> {
    let options = leptos_options(config);
    let routes = generate_route_list(app::App);
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let not_found = leptos_axum::render_app_async_with_context(provide, shell.clone());

    let sessions = SessionManagerLayer::new(PgSessions::new(panel.db.clone()))
        .with_name(cookie_name(config.secure))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(config.secure)
        .with_expiry(Expiry::OnInactivity(time::Duration::minutes(IDLE_MINUTES)));
    let gate = gate::Gate {
        panel: Arc::clone(&panel),
        trust_proxy: config.trust_proxy,
        secure: config.secure,
    };

    let pages = Router::new()
        .route("/runs/{id}/events", get(events::stream))
        .route("/runs/{id}/view.json", get(events::view))
        .route("/drafts/{id}/image/events", get(arrival::stream))
        .route("/drafts/{id}/export/{format}", get(exports::download))
        .with_state(Arc::clone(&panel))
        .merge(app::forms::routes())
        .merge(
            Router::new()
                .leptos_routes_with_context(&options, routes, provide, shell)
                .fallback(not_found)
                .with_state(options),
        )
        .layer(
            ServiceBuilder::new()
                .layer(CsrfLayer::new().add_trusted_origin(&config.base_url)?)
                .layer(from_fn(limit))
                .layer(sessions)
                .layer(from_fn_with_state(gate, gate::pass)),
        );

    let watched = if is_watched() {
        let stylesheet = config.site_root.join("pkg/slipway.css");
        watched::router(stylesheet, panel.stopping.clone())
    } else {
        Router::new()
    };
    let router = Router::new()
        .route("/healthz", get(healthz::answer).with_state(panel))
        .merge(watched)
        .merge(assets::router(&config.site_root))
        .fallback_service(pages);
    Ok(router.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(
                headers::Policy::new(config.secure),
                headers::secure,
            ))
            .layer(CatchPanicLayer::custom(panics::answer))
            .layer(from_fn(panics::guard))
            .layer(CompressionLayer::new().gzip(true).br(true))
            .layer(from_fn(headers::no_store)),
    ))
}

/// Refuses bodies that are too large: at once when they say so, else while they are read.
async fn limit(request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > LARGEST_BODY) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, LARGEST_BODY))))
        .await
}

/// Gives a page or server function the request's backend and nonce, which the layers above put into the request.
fn provide() {
    let Some(parts) = use_context::<Parts>() else {
        return;
    };
    if let Some(backend) = parts.extensions.get::<SharedBackend>() {
        provide_context(SharedBackend::clone(backend));
    }
    if let Some(nonce) = parts.extensions.get::<Nonce>() {
        provide_context(nonce.clone());
    }
}

/// Somebody works on the panel.
fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}

fn leptos_options(config: &WebConfig) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("slipway")
        .site_root(config.site_root.to_string_lossy().as_ref())
        .site_pkg_dir("pkg")
        .site_addr(config.addr)
        .env(if is_watched() { Env::DEV } else { Env::PROD })
        .build()
}
