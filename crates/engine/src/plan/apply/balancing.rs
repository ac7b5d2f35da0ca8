//! ALB, target group, listener.

use std::collections::BTreeSet;

use super::groups::{Groups, PUBLIC_PORT};
use super::network::Network;
use crate::cloud::balancing::{HealthCheck, ListenerAction, LoadBalancer, LoadBalancerState, TargetGroup};
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight};

/// What the service needs of them.
pub(super) struct Balancing {
    pub(super) load_balancer: StepId,
    pub(super) target_group: StepId,
    pub(super) listener: StepId,
    /// The check that the target group gets only when what runs has answered to it.
    pub(super) later: Option<HealthCheck>,
}

impl Balancing {
    pub(super) fn target_group_arn(&self) -> Ref {
        Ref::output(&self.target_group, OutputName::Arn)
    }

    pub(super) fn dns_name(&self) -> Ref {
        Ref::output(&self.load_balancer, OutputName::DnsName)
    }
}

pub(super) fn balancing(
    builder: &mut Builder<'_>,
    network: &Network,
    groups: &Groups,
    linked_role: Option<&StepId>,
) -> Balancing {
    let load_balancer = load_balancer(builder, network, groups, linked_role);
    let (target_group, later) = target_group(builder, network);
    let listener = listener(builder, &load_balancer, &target_group);
    Balancing {
        load_balancer,
        target_group,
        listener,
        later,
    }
}

/// The check of a live target group while a deployment replaces its tasks; `None`: the wanted one can be set at once.
///
/// A new path is asked of the tasks that run too. If they do not know it, ECS replaces them, and the circuit breaker has
/// nothing healthy to go back to. So the old path is asked until what runs has answered at the new one. Codes of both
/// are accepted, where ELB can say so.
fn meanwhile(builder: &Builder<'_>, wanted: &HealthCheck) -> Option<HealthCheck> {
    let snapshot = builder.snapshot;
    let now = &snapshot.target_group.as_ref()?.health_check;
    let moves = now.path != wanted.path || now.matcher != wanted.matcher;
    (moves && snapshot.healthy_targets > 0).then(|| HealthCheck {
        path: now.path.clone(),
        matcher: either(&now.matcher, &wanted.matcher),
        ..wanted.clone()
    })
}

/// A matcher for the codes of both. ELB takes a list or a range, so with a range the first stays alone.
fn either(now: &str, wanted: &str) -> String {
    if now.contains('-') || wanted.contains('-') {
        return now.to_owned();
    }
    let codes = now.split(',').chain(wanted.split(',')).map(str::trim);
    let codes: BTreeSet<&str> = codes.collect();
    codes.into_iter().collect::<Vec<_>>().join(",")
}

/// Sets the check that the spec wants, after what runs has answered to it.
pub(super) fn move_health_check(builder: &mut Builder<'_>, balancing: &Balancing, answered: &StepId) {
    let Some(health_check) = balancing.later.clone() else {
        return;
    };
    let reason = Reason::new(ReasonCode::AnsweredFirst).with("path", &health_check.path);
    let action = Action::HealthCheck {
        name: builder.names.target_group.clone(),
        target_group: balancing.target_group_arn(),
        health_check,
    };
    let after = std::slice::from_ref(answered);
    builder.step("target_group.health_check", action, Change::Update, reason, after);
}

/// Whether two lists have the same members: AWS answers them in an order of its own.
pub(super) fn same_members(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

fn load_balancer(
    builder: &mut Builder<'_>,
    network: &Network,
    groups: &Groups,
    linked_role: Option<&StepId>,
) -> StepId {
    let name = builder.names.load_balancer.clone();
    let found = builder.snapshot.load_balancer.as_ref();
    let subnets = network.subnets.clone();
    let security_groups = vec![groups.load_balancer.clone()];
    let (change, reason) = match found {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(found) => compare_load_balancer(builder, found, &subnets, &security_groups),
    };
    if found.is_some_and(|found| !builder.owns(&found.tags) || !found.internet_facing) {
        builder.name_taken("load_balancer", &name);
    }
    let action = Action::LoadBalancer {
        name,
        subnets,
        security_groups,
    };
    let after: Vec<StepId> = linked_role.into_iter().cloned().collect();
    let step = builder.step("load_balancer", action, change, reason, &after);
    if let Some(found) = found {
        let outputs = [
            (OutputName::Arn, found.arn.clone()),
            (OutputName::Name, found.name.clone()),
            (OutputName::DnsName, found.dns_name.clone()),
        ];
        builder.knows(&step, outputs);
    }
    step
}

fn compare_load_balancer(
    builder: &Builder<'_>,
    found: &LoadBalancer,
    subnets: &[Ref],
    groups: &[Ref],
) -> (Change, Reason) {
    let same = |wanted: &[Ref], now: &[String]| {
        builder
            .values(wanted)
            .is_some_and(|wanted| same_members(&wanted, now))
    };
    let mut differs = Vec::new();
    if !same(subnets, &found.subnet_ids) {
        differs.push(Differing::Subnets);
    }
    if !same(groups, &found.security_groups) {
        differs.push(Differing::SecurityGroups);
    }
    let (change, reason) = Builder::compared(&differs);
    match found.state {
        LoadBalancerState::Provisioning if change == Change::Keep => (Change::Wait, reason),
        _ => (change, reason),
    }
}

fn target_group(builder: &mut Builder<'_>, network: &Network) -> (StepId, Option<HealthCheck>) {
    let name = builder.names.target_group.clone();
    let health = &builder.spec.health;
    let wanted = HealthCheck {
        path: health.path.clone(),
        interval_s: health.interval_s,
        timeout_s: health.timeout_s,
        healthy_threshold: health.healthy_threshold,
        unhealthy_threshold: health.unhealthy_threshold,
        matcher: health.matcher.clone(),
    };
    let found = builder.snapshot.target_group.as_ref();
    let meanwhile = meanwhile(builder, &wanted);
    let later = meanwhile.is_some().then(|| wanted.clone());
    if let (Some(found), Some(later)) = (found, &later) {
        let shown = |check: &HealthCheck| format!("{} ({})", check.path, check.matcher);
        let (before, after) = (shown(&found.health_check), shown(later));
        builder.finding(
            FindingCode::HealthCheckMoves,
            Weight::Warn,
            &[("before", &before), ("after", &after)],
        );
    }
    let health_check = meanwhile.unwrap_or(wanted);
    let (change, reason) = match found {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(found) => compare_target_group(builder, found, &health_check),
    };
    // Its VPC, protocol and target type can't be changed: such a one is as good as somebody else's.
    let usable = |found: &TargetGroup| {
        let here = builder.value(&network.vpc) == Some(found.vpc_id.as_str());
        builder.owns(&found.tags) && here && found.protocol == "HTTP" && found.target_type == "ip"
    };
    if found.is_some_and(|found| !usable(found)) {
        builder.name_taken("target_group", &name);
    }
    let action = Action::TargetGroup {
        name,
        port: builder.spec.container.port,
        vpc: network.vpc.clone(),
        health_check,
        deregistration_delay_s: health.drain_s,
    };
    let step = builder.step("target_group", action, change, reason, &[]);
    if let Some(found) = found {
        let outputs = [
            (OutputName::Arn, found.arn.clone()),
            (OutputName::Name, found.name.clone()),
        ];
        builder.knows(&step, outputs);
    }
    (step, later)
}

fn compare_target_group(
    builder: &Builder<'_>,
    found: &TargetGroup,
    wanted: &HealthCheck,
) -> (Change, Reason) {
    let mut differs = Vec::new();
    if found.health_check != *wanted {
        differs.push(Differing::HealthCheck);
    }
    if found.deregistration_delay_s != builder.spec.health.drain_s {
        differs.push(Differing::DeregistrationDelayS);
    }
    Builder::compared(&differs)
}

fn listener(builder: &mut Builder<'_>, load_balancer: &StepId, target_group: &StepId) -> StepId {
    let target = Ref::output(target_group, OutputName::Arn);
    let found = builder
        .snapshot
        .listeners
        .iter()
        .find(|listener| listener.port == PUBLIC_PORT);
    let (change, reason) = match found {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(found) => {
            let wanted = builder.value(&target);
            let forwards = matches!(&found.action, ListenerAction::Forward { target_group_arn } if Some(target_group_arn.as_str()) == wanted);
            Builder::compared(if forwards { &[] } else { &[Differing::Action] })
        }
    };
    if let Some(found) = found
        && !builder.owns(&found.tags)
    {
        builder.name_taken("listener", &format!("HTTP:{PUBLIC_PORT} ({})", found.arn));
    }
    let action = Action::Listener {
        load_balancer: Ref::output(load_balancer, OutputName::Arn),
        port: PUBLIC_PORT,
        target_group: target,
    };
    let step = builder.step("listener", action, change, reason, &[]);
    if let Some(found) = found {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    step
}
