//! AWS CLI commands of the task definition and the service.

use serde_json::json;

use super::cli::{Values, creates, variable};
use super::cli_create::ecs_tags;
use super::shell::{Command, Word};
use crate::cloud::compute::DeploymentSettings;
use crate::cloud::registry::Architecture;
use crate::plan::action::{OutputName, PlannedContainer, PlannedService, PlannedTaskDefinition};
use crate::plan::{Change, StepId};

/// The container as `--container-definitions` wants it.
pub(super) fn container_definitions(container: &PlannedContainer, region: &str) -> serde_json::Value {
    let pairs = |map: &std::collections::BTreeMap<String, String>, key: &str| {
        map.iter()
            .map(|(name, value)| json!({ "name": name, key: value }))
            .collect::<Vec<_>>()
    };
    let mut definition = json!({
        "name": container.name,
        "image": container.image,
        "essential": true,
        "portMappings": [{ "containerPort": container.port, "protocol": "tcp" }],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": container.log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": container.log_stream_prefix,
            }
        }
    });
    if let Some(fields) = definition.as_object_mut() {
        if !container.command.is_empty() {
            fields.insert("command".to_owned(), json!(container.command));
        }
        if !container.environment.is_empty() {
            fields.insert(
                "environment".to_owned(),
                json!(pairs(&container.environment, "value")),
            );
        }
        if !container.secrets.is_empty() {
            fields.insert(
                "secrets".to_owned(),
                json!(pairs(&container.secrets, "valueFrom")),
            );
        }
    }
    json!([definition])
}

/// ECS's word for an architecture.
pub(super) fn cpu_architecture(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "X86_64",
        Architecture::Arm64 => "ARM64",
    }
}

pub(super) fn task_definition(
    values: &Values<'_>,
    id: &StepId,
    planned: &PlannedTaskDefinition,
) -> Vec<Command> {
    let platform = format!(
        "cpuArchitecture={},operatingSystemFamily=LINUX",
        cpu_architecture(planned.architecture)
    );
    let mut command = Command::aws("ecs", "register-task-definition")
        .set("family", &planned.family)
        .set("requires-compatibilities", "FARGATE")
        .set("network-mode", "awsvpc")
        .set("cpu", planned.cpu.to_string())
        .set("memory", planned.memory_mib.to_string())
        .set("runtime-platform", platform)
        .set("execution-role-arn", values.word(&planned.execution_role));
    if let Some(role) = &planned.task_role {
        command = command.set("task-role-arn", role);
    }
    let digest = planned.container.digest.as_ref();
    let digest = digest.and_then(|digest| values.plan.value(digest, values.outputs));
    let container = PlannedContainer {
        image: planned.container.image_at(digest),
        ..planned.container.clone()
    };
    let definitions = container_definitions(&container, &values.plan.region).to_string();
    let command = command
        .set("container-definitions", definitions)
        .with("tags", ecs_tags(values));
    vec![command.capture(variable(id, OutputName::Arn), "taskDefinition.taskDefinitionArn")]
}

fn deployment_configuration(settings: &DeploymentSettings) -> String {
    let mut configuration = json!({
        "minimumHealthyPercent": settings.minimum_healthy_percent,
        "maximumPercent": settings.maximum_percent,
    });
    if let (Some(breaker), Some(fields)) = (&settings.circuit_breaker, configuration.as_object_mut()) {
        let mut circuit = json!({ "enable": true, "rollback": breaker.rollback });
        if let (Some(count), Some(fields)) = (breaker.failure_count, circuit.as_object_mut()) {
            fields.insert(
                "thresholdConfiguration".to_owned(),
                json!({ "type": "COUNT", "value": count }),
            );
        }
        fields.insert("deploymentCircuitBreaker".to_owned(), circuit);
    }
    configuration.to_string()
}

pub(super) fn service(values: &Values<'_>, planned: &PlannedService, change: Change) -> Vec<Command> {
    let network = Word::from("awsvpcConfiguration={subnets=[")
        .then(Word::joined(values.words(&planned.subnets), ","))
        .then("],securityGroups=[")
        .then(Word::joined(values.words(&planned.security_groups), ","))
        .then("],assignPublicIp=ENABLED}");
    let target = Word::from("targetGroupArn=")
        .then(values.word(&planned.target_group))
        .then(format!(
            ",containerName={},containerPort={}",
            planned.container, planned.port
        ));
    let configured = |command: Command| {
        command
            .set("task-definition", values.word(&planned.task_definition))
            .set("desired-count", planned.desired.to_string())
            .set("network-configuration", network.clone())
            .set("load-balancers", target.clone())
            .set(
                "deployment-configuration",
                deployment_configuration(&planned.settings),
            )
            .set(
                "health-check-grace-period-seconds",
                planned.health_grace_s.to_string(),
            )
    };
    let update = Command::aws("ecs", "update-service")
        .set("cluster", &planned.cluster)
        .set("service", &planned.name);
    if !creates(change) {
        return vec![configured(update)];
    }
    let look = Command::aws("ecs", "describe-services")
        .set("cluster", &planned.cluster)
        .set("services", &planned.name);
    let create = Command::aws("ecs", "create-service")
        .set("cluster", &planned.cluster)
        .set("service-name", &planned.name)
        .set("launch-type", "FARGATE")
        .set("propagate-tags", "SERVICE")
        .with("tags", ecs_tags(values));
    vec![
        values
            .after_roles(configured(create))
            .unless(look, "services[?status=='ACTIVE'] | [0].serviceArn")
            .otherwise(configured(update)),
    ]
}
