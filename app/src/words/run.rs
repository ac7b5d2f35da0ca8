//! States of runs and steps in the reader's language, with their tone.

use engine::plan::{Change, Purpose};
use engine::run::{RunState, StepRecord, StepState};
use engine::step::Outcome;

use crate::components::Tone;
use crate::i18n::{Locale, t};

/// What a step will change.
pub fn change(l: Locale, change: Change) -> (Tone, &'static str) {
    match change {
        Change::Create => (Tone::Ok, t!(l, change.create)),
        Change::Update => (Tone::Wait, t!(l, change.update)),
        Change::Keep => (Tone::None, t!(l, change.keep)),
        Change::Adopt => (Tone::None, t!(l, change.adopt)),
        Change::Delete => (Tone::Bad, t!(l, change.delete)),
        Change::Wait => (Tone::Wait, t!(l, change.wait)),
    }
}

/// How a step stands: its outcome once it is done, its state before.
pub fn step_state(l: Locale, change: Change, record: &StepRecord) -> (Tone, &'static str) {
    match (record.state, record.outcome) {
        // A wait makes nothing; what it waited for has come.
        (StepState::Done, Some(Outcome::Kept)) if change == Change::Wait => {
            (Tone::Ok, t!(l, outcome.confirmed))
        }
        (StepState::Done, Some(outcome)) => self::outcome(l, outcome),
        (StepState::Done, None) => (Tone::Ok, t!(l, step_state.done)),
        (StepState::Pending, _) => (Tone::None, t!(l, step_state.pending)),
        (StepState::Running, _) => (Tone::Wait, t!(l, step_state.running)),
        (StepState::Waiting, _) => (Tone::Wait, t!(l, step_state.waiting)),
        (StepState::Blocked, _) => (Tone::Bad, t!(l, step_state.blocked)),
        (StepState::Skipped, _) => (Tone::None, t!(l, step_state.skipped)),
    }
}

fn outcome(l: Locale, outcome: Outcome) -> (Tone, &'static str) {
    match outcome {
        Outcome::Kept => (Tone::None, t!(l, outcome.kept)),
        Outcome::Created => (Tone::Ok, t!(l, outcome.created)),
        Outcome::Updated => (Tone::Ok, t!(l, outcome.updated)),
        Outcome::Adopted => (Tone::None, t!(l, outcome.adopted)),
        Outcome::Deleted => (Tone::Ok, t!(l, outcome.deleted)),
        Outcome::Unseen => (Tone::None, t!(l, outcome.unseen)),
        Outcome::Waiting => (Tone::Wait, t!(l, outcome.waiting)),
        Outcome::Blocked => (Tone::Bad, t!(l, outcome.blocked)),
    }
}

/// State of a run.
pub fn run_state(l: Locale, state: RunState) -> (Tone, &'static str) {
    match state {
        RunState::Queued => (Tone::Wait, t!(l, run_state.queued)),
        RunState::Running => (Tone::Wait, t!(l, run_state.running)),
        RunState::Succeeded => (Tone::Ok, t!(l, run_state.succeeded)),
        RunState::Failed => (Tone::Bad, t!(l, run_state.failed)),
        RunState::Waiting => (Tone::Warn, t!(l, run_state.waiting)),
        RunState::Cancelled => (Tone::Warn, t!(l, run_state.cancelled)),
    }
}

/// What a run is for.
pub fn purpose(l: Locale, purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Apply => t!(l, purpose.apply),
        Purpose::Prepare => t!(l, purpose.prepare),
        Purpose::Destroy => t!(l, purpose.destroy),
    }
}
