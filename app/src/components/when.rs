//! Times, durations and costs as a page shows them.

use jiff::{Timestamp, tz::TimeZone};
use leptos::prelude::*;

use super::Text;
#[cfg(feature = "ssr")]
use crate::backend::SharedBackend;
use crate::{
    format::{self, Currency},
    i18n::{locale, t},
};

/// A zone that a page gives as context for its times, such as that of the account's region. Without it they are shown
/// in the installation's zone.
#[derive(Clone, Debug)]
pub struct Zone(pub TimeZone);

impl Zone {
    /// The zone of what is being rendered.
    pub fn current() -> TimeZone {
        use_context::<Self>()
            .map(|zone| zone.0)
            .or_else(installed)
            .unwrap_or(TimeZone::UTC)
    }
}

/// The installation's zone, by its name.
#[cfg(feature = "ssr")]
fn installed() -> Option<TimeZone> {
    let name = use_context::<SharedBackend>()?.installation().time_zone;
    TimeZone::get(&name).ok()
}

/// The installation's distance from UTC, as the page says it: the browser carries no list of all zones.
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn installed() -> Option<TimeZone> {
    let place = document().query_selector("[data-offset]").ok().flatten()?;
    let seconds = place.get_attribute("data-offset")?.parse().ok()?;
    jiff::tz::Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}

#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
fn installed() -> Option<TimeZone> {
    None
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// Date and time to the minute.
    #[default]
    Full,
    /// Time of day to the minute.
    Minute,
    /// Time of day to the second: evidence.
    Second,
}

/// A moment: `<time datetime>` with the zone in the tooltip.
#[component]
pub fn When(
    /// The moment.
    at: Timestamp,
    /// How it is written.
    #[prop(optional)]
    style: TimeStyle,
) -> impl IntoView {
    let zone = Zone::current();
    let text = match style {
        TimeStyle::Full => format::date_time(at, &zone),
        TimeStyle::Minute => format::hour_minute(at, &zone),
        TimeStyle::Second => format::time_of_day(at, &zone),
    };
    let title = format!("{} {}", format::date_time(at, &zone), format::offset(at, &zone));
    view! { <time datetime=at.to_string() title=title>{text}</time> }
}

/// How long ago a moment was, as of `now` (the page's own time). The moment itself is in the tooltip.
#[component]
pub fn Ago(
    /// The moment.
    at: Timestamp,
    /// The time at which the page is rendered.
    now: Timestamp,
) -> impl IntoView {
    let zone = Zone::current();
    let title = format!("{} {}", format::date_time(at, &zone), format::offset(at, &zone));
    view! { <time datetime=at.to_string() title=title>{format::ago(locale(), at, now)}</time> }
}

/// A running time: `3:35`, spoken as words.
#[component]
pub fn Clock(
    /// Seconds.
    seconds: u64,
) -> impl IntoView {
    let words = format::duration(locale(), seconds);
    view! { <time class="clock" datetime=format!("PT{seconds}S") title=words>{format::clock(seconds)}</time> }
}

/// A monthly cost: `¥5,790 / month`, always an estimate. `None` costs nothing by itself.
#[component]
pub fn Cost(
    /// The currency of `amount`.
    currency: Currency,
    /// Whole units a month; absent when the thing costs nothing by itself.
    amount: Option<f64>,
    /// Only the number, for a column whose head says the rest.
    #[prop(optional)]
    bare: bool,
    /// What the estimate rests on, in the tooltip.
    #[prop(optional, into)]
    basis: Text,
) -> impl IntoView {
    let l = locale();
    match amount {
        None => view! { <span class="muted" aria-label=t!(l, cost.free)>"—"</span> }.into_any(),
        Some(amount) => view! {
            <span class="cost" title=basis.get()>
                {format::money(currency, amount)}
                {(!bare).then(|| view! { " " <small>{t!(l, cost.per_month)}</small> })}
            </span>
        }
        .into_any(),
    }
}

/// How far something long is: a bar with its words. Without `value` the end is unknown.
#[component]
pub fn Progress(
    /// What is under way, and what it waits for.
    #[prop(into)]
    label: Text,
    /// Seconds, bytes or steps done.
    #[prop(optional_no_strip)]
    value: Option<f64>,
    /// Of how many.
    #[prop(default = 1.0)]
    max: f64,
    /// Quiet words at the far end: `2:12 / 3:35`.
    #[prop(optional, into)]
    end: Text,
) -> impl IntoView {
    let text = label.clone().get();
    view! {
        <div class="progress">
            <span class="words">{text}<span class="muted">{end.get()}</span></span>
            <progress value=value.map(|value| value.clamp(0.0, max)) max=max aria-label=label.get()></progress>
        </div>
    }
}

/// Lines where text will be, while an island waits for its first answer.
#[component]
pub fn Skeleton(
    /// How many lines.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    let l = locale();
    let lines: Vec<_> = (0..lines).map(|_| view! { <span></span> }).collect();
    view! { <div class="skeleton" role="status" aria-label=t!(l, state.loading)>{lines}</div> }
}
