//! Who may pass: every address × nobody signed in.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

use crate::bed::Bed;
use crate::web::Browser;

/// Addresses that anybody may ask.
const PUBLIC: [&str; 5] = [
    "/sign-in",
    "/setup/{token}",
    "/api/sign_out",
    "/api/language",
    "/api/theme",
];

/// Every page, as the router of the panel lists them; every form; every server function; every stream.
fn addresses() -> Vec<(Method, String)> {
    let pages = leptos_axum::generate_route_list(app::App)
        .into_iter()
        .map(|route| (Method::GET, route.path().to_owned()));
    let forms = [
        "/connections/new",
        "/connections/{id}/edit",
        "/connections/{id}/test",
        "/connections/{id}/reset",
        "/connections/{id}/remove",
        "/drafts/new",
        "/drafts/{id}/discard",
        "/drafts/{id}/repository",
        "/drafts/{id}/push",
        "/drafts/{id}/apply",
        "/drafts/{id}/{step}",
        "/stacks/{id}/edit",
        "/stacks/{id}/destroy",
        "/runs/{id}/edit",
        "/runs/{id}/push",
        "/runs/{id}/cancel",
        "/runs/{id}/resume",
        "/sign-in",
        "/setup/{token}",
        "/api/sign_out",
    ];
    let functions =
        leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned()));
    let live = ["/runs/{id}/events", "/runs/{id}/view.json"];
    pages
        .chain(forms.map(|path| (Method::POST, path.to_owned())))
        .chain(functions)
        .chain(live.map(|path| (Method::GET, path.to_owned())))
        .collect()
}

/// An address with its parameters filled in.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| {
            if part.starts_with('{') {
                "0192e4a0-0000-7000-8000-000000000000"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn nobody_gets_past_the_sign_in_page() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    let all = addresses();
    assert!(all.len() > 19, "the table is not empty: {all:?}");
    for (method, path) in all {
        let public = PUBLIC.contains(&path.as_str());
        let asked = filled(&path);
        let html = Request::builder()
            .method(method.clone())
            .uri(&asked)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        let page = browser.send(html, Body::empty()).await;
        let script = browser.ask(method.clone(), &asked).await;
        if public {
            assert_ne!(script.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        } else {
            assert!(
                page.leads_to().starts_with("/sign-in"),
                "{method} {path}: {page:?}"
            );
            assert_eq!(script.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(script.body.contains("sign_in_needed"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_way_back_leads_through_the_sign_in_page() {
    let bed = Bed::new().await;
    let mut browser = Browser::new(&bed).await;
    let page = browser.get("/connections?x=1").await;
    assert_eq!(page.leads_to(), "/sign-in?next=/connections%3Fx%3D1");
    assert_eq!(browser.get("/").await.leads_to(), "/sign-in");
    assert_eq!(
        browser.get("/no/such/page").await.leads_to(),
        "/sign-in?next=/no/such/page"
    );
}

#[tokio::test]
async fn a_made_up_session_is_nobody() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    assert_eq!(browser.get("/connections").await.status, StatusCode::OK);
    browser.set_cookie("slipway_session", "AAAAAAAAAAAAAAAAAAAAAA");
    assert!(
        browser
            .get("/connections")
            .await
            .leads_to()
            .starts_with("/sign-in")
    );
    browser.set_cookie("slipway_session", "' OR 1=1 --");
    assert!(
        browser
            .get("/connections")
            .await
            .leads_to()
            .starts_with("/sign-in")
    );
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let form = |site: &str, origin: &str| {
        Request::post("/connections/new")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .header(header::ORIGIN, origin)
    };
    let body = || Body::from("kind=practice&name=mine&scenario=fresh");
    let before = store::connections::list(&bed.db).await.unwrap().len();
    for (site, origin) in [
        ("cross-site", "https://evil.example"),
        ("same-site", "https://other.panel.test"),
    ] {
        let page = browser.send(form(site, origin), body()).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{site}");
    }
    let old = Request::post("/connections/new")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://evil.example");
    assert_eq!(
        browser.send(old, body()).await.status,
        StatusCode::FORBIDDEN,
        "a browser without fetch metadata"
    );
    assert_eq!(store::connections::list(&bed.db).await.unwrap().len(), before);
    let own = browser
        .send(form("same-origin", "http://panel.test"), body())
        .await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
    assert_eq!(store::connections::list(&bed.db).await.unwrap().len(), before + 1);
}

#[tokio::test]
async fn a_huge_form_is_refused() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let huge = "x".repeat(300 * 1024);
    let page = browser.post("/connections/new", &[("name", &huge)]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
}
