//! What came of a run: how long it took, what it was waiting for all the time, and how its steps ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{StepRecord, StepState};
use crate::plan::{Plan, StepId};
use crate::step::Outcome;

/// How many steps ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Were as they should be.
    pub kept: usize,
    /// Made.
    pub created: usize,
    /// Changed.
    pub updated: usize,
    /// Somebody else's, used.
    pub adopted: usize,
    /// Removed.
    pub deleted: usize,
    /// Waiting, also those left waiting.
    pub waiting: usize,
    /// Blocked.
    pub blocked: usize,
    /// Not begun, being worked on, or skipped.
    pub open: usize,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Steps by how they ended.
    pub counts: Counts,
    /// First step begun.
    pub started_at: Option<Timestamp>,
    /// Last step ended, once none is open.
    pub finished_at: Option<Timestamp>,
    /// From the first begin to the last end so far, milliseconds of account time.
    pub makespan_ms: u64,
    /// The chain of steps that took longest, first to last: nothing else could have made the run shorter.
    pub critical_path: Vec<StepId>,
    /// How long that chain took, milliseconds of account time.
    pub critical_path_ms: u64,
    /// How long the plan's longest chain was expected to take, seconds.
    pub expected_s: u64,
}

/// Milliseconds from one time to another; 0 when they are the wrong way round.
fn between_ms(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

/// How long a step took so far, milliseconds of account time.
fn duration_ms(record: &StepRecord) -> u64 {
    match (record.started_at, record.finished_at) {
        (Some(started), Some(finished)) => between_ms(started, finished),
        _ => 0,
    }
}

/// The longest chain through the plan, by a weight per step.
fn longest(plan: &Plan, weight: impl Fn(&StepId) -> u64) -> (Vec<StepId>, u64) {
    // Best end-to-end weight per step, and the step before it. Steps come after all they depend on.
    let mut best: BTreeMap<&StepId, (u64, Option<&StepId>)> = BTreeMap::new();
    for step in &plan.steps {
        let before = step
            .after
            .iter()
            .filter_map(|id| best.get_key_value(id).map(|(id, (total, _))| (*total, *id)))
            .max();
        let total = before.map_or(0, |(total, _)| total) + weight(&step.id);
        best.insert(&step.id, (total, before.map(|(_, id)| id)));
    }
    let Some((end, total)) = best
        .iter()
        .max_by_key(|(_, (total, _))| *total)
        .map(|(id, (total, _))| (*id, *total))
    else {
        return (Vec::new(), 0);
    };
    let mut chain = vec![end.clone()];
    let mut here = end;
    while let Some((_, Some(before))) = best.get(here) {
        chain.push((*before).clone());
        here = before;
    }
    chain.reverse();
    (chain, total)
}

/// What came of a run, from its plan and its records.
pub fn summary(plan: &Plan, records: &[StepRecord]) -> Summary {
    let by_id: BTreeMap<&StepId, &StepRecord> = records.iter().map(|record| (&record.step, record)).collect();
    let mut counts = Counts::default();
    for step in &plan.steps {
        let record = by_id.get(&step.id);
        let slot = match record.map(|record| (record.state, record.outcome)) {
            Some((StepState::Done, Some(Outcome::Kept | Outcome::Unseen))) => &mut counts.kept,
            Some((StepState::Done, Some(Outcome::Created))) => &mut counts.created,
            Some((StepState::Done, Some(Outcome::Updated))) => &mut counts.updated,
            Some((StepState::Done, Some(Outcome::Adopted))) => &mut counts.adopted,
            Some((StepState::Done, Some(Outcome::Deleted))) => &mut counts.deleted,
            Some((StepState::Done, Some(Outcome::Waiting)) | (StepState::Waiting, _)) => &mut counts.waiting,
            Some((StepState::Blocked, _)) => &mut counts.blocked,
            _ => &mut counts.open,
        };
        *slot += 1;
    }
    let started_at = records.iter().filter_map(|record| record.started_at).min();
    let last = records.iter().filter_map(|record| record.finished_at).max();
    let over = records.len() >= plan.steps.len() && records.iter().all(|record| record.finished_at.is_some());
    let (critical_path, critical_path_ms) =
        longest(plan, |id| by_id.get(id).map_or(0, |record| duration_ms(record)));
    let expected: BTreeMap<&StepId, u64> = plan
        .steps
        .iter()
        .map(|step| (&step.id, u64::from(step.expected_s)))
        .collect();
    let (_, expected_s) = longest(plan, |id| expected.get(id).copied().unwrap_or(0));
    Summary {
        counts,
        started_at,
        finished_at: last.filter(|_| over),
        makespan_ms: started_at.zip(last).map_or(0, |(from, to)| between_ms(from, to)),
        critical_path,
        critical_path_ms,
        expected_s,
    }
}
