//! One step of a run in work: its record, and what an answer makes of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::retry::{Reaction, Streak, react};
use super::{StepRecord, StepState, limits};
use crate::clock::Chance;
use crate::plan::{Change, PlannedStep};
use crate::step::{
    Diagnosis, DiagnosisCode, Outcome, Progress, Step, StepError, Waiting, WaitingCode, kinds,
};

/// A step in work.
pub(super) struct Live<'p> {
    pub(super) planned: &'p PlannedStep,
    pub(super) step: Arc<dyn Step>,
    pub(super) record: StepRecord,
    /// First tried in this execution.
    pub(super) since: Timestamp,
    /// What the step says it has done, in this and earlier executions.
    pub(super) did: Option<Outcome>,
    pub(super) streak: Streak,
}

impl<'p> Live<'p> {
    /// A step as the ledger left it: what is done stays done, everything else is begun or gone on with.
    pub(super) fn load(planned: &'p PlannedStep, known: Option<StepRecord>, now: Timestamp) -> Self {
        let mut record = known.unwrap_or_else(|| StepRecord::pending(planned.id.clone()));
        let mut did = record.outcome;
        match record.state {
            StepState::Done if record.outcome != Some(Outcome::Waiting) => {}
            // Somebody asks to try again: what went wrong before counts no more.
            StepState::Blocked | StepState::Skipped => {
                did = None;
                record = StepRecord {
                    outputs: record.outputs,
                    ..StepRecord::pending(planned.id.clone())
                };
            }
            StepState::Done | StepState::Pending | StepState::Running | StepState::Waiting => {
                did = did.filter(|outcome| *outcome != Outcome::Waiting);
                record.outcome = did;
                record.state = StepState::Pending;
                record.finished_at = None;
            }
        }
        let step = Arc::from(kinds::step(&planned.action));
        Self {
            planned,
            step,
            record,
            since: now,
            did,
            streak: Streak::default(),
        }
    }
}

/// Whether somebody who watches would see a difference. Counters alone are not worth a write per poll.
pub(super) fn news(before: &StepRecord, after: &StepRecord) -> bool {
    let code = |record: &StepRecord| record.fault.as_ref().map(|fault| fault.code.clone());
    before.state != after.state
        || before.outcome != after.outcome
        || before.outputs != after.outputs
        || before.waiting != after.waiting
        || before.diagnosis != after.diagnosis
        || code(before) != code(after)
}

impl Live<'_> {
    /// Take in an answer. Answers how long to pause before the next call, if there is to be one.
    pub(super) fn take(
        &mut self,
        answer: Result<Progress, StepError>,
        now: Timestamp,
        wait: bool,
        chance: &dyn Chance,
    ) -> Option<Duration> {
        self.record.attempts += 1;
        match answer {
            Ok(progress) => {
                self.streak = Streak::default();
                self.answered(progress, now, wait)
            }
            Err(error) => self.refused(&error, now, wait, chance),
        }
    }

    fn answered(&mut self, progress: Progress, now: Timestamp, wait: bool) -> Option<Duration> {
        match progress {
            Progress::Done { outcome, outputs } => {
                self.record.outputs.extend(outputs);
                self.done(outcome, now);
                self.record.waiting = None;
                None
            }
            Progress::Waiting {
                why,
                poll_s,
                did,
                outputs,
            } => {
                self.did = did.or(self.did);
                self.record.outputs.extend(outputs);
                if !wait && kinds::only_waits(&self.planned.action) {
                    self.done(Outcome::Waiting, now);
                    self.record.waiting = Some(why);
                    return None;
                }
                self.pause(why, Duration::from_secs(poll_s.into()), now)
            }
            Progress::Blocked(diagnosis) => {
                self.block(diagnosis, now);
                None
            }
        }
    }

    fn refused(
        &mut self,
        error: &StepError,
        now: Timestamp,
        wait: bool,
        chance: &dyn Chance,
    ) -> Option<Duration> {
        self.streak.count += 1;
        self.streak.since.get_or_insert(now);
        self.record.fault = error.fault().cloned().or(self.record.fault.take());
        if !wait && kinds::only_looks(&self.planned.action) {
            // What it waits for may not exist yet, or not in this account at all: that is no reason to fail now.
            let operation = error
                .fault()
                .map(|fault| fault.operation.clone())
                .unwrap_or_default();
            self.done(Outcome::Waiting, now);
            self.record.waiting = Some(Waiting::new(WaitingCode::Retrying).with("operation", operation));
            return None;
        }
        let makes = self.planned.change == Change::Create || self.did == Some(Outcome::Created);
        match react(error, self.streak, now, chance.unit(), makes) {
            Reaction::Retry { after, why } => {
                self.record.retries += 1;
                self.pause(why, after, now)
            }
            Reaction::Block(diagnosis) => {
                self.block(diagnosis, now);
                None
            }
        }
    }

    fn pause(&mut self, why: Waiting, pause: Duration, now: Timestamp) -> Option<Duration> {
        let waited_s = now.as_second().saturating_sub(self.since.as_second());
        if u64::try_from(waited_s).is_ok_and(|waited| waited >= limits::limit(self.planned).as_secs()) {
            let mut diagnosis = Diagnosis::new(DiagnosisCode::TookTooLong, "G5")
                .with("what", &self.planned.id)
                .with("waited_s", waited_s);
            let last: Vec<String> = why
                .values
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            diagnosis = diagnosis.seen(now, &self.planned.id.0, last.join(", "));
            self.block(diagnosis, now);
            return None;
        }
        self.record.state = StepState::Waiting;
        self.record.waiting = Some(why);
        self.record.outcome = self.did;
        Some(pause)
    }

    fn done(&mut self, outcome: Outcome, now: Timestamp) {
        self.record.state = StepState::Done;
        self.record.outcome = Some(outcome);
        self.record.diagnosis = None;
        self.record.finished_at = Some(now);
    }

    fn block(&mut self, diagnosis: Diagnosis, now: Timestamp) {
        self.record.state = StepState::Blocked;
        self.record.outcome = Some(Outcome::Blocked);
        self.record.waiting = None;
        self.record.diagnosis = Some(diagnosis);
        self.record.finished_at = Some(now);
    }
}
