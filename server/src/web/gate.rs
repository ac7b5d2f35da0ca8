//! Who may pass: what is public is listed here, everything else needs a signed-in person.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use app::backend::SharedBackend;
use app::backend::people::Viewer;
use app::components::Noted;
use app::i18n::{LOCALE_COOKIE, Locale, from_accept_language, from_tag};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use store::{sessions, users};
use tower_sessions::Session;
use uuid::Uuid;

use crate::backend::RequestBackend;
use crate::panel::Panel;

/// What the gate needs.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) panel: Arc<Panel>,
    pub(super) trust_proxy: bool,
    pub(super) secure: bool,
}

/// Addresses that anybody may ask, beside `/setup/…`.
const PUBLIC: [&str; 4] = [
    app::routes::SIGN_IN,
    app::routes::SIGN_OUT,
    "/api/language",
    "/api/theme",
];

/// A session is extended at most this often, in seconds: not every request needs a write.
const TOUCH_EVERY_S: i64 = 60;
/// Key of the last extension in the session.
const TOUCHED_AT: &str = "touched_at";

/// Finds out who asks, and lets them pass or shows them the sign-in page.
pub(super) async fn pass(
    State(gate): State<Gate>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let viewer = match viewer(&gate.panel, &session).await {
        Ok(viewer) => viewer,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "nobody can be recognised"
            );
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    if viewer.is_none() && !is_public(request.uri().path()) {
        return turn_away(&request, gate.secure);
    }
    if viewer.is_some() && !asks_by_itself(request.uri().path()) {
        touch(&session).await;
    }
    let backend = RequestBackend {
        panel: Arc::clone(&gate.panel),
        viewer,
        session,
        address: address(&request, gate.trust_proxy),
        locale: locale(request.headers()),
    };
    request.extensions_mut().insert(backend.clone());
    request
        .extensions_mut()
        .insert::<SharedBackend>(Arc::new(backend));
    next.run(request).await
}

/// Whether anybody may ask this address.
pub(super) fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path)
        || path
            .strip_prefix("/setup/")
            .is_some_and(|token| !token.is_empty() && !token.contains('/'))
}

/// Addresses that a page asks again and again while nobody may be looking: they don't count as use.
fn asks_by_itself(path: &str) -> bool {
    let of_a_run = path.starts_with("/runs/") && (path.ends_with("/events") || path.ends_with("/view.json"));
    of_a_run || path.starts_with("/drafts/") && path.ends_with("/image/events")
}

async fn viewer(panel: &Panel, session: &Session) -> Result<Option<Viewer>, store::Error> {
    let id = match session.get::<Uuid>(sessions::USER_ID).await {
        Ok(id) => id,
        Err(tower_sessions::session::Error::Store(error)) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the session could not be read"
            );
            panel.db.ping().await?;
            None
        }
        Err(_) => None,
    };
    let Some(id) = id else { return Ok(None) };
    match users::get(&panel.db, id).await {
        Ok(user) => Ok(Some(Viewer {
            id: user.id.to_string(),
            email: user.email,
            name: user.display_name,
        })),
        Err(store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn touch(session: &Session) {
    let now = jiff::Timestamp::now().as_second();
    let last = session.get::<i64>(TOUCHED_AT).await.ok().flatten();
    if last.is_none_or(|last| now - last >= TOUCH_EVERY_S)
        && let Err(error) = session.insert(TOUCHED_AT, now).await
    {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a session was not extended"
        );
    }
}

/// Documents go to the sign-in page and come back from there; anything else gets a plain 401. A form leads back to the
/// page that it was on.
fn turn_away(request: &Request, secure: bool) -> Response {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !wants_page {
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return (
            StatusCode::UNAUTHORIZED,
            [json],
            r#"{"error":{"code":"sign_in_needed"}}"#,
        )
            .into_response();
    }
    let back = match *request.method() {
        Method::GET | Method::HEAD => request.uri().path_and_query().map(ToString::to_string),
        _ => page_before(request.headers()),
    };
    let back = back.filter(|back| back != app::routes::HOME);
    let target = match back {
        Some(back) => format!("{}?next={}", app::routes::SIGN_IN, percent_encoded(&back)),
        None => app::routes::SIGN_IN.to_owned(),
    };
    // Who sends a form, or brings a cookie, was signed in before.
    let was_in = *request.method() != Method::GET || has_session(request.headers(), secure);
    let target = if was_in {
        Noted::Expired.on(&target)
    } else {
        target
    };
    Redirect::to(&target).into_response()
}

/// The page of this panel that a form was on: its path without what the last form answered there.
fn page_before(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let referer = url::Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    let same = match referer.port() {
        Some(port) => host == format!("{}:{port}", referer.host_str()?),
        None => host == referer.host_str()?,
    };
    same.then(|| referer.path().to_owned())
}

fn has_session(headers: &HeaderMap, secure: bool) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(name, _)| name == super::cookie_name(secure))
}

/// Everything but unreserved characters and `/` as `%XX`.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            match byte {
                b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                    out.push(char::from(byte))
                }
                other => {
                    // Writing to a String can't fail.
                    let _ = write!(out, "%{other:02X}");
                }
            }
            out
        })
}

/// Where a request comes from: the peer, or what a trusted proxy says it was.
fn address(request: &Request, trust_proxy: bool) -> IpAddr {
    let forwarded = || {
        let last = request.headers().get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || {
        request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip())
    };
    let known = if trust_proxy {
        forwarded().or_else(peer)
    } else {
        peer()
    };
    known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn locale(headers: &HeaderMap) -> Locale {
    let cookie = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| {
            if name == LOCALE_COOKIE {
                from_tag(value)
            } else {
                None
            }
        });
    cookie.unwrap_or_else(|| {
        let header = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        from_accept_language(header.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_public() {
        for path in ["/sign-in", "/setup/abc", "/api/sign_out", "/api/language"] {
            assert!(is_public(path), "{path}");
        }
        for path in [
            "/",
            "/stacks/1",
            "/setup/",
            "/setup/a/b",
            "/sign-in/x",
            "/api/apply",
            "/styleguide",
            "/runs/1/events",
        ] {
            assert!(!is_public(path), "{path}");
        }
    }

    #[test]
    fn what_a_page_asks_by_itself_does_not_keep_a_session_alive() {
        for path in ["/runs/7/events", "/runs/7/view.json", "/drafts/7/image/events"] {
            assert!(asks_by_itself(path), "{path}");
        }
        for path in ["/runs/7", "/drafts/7/image", "/drafts/7/network"] {
            assert!(!asks_by_itself(path), "{path}");
        }
    }

    #[test]
    fn only_a_page_of_this_panel_is_led_back_to() {
        let before = |host: &'static str, referer: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            headers.insert(header::REFERER, HeaderValue::from_static(referer));
            page_before(&headers)
        };
        let page = Some("/drafts/7/image".to_owned());
        assert_eq!(
            before("panel.test", "http://panel.test/drafts/7/image?note=saved"),
            page
        );
        assert_eq!(
            before("panel.test:3000", "http://panel.test:3000/drafts/7/image"),
            page
        );
        assert_eq!(before("panel.test", "http://evil.example/drafts/7/image"), None);
        assert_eq!(
            before("panel.test", "http://panel.test:3000/drafts/7/image"),
            None
        );
        assert_eq!(before("panel.test", "nonsense"), None);
    }

    #[test]
    fn the_way_back_survives_as_one_query_value() {
        assert_eq!(percent_encoded("/runs/1?a=b&c=ü"), "/runs/1%3Fa%3Db%26c%3D%C3%BC");
    }
}
