//! The frame around a page: rail, top bar, and the language and theme switches.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{Button, ButtonKind, Flash, Glyph, Icon, Mark, Sending, Slot, Zone};
use crate::{
    backend::SharedBackend,
    i18n::{LOCALES, Locale, locale, t, tag},
    preferences::{SetLanguage, SetTheme, Theme},
    request::Asked,
    routes,
};

/// The places of the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Stacks, their drafts and runs.
    Stacks,
    /// Ways to reach an AWS account.
    Connections,
    /// None of them.
    Nowhere,
}

/// One part of the way to a page: `Crumb::link(t!(l, nav.stacks), routes::HOME)`, `Crumb::here("vendor0919")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    text: String,
    href: Option<String>,
}

impl Crumb {
    /// A page above this one.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: Some(href.into()),
        }
    }

    /// This page.
    pub fn here(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: None,
        }
    }
}

/// The frame around a page of the panel. `trail` ends with `Crumb::here`; `aside` is quiet text after it.
#[component]
pub fn Frame(
    /// Which place of the rail the page belongs to.
    place: Place,
    /// The way here.
    trail: Vec<Crumb>,
    /// Quiet facts after the trail: account, region, who started it.
    #[prop(optional, into)]
    aside: Slot,
    /// The page.
    children: Children,
) -> impl IntoView {
    let l = locale();
    let backend = use_context::<SharedBackend>();
    let viewer = backend.as_ref().and_then(|backend| backend.viewer());
    let zone = Zone::current();
    let offset = zone.to_offset(jiff::Timestamp::now()).seconds();
    let foot = backend.map_or_else(
        || concat!("v", env!("CARGO_PKG_VERSION")).to_owned(),
        |backend| {
            let installation = backend.installation();
            match installation.practice_speed {
                Some(speed) => t!(l, frame.practice, version = installation.version, speed = speed),
                None => format!("v{}", installation.version),
            }
        },
    );
    let last = trail.len().saturating_sub(1);
    let trail: Vec<_> = trail
        .into_iter()
        .enumerate()
        .map(|(index, crumb)| match crumb.href {
            Some(href) => view! { <li><a href=href>{crumb.text}</a></li> }.into_any(),
            None => view! { <li><b aria-current=(index == last).then_some("page")>{crumb.text}</b></li> }
                .into_any(),
        })
        .collect();
    view! {
        <a class="skip" href="#main">{t!(l, frame.skip)}</a>
        <div class="frame">
            <aside class="rail" aria-label=t!(l, frame.places)>
                <a class="brand" href=routes::HOME><Mark/>"Slipway"</a>
                <nav aria-label=t!(l, frame.main)>
                    <RailLink icon=Icon::Stacks text=t!(l, nav.stacks) href=routes::HOME here=place == Place::Stacks/>
                    <RailLink icon=Icon::Connections text=t!(l, nav.connections) href=routes::CONNECTIONS here=place == Place::Connections/>
                </nav>
                <p class="foot">{foot}</p>
            </aside>
            <div class="stage">
                <header class="top">
                    <nav class="where" aria-label=t!(l, frame.trail)>
                        <ol>{trail}</ol>
                        {aside.get().map(|aside| view! { <span class="aside">{aside}</span> })}
                    </nav>
                    <div class="end">
                        <LanguageSwitch/>
                        <ThemeSwitch/>
                        {viewer.map(|viewer| view! {
                            <details class="menu">
                                <summary class="button quiet small"><Glyph icon=Icon::Person/>{viewer.name}</summary>
                                <form method="post" action=routes::SIGN_OUT>
                                    <Button kind=ButtonKind::Quiet>{t!(l, frame.sign_out)}</Button>
                                </form>
                            </details>
                        })}
                    </div>
                </header>
                <main id="main" tabindex="-1" data-offset=offset>
                    <Flash/>
                    {children()}
                </main>
                <Sending/>
            </div>
        </div>
    }
    .into_any()
}

/// A page without the rail: setup, sign-in, and errors before sign-in. A narrow card in the middle.
#[component]
pub fn PlainFrame(
    /// The page.
    children: Children,
) -> impl IntoView {
    let l = locale();
    view! {
        <a class="skip" href="#main">{t!(l, frame.skip)}</a>
        <div class="plain">
            <header class="top">
                <a class="brand" href=routes::HOME><Mark/>"Slipway"</a>
                <div class="end"><LanguageSwitch/><ThemeSwitch/></div>
            </header>
            <main id="main" tabindex="-1">
                <Flash/>
                {children()}
            </main>
            <Sending/>
        </div>
    }
    .into_any()
}

#[component]
fn RailLink(icon: Icon, text: &'static str, href: &'static str, here: bool) -> impl IntoView {
    view! {
        <a href=href aria-current=here.then_some("page")>
            <Glyph icon=icon/>
            <span>{text}</span>
        </a>
    }
}

/// Changes the language and comes back to this page.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let asked = Asked::current();
    let here = locale();
    let others: Vec<_> = LOCALES
        .into_iter()
        .filter(|other| *other != here)
        .map(|other| {
            // Each language is named in itself, for the person who cannot read the current one.
            let name = match other {
                Locale::ja => "日本語",
                Locale::en => "English",
            };
            view! {
                <button class="button quiet small" name="locale" value=tag(other) lang=tag(other)>
                    <Glyph icon=Icon::Language/>
                    {name}
                </button>
            }
        })
        .collect();
    view! {
        <form method="post" action=SetLanguage::PATH>
            <input type="hidden" name="back" value=asked.path/>
            {others}
        </form>
    }
}

/// Turns the theme on to the next of system, light, dark, and comes back to this page.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let l = locale();
    let asked = Asked::current();
    let said = |theme: Theme| match theme {
        Theme::Auto => t!(l, frame.theme_auto),
        Theme::Light => t!(l, frame.theme_light),
        Theme::Dark => t!(l, frame.theme_dark),
    };
    let label = t!(
        l,
        frame.theme,
        now = said(asked.theme),
        next = said(asked.theme.next())
    );
    view! {
        <form method="post" action=SetTheme::PATH>
            <input type="hidden" name="back" value=asked.path/>
            <button class="button quiet small" name="theme" value=asked.theme.next().name() aria-label=label.clone() title=label>
                <Glyph icon=Icon::Theme/>
            </button>
        </form>
    }
}
