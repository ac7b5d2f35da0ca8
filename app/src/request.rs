//! What a request says about its reader: language, theme, and where they are.

#[cfg(feature = "ssr")]
use axum::http::{HeaderMap, header, request::Parts};
#[cfg(feature = "ssr")]
use leptos::prelude::use_context;

use crate::i18n::Locale;
#[cfg(feature = "ssr")]
use crate::i18n::{LOCALE_COOKIE, from_accept_language, from_tag};
#[cfg(feature = "ssr")]
use crate::preferences::THEME_COOKIE;
use crate::preferences::Theme;

/// Read once per request from its headers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// Cookie, then `Accept-Language`, then English.
    pub(crate) locale: Locale,
    /// Cookie, else what the system prefers.
    pub(crate) theme: Theme,
    /// Path and query, for forms that come back to where they were sent from.
    pub(crate) path: String,
}

#[cfg(feature = "ssr")]
impl Asked {
    /// The current request's; defaults outside of one (when routes are listed at start).
    pub(crate) fn current() -> Self {
        if let Some(asked) = use_context::<Self>() {
            return asked;
        }
        use_context::<Parts>()
            .map(|parts| Self::of(&parts))
            .unwrap_or_default()
    }

    fn of(parts: &Parts) -> Self {
        let locale = locale_of(&parts.headers);
        let theme = cookie(&parts.headers, THEME_COOKIE)
            .and_then(Theme::from_name)
            .unwrap_or_default();
        let path = parts
            .uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned());
        Self { locale, theme, path }
    }
}

#[cfg(not(feature = "ssr"))]
impl Asked {
    /// Outside of the server there is no request: an island reads the document instead.
    pub(crate) fn current() -> Self {
        Self::default()
    }
}

/// The language in which a request wants its answer: cookie, then `Accept-Language`, then English.
#[cfg(feature = "ssr")]
pub fn locale_of(headers: &HeaderMap) -> Locale {
    cookie(headers, LOCALE_COOKIE)
        .and_then(from_tag)
        .or_else(|| {
            let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            Some(from_accept_language(header))
        })
        .unwrap_or_default()
}

/// The value of a cookie, from however many `Cookie` headers there are.
#[cfg(feature = "ssr")]
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use axum::http::Request;

    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Asked {
        let mut request = Request::builder().uri("/stacks/x?note=saved");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Asked::of(&parts)
    }

    #[test]
    fn the_cookie_wins_over_the_browser() {
        let asked = asked(&[
            ("accept-language", "en"),
            ("cookie", "a=b; slipway_locale=ja"),
            ("cookie", "slipway_theme=dark"),
        ]);
        assert_eq!(asked.locale, Locale::ja);
        assert_eq!(asked.theme, Theme::Dark);
        assert_eq!(asked.path, "/stacks/x?note=saved");
    }

    #[test]
    fn a_broken_cookie_falls_back_to_the_browser() {
        let asked = asked(&[
            ("accept-language", "ja-JP,ja;q=0.9"),
            ("cookie", "slipway_locale=klingon; slipway_theme=neon"),
        ]);
        assert_eq!(asked.locale, Locale::ja);
        assert_eq!(asked.theme, Theme::Auto);
    }
}
