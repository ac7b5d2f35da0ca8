//! A browser without a network: requests go straight to the router, cookies are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use slipway::config::WebConfig;
use slipway::panel::Panel;
use slipway::web::router;
use tower::ServiceExt;

use crate::bed::Bed;

pub(crate) const EMAIL: &str = "owner@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A browser on a panel.
pub(crate) struct Browser {
    pub(crate) panel: Arc<Panel>,
    router: Router,
    cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header(header::LOCATION)
    }
}

fn config(bed: &Bed, secure: bool) -> WebConfig {
    let scheme = if secure { "https" } else { "http" };
    WebConfig {
        addr: ([127, 0, 0, 1], 0).into(),
        base_url: format!("{scheme}://panel.test"),
        secure,
        setup_link_file: None,
        site_root: bed.path("site"),
        time_zone: "Asia/Tokyo".to_owned(),
        trust_proxy: false,
    }
}

impl Browser {
    /// A browser that nobody signed in with.
    pub(crate) async fn new(bed: &Bed) -> Self {
        Self::with(bed, false).await
    }

    /// A browser on a panel that is reached by HTTPS.
    pub(crate) async fn secure(bed: &Bed) -> Self {
        Self::with(bed, true).await
    }

    async fn with(bed: &Bed, secure: bool) -> Self {
        let panel = bed.panel().await;
        let router = router(Arc::clone(&panel), &config(bed, secure)).unwrap();
        Self {
            panel,
            router,
            cookies: BTreeMap::new(),
        }
    }

    /// Another browser on the same panel.
    pub(crate) fn another(&self) -> Self {
        Self {
            panel: Arc::clone(&self.panel),
            router: self.router.clone(),
            cookies: BTreeMap::new(),
        }
    }

    /// A browser of the owner, who has just set the panel up.
    pub(crate) async fn signed_in(bed: &Bed) -> Self {
        let mut browser = Self::new(bed).await;
        let page = browser.set_up().await;
        assert_eq!(page.leads_to(), "/");
        browser
    }

    /// Uses a fresh setup link.
    pub(crate) async fn set_up(&mut self) -> Page {
        let token = store::setup::issue(&self.panel.db).await.unwrap().unwrap();
        self.post(
            &format!("/setup/{}", token.expose()),
            &[("name", "Owner"), ("email", EMAIL), ("password", PASSWORD)],
        )
        .await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Page {
        self.post("/sign-in", &[("email", email), ("password", password)])
            .await
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(
            Request::get(path).header(header::ACCEPT, "text/html"),
            Body::empty(),
        )
        .await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let request = Request::post(path)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(body.join("&"))).await
    }

    pub(crate) async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Page {
        let response = self.open(request, body).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Page {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Sends a request and leaves the body to be read bit by bit.
    pub(crate) async fn open(
        &mut self,
        mut request: axum::http::request::Builder,
        body: Body,
    ) -> axum::response::Response {
        request = request.header(header::HOST, "panel.test");
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// Sends whatever method without a body, as a script would.
    pub(crate) async fn ask(&mut self, method: Method, path: &str) -> Page {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::empty()).await
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
