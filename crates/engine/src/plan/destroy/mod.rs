//! Removing what Slipway created, and nothing else, in an order in which AWS lets go of it.
//!
//! First the frontend gets its old values back, while the API it calls still answers; then the service, so that its tasks
//! drain behind the listener; then what carried the traffic; then what the tasks lived in. Ownership tags decide: what
//! does not carry the stack's tag stays.

mod network;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action::{Action, Removal};
use super::builder::Builder;
use super::memory::Memory;
use super::{Change, FindingCode, Plan, Purpose, Reason, ReasonCode, StepId, Weight};
use crate::cloud::compute::ServiceStatus;
use crate::cloud::identity::Role;
use crate::snapshot::{FrontendState, Snapshot, UseKind, owned_by};
use crate::spec::StackSpec;

/// Plans removing the stack.
pub fn destroy(spec: &StackSpec, snapshot: &Snapshot, memory: &Memory, now: Timestamp) -> Plan {
    let mut removals = Removals {
        builder: Builder::new(spec, snapshot),
    };
    let frontend = removals.frontends(memory);
    let service = removals.service(&frontend);
    let balancing = removals.balancing(&service);
    let definitions = removals.task_definitions(&service);
    removals.cluster(&service);
    let gone: Vec<StepId> = [service.as_slice(), &balancing].concat();
    let groups = removals.groups(memory, &gone);
    removals.network(&[gone.as_slice(), &groups].concat());
    removals.roles(&[service.as_slice(), &definitions].concat());
    removals.log_groups(&service);
    removals.repositories(&service);
    removals.past(memory);
    removals.builder.finish(Purpose::Destroy, now)
}

struct Removals<'a> {
    builder: Builder<'a>,
}

impl Removals<'_> {
    fn remove(&mut self, id: &str, target: Removal, after: &[StepId]) -> StepId {
        let reason = match target {
            Removal::FrontendVariables { .. }
            | Removal::SecurityGroupRules { .. }
            | Removal::RolePolicy { .. } => {
                Reason::new(ReasonCode::RestoreBefore).with("variables", target.name())
            }
            _ => Reason::new(ReasonCode::OwnedByStack),
        };
        self.builder
            .step(id, Action::Remove { target }, Change::Delete, reason, after)
    }

    /// What an unreadable run changed on things that are not ours stays as it is; what is ours is known by its tags.
    fn past(&mut self, memory: &Memory) {
        if !memory.unreadable.is_empty() {
            let numbers: Vec<String> = memory.unreadable.iter().map(u32::to_string).collect();
            self.builder.finding(
                FindingCode::PastUnreadable,
                Weight::Warn,
                &[("runs", &numbers.join(", "))],
            );
        }
    }

    /// Only values that are still ours are put back: what somebody has changed since is theirs.
    fn frontends(&mut self, memory: &Memory) -> Vec<StepId> {
        let mut steps = Vec::new();
        for (index, known) in memory.frontends.iter().enumerate() {
            let is_ours = |name: &String| match &self.builder.snapshot.frontend {
                FrontendState::Found { app_id, values, .. } if *app_id == known.app_id => {
                    known.written.is_none() || values.get(name) == known.written.as_ref()
                }
                _ => true,
            };
            let before: BTreeMap<_, _> = known
                .before
                .iter()
                .filter(|(name, _)| is_ours(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if before.is_empty() {
                continue;
            }
            let target = Removal::FrontendVariables {
                app_id: known.app_id.clone(),
                scope: known.scope.clone(),
                before,
            };
            let id = if index == 0 {
                "frontend.variables".to_owned()
            } else {
                format!("frontend.variables.{index}")
            };
            steps.push(self.remove(&id, target, &[]));
        }
        steps
    }

    fn service(&mut self, after: &[StepId]) -> Vec<StepId> {
        let found = self.builder.snapshot.service.as_ref();
        // One that is draining already is waited for: its cluster and groups can't go before it.
        let found = found
            .filter(|service| service.status != ServiceStatus::Inactive && self.builder.owns(&service.tags));
        let Some(service) = found else {
            return after.to_vec();
        };
        let target = Removal::Service {
            cluster: self.builder.names.cluster.clone(),
            name: service.name.clone(),
        };
        vec![self.remove("service", target, after)]
    }

    fn balancing(&mut self, after: &[StepId]) -> Vec<StepId> {
        let snapshot = self.builder.snapshot;
        let stack = self.builder.spec.name.as_str();
        let mut last = after.to_vec();
        for listener in snapshot
            .listeners
            .iter()
            .filter(|listener| owned_by(&listener.tags, stack))
        {
            let target = Removal::Listener {
                arn: listener.arn.clone(),
                port: listener.port,
            };
            let id = if listener.port == 80 {
                "listener".to_owned()
            } else {
                format!("listener.{}", listener.port)
            };
            let step = self.remove(&id, target, after);
            last.push(step);
        }
        if let Some(found) = snapshot
            .load_balancer
            .as_ref()
            .filter(|found| self.builder.owns(&found.tags))
        {
            let target = Removal::LoadBalancer {
                arn: found.arn.clone(),
                name: found.name.clone(),
            };
            last = vec![self.remove("load_balancer", target, &last)];
        }
        if let Some(found) = snapshot
            .target_group
            .as_ref()
            .filter(|found| self.builder.owns(&found.tags))
        {
            let target = Removal::TargetGroup {
                arn: found.arn.clone(),
                name: found.name.clone(),
            };
            let step = self.remove("target_group", target, &last);
            last.push(step);
        }
        last
    }

    fn task_definitions(&mut self, after: &[StepId]) -> Vec<StepId> {
        let arns = self.builder.snapshot.task_definition_arns.clone();
        if arns.is_empty() {
            return Vec::new();
        }
        let target = Removal::TaskDefinitions {
            family: self.builder.names.family.clone(),
            arns,
        };
        vec![self.remove("task_definition", target, after)]
    }

    fn cluster(&mut self, after: &[StepId]) {
        let found = self.builder.snapshot.cluster.as_ref();
        if let Some(found) = found.filter(|found| found.active && self.builder.owns(&found.tags)) {
            let ours = self.builder.snapshot.service.as_ref();
            let ours =
                ours.is_some_and(|one| one.status != ServiceStatus::Inactive && self.builder.owns(&one.tags));
            let others = found.active_services.saturating_sub(u32::from(ours));
            if others > 0 {
                let by = format!("{others} × ECS service");
                return self.kept("cluster", &found.name, &by);
            }
            self.remove(
                "cluster",
                Removal::Cluster {
                    name: found.name.clone(),
                },
                after,
            );
        }
    }

    /// A thing of the stack's that others use stays, and the plan says so.
    fn kept(&mut self, kind: &str, name: &str, by: &str) {
        self.builder.finding(
            FindingCode::KeptForOthers,
            Weight::Warn,
            &[("kind", &kind), ("name", &name), ("by", &by)],
        );
    }

    /// Whether others use it; then it is noted as kept.
    fn is_used(&mut self, kind: UseKind, name: &str) -> bool {
        let used = &self.builder.snapshot.leftovers.used;
        let by: Vec<&str> = used
            .iter()
            .filter(|one| one.kind == kind && one.name == name)
            .map(|one| one.by.as_str())
            .collect();
        if by.is_empty() {
            return false;
        }
        let kind = match kind {
            UseKind::Role => "role",
            UseKind::Repository => "repository",
            UseKind::LogGroup => "log_group",
        };
        self.kept(kind, name, &by.join(", "));
        true
    }

    fn roles(&mut self, after: &[StepId]) {
        let snapshot = self.builder.snapshot;
        let today = snapshot.execution_role.as_ref();
        for role in today.into_iter().chain(&snapshot.leftovers.roles) {
            self.role(role, after);
        }
    }

    fn role(&mut self, role: &Role, after: &[StepId]) {
        let inline = self.builder.names.secrets_policy.clone();
        let id = step_id("execution_role", &role.name, &self.builder.names.execution_role);
        if self.builder.owns(&role.tags) && !self.is_used(UseKind::Role, &role.name) {
            let target = Removal::Role {
                name: role.name.clone(),
                attached_policies: role.attached_policies.clone(),
                inline_policies: role.inline_policies.clone(),
            };
            self.remove(&id, target, after);
        } else if role.inline_policies.contains(&inline) {
            // The policy's name carries the stack's: nobody else put it there.
            let target = Removal::RolePolicy {
                role: role.name.clone(),
                name: inline,
            };
            self.remove(&format!("{id}.secrets"), target, after);
        }
    }

    fn log_groups(&mut self, after: &[StepId]) {
        let snapshot = self.builder.snapshot;
        for found in snapshot.log_group.iter().chain(&snapshot.leftovers.log_groups) {
            if self.builder.owns(&found.tags) && !self.is_used(UseKind::LogGroup, &found.name) {
                let name = found.name.clone();
                let id = step_id("log_group", &name, &self.builder.names.log_group);
                self.remove(&id, Removal::LogGroup { name }, after);
            }
        }
    }

    fn repositories(&mut self, after: &[StepId]) {
        let snapshot = self.builder.snapshot;
        let today = snapshot.repository.as_ref();
        let here = today.map(|one| (one, snapshot.repository_images));
        let left = snapshot
            .leftovers
            .repositories
            .iter()
            .map(|one| (&one.repository, one.images));
        for (found, images) in here.into_iter().chain(left) {
            if self.builder.owns(&found.tags) && !self.is_used(UseKind::Repository, &found.name) {
                let name = found.name.clone();
                let id = step_id("repository", &name, today.map_or("", |one| one.name.as_str()));
                self.remove(&id, Removal::Repository { name, images }, after);
            }
        }
    }
}

/// The plain id for what the spec of today names, one with the name for what an earlier spec did.
fn step_id(kind: &str, name: &str, today: &str) -> String {
    if name == today {
        kind.to_owned()
    } else {
        format!("{kind}.{name}")
    }
}
