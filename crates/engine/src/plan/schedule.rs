//! The plan on a time axis: when each step is expected to run, and which ones decide how long it takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Plan, StepId};

/// One step on the time axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// The step.
    pub step: StepId,
    /// Seconds from the start of the run.
    pub start_s: u32,
    /// Seconds it is expected to take.
    pub len_s: u32,
    /// On the critical path: if it takes longer, the run does.
    pub critical: bool,
}

/// The plan on a time axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// One bar per step, in the plan's order.
    pub bars: Vec<Bar>,
    /// Seconds from the start until the last step is done.
    pub makespan_s: u32,
}

/// When each step is expected to run, everything starting as early as it can.
pub fn schedule(plan: &Plan) -> Schedule {
    let mut ends: BTreeMap<&StepId, u32> = BTreeMap::new();
    let mut bars = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let start_s = step
            .after
            .iter()
            .filter_map(|other| ends.get(other))
            .max()
            .copied()
            .unwrap_or(0);
        ends.insert(&step.id, start_s + step.expected_s);
        bars.push(Bar {
            step: step.id.clone(),
            start_s,
            len_s: step.expected_s,
            critical: false,
        });
    }
    let makespan_s = ends.values().max().copied().unwrap_or(0);
    mark_critical(plan, &mut bars, makespan_s);
    Schedule { bars, makespan_s }
}

/// Backwards: a step is critical when it ends exactly when it must.
fn mark_critical(plan: &Plan, bars: &mut [Bar], makespan_s: u32) {
    let mut latest: BTreeMap<&StepId, u32> = BTreeMap::new();
    for (step, bar) in plan.steps.iter().zip(bars.iter_mut()).rev() {
        let must_end = latest.get(&step.id).copied().unwrap_or(makespan_s);
        bar.critical = bar.start_s + bar.len_s == must_end;
        let must_start = must_end.saturating_sub(bar.len_s);
        for other in &step.after {
            let end = latest.entry(other).or_insert(must_start);
            *end = (*end).min(must_start);
        }
    }
}
