//! How things were: slots for bars and charts, and the time spent in each state.

use std::collections::BTreeMap;

use engine::health::state::{Change, State};
use engine::health::uptime::Spent;
use jiff::Timestamp;
use sqlx::Row;
use time::OffsetDateTime;

use super::rollups::Sums;
use crate::{Database, Result, instant, word};

/// One slot of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Start.
    pub at: Timestamp,
    /// Looks that found it up.
    pub up: u32,
    /// Looks that found it slow or incomplete.
    pub degraded: u32,
    /// Looks that found it down.
    pub down: u32,
    /// Looks that saw nothing.
    pub unknown: u32,
    /// The slowest answer, in microseconds.
    pub max_us: Option<u32>,
    /// Median latency within 8 %, in microseconds.
    pub p50_us: Option<u64>,
    /// 95th percentile.
    pub p95_us: Option<u64>,
    /// 99th percentile.
    pub p99_us: Option<u64>,
}

/// Histories of monitors, each with all slots from `from` to `to`, the empty ones included. `slot_s` counts seconds:
/// a divisor or a multiple of an hour. Slots shorter than an hour come from the minutes (kept for two days, 1,440 rows
/// a day and monitor); others from the hours (90 days, 24 rows), and for the hour that is not over from its minutes.
///
/// # Errors
/// Those of the database.
pub async fn slots(
    db: &Database,
    monitors: &[i64],
    from: Timestamp,
    to: Timestamp,
    slot_s: u32,
) -> Result<BTreeMap<i64, Vec<Slot>>> {
    let size = i64::from(slot_s.max(60));
    let start = from.as_second().div_euclid(size) * size;
    let count = usize::try_from((to.as_second() - start + size - 1).max(0) / size).unwrap_or(0);
    let query = if size < 3_600 {
        "SELECT * FROM rollup_1m WHERE monitor_id = ANY ($1) AND bucket >= $2 AND bucket < $3"
    } else {
        "WITH summed AS (
             SELECT coalesce((SELECT done_until FROM rollup_progress WHERE tier = '1h'), '-infinity') AS until
         )
         SELECT * FROM rollup_1h
         WHERE monitor_id = ANY ($1) AND bucket >= $2 AND bucket < least($3, (SELECT until FROM summed))
         UNION ALL
         SELECT * FROM rollup_1m
         WHERE monitor_id = ANY ($1) AND bucket >= greatest($2, (SELECT until FROM summed)) AND bucket < $3"
    };
    let rows = sqlx::query(query)
        .bind(monitors)
        .bind(OffsetDateTime::from_unix_timestamp(start).unwrap_or(OffsetDateTime::UNIX_EPOCH))
        .bind(instant::to_sql(to))
        .fetch_all(db.pool())
        .await?;
    let mut sums: BTreeMap<i64, Vec<Sums>> = monitors
        .iter()
        .map(|id| (*id, vec![Sums::default(); count]))
        .collect();
    for row in &rows {
        let second = row.try_get::<OffsetDateTime, _>("bucket")?.unix_timestamp();
        let index = usize::try_from((second - start) / size).unwrap_or(usize::MAX);
        let of_monitor = sums.get_mut(&row.try_get::<i64, _>("monitor_id")?);
        if let Some(slot) = of_monitor.and_then(|slots| slots.get_mut(index)) {
            slot.merge(&Sums::read(row)?);
        }
    }
    Ok(sums
        .into_iter()
        .map(|(id, slots)| {
            let slots = (0_i64..)
                .zip(slots)
                .map(|(n, sums)| finish(start + n * size, &sums))
                .collect();
            (id, slots)
        })
        .collect())
}

fn finish(second: i64, sums: &Sums) -> Slot {
    Slot {
        at: Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH),
        up: sums.up,
        degraded: sums.degraded,
        down: sums.down,
        unknown: sums.unknown,
        max_us: sums.max_us,
        p50_us: sums.hist.quantile_us(0.50),
        p95_us: sums.hist.quantile_us(0.95),
        p99_us: sums.hist.quantile_us(0.99),
    }
}

/// The state of a monitor when a window began, and its changes within, the oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The state at the beginning; unknown before the first look ever.
    pub initial: State,
    /// The changes within the window.
    pub changes: Vec<Change>,
}

/// The changes of state of monitors within a window.
///
/// # Errors
/// Those of the database.
pub async fn changes(
    db: &Database,
    monitors: &[i64],
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<i64, Changes>> {
    let mut found: BTreeMap<i64, Changes> = monitors
        .iter()
        .map(|id| {
            (
                *id,
                Changes {
                    initial: State::Unknown,
                    changes: Vec::new(),
                },
            )
        })
        .collect();
    let rows = sqlx::query(
        "SELECT wanted.id AS monitor_id, before.*
         FROM UNNEST($1::bigint[]) AS wanted (id)
         CROSS JOIN LATERAL (
             SELECT at, from_state, to_state FROM state_change
             WHERE monitor_id = wanted.id AND at <= $2 ORDER BY at DESC, id DESC LIMIT 1) AS before
         UNION ALL
         (SELECT monitor_id, at, from_state, to_state FROM state_change
          WHERE monitor_id = ANY ($1) AND at > $2 AND at < $3 ORDER BY at, id)",
    )
    .bind(monitors)
    .bind(instant::to_sql(from))
    .bind(instant::to_sql(to))
    .fetch_all(db.pool())
    .await?;
    for row in &rows {
        let Some(entry) = found.get_mut(&row.try_get::<i64, _>("monitor_id")?) else {
            continue;
        };
        let change = Change {
            at: instant::get(row, "at")?,
            from: word::parse(row.try_get("from_state")?)?,
            to: word::parse(row.try_get("to_state")?)?,
        };
        if change.at <= from {
            entry.initial = change.to;
        } else {
            entry.changes.push(change);
        }
    }
    for entry in found.values_mut() {
        // UNION ALL keeps no order by itself.
        entry.changes.sort_by_key(|change| change.at);
    }
    Ok(found)
}

/// How monitors spent a window; [`Spent::uptime`] is the share of the known time.
///
/// # Errors
/// Those of the database.
pub async fn spent(
    db: &Database,
    monitors: &[i64],
    from: Timestamp,
    to: Timestamp,
) -> Result<BTreeMap<i64, Spent>> {
    let found = changes(db, monitors, from, to).await?;
    Ok(found
        .into_iter()
        .map(|(id, it)| (id, Spent::between(from, to, it.initial, &it.changes)))
        .collect())
}
