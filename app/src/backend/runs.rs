//! Runs: the plan coming true.

use async_trait::async_trait;
use engine::plan::{Plan, Purpose, StepId};
use engine::run::{RunState, StepRecord};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::drafts::PlannedBar;

/// Everything the run page shows. The page's live part re-reads it when an event arrives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// Id.
    pub id: String,
    /// Number within the stack, from 1.
    pub number: u32,
    /// The stack's id.
    pub stack_id: String,
    /// The stack's name.
    pub stack: String,
    /// State.
    pub state: RunState,
    /// Somebody asked to stop, and it has not stopped yet.
    pub cancelling: bool,
    /// The plan.
    pub plan: Plan,
    /// The expected schedule.
    pub schedule: Vec<PlannedBar>,
    /// Expected seconds in all.
    pub makespan_s: u32,
    /// One record per step, in the plan's order.
    pub steps: Vec<StepRecord>,
    /// The commands of each step, with real values as far as they are known.
    pub commands: Vec<(StepId, Vec<String>)>,
    /// When it was started (account time).
    pub started_at: Option<Timestamp>,
    /// When it ended (account time).
    pub finished_at: Option<Timestamp>,
    /// Now (account time).
    pub now: Timestamp,
    /// Seconds of account time per second of the wall: 1, or a practice account's speed.
    pub speed: u32,
    /// Who started it.
    pub started_by: String,
    /// When it was started on the wall's clock (UTC).
    pub created_at: Timestamp,
    /// The address, once it is known.
    pub url: Option<String>,
    /// Id of the newest event in this view: where the live part goes on.
    pub last_event: i64,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunLine {
    /// Id.
    pub id: String,
    /// Number within the stack.
    pub number: u32,
    /// What for.
    pub purpose: Purpose,
    /// State.
    pub state: RunState,
    /// Who.
    pub started_by: String,
    /// When (UTC).
    pub created_at: Timestamp,
    /// Seconds of account time it took, once it is over.
    pub took_s: Option<u32>,
    /// What changed: created, updated, deleted.
    pub changed: (u32, u32, u32),
}

/// Runs.
#[async_trait]
pub trait Runs: Send + Sync {
    /// One run.
    async fn run(&self, id: &str) -> Answer<RunView>;
    /// Runs of a stack, newest first.
    async fn runs(&self, stack_id: &str) -> Answer<Vec<RunLine>>;
    /// Ask a run to stop; what was made stays.
    async fn cancel_run(&self, id: &str) -> Answer<()>;
    /// Go on with a run that failed or was cancelled.
    async fn resume_run(&self, id: &str) -> Answer<()>;
}
