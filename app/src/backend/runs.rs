//! Runs: the plan coming true.

use async_trait::async_trait;
use engine::plan::{Plan, Purpose, StepId};
use engine::run::{RunState, StepRecord};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::drafts::PlannedBar;
use super::{Answer, PanelError};

/// Everything the run page shows; [`RunProgress`] keeps it current.
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
    /// The IAM actions of each step.
    pub actions: Vec<(StepId, Vec<String>)>,
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
    /// Why it failed as a whole, when no step says it.
    pub error: Option<PanelError>,
    /// The stack's newest run, when this is an older one: id and number. Only the newest can be gone on with.
    pub newer: Option<(String, u32)>,
    /// The stack was taken down.
    pub stack_gone: bool,
    /// The connection's id.
    pub connection_id: String,
    /// How the image gets to where the run waits for it; `None`: it waits for none.
    pub push: Option<PushView>,
    /// The address, once it is known.
    pub url: Option<String>,
    /// Id of the newest event in this view: where the live part goes on.
    pub last_event: i64,
}

/// How an image is pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushView {
    /// Build, sign in, tag, push: with real values.
    pub commands: Vec<String>,
    /// A practice account: the panel can play the push.
    pub can_play: bool,
}

/// The part of a run that moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunProgress {
    /// State.
    pub state: RunState,
    /// Somebody asked to stop, and it has not stopped yet.
    pub cancelling: bool,
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
    /// Why it failed as a whole, when no step says it.
    pub error: Option<PanelError>,
    /// The address, once it is known.
    pub url: Option<String>,
    /// Id of the newest event in this answer.
    pub last_event: i64,
}

impl RunView {
    /// Take over what has moved.
    pub fn advance(&mut self, progress: RunProgress) {
        self.state = progress.state;
        self.cancelling = progress.cancelling;
        self.steps = progress.steps;
        self.commands = progress.commands;
        self.started_at = progress.started_at;
        self.finished_at = progress.finished_at;
        self.now = progress.now;
        self.error = progress.error;
        self.url = progress.url;
        self.last_event = progress.last_event;
    }
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
    /// The moving part of one run.
    async fn run_progress(&self, id: &str) -> Answer<RunProgress>;
    /// Runs of a stack, newest first.
    async fn runs(&self, stack_id: &str) -> Answer<Vec<RunLine>>;
    /// Ask a run to stop; what was made stays.
    async fn cancel_run(&self, id: &str) -> Answer<()>;
    /// Practice account: play the push of the image that a run waits for.
    async fn push_for_run(&self, id: &str) -> Answer<()>;
    /// Go on with a run that failed or was cancelled.
    async fn resume_run(&self, id: &str) -> Answer<()>;
}
