//! Raw looks: written in batches, kept for days, dropped a day at a time.

use std::collections::BTreeSet;

use engine::health::state::Look;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, civil};

use super::Observation;
use crate::{Database, Error, Result, instant, word};

/// Keeps a batch of looks: the raw results, how their monitors stand, and the changes of state. All or nothing.
///
/// Repeating a batch changes nothing, and an older look never replaces a newer standing, unless that one was noted by a
/// clock that ran ahead. Looks at monitors that were forgotten meanwhile are left out, and looks of a time that has not
/// come yet, by the database's clock, are noted as of now.
///
/// # Errors
/// Those of the database.
pub async fn save(db: &Database, batch: &[Observation]) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let corrected = not_ahead(batch, db.now().await?);
    let batch = corrected.as_deref().unwrap_or(batch);
    match insert(db, batch).await {
        // The partition of the day is missing: the server was not there when it should have been made.
        Err(Error::Conflict { .. }) => {
            let days: BTreeSet<civil::Date> = batch.iter().map(|it| day(it.at)).collect();
            for day in days {
                create_day(db, day).await?;
            }
            insert(db, batch).await
        }
        other => other,
    }
}

/// How far a process's clock may be ahead of the database's before its looks are noted as of now.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// The batch with looks from the future moved to now, and everything that their standing says with them. `None`: there
/// are none.
fn not_ahead(batch: &[Observation], now: Timestamp) -> Option<Vec<Observation>> {
    let ahead = |at: Timestamp| at.duration_since(now) > AHEAD;
    if !batch.iter().any(|it| ahead(it.at)) {
        return None;
    }
    let not_after = |at: Timestamp| at.min(now);
    let corrected = batch.iter().cloned().map(|mut it| {
        if ahead(it.at) {
            it.at = now;
            it.standing.since = not_after(it.standing.since);
            it.standing.last_at = it.standing.last_at.map(not_after);
            it.standing.failing_since = it.standing.failing_since.map(not_after);
            if let Some(change) = &mut it.change {
                change.at = not_after(change.at);
            }
        }
        it
    });
    Some(corrected.collect())
}

/// Makes the partitions for today and the days that follow. Run it at the start and a few times a day.
///
/// # Errors
/// Those of the database.
pub async fn ensure_days(db: &Database, now: Timestamp, ahead: u8) -> Result<()> {
    for offset in 0..=i64::from(ahead) {
        let Ok(day) = day(now).checked_add(offset.days()) else {
            return Ok(());
        };
        create_day(db, day).await?;
    }
    Ok(())
}

/// Drops the partitions of all days before the one of this moment. Answers how many.
///
/// # Errors
/// Those of the database.
pub async fn drop_before(db: &Database, moment: Timestamp) -> Result<u32> {
    let dropped: i32 = sqlx::query_scalar("SELECT probe_result_drop_before($1::text::date)")
        .bind(day(moment).to_string())
        .fetch_one(db.pool())
        .await?;
    Ok(u32::try_from(dropped).unwrap_or(0))
}

async fn create_day(db: &Database, day: civil::Date) -> Result<()> {
    sqlx::query("SELECT probe_result_create_day($1::text::date)")
        .bind(day.to_string())
        .execute(db.pool())
        .await?;
    Ok(())
}

fn day(at: Timestamp) -> civil::Date {
    at.to_zoned(TimeZone::UTC).date()
}

pub(super) fn code(look: Look) -> i16 {
    match look {
        Look::Good => 0,
        Look::Slow => 1,
        Look::Bad => 2,
        Look::Blind => 3,
    }
}

/// A column of the batch.
fn column<'a, T>(batch: &'a [Observation], read: impl Fn(&'a Observation) -> T) -> Vec<T> {
    batch.iter().map(read).collect()
}

fn micros(value: Option<u32>) -> Option<i32> {
    value.map(|it| i32::try_from(it).unwrap_or(i32::MAX))
}

fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

async fn insert(db: &Database, batch: &[Observation]) -> Result<()> {
    let mut tx = db.pool().begin().await?;
    let ids = column(batch, |it| it.monitor_id);
    let times = column(batch, |it| instant::to_sql(it.at));
    sqlx::query(
        "INSERT INTO probe_result (monitor_id, at, look, http_status, latency_us, dns_us, connect_us, tls_us, ttfb_us,
                                   body_us, error_class)
         SELECT new.* FROM UNNEST($1::bigint[], $2::timestamptz[], $3::smallint[], $4::smallint[], $5::int[],
             $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::text[]) AS new (monitor_id)
         JOIN monitors ON monitors.id = new.monitor_id
         ON CONFLICT (monitor_id, at) DO NOTHING",
    )
    .bind(&ids)
    .bind(&times)
    .bind(column(batch, |it| code(it.look)))
    .bind(column(batch, |it| it.timing.http_status.map(|status| i16::try_from(status).unwrap_or(i16::MAX))))
    .bind(column(batch, |it| micros(it.timing.latency_us)))
    .bind(column(batch, |it| micros(it.timing.dns_us)))
    .bind(column(batch, |it| micros(it.timing.connect_us)))
    .bind(column(batch, |it| micros(it.timing.tls_us)))
    .bind(column(batch, |it| micros(it.timing.ttfb_us)))
    .bind(column(batch, |it| micros(it.timing.body_us)))
    .bind(column(batch, |it| it.error_class.as_deref()))
    .execute(&mut *tx)
    .await?;
    // A batch may hold several looks at one monitor: its newest one counts.
    sqlx::query(
        "UPDATE monitor_now
         SET state = new.state, since = new.since, looked_at = new.at, last_at = new.last_at,
             last_latency_us = coalesce(new.latency_us, last_latency_us), fail_streak = new.fail_streak,
             ok_streak = new.ok_streak, good_streak = new.good_streak, slow_streak = new.slow_streak,
             failing_since = new.failing_since, facts = new.facts
         FROM (SELECT DISTINCT ON (monitor_id) * FROM UNNEST($1::bigint[], $2::timestamptz[], $3::text[],
             $4::timestamptz[], $5::timestamptz[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[],
             $11::timestamptz[], $12::jsonb[])
             AS it (monitor_id, at, state, since, last_at, latency_us, fail_streak, ok_streak, good_streak,
                 slow_streak, failing_since, facts)
             ORDER BY monitor_id, at DESC) AS new
         WHERE monitor_now.monitor_id = new.monitor_id
           AND (monitor_now.looked_at IS NULL OR monitor_now.looked_at < new.at
                OR monitor_now.looked_at > clock_timestamp() + interval '1 minute')",
    )
    .bind(&ids)
    .bind(&times)
    .bind(column(batch, |it| word::of(&it.standing.state)))
    .bind(column(batch, |it| instant::to_sql(it.standing.since)))
    .bind(column(batch, |it| it.standing.last_at.map(instant::to_sql)))
    .bind(column(batch, |it| micros(it.timing.latency_us)))
    .bind(column(batch, |it| count(it.standing.fail_streak)))
    .bind(column(batch, |it| count(it.standing.ok_streak)))
    .bind(column(batch, |it| count(it.standing.good_streak)))
    .bind(column(batch, |it| count(it.standing.slow_streak)))
    .bind(column(batch, |it| it.standing.failing_since.map(instant::to_sql)))
    .bind(column(batch, |it| &it.facts))
    .execute(&mut *tx)
    .await?;
    let changed: Vec<_> = batch
        .iter()
        .filter_map(|it| it.change.map(|change| (it, change)))
        .collect();
    if !changed.is_empty() {
        sqlx::query(
            "INSERT INTO state_change (monitor_id, at, from_state, to_state, facts)
             SELECT new.* FROM UNNEST($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[])
                 AS new (monitor_id, at, from_state, to_state, facts)
             JOIN monitors ON monitors.id = new.monitor_id
             WHERE NOT EXISTS (
                 SELECT 1 FROM state_change old
                 WHERE old.monitor_id = new.monitor_id AND old.at = new.at AND old.to_state = new.to_state)",
        )
        .bind(changed.iter().map(|(it, _)| it.monitor_id).collect::<Vec<_>>())
        .bind(
            changed
                .iter()
                .map(|(_, change)| instant::to_sql(change.at))
                .collect::<Vec<_>>(),
        )
        .bind(
            changed
                .iter()
                .map(|(_, change)| word::of(&change.from))
                .collect::<Vec<_>>(),
        )
        .bind(
            changed
                .iter()
                .map(|(_, change)| word::of(&change.to))
                .collect::<Vec<_>>(),
        )
        .bind(changed.iter().map(|(it, _)| &it.facts).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
