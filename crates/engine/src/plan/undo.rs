//! What becomes of a step's work when the stack is taken down, or the plan before is applied again.

use serde::{Deserialize, Serialize};

use super::action::{Action, Removal};
use super::{Change, PlannedStep};

/// The undoing of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// Nothing is made or changed, so there is nothing to undo.
    Nothing,
    /// Made, and removed with the stack.
    Removed,
    /// Made, and removed with the stack together with what is in it then: logs, images.
    RemovedWithContents,
    /// Changed; applying the spec of before changes it back.
    ChangedBack,
    /// Given to something that is not the stack's, and taken back with the stack.
    TakenBack,
    /// A value from before is remembered, and put back with the stack.
    PutBack,
    /// Made once for the account, and left to it.
    Stays,
    /// Removed; applying the spec makes a new one.
    MadeAgain,
    /// Removed with what was in it, which is lost.
    Lost,
}

impl PlannedStep {
    /// How the step is undone.
    pub fn undo(&self) -> Undo {
        match (&self.action, self.change) {
            (Action::Remove { target }, _) => removal(target),
            (_, Change::Keep | Change::Wait | Change::Delete) => Undo::Nothing,
            (Action::ExecutionRole { adopt: true, .. } | Action::SecurityGroup { adopt: Some(_), .. }, _) => {
                match self.differences.is_empty() {
                    true => Undo::Nothing,
                    false => Undo::TakenBack,
                }
            }
            (_, Change::Adopt) => Undo::Nothing,
            (Action::LinkedRole { .. }, _) => Undo::Stays,
            (Action::FrontendVariables { .. }, _) => Undo::PutBack,
            // A build is not taken back; the variables are, and the next release has them.
            (Action::FrontendRelease { .. }, _) => Undo::Nothing,
            (Action::LogGroup { .. } | Action::Repository { .. }, Change::Create) => {
                Undo::RemovedWithContents
            }
            // Every change of it is a new revision, and all of them go.
            (Action::TaskDefinition(_), _) => Undo::Removed,
            (_, Change::Create) => Undo::Removed,
            (_, Change::Update) => Undo::ChangedBack,
        }
    }
}

fn removal(target: &Removal) -> Undo {
    match target {
        Removal::LogGroup { .. } | Removal::Repository { .. } => Undo::Lost,
        Removal::FrontendVariables { .. }
        | Removal::Service { .. }
        | Removal::Listener { .. }
        | Removal::LoadBalancer { .. }
        | Removal::TargetGroup { .. }
        | Removal::TaskDefinitions { .. }
        | Removal::Cluster { .. }
        | Removal::SecurityGroupRules { .. }
        | Removal::SecurityGroup { .. }
        | Removal::Subnet { .. }
        | Removal::RouteTable { .. }
        | Removal::InternetGateway { .. }
        | Removal::Vpc { .. }
        | Removal::RolePolicy { .. }
        | Removal::Role { .. } => Undo::MadeAgain,
    }
}
