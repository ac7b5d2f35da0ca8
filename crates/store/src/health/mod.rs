//! Health: what is watched, how it stands now, and how it was.

pub mod history;
pub mod results;
pub mod rollups;

use engine::health::state::{Change, Look, Standing};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{Database, Result, instant, word};

/// What a monitor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `GET` of the health path through the load balancer.
    Http,
    /// The health of the targets, as the load balancer sees it.
    Targets,
    /// Running and desired tasks of the service.
    Tasks,
}

/// A monitor and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    /// Id.
    pub id: i64,
    /// The stack that it belongs to.
    pub stack_id: Uuid,
    /// What it looks at.
    pub kind: Kind,
    /// What the prober needs: the address, the path, the ARN.
    pub settings: Value,
    /// Seconds between looks.
    pub interval_s: u32,
    /// Not looked at for now.
    pub paused: bool,
    /// How it stands, for the next look.
    pub standing: Standing,
    /// The last look, whether it saw something or not.
    pub looked_at: Option<Timestamp>,
    /// The last latency, in microseconds.
    pub last_latency_us: Option<u32>,
    /// What the last look saw, in the prober's own form.
    pub facts: Value,
}

impl FromRow<'_, PgRow> for Monitor {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let number = |column| {
            row.try_get::<i32, _>(column)
                .map(|it| u32::try_from(it).unwrap_or(0))
        };
        Ok(Self {
            id: row.try_get("id")?,
            stack_id: row.try_get("stack_id")?,
            kind: word::parse(row.try_get("kind")?)?,
            settings: row.try_get("settings")?,
            interval_s: number("interval_s")?,
            paused: row.try_get("paused")?,
            standing: Standing {
                state: word::parse(row.try_get("state")?)?,
                since: instant::get(row, "since")?,
                last_at: instant::get_optional(row, "last_at")?,
                fail_streak: number("fail_streak")?,
                ok_streak: number("ok_streak")?,
                good_streak: number("good_streak")?,
                slow_streak: number("slow_streak")?,
                failing_since: instant::get_optional(row, "failing_since")?,
            },
            looked_at: instant::get_optional(row, "looked_at")?,
            last_latency_us: row
                .try_get::<Option<i32>, _>("last_latency_us")?
                .and_then(|it| u32::try_from(it).ok()),
            facts: row.try_get("facts")?,
        })
    }
}

/// Watches something of a stack from now on, or changes how it is watched.
///
/// # Errors
/// [`Error::Conflict`](crate::Error::Conflict) when the stack does not exist or the interval is not 1 s to 1 day.
pub async fn ensure(
    db: &Database,
    stack_id: Uuid,
    kind: Kind,
    settings: &(impl Serialize + Sync),
    interval_s: u32,
) -> Result<i64> {
    let mut tx = db.pool().begin().await?;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO monitors (stack_id, kind, settings, interval_s) VALUES ($1, $2, $3, $4)
         ON CONFLICT (stack_id, kind) WHERE removed_at IS NULL
         DO UPDATE SET settings = excluded.settings, interval_s = excluded.interval_s
         RETURNING id",
    )
    .bind(stack_id)
    .bind(word::of(&kind))
    .bind(Json(settings))
    .bind(i32::try_from(interval_s).unwrap_or(i32::MAX))
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO monitor_now (monitor_id, state, since) VALUES ($1, 'unknown', now())
         ON CONFLICT (monitor_id) DO NOTHING",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// Stops watching a stack. What was seen stays.
///
/// # Errors
/// Those of the database.
pub async fn stop(db: &Database, stack_id: Uuid) -> Result<()> {
    sqlx::query("UPDATE monitors SET removed_at = now() WHERE stack_id = $1 AND removed_at IS NULL")
        .bind(stack_id)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Pauses or goes on watching a stack.
///
/// # Errors
/// Those of the database.
pub async fn pause(db: &Database, stack_id: Uuid, paused: bool) -> Result<()> {
    sqlx::query(
        "UPDATE monitors SET paused = $2, next_at = now() WHERE stack_id = $1 AND removed_at IS NULL",
    )
    .bind(stack_id)
    .bind(paused)
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Every monitor that is not removed, with how it stands. One scan of two small tables.
///
/// # Errors
/// Those of the database.
pub async fn all(db: &Database) -> Result<Vec<Monitor>> {
    Ok(sqlx::query_as(
        "SELECT * FROM monitors JOIN monitor_now ON monitor_id = id WHERE removed_at IS NULL ORDER BY stack_id, kind",
    )
    .fetch_all(db.pool())
    .await?)
}

/// The monitors of a stack, with how they stand.
///
/// # Errors
/// Those of the database.
pub async fn of_stack(db: &Database, stack_id: Uuid) -> Result<Vec<Monitor>> {
    Ok(sqlx::query_as(
        "SELECT * FROM monitors JOIN monitor_now ON monitor_id = id
         WHERE stack_id = $1 AND removed_at IS NULL ORDER BY kind",
    )
    .bind(stack_id)
    .fetch_all(db.pool())
    .await?)
}

/// Takes the monitors whose look is due, the most overdue first. Replicas get different ones. The next look is due a
/// whole number of intervals after this one was, so that looks neither drift nor pile up after a pause. One that is due
/// later than it could be, because the clock was wrong when that was decided, is due now.
///
/// # Errors
/// Those of the database.
pub async fn claim_due(db: &Database, limit: u32) -> Result<Vec<Monitor>> {
    Ok(sqlx::query_as(
        "WITH due AS (
             SELECT id FROM monitors
             WHERE (next_at <= now() OR next_at > now() + make_interval(secs => 2 * interval_s))
               AND removed_at IS NULL AND NOT paused
             ORDER BY next_at LIMIT $1
             FOR UPDATE SKIP LOCKED
         ), taken AS (
             UPDATE monitors
             SET next_at = least(next_at, now()) + make_interval(secs => interval_s
                     * (floor(extract(epoch FROM now() - least(next_at, now())) / interval_s) + 1)::double precision)
             FROM due WHERE monitors.id = due.id
             RETURNING monitors.*
         )
         SELECT * FROM taken JOIN monitor_now ON monitor_id = id",
    )
    .bind(i64::from(limit))
    .fetch_all(db.pool())
    .await?)
}

/// One look at a monitor, and what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The monitor.
    pub monitor_id: i64,
    /// When.
    pub at: Timestamp,
    /// What it saw.
    pub look: Look,
    /// Phases and status, where there was an answer.
    pub timing: Timing,
    /// Why it was bad or blind: a short class such as `timeout`.
    pub error_class: Option<String>,
    /// How the monitor stands after it.
    pub standing: Standing,
    /// The change of state, if it caused one.
    pub change: Option<Change>,
    /// What it saw, in the prober's own form.
    pub facts: Value,
}

/// How long each phase of an answer took, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// HTTP status.
    pub http_status: Option<u16>,
    /// From the start to the end of the answer.
    pub latency_us: Option<u32>,
    /// Name resolution.
    pub dns_us: Option<u32>,
    /// TCP connection.
    pub connect_us: Option<u32>,
    /// TLS handshake.
    pub tls_us: Option<u32>,
    /// From the request to the first byte.
    pub ttfb_us: Option<u32>,
    /// The rest of the answer.
    pub body_us: Option<u32>,
}
