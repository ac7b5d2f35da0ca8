//! Runs: one execution of a plan, kept in a ledger so that a crash, a closed tab or a refused call loses nothing.

mod execute;
pub mod ledger;
mod limits;
mod live;
pub mod memory_ledger;
mod retry;
mod summary;

pub use execute::execute;
pub use summary::{Counts, Summary, summary};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::AwsFault;
use crate::plan::StepId;
use crate::plan::action::Outputs;
use crate::step::{Diagnosis, Outcome, Waiting};

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Nobody has taken it up yet.
    Queued,
    /// Being executed.
    Running,
    /// Everything done.
    Succeeded,
    /// A step is blocked or failed; what was made stays, and the run can be resumed.
    Failed,
    /// Everything was made; it was asked not to wait for health or builds.
    Waiting,
    /// Stopped by somebody; what was made stays.
    Cancelled,
}

impl RunState {
    /// Whether nobody will work on it any more without being asked.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// State of a step in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Waits for other steps.
    Pending,
    /// Being worked on.
    Running,
    /// Waits for AWS or for a person.
    Waiting,
    /// Done; the outcome says how.
    Done,
    /// Blocked: a diagnosis says why.
    Blocked,
    /// Not started, because the run ended before.
    Skipped,
}

/// A step in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Which.
    pub step: StepId,
    /// State.
    pub state: StepState,
    /// How it ended, or what it has done so far.
    pub outcome: Option<Outcome>,
    /// What it answered so far.
    pub outputs: Outputs,
    /// What it waits for.
    pub waiting: Option<Waiting>,
    /// Why it is blocked.
    pub diagnosis: Option<Diagnosis>,
    /// The last call that AWS refused, even if a retry went well.
    pub fault: Option<AwsFault>,
    /// Calls of the step so far.
    pub attempts: u32,
    /// Calls that had to be repeated (throttling, time-outs, eventual consistency).
    pub retries: u32,
    /// First tried (account time: a practice account's clock runs faster).
    pub started_at: Option<Timestamp>,
    /// Done or blocked.
    pub finished_at: Option<Timestamp>,
}

impl StepRecord {
    /// A step nobody has touched.
    pub fn pending(step: StepId) -> Self {
        Self {
            step,
            state: StepState::Pending,
            outcome: None,
            outputs: Outputs::new(),
            waiting: None,
            diagnosis: None,
            fault: None,
            attempts: 0,
            retries: 0,
            started_at: None,
            finished_at: None,
        }
    }
}

/// How a run is to be executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOptions {
    /// Wait for images, health, DNS and builds. `false`: make everything, leave the waits waiting.
    pub wait: bool,
}
