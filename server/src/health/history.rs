//! How stacks were during the last day, as their visitors met them.

use std::collections::BTreeMap;

use app::backend::stacks::HistorySlot;
use jiff::{SignedDuration, Timestamp};
use store::health::history::{self, Slot};
use store::health::{Kind, Monitor};
use store::{Database, Result};
use uuid::Uuid;

/// Slots of the dashboard's sparkline, seconds. They come from the hours: one scan of 24 rows per stack.
pub const DASHBOARD_SLOT_S: u32 = 3_600;
/// Slots of the stack page's bar and chart, seconds.
pub const PAGE_SLOT_S: u32 = 900;

const DAY_S: i64 = 86_400;

/// The last 24 hours of the stacks that these monitors watch, in slots of `slot_s` seconds, the one that is not over
/// last. A stack without an `http` monitor is not in the map.
///
/// # Errors
/// Those of the database.
pub async fn last_day(
    db: &Database,
    monitors: &[Monitor],
    now: Timestamp,
    slot_s: u32,
) -> Result<BTreeMap<Uuid, Vec<HistorySlot>>> {
    let visits = visits(monitors);
    let ids: Vec<i64> = visits.keys().copied().collect();
    let (from, to) = window(now, slot_s);
    let found = history::slots(db, &ids, from, to, slot_s).await?;
    Ok(of_stacks(&visits, found, |slots| {
        slots.into_iter().map(shown).collect()
    }))
}

/// The share, 0 to 1, of the watched time of the last 24 hours in which each stack answered. `None`: nobody looked.
///
/// # Errors
/// Those of the database.
pub async fn uptime(
    db: &Database,
    monitors: &[Monitor],
    now: Timestamp,
) -> Result<BTreeMap<Uuid, Option<f64>>> {
    let visits = visits(monitors);
    let ids: Vec<i64> = visits.keys().copied().collect();
    let from = now
        .checked_sub(SignedDuration::from_secs(DAY_S))
        .unwrap_or(Timestamp::MIN);
    let found = history::spent(db, &ids, from, now).await?;
    Ok(of_stacks(&visits, found, |spent| spent.uptime()))
}

/// The `http` monitors and their stacks.
fn visits(monitors: &[Monitor]) -> BTreeMap<i64, Uuid> {
    monitors
        .iter()
        .filter(|it| it.kind == Kind::Http)
        .map(|it| (it.id, it.stack_id))
        .collect()
}

fn of_stacks<T, U>(
    visits: &BTreeMap<i64, Uuid>,
    found: BTreeMap<i64, T>,
    make: impl Fn(T) -> U,
) -> BTreeMap<Uuid, U> {
    found
        .into_iter()
        .filter_map(|(id, it)| Some((*visits.get(&id)?, make(it))))
        .collect()
}

/// A whole number of slots that make a day and end with the one that is not over.
fn window(now: Timestamp, slot_s: u32) -> (Timestamp, Timestamp) {
    let size = i64::from(slot_s.max(60));
    let end = (now.as_second().div_euclid(size) + 1) * size;
    let at = |second| Timestamp::from_second(second).unwrap_or(now);
    (at(end - DAY_S), at(end))
}

fn shown(slot: Slot) -> HistorySlot {
    HistorySlot {
        at: slot.at,
        up: slot.up,
        degraded: slot.degraded,
        down: slot.down,
        p50_us: slot.p50_us,
        p95_us: slot.p95_us,
        p99_us: slot.p99_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_24_hours_or_96_quarters_and_ends_with_the_one_that_is_not_over() {
        for now in [
            "2026-11-23T12:00:00Z",
            "2026-11-23T12:14:59Z",
            "2026-11-23T12:59:59.9Z",
        ] {
            let now: Timestamp = now.parse().unwrap();
            for slot_s in [DASHBOARD_SLOT_S, PAGE_SLOT_S] {
                let (from, to) = window(now, slot_s);
                assert_eq!(to.as_second() - from.as_second(), DAY_S);
                assert!(now < to && to.as_second() - now.as_second() <= i64::from(slot_s));
            }
        }
    }
}
