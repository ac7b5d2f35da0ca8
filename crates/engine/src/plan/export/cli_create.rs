//! AWS CLI commands of the steps that make, change or wait.

use serde_json::json;

use super::cli::{Values, creates, variable};
use super::cli_balancing::balancing;
use super::cli_network::{closed_ports, group, network};
use super::shell::{Command, Word};
use crate::cloud::compute::DeploymentSettings;
use crate::cloud::hosting::VariableScope;
use crate::cloud::registry::Architecture;
use crate::plan::action::{Action, OutputName, PlannedContainer};
use crate::plan::documents::tasks_trust_policy;
use crate::plan::{Change, StepId};
use crate::spec::names::Names;

/// `Key=…,Value=…`, as most services take tags. Values are quoted for the CLI's own shorthand.
pub(super) fn tags(values: &Values<'_>) -> Vec<String> {
    values
        .tags(None)
        .iter()
        .map(|(key, value)| format!("Key={},Value={}", shorthand(key), shorthand(value)))
        .collect()
}

/// ECS spells them in lower case.
fn ecs_tags(values: &Values<'_>) -> Vec<String> {
    values
        .tags(None)
        .iter()
        .map(|(key, value)| format!("key={},value={}", shorthand(key), shorthand(value)))
        .collect()
}

pub(super) fn shorthand(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || "_.:/+-@".contains(c));
    if plain && !text.is_empty() {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

pub(super) fn commands(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    if matches!(change, Change::Keep | Change::Adopt) && !matches!(action, Action::SecurityGroup { .. }) {
        return Vec::new();
    }
    match action {
        Action::LinkedRole { service } => {
            vec![
                Command::aws("iam", "create-service-linked-role")
                    .set("aws-service-name", service.principal()),
            ]
        }
        Action::Repository { .. } | Action::ImagePushed { .. } | Action::LogGroup { .. } => {
            storage(values, action, change)
        }
        Action::ExecutionRole { .. } => role(values, id, action, change),
        Action::Cluster { name } => {
            vec![
                Command::aws("ecs", "create-cluster")
                    .set("cluster-name", name)
                    .with("tags", ecs_tags(values)),
            ]
        }
        Action::Vpc { .. }
        | Action::InternetGateway { .. }
        | Action::RouteTable { .. }
        | Action::Subnet { .. } => network(values, id, action, change),
        Action::SecurityGroup { .. } => group(values, id, action, change),
        Action::LoadBalancer { .. } | Action::TargetGroup { .. } | Action::Listener { .. } => {
            balancing(values, id, action, change)
        }
        Action::ClosedPorts { .. } => closed_ports(values, action),
        Action::HealthCheck { .. } => balancing(values, id, action, change),
        Action::TaskDefinition { .. } => task_definition(values, id, action),
        Action::Service { .. } => service(values, action, change),
        Action::Deployment { cluster, service, .. } => {
            vec![
                Command::aws("ecs", "wait services-stable")
                    .set("cluster", cluster)
                    .set("services", service),
            ]
        }
        Action::Reachable {
            shut_out: Some(target_group),
            ..
        } => vec![
            Command::aws("elbv2", "wait target-in-service")
                .set("target-group-arn", values.word(target_group)),
        ],
        Action::Reachable { dns_name, path, .. } => {
            let url = Word::from("http://")
                .then(values.word(dns_name))
                .then(path)
                .quoted();
            vec![Command::raw(format!(
                "until curl -fsS -o /dev/null {url}; do sleep 5; done"
            ))]
        }
        Action::FrontendVariables {
            app_id,
            scope,
            variables,
            dns_name,
        } => {
            let url = Word::from("http://").then(values.word(dns_name));
            let merged = variables
                .iter()
                .map(|name| format!("{}: $url", json!(name)))
                .collect::<Vec<_>>()
                .join(", ");
            vec![set_variables(
                app_id,
                scope,
                &format!("(. // {{}}) + {{{merged}}}"),
                Some(&url),
            )]
        }
        Action::FrontendRelease { app_id, branch } => vec![
            Command::aws("amplify", "start-job")
                .set("app-id", app_id)
                .set("branch-name", branch)
                .set("job-type", "RELEASE"),
        ],
        Action::Remove { .. } => Vec::new(),
    }
}

/// Read, change with jq, write whole: Amplify replaces the map.
pub(super) fn set_variables(
    app_id: &str,
    scope: &VariableScope,
    filter: &str,
    url: Option<&Word>,
) -> Command {
    let app = Word::from(app_id).quoted();
    let (what, place, path) = match scope {
        VariableScope::App => ("app", format!("--app-id {app}"), "app.environmentVariables"),
        VariableScope::Branch { branch } => {
            let branch = Word::from(branch).quoted();
            (
                "branch",
                format!("--app-id {app} --branch-name {branch}"),
                "branch.environmentVariables",
            )
        }
    };
    let url = url
        .map(|url| format!(" --arg url {}", url.quoted()))
        .unwrap_or_default();
    let filter = Word::from(filter).quoted();
    let read = format!("aws amplify get-{what} {place} --query {path} --output json");
    Command::raw(format!(
        "aws amplify update-{what} {place} --environment-variables \\\n  \"$({read} | jq -c{url} {filter})\" > /dev/null"
    ))
}

fn storage(values: &Values<'_>, action: &Action, change: Change) -> Vec<Command> {
    match action {
        Action::Repository {
            name,
            scan_on_push,
            lifecycle_policy,
        } => {
            let scan = format!("scanOnPush={scan_on_push}");
            let first = if creates(change) {
                Command::aws("ecr", "create-repository").with("tags", tags(values))
            } else {
                Command::aws("ecr", "put-image-scanning-configuration")
            };
            let policy = Command::aws("ecr", "put-lifecycle-policy")
                .set("repository-name", name)
                .set("lifecycle-policy-text", lifecycle_policy);
            vec![
                first
                    .set("repository-name", name)
                    .set("image-scanning-configuration", scan),
                policy,
            ]
        }
        Action::ImagePushed {
            repository,
            reference,
            ..
        } => {
            let kind = if reference.starts_with("sha256:") {
                "imageDigest"
            } else {
                "imageTag"
            };
            let look = Command::aws("ecr", "describe-images")
                .set("repository-name", repository)
                .set("image-ids", format!("{kind}={reference}"));
            vec![Command::raw(format!(
                "until {} > /dev/null 2>&1; do sleep 5; done",
                look.shown()
            ))]
        }
        Action::LogGroup { name, retention_days } => {
            let map = values
                .tags(None)
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>();
            let create = Command::aws("logs", "create-log-group")
                .set("log-group-name", name)
                .set("tags", json!(map).to_string());
            let retention = Command::aws("logs", "put-retention-policy")
                .set("log-group-name", name)
                .set("retention-in-days", retention_days.to_string());
            creates(change)
                .then_some(create)
                .into_iter()
                .chain([retention])
                .collect()
        }
        _ => Vec::new(),
    }
}

fn role(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    let Action::ExecutionRole {
        name,
        policy_arn,
        secrets_policy,
        adopt,
    } = action
    else {
        return Vec::new();
    };
    let mut commands = Vec::new();
    if creates(change) {
        let create = Command::aws("iam", "create-role")
            .set("role-name", name)
            .set("assume-role-policy-document", tasks_trust_policy())
            .with("tags", tags(values))
            .capture(variable(id, OutputName::Arn), "Role.Arn");
        commands.push(create);
    }
    if !adopt {
        let attach = Command::aws("iam", "attach-role-policy")
            .set("role-name", name)
            .set("policy-arn", policy_arn);
        commands.push(attach);
    }
    let policy_name = Names::of(&values.plan.spec).secrets_policy;
    if let Some(document) = secrets_policy {
        let put = Command::aws("iam", "put-role-policy").set("role-name", name);
        commands.push(
            put.set("policy-name", policy_name)
                .set("policy-document", document),
        );
    } else if !creates(change) {
        // It is removed with the last secret; a role that never had one says so, which is no failure.
        let delete = Command::aws("iam", "delete-role-policy")
            .set("role-name", name)
            .set("policy-name", policy_name);
        commands.push(Command::raw(format!("{} || true", delete.shown())));
    }
    commands
}

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

fn task_definition(values: &Values<'_>, id: &StepId, action: &Action) -> Vec<Command> {
    let Action::TaskDefinition {
        family,
        cpu,
        memory_mib,
        architecture,
        execution_role,
        task_role,
        container,
    } = action
    else {
        return Vec::new();
    };
    let platform = format!(
        "cpuArchitecture={},operatingSystemFamily=LINUX",
        cpu_architecture(*architecture)
    );
    let mut command = Command::aws("ecs", "register-task-definition")
        .set("family", family)
        .set("requires-compatibilities", "FARGATE")
        .set("network-mode", "awsvpc")
        .set("cpu", cpu.to_string())
        .set("memory", memory_mib.to_string())
        .set("runtime-platform", platform)
        .set("execution-role-arn", values.word(execution_role));
    if let Some(role) = task_role {
        command = command.set("task-role-arn", role);
    }
    let digest = container.digest.as_ref();
    let digest = digest.and_then(|digest| values.plan.value(digest, values.outputs));
    let container = PlannedContainer {
        image: container.image_at(digest),
        ..container.clone()
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

fn service(values: &Values<'_>, action: &Action, change: Change) -> Vec<Command> {
    let Action::Service {
        cluster,
        name,
        task_definition,
        desired,
        subnets,
        security_groups,
        target_group,
        container,
        port,
        settings,
        health_grace_s,
    } = action
    else {
        return Vec::new();
    };
    let network = Word::from("awsvpcConfiguration={subnets=[")
        .then(Word::joined(values.words(subnets), ","))
        .then("],securityGroups=[")
        .then(Word::joined(values.words(security_groups), ","))
        .then("],assignPublicIp=ENABLED}");
    let target = Word::from("targetGroupArn=")
        .then(values.word(target_group))
        .then(format!(",containerName={container},containerPort={port}"));
    let command = if creates(change) {
        Command::aws("ecs", "create-service")
            .set("cluster", cluster)
            .set("service-name", name)
            .set("launch-type", "FARGATE")
            .set("propagate-tags", "SERVICE")
            .with("tags", ecs_tags(values))
    } else {
        Command::aws("ecs", "update-service")
            .set("cluster", cluster)
            .set("service", name)
    };
    let command = command
        .set("task-definition", values.word(task_definition))
        .set("desired-count", desired.to_string())
        .set("network-configuration", network)
        .set("load-balancers", target)
        .set("deployment-configuration", deployment_configuration(settings))
        .set("health-check-grace-period-seconds", health_grace_s.to_string());
    vec![command]
}
