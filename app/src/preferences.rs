//! Language and theme: two plain forms that set a cookie and come back to the page they were sent from.

use leptos::prelude::*;
use leptos::server_fn::codec::PostUrl;

/// The cookie in which the reader's choice of theme is kept.
pub const THEME_COOKIE: &str = "slipway_theme";

/// Light, dark, or whatever the system prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The value in the cookie and in the `data-theme` attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a cookie's value.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.name() == name)
    }

    /// What the switch offers next.
    pub fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }
}

/// Keeps the reader's language for a year and returns to `back`.
///
/// # Errors
/// When the form names a language that is not ours.
#[server(prefix = "/api", endpoint = "language", input = PostUrl)]
pub async fn set_language(
    /// The language's tag.
    locale: String,
    /// The page to return to.
    back: String,
) -> Result<(), ServerFnError> {
    let locale = crate::i18n::from_tag(&locale).ok_or_else(|| ServerFnError::new("unknown language"))?;
    respond::keep(crate::i18n::LOCALE_COOKIE, crate::i18n::tag(locale));
    respond::see_other(&back);
    Ok(())
}

/// Keeps the reader's theme for a year and returns to `back`.
///
/// # Errors
/// When the form names a theme that does not exist.
#[server(prefix = "/api", endpoint = "theme", input = PostUrl)]
pub async fn set_theme(
    /// The theme's name.
    theme: String,
    /// The page to return to.
    back: String,
) -> Result<(), ServerFnError> {
    let theme = Theme::from_name(&theme).ok_or_else(|| ServerFnError::new("unknown theme"))?;
    respond::keep(THEME_COOKIE, theme.name());
    respond::see_other(&back);
    Ok(())
}

/// Answers of a form on the server.
#[cfg(feature = "ssr")]
pub mod respond {
    use axum::http::{HeaderValue, StatusCode, header};
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    /// Answers the form with `303 See Other`. Only a path of this panel is followed; anything else leads to the first page.
    pub fn see_other(path: &str) {
        let Some(response) = use_context::<ResponseOptions>() else {
            return;
        };
        let path = HeaderValue::from_str(local(path)).unwrap_or(HeaderValue::from_static("/"));
        response.insert_header(header::LOCATION, path);
        response.set_status(StatusCode::SEE_OTHER);
    }

    /// Sets the status of the page being rendered.
    pub fn status(status: StatusCode) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(status);
        }
    }

    /// A preference cookie that scripts cannot read, kept for a year.
    pub(super) fn keep(name: &str, value: &str) {
        let Some(response) = use_context::<ResponseOptions>() else {
            return;
        };
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.append_header(header::SET_COOKIE, cookie);
        }
    }

    /// The path itself if it stays on this panel, else `/`. Browsers read `//host` and `/\host` as another host.
    pub fn local(path: &str) -> &str {
        let stays = path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains('\\')
            && !path.chars().any(char::is_control);
        if stays { path } else { "/" }
    }

    #[cfg(test)]
    mod tests {
        use super::local;

        #[test]
        fn a_form_never_leads_to_another_host() {
            assert_eq!(local("/runs/7?note=saved"), "/runs/7?note=saved");
            for path in [
                "https://evil.example",
                "//evil.example",
                "/\\evil.example",
                "",
                "runs",
                "/a\r\nb",
            ] {
                assert_eq!(local(path), "/", "{path:?}");
            }
        }
    }
}
