//! Between ECS's shapes and the engine's.

use std::collections::HashMap;

use aws_sdk_ecs::types;
use aws_smithy_types::error::operation::BuildError;
use engine::cloud::compute::{
    CircuitBreaker, Cluster, Container, Deployment, DeploymentSettings, Service, ServiceEvent,
    ServiceNetwork, ServiceStatus, ServiceTarget, TaskDefinition,
};
use engine::cloud::registry::Architecture;
use engine::cloud::{CloudError, Result, Tags};

use crate::error::{incomplete, invalid};
use crate::moment::timestamp;

pub(super) fn tags(from: &[types::Tag]) -> Tags {
    from.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

pub(super) fn to_tags(from: &Tags) -> Option<Vec<types::Tag>> {
    let tags = from
        .iter()
        .map(|(key, value)| types::Tag::builder().key(key).value(value).build());
    (!from.is_empty()).then(|| tags.collect())
}

/// The SDK refuses to build a part that lacks a required field.
fn built<T>(operation: &str, part: std::result::Result<T, BuildError>) -> Result<T> {
    part.map_err(|error| invalid(operation, "InvalidParameterException", error.to_string()))
}

/// AWS counts in signed numbers that are never negative here.
fn count<T: TryFrom<i32> + Default>(number: i32) -> T {
    T::try_from(number).unwrap_or_default()
}

pub(super) fn text(from: Option<&str>) -> String {
    from.unwrap_or_default().to_owned()
}

/// A count of ours as ECS wants it.
pub(super) fn signed(operation: &str, what: &str, number: u32) -> Result<i32> {
    i32::try_from(number).map_err(|_| {
        invalid(
            operation,
            "InvalidParameterException",
            format!("{what} {number} is too large"),
        )
    })
}

pub(super) fn cluster(operation: &str, from: &types::Cluster) -> Result<Cluster> {
    Ok(Cluster {
        name: from
            .cluster_name()
            .map(str::to_owned)
            .ok_or_else(|| incomplete(operation, "clusterName"))?,
        arn: from
            .cluster_arn()
            .map(str::to_owned)
            .ok_or_else(|| incomplete(operation, "clusterArn"))?,
        active: matches!(from.status(), Some("ACTIVE" | "PROVISIONING")),
        active_services: count(from.active_services_count()),
        tags: tags(from.tags()),
    })
}

pub(super) fn container(
    operation: &str,
    region: &str,
    from: &Container,
) -> Result<types::ContainerDefinition> {
    let environment = from
        .environment
        .iter()
        .map(|(name, value)| types::KeyValuePair::builder().name(name).value(value).build())
        .collect();
    let secrets = from
        .secrets
        .iter()
        .map(|(name, arn)| {
            built(
                operation,
                types::Secret::builder().name(name).value_from(arn).build(),
            )
        })
        .collect::<Result<Vec<_>>>()?;
    let logs = types::LogConfiguration::builder()
        .log_driver(types::LogDriver::Awslogs)
        .options("awslogs-group", &from.log_group)
        .options("awslogs-region", region)
        .options("awslogs-stream-prefix", &from.log_stream_prefix)
        .build();
    let health = match &from.health_command {
        Some(command) => {
            let check = types::HealthCheck::builder()
                .set_command(Some(command.clone()))
                .build();
            Some(built(operation, check)?)
        }
        None => None,
    };
    let port = types::PortMapping::builder()
        .container_port(from.port.into())
        .protocol(types::TransportProtocol::Tcp)
        .build();
    Ok(types::ContainerDefinition::builder()
        .name(&from.name)
        .image(&from.image)
        .essential(true)
        .port_mappings(port)
        .set_command((!from.command.is_empty()).then(|| from.command.clone()))
        .set_environment(Some(environment))
        .set_secrets((!secrets.is_empty()).then_some(secrets))
        .log_configuration(built(operation, logs)?)
        .set_health_check(health)
        .build())
}

fn container_back(from: &types::ContainerDefinition) -> Container {
    let logs: HashMap<&str, &str> = from
        .log_configuration()
        .filter(|logs| logs.log_driver == types::LogDriver::Awslogs)
        .and_then(|logs| logs.options())
        .map(|options| {
            options
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect()
        })
        .unwrap_or_default();
    Container {
        name: text(from.name()),
        image: text(from.image()),
        port: count(
            from.port_mappings()
                .first()
                .and_then(|port| port.container_port())
                .unwrap_or(0),
        ),
        command: from.command().to_vec(),
        environment: from
            .environment()
            .iter()
            .filter_map(|pair| Some((pair.name()?.to_owned(), text(pair.value()))))
            .collect(),
        secrets: from
            .secrets()
            .iter()
            .map(|secret| (secret.name.clone(), secret.value_from.clone()))
            .collect(),
        log_group: text(logs.get("awslogs-group").copied()),
        log_stream_prefix: text(logs.get("awslogs-stream-prefix").copied()),
        health_command: from.health_check().map(|check| check.command().to_vec()),
    }
}

pub(super) fn to_architecture(from: Architecture) -> types::CpuArchitecture {
    match from {
        Architecture::X86_64 => types::CpuArchitecture::X8664,
        Architecture::Arm64 => types::CpuArchitecture::Arm64,
    }
}

pub(super) fn task_definition(
    operation: &str,
    from: &types::TaskDefinition,
    tags: Tags,
) -> Result<TaskDefinition> {
    let architecture = from
        .runtime_platform()
        .and_then(types::RuntimePlatform::cpu_architecture);
    let number = |value: Option<&str>| value.and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let first = from
        .container_definitions()
        .first()
        .ok_or_else(|| incomplete(operation, "containerDefinitions"))?;
    Ok(TaskDefinition {
        arn: from
            .task_definition_arn()
            .map(str::to_owned)
            .ok_or_else(|| incomplete(operation, "taskDefinitionArn"))?,
        family: text(from.family()),
        revision: count(from.revision()),
        active: from
            .status()
            .is_none_or(|status| *status == types::TaskDefinitionStatus::Active),
        cpu: number(from.cpu()),
        memory_mib: number(from.memory()),
        // Without a runtime platform Fargate runs Linux on x86_64.
        architecture: match architecture {
            Some(types::CpuArchitecture::Arm64) => Architecture::Arm64,
            _ => Architecture::X86_64,
        },
        execution_role_arn: from.execution_role_arn().map(str::to_owned),
        task_role_arn: from.task_role_arn().map(str::to_owned),
        container: container_back(first),
        tags,
    })
}

pub(super) fn network(operation: &str, from: &ServiceNetwork) -> Result<types::NetworkConfiguration> {
    let assign = if from.assign_public_ip {
        types::AssignPublicIp::Enabled
    } else {
        types::AssignPublicIp::Disabled
    };
    let vpc = types::AwsVpcConfiguration::builder()
        .set_subnets(Some(from.subnet_ids.clone()))
        .set_security_groups(Some(from.security_groups.clone()))
        .assign_public_ip(assign)
        .build();
    Ok(types::NetworkConfiguration::builder()
        .awsvpc_configuration(built(operation, vpc)?)
        .build())
}

fn network_back(from: Option<&types::NetworkConfiguration>) -> ServiceNetwork {
    let vpc = from.and_then(|network| network.awsvpc_configuration());
    ServiceNetwork {
        subnet_ids: vpc.map(|vpc| vpc.subnets().to_vec()).unwrap_or_default(),
        security_groups: vpc.map(|vpc| vpc.security_groups().to_vec()).unwrap_or_default(),
        assign_public_ip: vpc.and_then(|vpc| vpc.assign_public_ip()) == Some(&types::AssignPublicIp::Enabled),
    }
}

pub(super) fn target(from: &ServiceTarget) -> types::LoadBalancer {
    types::LoadBalancer::builder()
        .target_group_arn(&from.target_group_arn)
        .container_name(&from.container)
        .container_port(from.port.into())
        .build()
}

fn target_back(from: &types::LoadBalancer) -> Option<ServiceTarget> {
    Some(ServiceTarget {
        target_group_arn: from.target_group_arn()?.to_owned(),
        container: text(from.container_name()),
        port: count(from.container_port().unwrap_or(0)),
    })
}

pub(super) fn settings(operation: &str, from: &DeploymentSettings) -> Result<types::DeploymentConfiguration> {
    let mut breaker = types::DeploymentCircuitBreaker::builder()
        .enable(from.circuit_breaker.is_some())
        .rollback(from.circuit_breaker.is_some_and(|breaker| breaker.rollback));
    if let Some(failures) = from.circuit_breaker.and_then(|breaker| breaker.failure_count) {
        let threshold = types::ThresholdConfiguration::builder()
            .r#type(types::ThresholdType::Count)
            .value(signed(operation, "threshold", failures)?)
            .build();
        breaker = breaker.threshold_configuration(built(operation, threshold)?);
    }
    Ok(types::DeploymentConfiguration::builder()
        .minimum_healthy_percent(from.minimum_healthy_percent.into())
        .maximum_percent(from.maximum_percent.into())
        .deployment_circuit_breaker(breaker.build())
        .build())
}

fn settings_back(from: Option<&types::DeploymentConfiguration>) -> DeploymentSettings {
    // ECS's documented defaults for the rolling update, where an answer leaves them out.
    const MINIMUM_HEALTHY_PERCENT: u16 = 100;
    const MAXIMUM_PERCENT: u16 = 200;
    let percent = |number: Option<i32>, otherwise: u16| number.map_or(otherwise, count);
    let breaker = from
        .and_then(|settings| settings.deployment_circuit_breaker())
        .filter(|breaker| breaker.enable());
    DeploymentSettings {
        minimum_healthy_percent: percent(
            from.and_then(|settings| settings.minimum_healthy_percent()),
            MINIMUM_HEALTHY_PERCENT,
        ),
        maximum_percent: percent(
            from.and_then(|settings| settings.maximum_percent()),
            MAXIMUM_PERCENT,
        ),
        circuit_breaker: breaker.map(|breaker| CircuitBreaker {
            rollback: breaker.rollback(),
            failure_count: breaker
                .threshold_configuration()
                .filter(|threshold| *threshold.r#type() == types::ThresholdType::Count)
                .map(|threshold| count(threshold.value())),
        }),
    }
}

fn deployment(from: &types::Deployment) -> Deployment {
    Deployment {
        id: text(from.id()),
        status: text(from.status()),
        rollout_state: from.rollout_state().map(|state| state.as_str().to_owned()),
        rollout_reason: from.rollout_state_reason().map(str::to_owned),
        task_definition: text(from.task_definition()),
        desired: count(from.desired_count()),
        running: count(from.running_count()),
        pending: count(from.pending_count()),
        failed: count(from.failed_tasks()),
    }
}

fn event(from: &types::ServiceEvent) -> Option<ServiceEvent> {
    Some(ServiceEvent {
        id: text(from.id()),
        at: timestamp(from.created_at()?)?,
        message: text(from.message()),
    })
}

pub(super) fn service(operation: &str, from: &types::Service) -> Result<Service> {
    let mut deployments: Vec<Deployment> = from.deployments().iter().map(deployment).collect();
    deployments.sort_by_key(|deployment| deployment.status != "PRIMARY");
    let mut events: Vec<ServiceEvent> = from.events().iter().filter_map(event).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    Ok(Service {
        arn: from
            .service_arn()
            .map(str::to_owned)
            .ok_or_else(|| incomplete(operation, "serviceArn"))?,
        name: text(from.service_name()),
        status: match from.status() {
            Some("DRAINING") => ServiceStatus::Draining,
            Some("INACTIVE") => ServiceStatus::Inactive,
            _ => ServiceStatus::Active,
        },
        task_definition: text(from.task_definition()),
        desired: count(from.desired_count()),
        running: count(from.running_count()),
        pending: count(from.pending_count()),
        network: network_back(from.network_configuration()),
        targets: from.load_balancers().iter().filter_map(target_back).collect(),
        settings: settings_back(from.deployment_configuration()),
        health_grace_s: count(from.health_check_grace_period_seconds().unwrap_or(0)),
        deployments,
        events,
        tags: tags(from.tags()),
    })
}

/// What ECS puts beside an answer for things it could not describe. `MISSING` means "not there"; anything else is a
/// refusal that must not be taken for absence.
pub(super) fn failed(operation: &str, failures: &[types::Failure]) -> Result<()> {
    match failures
        .iter()
        .find(|failure| failure.reason() != Some("MISSING"))
    {
        None => Ok(()),
        Some(failure) => Err(refusal(operation, failure)),
    }
}

fn refusal(operation: &str, failure: &types::Failure) -> CloudError {
    let words = [failure.arn(), failure.detail()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(": ");
    invalid(operation, failure.reason().unwrap_or("Failure"), words)
}
