//! The durable record of a run, as the executor needs it. Implemented by `store` over PostgreSQL and in memory for tests.

use async_trait::async_trait;

use super::{RunState, StepRecord};

/// The ledger could not be read or written. The executor stops; the run is taken up again later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Storage failed.
    #[error("the ledger is not available: {0}")]
    Unavailable(String),
    /// Somebody else has taken the run over (our lease ran out): stop at once and write nothing more.
    #[error("another process has taken this run over")]
    TakenOver,
}

/// The ledger of one run.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// All step records, in any order; steps that were never touched may be missing.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn steps(&self) -> Result<Vec<StepRecord>, LedgerError>;

    /// Write a step's record and tell whoever watches. Called before the first AWS call of a step and after each change.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn record(&self, record: &StepRecord) -> Result<(), LedgerError>;

    /// Write the run's state and tell whoever watches.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn run_state(&self, state: RunState) -> Result<(), LedgerError>;

    /// Whether somebody asked to stop.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn cancel_requested(&self) -> Result<bool, LedgerError>;
}
