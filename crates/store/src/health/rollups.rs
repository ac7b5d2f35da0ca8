//! Roll-ups: the raw looks of closed minutes and hours, summed. Built by a worker, never on the way of a look.
//!
//! Computing a bucket again replaces the whole row, so that a crash in the middle, a late look or two workers in a
//! row never count anything twice.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::health::histogram::Histogram;
use futures::TryStreamExt;
use jiff::Timestamp;
use sqlx::{PgConnection, Row};
use time::OffsetDateTime;

use crate::{Database, Result, instant};

/// Only one process at a time rolls up.
const ROLLUP_LOCK: i64 = 0x726f_6c6c;
/// How late a look may be saved and still be counted, in seconds.
const LATE_S: i64 = 300;
/// Rows are read in chunks of this many seconds, to bound the memory.
const CHUNK_S: i64 = 600;
const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Raw looks.
    pub raw: Duration,
    /// Minutes.
    pub minutes: Duration,
    /// Hours.
    pub hours: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let day = 24 * 60 * 60;
        Self {
            raw: Duration::from_secs(7 * day),
            minutes: Duration::from_secs(2 * day),
            hours: Duration::from_secs(90 * day),
        }
    }
}

/// What [`roll_up`] wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RolledUp {
    /// Rows of minutes.
    pub minutes: u64,
    /// Rows of hours.
    pub hours: u64,
}

/// Sums up every minute and hour that is closed at `now`, by the database's clock, and was not summed yet, and the last
/// few again for looks that came late. `None` when another process is doing it.
///
/// # Errors
/// Those of the database.
pub async fn roll_up(db: &Database, now: Timestamp) -> Result<Option<RolledUp>> {
    let mut tx = db.pool().begin().await?;
    let mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
        .bind(ROLLUP_LOCK)
        .fetch_one(&mut *tx)
        .await?;
    if !mine {
        return Ok(None);
    }
    let done = sum_up(&mut tx, floor(now.as_second(), MINUTE_S)).await?;
    // Also where nothing was written: dropped, the transaction would keep the lock for a while.
    tx.commit().await?;
    Ok(Some(done))
}

async fn sum_up(tx: &mut PgConnection, until: i64) -> Result<RolledUp> {
    let from = match done_until(tx, "1m").await? {
        // Until the next minute is closed there is nothing to do: who asks more often does not make the others wait.
        Some(done) if done == until => None,
        Some(done) => Some(floor(done.min(until) - LATE_S, MINUTE_S)),
        None => first(tx, "SELECT min(at) FROM probe_result")
            .await?
            .map(|first| floor(first, MINUTE_S)),
    };
    let Some(from) = from else {
        return Ok(RolledUp::default());
    };
    Ok(RolledUp {
        minutes: minutes(tx, from, until).await?,
        hours: hours(tx, from, until).await?,
    })
}

/// Drops what is older than it is kept. Changes of state are kept: they are the uptime.
///
/// # Errors
/// Those of the database.
pub async fn expire(db: &Database, now: Timestamp, retention: Retention) -> Result<()> {
    let before = |age| now.checked_sub(age).unwrap_or(Timestamp::MIN);
    super::results::drop_before(db, before(retention.raw)).await?;
    sqlx::query("DELETE FROM rollup_1m WHERE bucket < $1")
        .bind(instant::to_sql(before(retention.minutes)))
        .execute(db.pool())
        .await?;
    sqlx::query("DELETE FROM rollup_1h WHERE bucket < $1")
        .bind(instant::to_sql(before(retention.hours)))
        .execute(db.pool())
        .await?;
    Ok(())
}

/// A row of a roll-up.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) up: u32,
    pub(super) degraded: u32,
    pub(super) down: u32,
    pub(super) unknown: u32,
    pub(super) n: u32,
    pub(super) sum_us: u64,
    pub(super) min_us: Option<u32>,
    pub(super) max_us: Option<u32>,
    pub(super) hist: Histogram,
}

impl Sums {
    fn look(&mut self, look: i16, latency_us: Option<u32>) {
        match look {
            0 => self.up += 1,
            1 => self.degraded += 1,
            2 => self.down += 1,
            _ => self.unknown += 1,
        }
        // Only answers say how fast it is: a time-out says how long the prober waits.
        if let (0 | 1, Some(latency)) = (look, latency_us) {
            self.n += 1;
            self.sum_us += u64::from(latency);
            self.min_us = Some(self.min_us.map_or(latency, |least| least.min(latency)));
            self.max_us = Some(self.max_us.map_or(latency, |most| most.max(latency)));
            self.hist.record(u64::from(latency));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.up += other.up;
        self.degraded += other.degraded;
        self.down += other.down;
        self.unknown += other.unknown;
        self.n += other.n;
        self.sum_us += other.sum_us;
        self.min_us = self.min_us.into_iter().chain(other.min_us).min();
        self.max_us = self.max_us.into_iter().chain(other.max_us).max();
        self.hist.merge(&other.hist);
    }

    pub(super) fn read(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        let count = |column| {
            row.try_get::<i32, _>(column)
                .map(|it| u32::try_from(it).unwrap_or(0))
        };
        let extreme = |column| {
            row.try_get::<Option<i32>, _>(column)
                .map(|it| it.and_then(|value| u32::try_from(value).ok()))
        };
        Ok(Self {
            up: count("up")?,
            degraded: count("degraded")?,
            down: count("down")?,
            unknown: count("unknown")?,
            n: count("n")?,
            sum_us: u64::try_from(row.try_get::<i64, _>("sum_us")?).unwrap_or(0),
            min_us: extreme("min_us")?,
            max_us: extreme("max_us")?,
            hist: Histogram::from_stored(row.try_get::<&[u8], _>("hist")?),
        })
    }
}

/// Rows by monitor and start of the bucket (Unix seconds).
type Rows = BTreeMap<(i64, i64), Sums>;

/// The start of the bucket, in Unix seconds.
fn floor(second: i64, size_s: i64) -> i64 {
    second.div_euclid(size_s) * size_s
}

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

async fn minutes(tx: &mut PgConnection, from: i64, until: i64) -> Result<u64> {
    let (mut start, mut written) = (from, 0);
    while start < until {
        let end = (start + CHUNK_S).min(until);
        let mut rows = Rows::new();
        let found = sqlx::query(
            "SELECT monitor_id, at, look, latency_us FROM probe_result WHERE at >= $1 AND at < $2",
        )
        .bind(at(start))
        .bind(at(end))
        .fetch_all(&mut *tx)
        .await?;
        for row in found {
            let bucket = floor(row.try_get::<OffsetDateTime, _>("at")?.unix_timestamp(), MINUTE_S);
            let latency = row
                .try_get::<Option<i32>, _>("latency_us")?
                .and_then(|it| u32::try_from(it).ok());
            rows.entry((row.try_get("monitor_id")?, bucket))
                .or_default()
                .look(row.try_get("look")?, latency);
        }
        written += write(tx, INTO_MINUTES, &rows).await?;
        start = end;
    }
    set_done(tx, "1m", until).await?;
    Ok(written)
}

/// Sums the closed hours up that were not yet, and those of which a minute was summed again: however long nobody rolled
/// up, an hour and its minutes say the same.
async fn hours(tx: &mut PgConnection, minutes_from: i64, minutes_until: i64) -> Result<u64> {
    let until = floor(minutes_until, HOUR_S);
    let from = match done_until(tx, "1h").await? {
        Some(done) => floor(minutes_from, HOUR_S).min(done),
        None => match first(tx, "SELECT min(bucket) FROM rollup_1m").await? {
            Some(first) => floor(first, HOUR_S),
            None => return Ok(0),
        },
    };
    let (mut start, mut written) = (from, 0);
    while start < until {
        let (mut rows, end) = (Rows::new(), start + HOUR_S);
        // One statement for each hour, its rows added up as they come: until a vacuum has told the index of `bucket` about
        // new pages, every statement reads all of them.
        let mut found = sqlx::query("SELECT * FROM rollup_1m WHERE bucket >= $1 AND bucket < $2")
            .bind(at(start))
            .bind(at(end))
            .fetch(&mut *tx);
        while let Some(row) = found.try_next().await? {
            rows.entry((row.try_get("monitor_id")?, start))
                .or_default()
                .merge(&Sums::read(&row)?);
        }
        drop(found);
        written += write(tx, INTO_HOURS, &rows).await?;
        start = end;
    }
    set_done(tx, "1h", until).await?;
    Ok(written)
}

const INTO_MINUTES: &str = "INSERT INTO rollup_1m
    (monitor_id, bucket, up, degraded, down, unknown, n, sum_us, min_us, max_us, hist)
    SELECT monitor_id, bucket, up, degraded, down, unknown, n, sum_us, min_us, max_us, hist
    FROM UNNEST($1::bigint[], $2::timestamptz[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[],
        $8::bigint[], $9::int[], $10::int[], $11::bytea[])
        AS new (monitor_id, bucket, up, degraded, down, unknown, n, sum_us, min_us, max_us, hist)
    ON CONFLICT (monitor_id, bucket) DO UPDATE
    SET up = excluded.up, degraded = excluded.degraded, down = excluded.down, unknown = excluded.unknown,
        n = excluded.n, sum_us = excluded.sum_us, min_us = excluded.min_us, max_us = excluded.max_us,
        hist = excluded.hist";

const INTO_HOURS: &str = "INSERT INTO rollup_1h
    (monitor_id, bucket, up, degraded, down, unknown, n, sum_us, min_us, max_us, hist)
    SELECT monitor_id, bucket, up, degraded, down, unknown, n, sum_us, min_us, max_us, hist
    FROM UNNEST($1::bigint[], $2::timestamptz[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[],
        $8::bigint[], $9::int[], $10::int[], $11::bytea[])
        AS new (monitor_id, bucket, up, degraded, down, unknown, n, sum_us, min_us, max_us, hist)
    ON CONFLICT (monitor_id, bucket) DO UPDATE
    SET up = excluded.up, degraded = excluded.degraded, down = excluded.down, unknown = excluded.unknown,
        n = excluded.n, sum_us = excluded.sum_us, min_us = excluded.min_us, max_us = excluded.max_us,
        hist = excluded.hist";

async fn write(tx: &mut PgConnection, statement: &'static str, rows: &Rows) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let count = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let done = sqlx::query(statement)
        .bind(rows.keys().map(|(monitor, _)| *monitor).collect::<Vec<_>>())
        .bind(rows.keys().map(|(_, bucket)| at(*bucket)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| count(it.up)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| count(it.degraded)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| count(it.down)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| count(it.unknown)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| count(it.n)).collect::<Vec<_>>())
        .bind(
            rows.values()
                .map(|it| i64::try_from(it.sum_us).unwrap_or(i64::MAX))
                .collect::<Vec<_>>(),
        )
        .bind(rows.values().map(|it| it.min_us.map(count)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| it.max_us.map(count)).collect::<Vec<_>>())
        .bind(rows.values().map(|it| it.hist.to_stored()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(done.rows_affected())
}

async fn done_until(tx: &mut PgConnection, tier: &str) -> Result<Option<i64>> {
    let done: Option<OffsetDateTime> =
        sqlx::query_scalar("SELECT done_until FROM rollup_progress WHERE tier = $1")
            .bind(tier)
            .fetch_optional(tx)
            .await?;
    Ok(done.map(OffsetDateTime::unix_timestamp))
}

/// Under the lock of [`roll_up`]. It may go back: a clock that ran ahead must not stop the sums until that time comes.
async fn set_done(tx: &mut PgConnection, tier: &str, until: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO rollup_progress (tier, done_until) VALUES ($1, $2)
         ON CONFLICT (tier) DO UPDATE SET done_until = excluded.done_until",
    )
    .bind(tier)
    .bind(at(until))
    .execute(tx)
    .await?;
    Ok(())
}

async fn first(tx: &mut PgConnection, query: &'static str) -> Result<Option<i64>> {
    let first: Option<OffsetDateTime> = sqlx::query_scalar(query).fetch_one(tx).await?;
    Ok(first.map(OffsetDateTime::unix_timestamp))
}
