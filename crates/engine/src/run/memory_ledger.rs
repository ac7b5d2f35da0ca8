//! A ledger in memory: for tests, and for runs that nobody needs to take over.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;

use super::ledger::{Ledger, LedgerError};
use super::{RunState, StepRecord};
use crate::plan::StepId;

#[derive(Debug, Default)]
struct Inner {
    steps: BTreeMap<StepId, StepRecord>,
    history: Vec<StepRecord>,
    states: Vec<RunState>,
    writes: u64,
    fail_at: Option<(u64, LedgerError)>,
    cancel: bool,
}

/// A ledger in memory.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    inner: Mutex<Inner>,
}

impl MemoryLedger {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Let write number `write` (from 1, states and steps counted together) and all after it fail with this error,
    /// as if the process had died there.
    pub fn fail_at(&self, write: u64, error: LedgerError) {
        self.with(|inner| inner.fail_at = Some((write, error)));
    }

    /// Let writes succeed again.
    pub fn mend(&self) {
        self.with(|inner| inner.fail_at = None);
    }

    /// Ask the run to stop, or take that back.
    pub fn cancel(&self, asked: bool) {
        self.with(|inner| inner.cancel = asked);
    }

    /// Writes so far, failed ones included.
    pub fn writes(&self) -> u64 {
        self.with(|inner| inner.writes)
    }

    /// Every record in the order it was written.
    pub fn history(&self) -> Vec<StepRecord> {
        self.with(|inner| inner.history.clone())
    }

    /// The run's states in the order they were written.
    pub fn states(&self) -> Vec<RunState> {
        self.with(|inner| inner.states.clone())
    }

    /// The step records as they are now.
    pub fn records(&self) -> Vec<StepRecord> {
        self.with(|inner| inner.steps.values().cloned().collect())
    }
}

impl Inner {
    fn write(&mut self) -> Result<(), LedgerError> {
        self.writes += 1;
        match &self.fail_at {
            Some((write, error)) if self.writes >= *write => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn steps(&self) -> Result<Vec<StepRecord>, LedgerError> {
        Ok(self.records())
    }

    async fn record(&self, record: &StepRecord) -> Result<(), LedgerError> {
        self.with(|inner| {
            inner.write()?;
            inner.steps.insert(record.step.clone(), record.clone());
            inner.history.push(record.clone());
            Ok(())
        })
    }

    async fn run_state(&self, state: RunState) -> Result<(), LedgerError> {
        self.with(|inner| {
            inner.write()?;
            inner.states.push(state);
            Ok(())
        })
    }

    async fn cancel_requested(&self) -> Result<bool, LedgerError> {
        Ok(self.with(|inner| inner.cancel))
    }
}
