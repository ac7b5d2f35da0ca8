//! Removing what Slipway created, and nothing else, in an order in which AWS lets go of it.
//!
//! First the frontend gets its old values back, while the API it calls still answers; then the service, so that its tasks
//! drain behind the listener; then what carried the traffic; then what the tasks lived in. Ownership tags decide: what
//! does not carry the stack's tag stays.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action::{Action, Removal};
use super::builder::Builder;
use super::memory::Memory;
use super::{Change, FindingCode, Plan, Purpose, Reason, ReasonCode, StepId, Weight};
use crate::cloud::compute::ServiceStatus;
use crate::cloud::network::{Rule, SecurityGroup};
use crate::snapshot::{FrontendState, Snapshot, owned_by};
use crate::spec::StackSpec;
use crate::step::grant_mark;

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
    removals.role(&[service.as_slice(), &definitions].concat());
    removals.log_group(&service);
    removals.repository(&service);
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
            self.remove(
                "cluster",
                Removal::Cluster {
                    name: found.name.clone(),
                },
                after,
            );
        }
    }

    /// Rules granted to other groups first, then our groups: one that a rule names can't be deleted before that rule.
    fn groups(&mut self, memory: &Memory, after: &[StepId]) -> Vec<StepId> {
        let snapshot = self.builder.snapshot;
        let mut last = after.to_vec();
        for (group_id, ingress) in granted(&self.builder, memory) {
            let id = format!("group.rules.{group_id}");
            last.push(self.remove(&id, Removal::SecurityGroupRules { group_id, ingress }, after));
        }
        let mut own: Vec<&SecurityGroup> = snapshot
            .security_groups
            .iter()
            .filter(|group| self.builder.owns(&group.tags))
            .collect();
        // The tasks' group names the ALB's in its rule.
        own.sort_by_key(|group| {
            (
                group.name == self.builder.names.load_balancer_group,
                group.name.clone(),
            )
        });
        let mut steps = Vec::new();
        for group in own {
            let id = match &group.name {
                name if *name == self.builder.names.task_group => "group.task".to_owned(),
                name if *name == self.builder.names.load_balancer_group => "group.load_balancer".to_owned(),
                _ => format!("group.{}", group.id),
            };
            let target = Removal::SecurityGroup {
                id: group.id.clone(),
                name: group.name.clone(),
            };
            let step = self.remove(&id, target, &last);
            last.push(step.clone());
            steps.push(step);
        }
        steps
    }

    fn network(&mut self, after: &[StepId]) {
        let snapshot = self.builder.snapshot;
        let stack = self.builder.spec.name.as_str();
        let mut last = after.to_vec();
        for subnet in snapshot
            .subnets
            .iter()
            .filter(|subnet| owned_by(&subnet.tags, stack))
        {
            let id = format!("subnet.{}", subnet.cidr);
            let target = Removal::Subnet {
                id: subnet.id.clone(),
                cidr: subnet.cidr,
            };
            let step = self.remove(&id, target, after);
            last.push(step);
        }
        let mut roads = last.clone();
        for table in snapshot
            .route_tables
            .iter()
            .filter(|table| owned_by(&table.tags, stack))
        {
            let target = Removal::RouteTable { id: table.id.clone() };
            let step = self.remove(&format!("route_table.{}", table.id), target, &last);
            roads.push(step);
        }
        let tables = roads.clone();
        for gateway in snapshot
            .internet_gateways
            .iter()
            .filter(|gateway| owned_by(&gateway.tags, stack))
        {
            let target = Removal::InternetGateway {
                id: gateway.id.clone(),
                vpc_id: gateway.vpc_id.clone(),
            };
            let step = self.remove(&format!("internet_gateway.{}", gateway.id), target, &tables);
            roads.push(step);
        }
        for vpc in snapshot.vpcs.iter().filter(|vpc| owned_by(&vpc.tags, stack)) {
            let target = Removal::Vpc { id: vpc.id.clone() };
            self.remove(&format!("vpc.{}", vpc.id), target, &roads);
        }
    }

    fn role(&mut self, after: &[StepId]) {
        let Some(role) = self.builder.snapshot.execution_role.as_ref() else {
            return;
        };
        let inline = self.builder.names.secrets_policy.clone();
        if self.builder.owns(&role.tags) {
            let target = Removal::Role {
                name: role.name.clone(),
                attached_policies: role.attached_policies.clone(),
                inline_policies: role.inline_policies.clone(),
            };
            self.remove("execution_role", target, after);
        } else if role.inline_policies.contains(&inline) {
            // The policy's name carries the stack's: nobody else put it there.
            let target = Removal::RolePolicy {
                role: role.name.clone(),
                name: inline,
            };
            self.remove("execution_role.secrets", target, after);
        }
    }

    fn log_group(&mut self, after: &[StepId]) {
        let found = self.builder.snapshot.log_group.as_ref();
        if let Some(found) = found.filter(|found| self.builder.owns(&found.tags)) {
            self.remove(
                "log_group",
                Removal::LogGroup {
                    name: found.name.clone(),
                },
                after,
            );
        }
    }

    fn repository(&mut self, after: &[StepId]) {
        let snapshot = self.builder.snapshot;
        if let Some(found) = snapshot
            .repository
            .as_ref()
            .filter(|found| self.builder.owns(&found.tags))
        {
            let target = Removal::Repository {
                name: found.name.clone(),
                images: snapshot.repository_images,
            };
            self.remove("repository", target, after);
        }
    }
}

/// Rules of ours on groups that are not: as the ledger remembers them, and as their descriptions tell.
fn granted(builder: &Builder<'_>, memory: &Memory) -> BTreeMap<String, Vec<Rule>> {
    let mut all: BTreeMap<String, Vec<Rule>> = memory
        .granted
        .iter()
        .map(|known| (known.group_id.clone(), known.ingress.clone()))
        .collect();
    let mark = grant_mark(&builder.spec.name);
    for group in builder
        .snapshot
        .security_groups
        .iter()
        .filter(|group| !builder.owns(&group.tags))
    {
        for rule in group
            .ingress
            .iter()
            .filter(|rule| rule.description.starts_with(&mark))
        {
            let rules = all.entry(group.id.clone()).or_default();
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    all
}
