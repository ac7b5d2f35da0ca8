//! The two security groups: a public door for the ALB, and a container that only the ALB reaches.

use super::network::Network;
use crate::cloud::compute::ServiceStatus;
use crate::cloud::network::{Peer, Rule, SecurityGroup, Traffic};
use crate::plan::action::{Action, GroupRole, OutputName, PlannedRule, Ref, RulePeer};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight, ports};
use crate::snapshot::discover::is_open_to_world;
use crate::snapshot::routes::ANYWHERE;

/// The ALB's port.
pub(super) const PUBLIC_PORT: u16 = 80;

/// The two groups.
pub(super) struct Groups {
    pub(super) load_balancer: Ref,
    pub(super) task: Ref,
    old: Option<OldPorts>,
}

/// Ports that tasks of the live service may be listening on, besides the one that the spec names.
struct OldPorts {
    vpc: Ref,
    rules: Vec<PlannedRule>,
}

fn tcp(port: u16) -> Traffic {
    Traffic::Tcp { from: port, to: port }
}

pub(super) fn groups(builder: &mut Builder<'_>, network: &Network) -> Groups {
    let load_balancer = load_balancer(builder, network);
    let old = old_ports(builder, &load_balancer);
    let task = task(builder, network, &load_balancer, &old);
    let vpc = network.vpc.clone();
    Groups {
        load_balancer,
        task,
        old: (!old.is_empty()).then_some(OldPorts { vpc, rules: old }),
    }
}

/// A port that is closed before its tasks are gone is an outage, and a way back that leads nowhere: so every port that
/// the ALB may use in our group stays open until the deployment is done.
fn old_ports(builder: &Builder<'_>, from: &Ref) -> Vec<PlannedRule> {
    let snapshot = builder.snapshot;
    let is_live = snapshot.service.as_ref().is_some_and(|service| {
        service.status == ServiceStatus::Active
            && (service.running > 0 || service.pending > 0 || service.desired > 0)
    });
    let named = builder.spec.network.task_security_group.is_some();
    let group = snapshot
        .security_groups
        .iter()
        .find(|group| group.name == builder.names.task_group && builder.owns(&group.tags));
    let (Some(group), Some(balancer), true, false) = (group, builder.value(from), is_live, named) else {
        return Vec::new();
    };
    let wanted = builder.spec.container.port;
    let is_old = |rule: &&Rule| {
        let other = matches!(rule.traffic, Traffic::Tcp { from, to } if from == to && from != wanted);
        other && matches!(&rule.peer, Peer::Group(group) if group == balancer)
    };
    let planned = |rule: &Rule| PlannedRule {
        traffic: rule.traffic,
        peer: RulePeer::Group(from.clone()),
        description: rule.description.clone(),
    };
    group.ingress.iter().filter(is_old).map(planned).collect()
}

/// Closes the ports from before, after the deployment.
pub(super) fn close_old_ports(builder: &mut Builder<'_>, groups: &Groups, deployed: &StepId) {
    let Some(OldPorts { vpc, rules }) = &groups.old else {
        return;
    };
    let action = Action::ClosedPorts {
        name: builder.names.task_group.clone(),
        vpc: vpc.clone(),
        group: groups.task.clone(),
        rules: rules.clone(),
    };
    let reason = Reason::new(ReasonCode::OldPorts).with("ports", ports(rules));
    let after = std::slice::from_ref(deployed);
    builder.step("group.task.old_ports", action, Change::Update, reason, after);
}

fn load_balancer(builder: &mut Builder<'_>, network: &Network) -> Ref {
    let mut from = builder.spec.network.allow_from.clone();
    if from.is_empty() {
        from.push(ANYWHERE);
    }
    let shown: Vec<String> = from.iter().map(ToString::to_string).collect();
    let rule = |net| PlannedRule {
        traffic: tcp(PUBLIC_PORT),
        peer: RulePeer::Cidr(net),
        description: "HTTP from visitors".to_owned(),
    };
    let door = Reason::new(ReasonCode::PublicDoor)
        .with("port", PUBLIC_PORT)
        .with("from", shown.join(", "));
    let name = builder.names.load_balancer_group.clone();
    let planned = Planned {
        role: GroupRole::LoadBalancer,
        name,
        adopt: None,
        ingress: from.into_iter().map(rule).collect(),
        egress: None,
    };
    add(builder, network, "group.load_balancer", planned, door)
}

fn task(builder: &mut Builder<'_>, network: &Network, from: &Ref, old: &[PlannedRule]) -> Ref {
    let port = builder.spec.container.port;
    let reason = Reason::new(ReasonCode::OnlyFromLoadBalancer).with("port", port);
    let mut ingress = vec![PlannedRule {
        traffic: tcp(port),
        peer: RulePeer::Group(from.clone()),
        description: "From the load balancer only".to_owned(),
    }];
    ingress.extend(old.iter().cloned());
    let chosen = builder.spec.network.task_security_group.clone();
    let snapshot = builder.snapshot;
    let group = chosen
        .as_ref()
        .and_then(|id| snapshot.security_groups.iter().find(|group| group.id == *id));
    if let Some(group) = group {
        let weight = if is_open_to_world(group, port) {
            Weight::Warn
        } else {
            Weight::Pass
        };
        builder.finding(
            FindingCode::TaskGroupOpen,
            weight,
            &[("group", &group.id), ("port", &port)],
        );
    }
    let https = PlannedRule {
        traffic: tcp(443),
        peer: RulePeer::Cidr(ANYWHERE),
        description: "To ECR, CloudWatch Logs and Secrets Manager".to_owned(),
    };
    let name = group.map_or_else(|| builder.names.task_group.clone(), |group| group.name.clone());
    let egress = chosen.is_none().then(|| vec![https]);
    let planned = Planned {
        role: GroupRole::Task,
        name,
        adopt: chosen,
        ingress,
        egress,
    };
    add(builder, network, "group.task", planned, reason)
}

struct Planned {
    role: GroupRole,
    name: String,
    adopt: Option<String>,
    ingress: Vec<PlannedRule>,
    egress: Option<Vec<PlannedRule>>,
}

fn add(builder: &mut Builder<'_>, network: &Network, id: &str, planned: Planned, reason: Reason) -> Ref {
    let groups = &builder.snapshot.security_groups;
    let found = groups.iter().find(|group| match &planned.adopt {
        Some(id) => group.id == *id,
        None => group.name == planned.name,
    });
    let (change, reason) = match found {
        None if planned.adopt.is_some() => (Change::Adopt, Reason::new(ReasonCode::ChosenByUser)),
        None => (Change::Create, reason),
        Some(group) => compare(builder, group, &planned),
    };
    if found.is_some_and(|group| planned.adopt.is_none() && !builder.owns(&group.tags)) {
        builder.name_taken("security_group", &planned.name);
    }
    let Planned {
        role,
        name,
        adopt,
        ingress,
        egress,
    } = planned;
    let action = Action::SecurityGroup {
        role,
        vpc: network.vpc.clone(),
        name,
        adopt,
        ingress,
        egress,
    };
    let step: StepId = builder.step(id, action, change, reason, &[]);
    if let Some(group) = found {
        let outputs = [
            (OutputName::Id, group.id.clone()),
            (OutputName::Name, group.name.clone()),
        ];
        builder.knows(&step, outputs);
    }
    Ref::output(&step, OutputName::Id)
}

/// Ours: exactly the planned rules. The user's: at least them.
fn compare(builder: &Builder<'_>, group: &SecurityGroup, planned: &Planned) -> (Change, Reason) {
    let ours = planned.adopt.is_none();
    let mut differs = Vec::new();
    if !same(builder, &planned.ingress, &group.ingress, ours) {
        differs.push(Differing::Ingress);
    }
    if planned
        .egress
        .as_ref()
        .is_some_and(|egress| !same(builder, egress, &group.egress, ours))
    {
        differs.push(Differing::Egress);
    }
    if ours {
        return Builder::compared(&differs);
    }
    let change = if differs.is_empty() {
        Change::Keep
    } else {
        Change::Adopt
    };
    (change, Reason::new(ReasonCode::ChosenByUser))
}

fn same(builder: &Builder<'_>, planned: &[PlannedRule], present: &[Rule], exactly: bool) -> bool {
    let matches = |planned: &PlannedRule, rule: &Rule| {
        let peer = match &planned.peer {
            RulePeer::Cidr(net) => Some(Peer::Cidr(*net)),
            RulePeer::Group(group) => builder.value(group).map(|id| Peer::Group(id.to_owned())),
        };
        planned.traffic == rule.traffic && peer.as_ref() == Some(&rule.peer)
    };
    let all_there = planned
        .iter()
        .all(|wanted| present.iter().any(|rule| matches(wanted, rule)));
    let none_else = present
        .iter()
        .all(|rule| planned.iter().any(|wanted| matches(wanted, rule)));
    all_there && (none_else || !exactly)
}
