//! Styles, scripts and icons: built beforehand, compressed beforehand.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::{ServeDir, ServeFile};

/// Named by their content: never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked about before use; the answer is 304 while nothing changed.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, no-cache");

/// `/pkg/…`, `/favicon.svg`, `/robots.txt`.
pub(super) fn router(site: &Path) -> Router {
    let pkg = ServeDir::new(site.join("pkg"))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    Router::new()
        .nest_service("/pkg", pkg)
        .route_service("/favicon.svg", ServeFile::new(site.join("favicon.svg")))
        .route_service("/robots.txt", ServeFile::new(site.join("robots.txt")))
        .layer(from_fn(cached))
}

async fn cached(request: Request, next: Next) -> Response {
    let named = is_named_by_content(request.uri().path());
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let value = if named { FOR_EVER } else { ASK_AGAIN };
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    response
}

/// `slipway.B2x9QkT1uVw.js`: a part of at least eight letters, digits, `-` or `_` before the extension.
fn is_named_by_content(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    let parts: Vec<&str> = file.split('.').collect();
    let [_, .., mark, _] = parts.as_slice() else {
        return false;
    };
    mark.len() >= 8
        && mark
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_named_by_content("/pkg/slipway.B2x9QkT1uVw.js"));
        for path in [
            "/pkg/slipway.js",
            "/pkg/slipway.css",
            "/pkg/slipway_bg.wasm",
            "/favicon.svg",
            "/pkg/",
        ] {
            assert!(!is_named_by_content(path), "{path}");
        }
    }
}
