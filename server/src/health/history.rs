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
/// last. Latency is the visitor's; the states are those of all three monitors, the worst of them for each look, as a
/// stack's state now is. A stack without an `http` monitor is not in the map.
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
    let ids: Vec<i64> = monitors.iter().map(|it| it.id).collect();
    let (from, to) = window(now, slot_s);
    let mut found = history::slots(db, &ids, from, to, slot_s).await?;
    let mut days = BTreeMap::new();
    for (visit, stack) in &visits {
        let Some(slots) = found.remove(visit) else {
            continue;
        };
        let others: Vec<&Vec<Slot>> = monitors
            .iter()
            .filter(|it| it.stack_id == *stack && it.id != *visit)
            .filter_map(|it| found.get(&it.id))
            .collect();
        let day = slots.into_iter().enumerate().map(|(index, slot)| {
            let beside: Vec<&Slot> = others.iter().filter_map(|slots| slots.get(index)).collect();
            shown(slot, &beside)
        });
        days.insert(*stack, day.collect());
    }
    Ok(days)
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

/// A slot of the visitor's with what the others saw in it. They look equally often and at the same times, so the looks
/// at which one of them saw trouble are at least as many as the one with the most trouble had. Only the visitor says up.
fn shown(visit: Slot, others: &[&Slot]) -> HistorySlot {
    let all = || std::iter::once(&visit).chain(others.iter().copied());
    let known = |slot: &Slot| slot.up + slot.degraded + slot.down;
    let total = all().map(known).max().unwrap_or(0);
    let down = all().map(|slot| slot.down).max().unwrap_or(0);
    let troubled = all().map(|slot| slot.down + slot.degraded).max().unwrap_or(0);
    HistorySlot {
        at: visit.at,
        up: visit.up.min(total.saturating_sub(troubled)),
        degraded: troubled.saturating_sub(down),
        down,
        p50_us: visit.p50_us,
        p95_us: visit.p95_us,
        p99_us: visit.p99_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(up: u32, degraded: u32, down: u32) -> Slot {
        Slot {
            at: Timestamp::UNIX_EPOCH,
            up,
            degraded,
            down,
            unknown: 0,
            max_us: None,
            p50_us: None,
            p95_us: None,
            p99_us: None,
        }
    }

    #[test]
    fn a_slot_is_as_bad_as_the_worst_that_was_seen_of_the_stack() {
        let seen = |visit: Slot, others: &[&Slot]| {
            let slot = shown(visit, others);
            (slot.up, slot.degraded, slot.down)
        };
        let well = slot(30, 0, 0);
        assert_eq!(seen(well, &[&slot(30, 0, 0), &slot(30, 0, 0)]), (30, 0, 0));
        assert_eq!(seen(well, &[&slot(10, 20, 0), &slot(30, 0, 0)]), (10, 20, 0));
        assert_eq!(seen(well, &[&slot(10, 20, 0), &slot(25, 0, 5)]), (10, 15, 5));
        assert_eq!(seen(slot(0, 0, 30), &[&slot(30, 0, 0)]), (0, 0, 30));
        // Nobody else could look: the visitor saw what it saw.
        assert_eq!(seen(well, &[&slot(0, 0, 0)]), (30, 0, 0));
        // Without the visitor's look nothing is known to be up.
        assert_eq!(seen(slot(0, 0, 0), &[&well]), (0, 0, 0));
    }

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
