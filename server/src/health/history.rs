//! How stacks were: slots for charts, and the share of the time that they answered.

use std::collections::{BTreeMap, HashMap};

use app::backend::stacks::HistorySlot;
use jiff::Timestamp;
use store::health::{Kind, Monitor, history};
use store::{Database, Result};
use uuid::Uuid;

/// The monitor whose looks draw a stack's history: what a visitor meets.
fn drawn(monitors: &HashMap<Uuid, Vec<Monitor>>) -> Vec<(Uuid, i64)> {
    let http = |all: &Vec<Monitor>| {
        all.iter()
            .find(|monitor| monitor.kind == Kind::Http)
            .map(|monitor| monitor.id)
    };
    monitors
        .iter()
        .filter_map(|(stack, all)| Some((*stack, http(all)?)))
        .collect()
}

/// Slots of `slot_s` seconds for every stack, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn slots(
    db: &Database,
    monitors: &HashMap<Uuid, Vec<Monitor>>,
    from: Timestamp,
    to: Timestamp,
    slot_s: u32,
) -> Result<BTreeMap<Uuid, Vec<HistorySlot>>> {
    let drawn = drawn(monitors);
    let ids: Vec<i64> = drawn.iter().map(|(_, id)| *id).collect();
    let mut found = history::slots(db, &ids, from, to, slot_s).await?;
    let of = |id: i64, found: &mut BTreeMap<i64, Vec<history::Slot>>| {
        found
            .remove(&id)
            .unwrap_or_default()
            .into_iter()
            .map(slot)
            .collect()
    };
    Ok(drawn
        .into_iter()
        .map(|(stack, id)| (stack, of(id, &mut found)))
        .collect())
}

fn slot(slot: history::Slot) -> HistorySlot {
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

/// Share of the known time in which each stack answered; stacks of which nothing is known are left out.
///
/// # Errors
/// Those of the database.
pub async fn uptime(
    db: &Database,
    monitors: &HashMap<Uuid, Vec<Monitor>>,
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<Uuid, f64>> {
    let drawn = drawn(monitors);
    let ids: Vec<i64> = drawn.iter().map(|(_, id)| *id).collect();
    let spent = history::spent(db, &ids, from, to).await?;
    Ok(drawn
        .into_iter()
        .filter_map(|(stack, id)| Some((stack, spent.get(&id)?.uptime()?)))
        .collect())
}
