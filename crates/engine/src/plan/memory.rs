//! What the ledger remembers and the account can't tell: how things that are not ours were before we changed them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::action::{Action, OutputName, Outputs, Removal};
use super::{Plan, StepId};
use crate::cloud::hosting::VariableScope;
use crate::cloud::network::Rule;
use crate::run::{StepRecord, StepState};

/// What the runs of one stack changed on things that are not the stack's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Frontends whose variables were written.
    pub frontends: Vec<FrontendMemory>,
    /// Rules granted to security groups that are not ours.
    pub granted: Vec<Granted>,
    /// Numbers of runs that can't be read any more: what they changed is not remembered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<u32>,
    /// What runs named: a removal looks there, too, when the spec of today says other names.
    #[serde(default)]
    pub made: Made,
}

/// Names under which the runs of a stack may have made something. Whether it is the stack's, its tag tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Log groups.
    pub log_groups: BTreeSet<String>,
    /// Repositories.
    pub repositories: BTreeSet<String>,
    /// Execution roles.
    pub roles: BTreeSet<String>,
    /// VPCs (`vpc-…`) in which something was made, made ones among them.
    pub vpcs: BTreeSet<String>,
}

/// A frontend whose variables were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontendMemory {
    /// App id.
    pub app_id: String,
    /// Where.
    pub scope: VariableScope,
    /// Values before the first run, per name; `None`: there was none.
    pub before: BTreeMap<String, Option<String>>,
    /// The URL that was written last.
    pub written: Option<String>,
}

/// Rules granted to a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// `sg-…`.
    pub group_id: String,
    /// Rules.
    pub ingress: Vec<Rule>,
}

impl Memory {
    /// From all runs of a stack, oldest first. What a destroy run has put back is forgotten.
    pub fn collect(runs: &[(Plan, Vec<StepRecord>)]) -> Self {
        let mut memory = Self::default();
        for (plan, records) in runs {
            let outputs: BTreeMap<StepId, Outputs> = records
                .iter()
                .map(|record| (record.step.clone(), record.outputs.clone()))
                .collect();
            let records: BTreeMap<&StepId, &StepRecord> =
                records.iter().map(|record| (&record.step, record)).collect();
            for step in &plan.steps {
                if let Some(record) = records.get(&step.id) {
                    memory.learn(&step.action, record);
                    if record.state != StepState::Pending {
                        memory.made.learn(plan, &step.action, &outputs, record);
                    }
                }
            }
        }
        memory
    }

    fn learn(&mut self, action: &Action, record: &StepRecord) {
        match action {
            Action::FrontendVariables { app_id, scope, .. } => self.frontend(app_id, scope, record),
            Action::SecurityGroup {
                adopt: Some(group_id),
                ..
            } => self.granted(group_id, record),
            Action::Remove { target } if record.state == StepState::Done => self.forget(target),
            _ => {}
        }
    }

    /// The first value ever seen is the one from before Slipway: later ones may be Slipway's own.
    fn frontend(&mut self, app_id: &str, scope: &VariableScope, record: &StepRecord) {
        // A record without `Before` is of a step that changed nothing.
        let Some(before) = record.outputs.get(&OutputName::Before) else {
            return;
        };
        let Ok(before) = serde_json::from_str::<BTreeMap<String, Option<String>>>(before) else {
            return;
        };
        let written = record.outputs.get(&OutputName::Url).cloned();
        let same = |known: &&mut FrontendMemory| known.app_id == app_id && known.scope == *scope;
        match self.frontends.iter_mut().find(same) {
            Some(known) => {
                for (name, value) in before {
                    known.before.entry(name).or_insert(value);
                }
                known.written = written.or(known.written.take());
            }
            None => {
                let (app_id, scope) = (app_id.to_owned(), scope.clone());
                self.frontends.push(FrontendMemory {
                    app_id,
                    scope,
                    before,
                    written,
                });
            }
        }
    }

    fn granted(&mut self, group_id: &str, record: &StepRecord) {
        let Some(text) = record.outputs.get(&OutputName::Granted) else {
            return;
        };
        let Ok(rules) = serde_json::from_str::<Vec<Rule>>(text) else {
            return;
        };
        let index = match self.granted.iter().position(|known| known.group_id == group_id) {
            Some(index) => index,
            None => {
                self.granted.push(Granted {
                    group_id: group_id.to_owned(),
                    ingress: Vec::new(),
                });
                self.granted.len() - 1
            }
        };
        let known = &mut self.granted[index].ingress;
        let new: Vec<Rule> = rules.into_iter().filter(|rule| !known.contains(rule)).collect();
        known.extend(new);
    }

    fn forget(&mut self, target: &Removal) {
        match target {
            Removal::FrontendVariables { app_id, scope, .. } => {
                self.frontends
                    .retain(|known| known.app_id != *app_id || known.scope != *scope);
            }
            Removal::SecurityGroupRules { group_id, .. } => {
                self.granted.retain(|known| known.group_id != *group_id);
            }
            Removal::LogGroup { name } => {
                self.made.log_groups.remove(name);
            }
            Removal::Repository { name, .. } => {
                self.made.repositories.remove(name);
            }
            Removal::Role { name, .. } | Removal::RolePolicy { role: name, .. } => {
                self.made.roles.remove(name);
            }
            Removal::Vpc { id } => {
                self.made.vpcs.remove(id);
            }
            _ => {}
        }
    }
}

impl Made {
    /// A step that was begun: a call may have made the thing even if no answer came.
    fn learn(
        &mut self,
        plan: &Plan,
        action: &Action,
        outputs: &BTreeMap<StepId, Outputs>,
        record: &StepRecord,
    ) {
        match action {
            Action::LogGroup { name, .. } => {
                self.log_groups.insert(name.clone());
            }
            Action::Repository { name, .. } => {
                self.repositories.insert(name.clone());
            }
            Action::ExecutionRole { name, .. } => {
                self.roles.insert(name.clone());
            }
            Action::Vpc { .. } => self.vpcs.extend(record.outputs.get(&OutputName::Id).cloned()),
            Action::InternetGateway { vpc, .. }
            | Action::RouteTable { vpc, .. }
            | Action::Subnet { vpc, .. }
            | Action::SecurityGroup { vpc, .. } => {
                self.vpcs.extend(plan.value(vpc, outputs).map(str::to_owned));
            }
            _ => {}
        }
    }
}
