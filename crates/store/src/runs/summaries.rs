//! Runs in lists.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use super::Run;
use crate::{Database, Result, instant};

/// A run in a list, with what the list says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// The run.
    pub run: Run,
    /// The stack's name.
    pub stack: String,
    /// The name of who asked for it; empty when the command line did, or the person is gone.
    pub started_by: String,
    /// When its first step began, in account time.
    pub began_at: Option<Timestamp>,
    /// When its last step ended, in account time. Meaningful once the run is over.
    pub ended_at: Option<Timestamp>,
    /// Steps that made something.
    pub created: u32,
    /// Steps that changed something.
    pub updated: u32,
    /// Steps that removed something.
    pub deleted: u32,
}

impl FromRow<'_, PgRow> for RunSummary {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let count = |column| {
            row.try_get::<i64, _>(column)
                .map(|it| u32::try_from(it).unwrap_or(0))
        };
        Ok(Self {
            run: Run::from_row(row)?,
            stack: row.try_get("stack")?,
            started_by: row.try_get("started_by")?,
            began_at: instant::get_optional(row, "began_at")?,
            ended_at: instant::get_optional(row, "ended_at")?,
            created: count("created")?,
            updated: count("updated")?,
            deleted: count("deleted")?,
        })
    }
}

/// The runs of a stack, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn of_stack(db: &Database, stack_id: Uuid, limit: u32) -> Result<Vec<RunSummary>> {
    summaries(db, Some(stack_id), limit).await
}

/// The runs of all stacks, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn recent(db: &Database, limit: u32) -> Result<Vec<RunSummary>> {
    summaries(db, None, limit).await
}

async fn summaries(db: &Database, stack_id: Option<Uuid>, limit: u32) -> Result<Vec<RunSummary>> {
    Ok(sqlx::query_as(
        "SELECT runs.*, stacks.name AS stack, coalesce(users.display_name, '') AS started_by, done.*
         FROM (SELECT id, stack_id, number, purpose, state, options, error, created_by, created_at, started_at,
                      finished_at, cancel_requested_at, lease_owner
               FROM runs WHERE $1 IS NULL OR stack_id = $1 ORDER BY created_at DESC, number DESC LIMIT $2) AS runs
         JOIN stacks ON stacks.id = runs.stack_id
         LEFT JOIN users ON users.id = runs.created_by
         CROSS JOIN LATERAL (
             SELECT min(started_at) AS began_at, max(finished_at) AS ended_at,
                    count(*) FILTER (WHERE outcome = 'created') AS created,
                    count(*) FILTER (WHERE outcome = 'updated') AS updated,
                    count(*) FILTER (WHERE outcome = 'deleted') AS deleted
             FROM run_steps WHERE run_id = runs.id) AS done
         ORDER BY runs.created_at DESC, runs.number DESC",
    )
    .bind(stack_id)
    .bind(i64::from(limit))
    .fetch_all(db.pool())
    .await?)
}

/// The newest run of each stack that is not removed.
///
/// # Errors
/// Those of the database.
pub async fn latest(db: &Database) -> Result<Vec<RunSummary>> {
    Ok(sqlx::query_as(
        "SELECT runs.*, stacks.name AS stack, coalesce(users.display_name, '') AS started_by, done.*
         FROM stacks
         CROSS JOIN LATERAL (
             SELECT id, stack_id, number, purpose, state, options, error, created_by, created_at, started_at,
                    finished_at, cancel_requested_at, lease_owner
             FROM runs WHERE stack_id = stacks.id ORDER BY number DESC LIMIT 1) AS runs
         LEFT JOIN users ON users.id = runs.created_by
         CROSS JOIN LATERAL (
             SELECT min(started_at) AS began_at, max(finished_at) AS ended_at,
                    count(*) FILTER (WHERE outcome = 'created') AS created,
                    count(*) FILTER (WHERE outcome = 'updated') AS updated,
                    count(*) FILTER (WHERE outcome = 'deleted') AS deleted
             FROM run_steps WHERE run_id = runs.id) AS done
         WHERE stacks.removed_at IS NULL",
    )
    .fetch_all(db.pool())
    .await?)
}
