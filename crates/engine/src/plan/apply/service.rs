//! The service, and the waits until it is truly there.

use super::balancing::{Balancing, same_members};
use super::groups::Groups;
use super::network::Network;
use crate::cloud::compute::{CircuitBreaker, DeploymentSettings, Service, ServiceStatus, ServiceTarget};
use crate::plan::action::{Action, OutputName, PlannedService, Ref};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight};
use crate::snapshot::routes::ANYWHERE;

fn settings(builder: &Builder<'_>) -> DeploymentSettings {
    let service = &builder.spec.service;
    DeploymentSettings {
        minimum_healthy_percent: service.minimum_healthy_percent,
        maximum_percent: service.maximum_percent,
        circuit_breaker: (service.failure_threshold > 0).then_some(CircuitBreaker {
            rollback: service.rollback,
            failure_count: Some(service.failure_threshold),
        }),
    }
}

/// After the listener: a target group without a load balancer refuses a service (catalogue B4).
pub(super) fn service(
    builder: &mut Builder<'_>,
    network: &Network,
    groups: &Groups,
    balancing: &Balancing,
    definition: &StepId,
    before: &[StepId],
) -> StepId {
    let spec = builder.spec;
    let planned = PlannedService {
        cluster: builder.names.cluster.clone(),
        name: builder.names.service.clone(),
        task_definition: Ref::output(definition, OutputName::Arn),
        desired: spec.service.desired_count,
        subnets: network.subnets.clone(),
        security_groups: vec![groups.task.clone()],
        target_group: balancing.target_group_arn(),
        container: spec.container.name.clone(),
        port: spec.container.port,
        settings: settings(builder),
        health_grace_s: spec.health.grace_s,
    };
    let found = builder.snapshot.service.as_ref();
    let active = found.filter(|service| service.status == ServiceStatus::Active);
    if found.is_some_and(|service| service.status == ServiceStatus::Draining) {
        builder.finding(
            FindingCode::ServiceDraining,
            Weight::Warn,
            &[("service", &builder.names.service.clone())],
        );
    }
    if active.is_some_and(|service| !builder.owns(&service.tags)) {
        builder.name_taken("service", &builder.names.service.clone());
    }
    let single = if spec.service.desired_count == 1 {
        Weight::Warn
    } else {
        Weight::Pass
    };
    builder.finding(
        FindingCode::SingleTask,
        single,
        &[("desired", &spec.service.desired_count)],
    );
    let (change, reason) = match active {
        None => {
            let reason = Reason::new(ReasonCode::RegisteredWithTargetGroup)
                .with("desired", spec.service.desired_count);
            (
                Change::Create,
                reason.with("threshold", spec.service.failure_threshold),
            )
        }
        Some(found) => Builder::compared(&differences(builder, found, &planned)),
    };
    let mut after = vec![balancing.listener.clone()];
    after.extend(before.iter().cloned());
    after.extend(network.steps.iter().cloned());
    let step = builder.step("service", Action::Service(planned), change, reason, &after);
    builder.knows(&step, [(OutputName::Name, builder.names.service.clone())]);
    if let Some(found) = active {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    step
}

fn differences(builder: &Builder<'_>, found: &Service, planned: &PlannedService) -> Vec<Differing> {
    let same = |wanted: &[Ref], now: &[String]| {
        builder
            .values(wanted)
            .is_some_and(|wanted| same_members(&wanted, now))
    };
    let target = builder.value(&planned.target_group).map(|arn| {
        vec![ServiceTarget {
            target_group_arn: arn.to_owned(),
            container: planned.container.clone(),
            port: planned.port,
        }]
    });
    let same = [
        (
            Differing::TaskDefinition,
            builder.value(&planned.task_definition) == Some(found.task_definition.as_str()),
        ),
        (Differing::Desired, found.desired == planned.desired),
        (
            Differing::Subnets,
            same(&planned.subnets, &found.network.subnet_ids),
        ),
        (
            Differing::SecurityGroups,
            same(&planned.security_groups, &found.network.security_groups),
        ),
        (Differing::AssignPublicIp, found.network.assign_public_ip),
        (Differing::TargetGroup, target.as_ref() == Some(&found.targets)),
        (Differing::Settings, found.settings == planned.settings),
        (
            Differing::HealthGraceS,
            found.health_grace_s == planned.health_grace_s,
        ),
    ];
    same.into_iter()
        .filter(|(_, same)| !same)
        .map(|(field, _)| field)
        .collect()
}

/// The waits: the deployment, and an answer through the ALB. Both are kept only when everything before is, and the
/// service runs steadily. Answers the last of them.
pub(super) fn deployment(
    builder: &mut Builder<'_>,
    balancing: &Balancing,
    definition: &StepId,
    service: &StepId,
) -> StepId {
    let desired = builder.spec.service.desired_count;
    let steady = builder.all_kept() && builder.snapshot.service.as_ref().is_some_and(is_steady);
    let change = if steady { Change::Keep } else { Change::Wait };
    let action = Action::Deployment {
        cluster: builder.names.cluster.clone(),
        service: builder.names.service.clone(),
        task_definition: Ref::output(definition, OutputName::Arn),
        target_group: balancing.target_group_arn(),
        desired,
    };
    let reason = Reason::new(ReasonCode::TrulyDeployed).with("desired", desired);
    let deployment = builder.step(
        "deployment",
        action,
        change,
        reason,
        std::slice::from_ref(service),
    );
    if desired == 0 {
        // Nobody is there to answer.
        return deployment;
    }
    let shut_out = is_shut_out(builder, balancing).then(|| balancing.target_group_arn());
    let health = &builder.spec.health;
    let action = Action::Reachable {
        dns_name: balancing.dns_name(),
        path: health.path.clone(),
        matcher: health.matcher.clone(),
        // A new health path is asked of what people use only when somebody has seen it answer.
        shut_out: shut_out.filter(|_| balancing.later.is_none()),
    };
    let reason = Reason::new(ReasonCode::NameAndHealth).with("path", &health.path);
    // The answer decides whether the targets may be asked there.
    let change = match balancing.later {
        Some(_) => Change::Wait,
        None => change,
    };
    let step = builder.step("reachable", action, change, reason, &[deployment]);
    if let Some(dns_name) = builder.value(&balancing.dns_name()).map(str::to_owned) {
        let outputs = [
            (OutputName::Url, format!("http://{dns_name}")),
            (OutputName::DnsName, dns_name),
        ];
        builder.knows(&step, outputs);
    }
    step
}

/// Whether the ALB lets in only some, and not the panel as far as anybody can tell.
fn is_shut_out(builder: &mut Builder<'_>, balancing: &Balancing) -> bool {
    let from = &builder.spec.network.allow_from;
    if from.is_empty() || from.contains(&ANYWHERE) {
        return false;
    }
    let address = builder.snapshot.panel_address;
    let lets_in = address.is_some_and(|address| from.iter().any(|range| range.contains(&address)));
    let shown: Vec<String> = from.iter().map(ToString::to_string).collect();
    let weight = match (lets_in, &balancing.later) {
        (true, _) => Weight::Pass,
        (false, None) => Weight::Warn,
        (false, Some(_)) => Weight::Block,
    };
    let address = address.map_or_else(|| "?".to_owned(), |address| address.to_string());
    let values: [(&str, &dyn ToString); 3] = [
        ("from", &shown.join(", ")),
        ("address", &address),
        ("path", &builder.spec.health.path),
    ];
    builder.finding(FindingCode::PanelShutOut, weight, &values);
    !lets_in
}

/// One deployment, completed, with all the tasks that were asked for.
fn is_steady(service: &Service) -> bool {
    let [deployment] = service.deployments.as_slice() else {
        return false;
    };
    service.running == service.desired
        && service.pending == 0
        && deployment.rollout_state.as_deref() == Some("COMPLETED")
        && deployment.task_definition == service.task_definition
}
