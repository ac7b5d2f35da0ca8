//! Faults that can be made to happen, and the record of calls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// AWS asks for a pause; nothing happened.
    Throttle,
    /// No answer; nothing happened.
    Unavailable,
    /// It happened, but the answer was lost.
    AnswerLost,
    /// The caller may not.
    Denied,
    /// The calling process dies before AWS gets the call.
    CrashBefore,
    /// The calling process dies after AWS did what it was asked and before it could write that down.
    CrashAfter,
}

/// Which call a fault meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The n-th call since the plan was set, from 1.
    Call(u64),
    /// The next `times` calls that use this IAM action.
    Action {
        /// For example `ecs:CreateService`.
        action: String,
        /// How often. `None`: always.
        times: Option<u32>,
    },
}

/// Faults to come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultPlan {
    faults: Vec<(When, Fault)>,
    seen: u64,
}

impl FaultPlan {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// One fault more.
    #[must_use]
    pub fn with(mut self, when: When, fault: Fault) -> Self {
        self.faults.push((when, fault));
        self
    }

    /// A fault at the n-th call, from 1.
    pub fn at_call(number: u64, fault: Fault) -> Self {
        Self::none().with(When::Call(number), fault)
    }

    /// A fault at every call of an action.
    pub fn at_action(action: &str, fault: Fault) -> Self {
        Self::none().with(
            When::Action {
                action: action.to_owned(),
                times: None,
            },
            fault,
        )
    }

    /// Calls since the plan was set.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether the plan denies this action.
    pub(crate) fn denies(&self, action: &str) -> bool {
        self.faults.iter().any(|(when, fault)| {
            *fault == Fault::Denied && matches!(when, When::Action { action: denied, .. } if denied == action)
        })
    }

    /// Counts a call and answers what happens to it: the action that was hit, and the fault.
    pub(crate) fn meet(&mut self, actions: &[&'static str]) -> Option<(&'static str, Fault)> {
        self.seen += 1;
        let first = actions.first().copied()?;
        for (when, fault) in &mut self.faults {
            match when {
                When::Call(number) if *number == self.seen => return Some((first, *fault)),
                When::Call(_) | When::Action { times: Some(0), .. } => {}
                When::Action { action, times } => {
                    if let Some(hit) = actions.iter().find(|known| *known == action) {
                        if let Some(left) = times {
                            *left -= 1;
                        }
                        return Some((hit, *fault));
                    }
                }
            }
        }
        None
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When, in the account's time.
    pub at: Timestamp,
    /// IAM action.
    pub action: String,
}
