//! Health as pages show it.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::backend::stacks::{HealthNow, HealthState, HistorySlot};
use crate::charts::{HistoryBar, LatencyPoint, LatencyView, Mark};
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, t};
use crate::words;

/// State now, with its tone.
pub(super) fn state(l: Locale, health: Option<&HealthNow>) -> (Tone, &'static str) {
    match health.map(|health| health.state) {
        Some(HealthState::Up) => (Tone::Ok, t!(l, health.up)),
        Some(HealthState::Degraded) => (Tone::Warn, t!(l, health.degraded)),
        Some(HealthState::Down) => (Tone::Bad, t!(l, health.down)),
        Some(HealthState::Unknown) | None => (Tone::None, t!(l, health.unknown)),
    }
}

/// Median latency per slot, for the sparkline.
pub(super) fn spark_values(history: &[HistorySlot]) -> Vec<Option<f64>> {
    history
        .iter()
        .map(|slot| slot.p50_us.map(|us| us as f64))
        .collect()
}

/// One bar per slot.
pub(super) fn bars(l: Locale, history: &[HistorySlot]) -> Vec<HistoryBar> {
    history
        .iter()
        .map(|slot| {
            let total = slot.up + slot.degraded + slot.down;
            let (tone, word) = if total == 0 {
                (Tone::None, t!(l, health.unknown))
            } else if slot.down > 0 {
                (Tone::Bad, t!(l, health.down))
            } else if slot.degraded > 0 {
                (Tone::Warn, t!(l, health.degraded))
            } else {
                (Tone::Ok, t!(l, health.up))
            };
            let at = format::hour_minute(slot.at, &Zone::current());
            HistoryBar {
                tone,
                title: t!(l, health.slot, at = at, word = word, up = slot.up, total = total),
            }
        })
        .collect()
}

/// The latency chart of the slots, with the deploys among them.
pub(super) fn latency(l: Locale, history: &[HistorySlot], deploys: &[Timestamp]) -> LatencyView {
    let zone = Zone::current();
    let ms = |us: Option<u64>| us.map(|us| us as f64 / 1000.0);
    let points = history
        .iter()
        .map(|slot| LatencyPoint {
            at: format::hour_minute(slot.at, &zone),
            p50_ms: ms(slot.p50_us),
            p95_ms: ms(slot.p95_us),
            p99_ms: ms(slot.p99_us),
        })
        .collect();
    let (Some(first), Some(last)) = (history.first(), history.last()) else {
        return LatencyView::default();
    };
    let span = (last.at.as_second() - first.at.as_second()).max(1) as f64;
    let place = |at: Timestamp| ((at.as_second() - first.at.as_second()) as f64 / span).clamp(0.0, 1.0);
    let hours = history
        .iter()
        .step_by((history.len() / 6).max(1))
        .map(|slot| Mark {
            place: place(slot.at),
            text: format::hour_minute(slot.at, &zone),
        })
        .collect();
    let deploys = deploys
        .iter()
        .map(|at| Mark {
            place: place(*at),
            text: t!(l, purpose.apply).to_owned(),
        })
        .collect();
    LatencyView {
        points,
        hours,
        deploys,
        incidents: Vec::new(),
    }
}

/// Since when, targets and tasks, and what the last failed look said.
pub(super) fn sentence(l: Locale, health: &HealthNow, now: Timestamp) -> AnyView {
    let since = format::ago(l, health.since, now);
    let targets = health
        .targets
        .map(|(healthy, all)| t!(l, health.targets, healthy = healthy, all = all));
    let error = health
        .last_trouble
        .as_ref()
        .filter(|_| health.state != HealthState::Up)
        .map(|trouble| words::health::trouble(l, trouble));
    view! {
        <span>{t!(l, health.since, since = since)}</span>
        {targets.map(|targets| view! { " · " <span>{targets}</span> })}
        {error.map(|error| view! { " · " <span class="raw">{error}</span> })}
    }
    .into_any()
}
