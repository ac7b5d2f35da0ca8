//! Runs: one execution of a plan, held by one process at a time.

pub mod events;
mod lease;
mod ledger;
mod past;
mod standing;
mod summaries;

use std::collections::BTreeSet;
use std::time::Duration;

use engine::plan::{Plan, Purpose};
use engine::run::{RunOptions, RunState, StepRecord};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{Conflict, Database, Error, Result, instant, jobs, word};

pub use events::{Event, Signal, watch};
pub use lease::{Abandoned, abandoned, claim, release, renew};
pub use ledger::PgLedger;
pub use past::{Past, past};
pub use standing::{Standing, standing};
pub use summaries::{RunSummary, latest, of_stack, recent};

/// A run without its plan, which is large.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Version 7.
    pub id: Uuid,
    /// The stack.
    pub stack_id: Uuid,
    /// From 1 within the stack.
    pub number: u32,
    /// What for.
    pub purpose: Purpose,
    /// State.
    pub state: RunState,
    /// How it is executed.
    pub options: RunOptions,
    /// Why it failed as a whole, when no step says it.
    pub error: Option<serde_json::Value>,
    /// Who asked for it; `None` when the command line did, or the person is gone.
    pub created_by: Option<Uuid>,
    /// When it was asked for (wall clock).
    pub created_at: Timestamp,
    /// When a process first took it up (wall clock).
    pub started_at: Option<Timestamp>,
    /// When it was over (wall clock).
    pub finished_at: Option<Timestamp>,
    /// When somebody asked to stop it.
    pub cancel_requested_at: Option<Timestamp>,
    /// The process that executes it.
    pub lease_owner: Option<String>,
}

impl FromRow<'_, PgRow> for Run {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let Json(options) = row.try_get("options")?;
        Ok(Self {
            id: row.try_get("id")?,
            stack_id: row.try_get("stack_id")?,
            number: u32::try_from(row.try_get::<i32, _>("number")?).unwrap_or(0),
            purpose: word::parse(row.try_get("purpose")?)?,
            state: word::parse(row.try_get("state")?)?,
            options,
            error: row.try_get("error")?,
            created_by: row.try_get("created_by")?,
            created_at: instant::get(row, "created_at")?,
            started_at: instant::get_optional(row, "started_at")?,
            finished_at: instant::get_optional(row, "finished_at")?,
            cancel_requested_at: instant::get_optional(row, "cancel_requested_at")?,
            lease_owner: row.try_get("lease_owner")?,
        })
    }
}

/// Who holds a new run from its first moment, and for how long without a renewal.
#[derive(Debug, Clone, Copy)]
pub struct Hold<'a> {
    /// Names the process.
    pub owner: &'a str,
    /// How long.
    pub ttl: Duration,
}

/// Adds a run and the job that executes it, in one transaction: there is never one without the other.
///
/// # Errors
/// [`Conflict::RunUnfinished`] when the stack has a run that is not over; [`Error::NotFound`] for an unknown stack.
pub async fn create(
    db: &Database,
    stack_id: Uuid,
    plan: &Plan,
    options: &RunOptions,
    created_by: Option<Uuid>,
) -> Result<Run> {
    create_held(db, stack_id, plan, options, created_by, None).await
}

/// Like [`create`], for a process that executes the run itself: with a hold it is claimed already, and others may take
/// it only once the lease has run out.
///
/// # Errors
/// Those of [`create`].
pub async fn create_held(
    db: &Database,
    stack_id: Uuid,
    plan: &Plan,
    options: &RunOptions,
    created_by: Option<Uuid>,
    hold: Option<Hold<'_>>,
) -> Result<Run> {
    let mut tx = db.pool().begin().await?;
    // Numbers without gaps or doubles: those who add a run to the same stack take turns.
    sqlx::query("SELECT 1 FROM stacks WHERE id = $1 FOR NO KEY UPDATE")
        .bind(stack_id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::not_found("stack"))?;
    let run: Run = sqlx::query_as(
        "INSERT INTO runs (id, stack_id, number, purpose, state, plan, options, created_by, lease_owner, lease_until)
         SELECT $1, $2, coalesce(max(number), 0) + 1, $3, 'queued', $4, $5, $6, $7, now() + make_interval(secs => $8)
         FROM runs WHERE stack_id = $2
         RETURNING *",
    )
    .bind(Uuid::now_v7())
    .bind(stack_id)
    .bind(word::of(&plan.purpose))
    .bind(Json(plan))
    .bind(Json(options))
    .bind(created_by)
    .bind(hold.map(|hold| hold.owner))
    .bind(hold.map(|hold| hold.ttl.as_secs_f64()))
    .fetch_one(&mut *tx)
    .await?;
    events::add_state(&mut *tx, run.id, RunState::Queued).await?;
    jobs::enqueue_in(&mut *tx, run.id, stack_id).await?;
    tx.commit().await?;
    Ok(run)
}

/// The run with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(db: &Database, id: Uuid) -> Result<Run> {
    sqlx::query_as("SELECT * FROM runs WHERE id = $1")
        .bind(id)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("run"))
}

/// The plan of a run.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unreadable`] when a newer version stored it in a form that this one does not know.
pub async fn plan(db: &Database, id: Uuid) -> Result<Plan> {
    let stored: serde_json::Value = sqlx::query_scalar("SELECT plan FROM runs WHERE id = $1")
        .bind(id)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("run"))?;
    serde_json::from_value(stored).map_err(|source| Error::Unreadable { what: "plan", source })
}

/// The step records of a run that were written so far, in no order.
///
/// # Errors
/// [`Error::Unreadable`].
pub async fn steps(db: &Database, id: Uuid) -> Result<Vec<StepRecord>> {
    let stored: Vec<serde_json::Value> = sqlx::query_scalar("SELECT record FROM run_steps WHERE run_id = $1")
        .bind(id)
        .fetch_all(db.pool())
        .await?;
    stored
        .into_iter()
        .map(|record| {
            serde_json::from_value(record).map_err(|source| Error::Unreadable { what: "step", source })
        })
        .collect()
}

/// The stacks that somebody once wanted whole: those with a run that applies, not only one that prepares.
///
/// # Errors
/// Those of the database.
pub async fn applied(db: &Database) -> Result<BTreeSet<Uuid>> {
    let stacks: Vec<Uuid> = sqlx::query_scalar("SELECT DISTINCT stack_id FROM runs WHERE purpose = 'apply'")
        .fetch_all(db.pool())
        .await?;
    Ok(stacks.into_iter().collect())
}

/// Whether a stack has a run that applies.
///
/// # Errors
/// Those of the database.
pub async fn is_applied(db: &Database, stack_id: Uuid) -> Result<bool> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM runs WHERE stack_id = $1 AND purpose = 'apply')")
            .bind(stack_id)
            .fetch_one(db.pool())
            .await?,
    )
}

/// The newest run of a stack, if it has any.
///
/// # Errors
/// Those of the database.
pub async fn newest(db: &Database, stack_id: Uuid) -> Result<Option<Run>> {
    Ok(
        sqlx::query_as("SELECT * FROM runs WHERE stack_id = $1 ORDER BY number DESC LIMIT 1")
            .bind(stack_id)
            .fetch_optional(db.pool())
            .await?,
    )
}

/// The run of a stack that is not over, if any.
///
/// # Errors
/// Those of the database.
pub async fn unfinished(db: &Database, stack_id: Uuid) -> Result<Option<Run>> {
    Ok(
        sqlx::query_as("SELECT * FROM runs WHERE stack_id = $1 AND state IN ('queued', 'running')")
            .bind(stack_id)
            .fetch_optional(db.pool())
            .await?,
    )
}

/// Asks a run to stop. The process that executes it sees it at its next look; without one, the next to take it up
/// ends it. Asking twice, or asking a run that is over, changes nothing. Answers the run.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn request_cancel(db: &Database, id: Uuid) -> Result<Run> {
    let mut tx = db.pool().begin().await?;
    let asked = sqlx::query(
        "UPDATE runs SET cancel_requested_at = now()
         WHERE id = $1 AND cancel_requested_at IS NULL AND state IN ('queued', 'running')",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    if asked.rows_affected() == 1 {
        events::add(&mut *tx, id, "cancel_requested", &serde_json::json!({})).await?;
    }
    tx.commit().await?;
    get(db, id).await
}

/// Puts the newest run of a stack back to work after it failed, was cancelled, or was left waiting. What its steps
/// did stays in the ledger.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::RunSuperseded`] when the stack has a newer run; [`Conflict::RunNotResumable`]
/// when it succeeded or is not over.
pub async fn resume(db: &Database, id: Uuid, options: &RunOptions) -> Result<Run> {
    let mut tx = db.pool().begin().await?;
    let run: Run = sqlx::query_as("SELECT * FROM runs WHERE id = $1 FOR NO KEY UPDATE")
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::not_found("run"))?;
    if !matches!(
        run.state,
        RunState::Failed | RunState::Cancelled | RunState::Waiting
    ) {
        return Err(Conflict::RunNotResumable.into());
    }
    let newest: Option<i32> = sqlx::query_scalar("SELECT max(number) FROM runs WHERE stack_id = $1")
        .bind(run.stack_id)
        .fetch_one(&mut *tx)
        .await?;
    if newest.and_then(|it| u32::try_from(it).ok()) != Some(run.number) {
        return Err(Conflict::RunSuperseded.into());
    }
    let run: Run = sqlx::query_as(
        "UPDATE runs SET state = 'queued', options = $2, error = NULL, finished_at = NULL,
                cancel_requested_at = NULL, lease_owner = NULL, lease_until = NULL
         WHERE id = $1 RETURNING *",
    )
    .bind(id)
    .bind(Json(options))
    .fetch_one(&mut *tx)
    .await?;
    events::add_state(&mut *tx, id, RunState::Queued).await?;
    jobs::enqueue_in(&mut *tx, id, run.stack_id).await?;
    tx.commit().await?;
    Ok(run)
}

/// Ends a run that failed as a whole, outside its steps (its plan cannot be read, say). Only for the process that
/// holds it.
///
/// # Errors
/// [`Conflict::LeaseLost`].
pub async fn fail(db: &Database, id: Uuid, owner: &str, error: &(impl Serialize + Sync)) -> Result<()> {
    let mut tx = db.pool().begin().await?;
    let done = sqlx::query(
        "UPDATE runs SET state = 'failed', error = $3, finished_at = now(), lease_owner = NULL, lease_until = NULL
         WHERE id = $1 AND lease_owner = $2 AND state IN ('queued', 'running')",
    )
    .bind(id)
    .bind(owner)
    .bind(Json(error))
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Conflict::LeaseLost.into());
    }
    events::add_state(&mut *tx, id, RunState::Failed).await?;
    tx.commit().await?;
    Ok(())
}
