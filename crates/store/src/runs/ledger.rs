//! The engine's ledger over PostgreSQL.

use async_trait::async_trait;
use engine::run::ledger::{Ledger, LedgerError};
use engine::run::{RunState, StepRecord};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Conflict, Database, Error, instant, word};

/// The ledger of one run, for the process that holds it. Every write checks that it still does: a process that was
/// believed dead and comes back cannot write into a run that another one took over.
#[derive(Debug, Clone)]
pub struct PgLedger {
    db: Database,
    run_id: Uuid,
    owner: String,
}

impl PgLedger {
    /// The ledger of a run that this owner has [claimed](super::claim).
    #[must_use]
    pub fn new(db: Database, run_id: Uuid, owner: impl Into<String>) -> Self {
        Self {
            db,
            run_id,
            owner: owner.into(),
        }
    }
}

#[async_trait]
impl Ledger for PgLedger {
    async fn steps(&self) -> Result<Vec<StepRecord>, LedgerError> {
        super::steps(&self.db, self.run_id).await.map_err(refusal)
    }

    async fn record(&self, record: &StepRecord) -> Result<(), LedgerError> {
        let event = json!({ "step": record.step, "state": record.state, "outcome": record.outcome });
        // One statement: the record and its event are visible together, and only while the lease is ours.
        let written = sqlx::query(
            "WITH held AS (
                 SELECT id FROM runs
                 WHERE id = $1 AND lease_owner = $2 AND state IN ('queued', 'running')
                 FOR NO KEY UPDATE
             ), put AS (
                 INSERT INTO run_steps (run_id, step_id, state, outcome, started_at, finished_at, record)
                 SELECT id, $3, $4, $5, $6, $7, $8 FROM held
                 ON CONFLICT (run_id, step_id) DO UPDATE
                 SET state = excluded.state, outcome = excluded.outcome, started_at = excluded.started_at,
                     finished_at = excluded.finished_at, record = excluded.record, updated_at = now()
             )
             INSERT INTO run_events (run_id, kind, payload) SELECT id, 'step', $9 FROM held",
        )
        .bind(self.run_id)
        .bind(&self.owner)
        .bind(&record.step.0)
        .bind(word::of(&record.state))
        .bind(record.outcome.as_ref().map(word::of))
        .bind(record.started_at.map(instant::to_sql))
        .bind(record.finished_at.map(instant::to_sql))
        .bind(Json(record))
        .bind(event)
        .execute(self.db.pool())
        .await
        .map_err(|error| refusal(error.into()))?;
        if written.rows_affected() == 0 {
            Err(LedgerError::TakenOver)
        } else {
            Ok(())
        }
    }

    async fn run_state(&self, state: RunState) -> Result<(), LedgerError> {
        // A run that is over has no holder any more.
        let written = sqlx::query(
            "WITH held AS (
                 UPDATE runs
                 SET state = $3,
                     finished_at = CASE WHEN $4 THEN now() END,
                     lease_owner = CASE WHEN $4 THEN NULL ELSE lease_owner END,
                     lease_until = CASE WHEN $4 THEN NULL ELSE lease_until END
                 WHERE id = $1 AND lease_owner = $2 AND state IN ('queued', 'running')
                 RETURNING id
             )
             INSERT INTO run_events (run_id, kind, payload) SELECT id, 'state', $5 FROM held",
        )
        .bind(self.run_id)
        .bind(&self.owner)
        .bind(word::of(&state))
        .bind(state.is_over())
        .bind(json!({ "state": state }))
        .execute(self.db.pool())
        .await
        .map_err(|error| refusal(error.into()))?;
        if written.rows_affected() == 0 {
            Err(LedgerError::TakenOver)
        } else {
            Ok(())
        }
    }

    async fn cancel_requested(&self) -> Result<bool, LedgerError> {
        let asked: Option<bool> =
            sqlx::query_scalar("SELECT cancel_requested_at IS NOT NULL FROM runs WHERE id = $1")
                .bind(self.run_id)
                .fetch_optional(self.db.pool())
                .await
                .map_err(|error| refusal(error.into()))?;
        // A run that is gone was forgotten with its practice account.
        asked.ok_or(LedgerError::TakenOver)
    }
}

fn refusal(error: Error) -> LedgerError {
    match error.conflict() {
        Some(Conflict::LeaseLost) => LedgerError::TakenOver,
        _ => {
            tracing::warn!(%error, "the ledger is not available");
            LedgerError::Unavailable(error.to_string())
        }
    }
}
