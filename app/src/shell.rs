//! The document around every page.

use leptos::{
    config::{Env, LeptosOptions},
    hydration::HydrationScripts,
    nonce::use_nonce,
    prelude::*,
};
use leptos_meta::MetaTags;

use crate::{i18n, preferences::Theme, request::Asked, router::App};

/// Loads the page again when what `/watched` says has changed: while somebody works on the panel.
const WATCH: &str = "let served;\
    new EventSource('/watched').onmessage = ({ data }) => {\
        if (served !== undefined && served !== data) location.reload();\
        served = data;\
    };";

/// The whole document. Language and theme are decided here, once per request, and given to everything inside.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let asked = Asked::current();
    provide_context(asked.clone());
    let theme = match asked.theme {
        Theme::Auto => None,
        forced => Some(forced.name()),
    };
    let scheme = match asked.theme {
        Theme::Auto => "light dark",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let css = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    let watch =
        (options.env == Env::DEV).then(|| view! { <script nonce=use_nonce() inner_html=WATCH></script> });
    view! {
        <!DOCTYPE html>
        <html lang=i18n::tag(asked.locale) data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=scheme/>
                <link rel="stylesheet" href=css/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                {watch}
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
