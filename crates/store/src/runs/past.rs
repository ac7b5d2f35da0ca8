//! What the runs of a stack did, for planning its removal.

use engine::plan::Plan;
use engine::run::StepRecord;
use uuid::Uuid;

use crate::{Database, Result};

/// What the runs of a stack planned and did, as far as this version can read it.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Plans and records, the oldest first.
    pub runs: Vec<(Plan, Vec<StepRecord>)>,
    /// Numbers of runs that were stored in a form that this version does not know.
    pub unreadable: Vec<u32>,
}

/// The past of a stack: every run that did something, in one query. Runs that only kept what there was are left out.
///
/// # Errors
/// Those of the database.
pub async fn past(db: &Database, stack_id: Uuid) -> Result<Past> {
    let rows: Vec<(i32, serde_json::Value, serde_json::Value)> = sqlx::query_as(
        "SELECT number, plan, did.records
         FROM runs
         CROSS JOIN LATERAL (
             SELECT jsonb_agg(record) AS records, bool_or(outcome IS DISTINCT FROM 'kept') AS anything
             FROM run_steps WHERE run_id = runs.id) AS did
         WHERE stack_id = $1 AND did.anything
         ORDER BY number",
    )
    .bind(stack_id)
    .fetch_all(db.pool())
    .await?;
    let mut past = Past::default();
    for (number, plan, records) in rows {
        match (serde_json::from_value(plan), serde_json::from_value(records)) {
            (Ok(plan), Ok(records)) => past.runs.push((plan, records)),
            (plan, records) => {
                let why = plan
                    .err()
                    .or(records.err())
                    .map(|error: serde_json::Error| error.to_string());
                tracing::warn!(%stack_id, number, why, "a run of another version can't be read");
                past.unreadable.push(u32::try_from(number).unwrap_or(0));
            }
        }
    }
    Ok(past)
}
