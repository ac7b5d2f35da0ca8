//! What a step changes on something that is there already: value by value, rule by rule, so that a person sees all of
//! it before anything happens and the exports do the same as the executor.

mod compute;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::Change;
use super::action::{Action, PlannedRule, Ref, RulePeer};
use super::builder::Builder;
use super::documents::same_json;
use crate::cloud::balancing::{HealthCheck, ListenerAction};
use crate::cloud::compute::{Service, ServiceStatus};
use crate::cloud::network::{Direction, Peer, Rule, SecurityGroup};
use crate::snapshot::FrontendState;

/// One thing that a step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Difference {
    /// A value.
    Value {
        /// The action's field; `environment.NAME` for one variable.
        field: String,
        /// What it is now; `None`: there is none.
        before: Option<String>,
        /// What it will be; `None`: it goes.
        after: Option<String>,
    },
    /// A rule that a security group gets.
    RuleAdded {
        /// Incoming or outgoing.
        direction: Direction,
        /// The rule.
        rule: PlannedRule,
    },
    /// A rule that a security group loses.
    RuleRemoved {
        /// Incoming or outgoing.
        direction: Direction,
        /// The rule, as AWS has it.
        rule: Rule,
    },
}

/// Differences being collected.
struct Differences<'b> {
    builder: &'b Builder<'b>,
    found: Vec<Difference>,
}

/// What a step will change; nothing for one that makes, keeps, waits or removes.
pub(super) fn differences(builder: &Builder<'_>, action: &Action, change: Change) -> Vec<Difference> {
    if !matches!(change, Change::Update | Change::Adopt) {
        return Vec::new();
    }
    let mut all = Differences {
        builder,
        found: Vec::new(),
    };
    all.of(action);
    all.found
}

impl Differences<'_> {
    fn of(&mut self, action: &Action) {
        let snapshot = self.builder.snapshot;
        match action {
            Action::Repository {
                scan_on_push,
                lifecycle_policy,
                ..
            } => {
                // One that is not ours is used as it is.
                let ours = snapshot
                    .repository
                    .as_ref()
                    .filter(|one| self.builder.owns(&one.tags));
                if let Some(found) = ours {
                    self.value("scan_on_push", Some(found.scan_on_push), Some(scan_on_push));
                    self.document(
                        "lifecycle_policy",
                        found.lifecycle_policy.as_deref(),
                        Some(lifecycle_policy),
                    );
                }
            }
            Action::LogGroup { retention_days, .. } => {
                let ours = snapshot
                    .log_group
                    .as_ref()
                    .filter(|one| self.builder.owns(&one.tags));
                if let Some(found) = ours {
                    self.value("retention_days", found.retention_days, Some(retention_days));
                }
            }
            Action::ExecutionRole {
                policy_arn,
                secrets_policy,
                ..
            } => {
                if let Some(found) = &snapshot.execution_role {
                    if self.builder.owns(&found.tags) && !found.attached_policies.contains(policy_arn) {
                        self.value("attached_policies", None::<&str>, Some(policy_arn));
                    }
                    let now = snapshot.secrets_policy.as_deref();
                    self.document("secrets_policy", now, secrets_policy.as_deref());
                }
            }
            Action::SecurityGroup {
                name,
                adopt,
                ingress,
                egress,
                ..
            } => {
                let found = snapshot.security_groups.iter().find(|group| match adopt {
                    Some(id) => group.id == *id,
                    None => group.name == *name,
                });
                if let Some(found) = found {
                    self.rules(found, ingress, egress.as_deref(), adopt.is_none());
                }
            }
            Action::LoadBalancer {
                subnets,
                security_groups,
                ..
            } => {
                if let Some(found) = &snapshot.load_balancer {
                    self.members("subnets", &found.subnet_ids, subnets);
                    self.members("security_groups", &found.security_groups, security_groups);
                }
            }
            Action::TargetGroup {
                health_check,
                deregistration_delay_s,
                ..
            } => {
                if let Some(found) = &snapshot.target_group {
                    self.health_check(&found.health_check, health_check);
                    let now = found.deregistration_delay_s;
                    self.value("deregistration_delay_s", Some(now), Some(deregistration_delay_s));
                }
            }
            Action::Listener {
                port, target_group, ..
            } => {
                if let Some(found) = snapshot.listeners.iter().find(|one| one.port == *port) {
                    let now = match &found.action {
                        ListenerAction::Forward { target_group_arn } => target_group_arn.clone(),
                        ListenerAction::Redirect { protocol, port } => format!("{protocol}:{port}"),
                        ListenerAction::Other { action_type } => action_type.clone(),
                    };
                    let wanted = self.shown(target_group);
                    self.value("action", Some(now), Some(wanted));
                }
            }
            Action::ClosedPorts { name, rules, .. } => {
                let group = snapshot.security_groups.iter().find(|group| group.name == *name);
                let present = group.iter().flat_map(|group| &group.ingress);
                let closed = present.filter(|rule| rules.iter().any(|planned| self.same(planned, rule)));
                let removed: Vec<Difference> = closed
                    .map(|rule| Difference::RuleRemoved {
                        direction: Direction::Ingress,
                        rule: rule.clone(),
                    })
                    .collect();
                self.found.extend(removed);
            }
            Action::HealthCheck { health_check, .. } => {
                if let Some(found) = &snapshot.target_group {
                    self.health_check(&found.health_check, health_check);
                }
            }
            Action::TaskDefinition(planned) => {
                if let Some(found) = self.builder.own_task_definition() {
                    self.task_definition(found, planned);
                }
            }
            Action::Service(planned) => {
                let active = |one: &&Service| one.status == ServiceStatus::Active;
                if let Some(found) = snapshot.service.as_ref().filter(active) {
                    self.service(found, planned);
                }
            }
            Action::FrontendVariables {
                variables, dns_name, ..
            } => {
                if let FrontendState::Found { values, .. } = &snapshot.frontend {
                    let url = format!("http://{}", self.shown(dns_name));
                    for name in variables {
                        self.value(&format!("variables.{name}"), values.get(name), Some(&url));
                    }
                }
            }
            Action::LinkedRole { .. }
            | Action::ImagePushed { .. }
            | Action::Cluster { .. }
            | Action::Vpc { .. }
            | Action::InternetGateway { .. }
            | Action::RouteTable { .. }
            | Action::Subnet { .. }
            | Action::Deployment { .. }
            | Action::Reachable { .. }
            | Action::FrontendRelease { .. }
            | Action::Remove { .. } => {}
        }
    }

    fn value(&mut self, field: &str, before: Option<impl Display>, after: Option<impl Display>) {
        let before = before.map(|value| value.to_string());
        let after = after.map(|value| value.to_string());
        if before != after {
            self.found.push(Difference::Value {
                field: field.to_owned(),
                before,
                after,
            });
        }
    }

    fn document(&mut self, field: &str, before: Option<&str>, after: Option<&str>) {
        if !before
            .zip(after)
            .is_some_and(|(one, other)| same_json(one, other))
        {
            self.value(field, before, after);
        }
    }

    fn map(&mut self, field: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            self.value(&format!("{field}.{name}"), before.get(name), after.get(name));
        }
    }

    /// A reference's value; where AWS gives it later, what the thing is called.
    fn shown(&self, reference: &Ref) -> String {
        match (self.builder.value(reference), reference) {
            (Some(value), _) => value.to_owned(),
            (None, Ref::Known(value)) => value.clone(),
            (None, Ref::Output { step, .. }) => self.builder.name_of(step),
        }
    }

    /// AWS answers lists in an order of its own.
    fn members(&mut self, field: &str, before: &[String], after: &[Ref]) {
        let text = |mut all: Vec<String>| {
            all.sort();
            all.join(", ")
        };
        let after = after.iter().map(|reference| self.shown(reference)).collect();
        self.value(field, Some(text(before.to_vec())), Some(text(after)));
    }

    /// Ours: exactly the planned rules. The user's: at least the incoming ones.
    fn rules(
        &mut self,
        found: &SecurityGroup,
        ingress: &[PlannedRule],
        egress: Option<&[PlannedRule]>,
        exactly: bool,
    ) {
        let both = [
            (Direction::Ingress, Some(ingress), &found.ingress),
            (Direction::Egress, egress.filter(|_| exactly), &found.egress),
        ];
        for (direction, wanted, present) in both {
            let Some(wanted) = wanted else { continue };
            let added = wanted
                .iter()
                .filter(|rule| !present.iter().any(|other| self.same(rule, other)))
                .map(|rule| Difference::RuleAdded {
                    direction,
                    rule: rule.clone(),
                });
            let removed = present
                .iter()
                .filter(|rule| exactly && !wanted.iter().any(|other| self.same(other, rule)))
                .map(|rule| Difference::RuleRemoved {
                    direction,
                    rule: rule.clone(),
                });
            let all: Vec<Difference> = added.chain(removed).collect();
            self.found.extend(all);
        }
    }

    fn same(&self, planned: &PlannedRule, present: &Rule) -> bool {
        let peer = match &planned.peer {
            RulePeer::Cidr(net) => Some(Peer::Cidr(*net)),
            RulePeer::Group(group) => self.builder.value(group).map(|id| Peer::Group(id.to_owned())),
        };
        planned.traffic == present.traffic && peer.as_ref() == Some(&present.peer)
    }

    fn health_check(&mut self, now: &HealthCheck, wanted: &HealthCheck) {
        self.value("health_check.path", Some(&now.path), Some(&wanted.path));
        self.value(
            "health_check.interval_s",
            Some(now.interval_s),
            Some(wanted.interval_s),
        );
        self.value(
            "health_check.timeout_s",
            Some(now.timeout_s),
            Some(wanted.timeout_s),
        );
        let (one, other) = (now.healthy_threshold, wanted.healthy_threshold);
        self.value("health_check.healthy_threshold", Some(one), Some(other));
        let (one, other) = (now.unhealthy_threshold, wanted.unhealthy_threshold);
        self.value("health_check.unhealthy_threshold", Some(one), Some(other));
        self.value("health_check.matcher", Some(&now.matcher), Some(&wanted.matcher));
    }
}
