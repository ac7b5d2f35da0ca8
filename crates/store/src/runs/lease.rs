//! Who executes a run. A lease ends by itself, so that a killed process's run is taken over within seconds.
//!
//! Every time is the database's: replicas' clocks differ.

use std::time::Duration;

use uuid::Uuid;

use super::Run;
use crate::{Conflict, Database, Result};

/// Takes a run for this process, or keeps it. `None` when another process holds it or it is over: then there is
/// nothing to do.
///
/// # Errors
/// Those of the database.
pub async fn claim(db: &Database, id: Uuid, owner: &str, ttl: Duration) -> Result<Option<Run>> {
    Ok(sqlx::query_as(
        "UPDATE runs
         SET lease_owner = $2, lease_until = now() + make_interval(secs => $3),
             started_at = coalesce(started_at, now())
         WHERE id = $1 AND state IN ('queued', 'running')
           AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until < now())
         RETURNING *",
    )
    .bind(id)
    .bind(owner)
    .bind(ttl.as_secs_f64())
    .fetch_optional(db.pool())
    .await?)
}

/// Keeps a run for this much longer.
///
/// # Errors
/// [`Conflict::LeaseLost`] when another process has it, or it is over: stop working on it at once.
pub async fn renew(db: &Database, id: Uuid, owner: &str, ttl: Duration) -> Result<()> {
    let done = sqlx::query(
        "UPDATE runs SET lease_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND lease_owner = $2 AND state IN ('queued', 'running')",
    )
    .bind(id)
    .bind(owner)
    .bind(ttl.as_secs_f64())
    .execute(db.pool())
    .await?;
    if done.rows_affected() == 0 {
        Err(Conflict::LeaseLost.into())
    } else {
        Ok(())
    }
}

/// Lets go of a run that is not over, for the next process. Nothing happens when this process does not hold it.
///
/// # Errors
/// Those of the database.
pub async fn release(db: &Database, id: Uuid, owner: &str) -> Result<()> {
    sqlx::query("UPDATE runs SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND lease_owner = $2")
        .bind(id)
        .bind(owner)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// A run that nobody executes although it is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned {
    /// The run.
    pub run_id: Uuid,
    /// Its stack, for [`enqueue_run`](crate::jobs::enqueue_run).
    pub stack_id: Uuid,
}

/// The runs whose process let its lease run out, and those that nobody took up within this time. Enqueue them
/// again; doing so for a run that is about to be taken up does no harm.
///
/// # Errors
/// Those of the database.
pub async fn abandoned(db: &Database, patience: Duration) -> Result<Vec<Abandoned>> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT id, stack_id FROM runs
         WHERE state IN ('queued', 'running')
           AND (lease_until < now()
                OR lease_until IS NULL AND created_at < now() - make_interval(secs => $1))
         ORDER BY created_at",
    )
    .bind(patience.as_secs_f64())
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(run_id, stack_id)| Abandoned { run_id, stack_id })
        .collect())
}
