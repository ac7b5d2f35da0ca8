//! Security headers, the nonce, and what may be cached.

use axum::http::{StatusCode, header};

use crate::bed::Bed;
use crate::web::Browser;

/// The nonce of a content security policy.
fn nonce(policy: &str) -> &str {
    let rest = policy.split("'nonce-").nth(1).unwrap();
    rest.split('\'').next().unwrap()
}

#[tokio::test]
async fn every_page_forbids_what_it_does_not_need() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    for path in ["/sign-in", "/", "/healthz", "/pkg/none.js"] {
        let page = browser.get(path).await;
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        for part in [
            "default-src 'none'",
            "script-src 'strict-dynamic' 'nonce-",
            "'wasm-unsafe-eval'",
            "style-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {part} in {policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{path}");
        assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(page.header(header::REFERRER_POLICY), "same-origin", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(page.header("permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(
            page.header(header::STRICT_TRANSPORT_SECURITY),
            "",
            "{path}: not over plain HTTP"
        );
    }
}

#[tokio::test]
async fn every_script_of_a_page_carries_the_nonce_and_no_other_page_has_it() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    let (one, other) = (browser.get("/sign-in").await, browser.get("/sign-in").await);
    assert_eq!(one.status, StatusCode::OK, "{}", one.body);
    let own = nonce(one.header(header::CONTENT_SECURITY_POLICY));
    assert_ne!(own, nonce(other.header(header::CONTENT_SECURITY_POLICY)));
    let scripts: Vec<&str> = one
        .body
        .split("<script")
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        assert!(script.contains(&format!("nonce=\"{own}\"")), "{script}");
    }
    assert!(!one.body.contains(" style=\""), "no inline styles");
}

#[tokio::test]
async fn https_is_kept_to() {
    let bed = Bed::new().await;
    let mut browser = Browser::secure(&bed).await;
    assert!(
        browser
            .get("/sign-in")
            .await
            .header(header::STRICT_TRANSPORT_SECURITY)
            .contains("max-age=31536000")
    );
    let page = browser.set_up().await;
    let cookie = page.header(header::SET_COOKIE);
    assert!(cookie.starts_with("__Host-slipway="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn pages_are_not_kept_and_assets_are() {
    let bed = Bed::new().await;
    let site = bed.path("site").join("pkg");
    std::fs::create_dir_all(&site).unwrap();
    std::fs::write(site.join("slipway.css"), "body{}").unwrap();
    std::fs::write(site.join("slipway.B2x9QkT1uVw.js"), "export{}").unwrap();
    let mut browser = Browser::signed_in(&bed).await;
    assert_eq!(
        browser.get("/connections").await.header(header::CACHE_CONTROL),
        "no-store"
    );
    let css = browser.get("/pkg/slipway.css").await;
    assert_eq!(
        (css.status, css.header(header::CACHE_CONTROL)),
        (StatusCode::OK, "public, no-cache")
    );
    let js = browser.get("/pkg/slipway.B2x9QkT1uVw.js").await;
    assert_eq!(
        js.header(header::CACHE_CONTROL),
        "public, max-age=31536000, immutable"
    );
    let tag = css.header(header::ETAG).to_owned();
    assert!(!tag.is_empty());
    let request = axum::http::Request::get("/pkg/slipway.css").header(header::IF_NONE_MATCH, tag);
    assert_eq!(
        browser.send(request, axum::body::Body::empty()).await.status,
        StatusCode::NOT_MODIFIED
    );
    assert_eq!(
        browser.get("/pkg/../Cargo.toml").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn health_says_whether_the_database_answers() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    let well = browser.get("/healthz").await;
    assert_eq!(
        (well.status, well.body.as_str()),
        (StatusCode::OK, r#"{"status":"ok"}"#)
    );
    bed.db.close().await;
    assert_eq!(
        browser.get("/healthz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}
