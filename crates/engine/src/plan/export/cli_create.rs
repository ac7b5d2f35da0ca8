//! AWS CLI commands of the steps that make, change or wait.

use serde_json::json;

use super::cli::{Values, creates, variable};
use super::shell::{Command, Word};
use crate::cloud::compute::DeploymentSettings;
use crate::cloud::hosting::VariableScope;
use crate::cloud::network::Traffic;
use crate::cloud::registry::Architecture;
use crate::plan::action::{Action, GroupRole, OutputName, PlannedContainer, PlannedRule, Ref, RulePeer};
use crate::plan::documents::tasks_trust_policy;
use crate::plan::{Change, StepId};
use crate::spec::names::Names;

/// `Key=…,Value=…`, as most services take tags. Values are quoted for the CLI's own shorthand.
fn tags(values: &Values<'_>) -> Vec<String> {
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

fn tag_specification(values: &Values<'_>, kind: &str, name: &str) -> String {
    let tags: Vec<_> = values
        .tags(Some(name))
        .into_iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json!([{ "ResourceType": kind, "Tags": tags }]).to_string()
}

fn shorthand(text: &str) -> String {
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
        Action::TaskDefinition { .. } => task_definition(values, id, action),
        Action::Service { .. } => service(values, action, change),
        Action::Deployment { cluster, service, .. } => {
            vec![
                Command::aws("ecs", "wait services-stable")
                    .set("cluster", cluster)
                    .set("services", service),
            ]
        }
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

fn network(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    let own = values.own(id, OutputName::Id);
    let keep = variable(id, OutputName::Id);
    let mut commands = Vec::new();
    match action {
        Action::Vpc { cidr, name } => {
            let create = Command::aws("ec2", "create-vpc")
                .set("cidr-block", cidr.to_string())
                .set("tag-specifications", tag_specification(values, "vpc", name));
            commands.push(create.capture(keep, "Vpc.VpcId"));
            let modify = Command::aws("ec2", "modify-vpc-attribute").set("vpc-id", own);
            commands.push(modify.set("enable-dns-hostnames", "Value=true"));
        }
        Action::InternetGateway { vpc, name } => {
            let create = Command::aws("ec2", "create-internet-gateway").set(
                "tag-specifications",
                tag_specification(values, "internet-gateway", name),
            );
            commands
                .extend(creates(change).then(|| create.capture(keep, "InternetGateway.InternetGatewayId")));
            let attach = Command::aws("ec2", "attach-internet-gateway").set("internet-gateway-id", own);
            commands.push(attach.set("vpc-id", values.word(vpc)));
        }
        Action::RouteTable { vpc, gateway, name } => {
            let create = Command::aws("ec2", "create-route-table")
                .set("vpc-id", values.word(vpc))
                .set(
                    "tag-specifications",
                    tag_specification(values, "route-table", name),
                );
            commands.extend(creates(change).then(|| create.capture(keep, "RouteTable.RouteTableId")));
            let route = Command::aws("ec2", "create-route").set("route-table-id", own);
            commands.push(
                route
                    .set("destination-cidr-block", "0.0.0.0/0")
                    .set("gateway-id", values.word(gateway)),
            );
        }
        Action::Subnet {
            vpc,
            cidr,
            zone,
            route_table,
            name,
        } => {
            let create = Command::aws("ec2", "create-subnet")
                .set("vpc-id", values.word(vpc))
                .set("cidr-block", cidr.to_string())
                .set("availability-zone-id", &zone.id)
                .set("tag-specifications", tag_specification(values, "subnet", name));
            commands.extend(creates(change).then(|| create.capture(keep, "Subnet.SubnetId")));
            let modify = Command::aws("ec2", "modify-subnet-attribute").set("subnet-id", own.clone());
            commands.push(modify.flag("map-public-ip-on-launch"));
            if let Some(table) = route_table {
                let associate = Command::aws("ec2", "associate-route-table").set("subnet-id", own);
                commands.push(associate.set("route-table-id", values.word(table)));
            }
        }
        _ => {}
    }
    commands
}

/// One rule as `--ip-permissions` wants it.
fn permission(values: &Values<'_>, rule: &PlannedRule) -> Word {
    let protocol = match rule.traffic {
        Traffic::All => "\"IpProtocol\":\"-1\"".to_owned(),
        Traffic::Tcp { from, to } => format!("\"IpProtocol\":\"tcp\",\"FromPort\":{from},\"ToPort\":{to}"),
        Traffic::Udp { from, to } => format!("\"IpProtocol\":\"udp\",\"FromPort\":{from},\"ToPort\":{to}"),
        Traffic::Other { number } => format!("\"IpProtocol\":\"{number}\""),
    };
    let description = Word::from(&rule.description).json();
    let (list, member, peer) = match &rule.peer {
        RulePeer::Cidr(net) => ("IpRanges", "CidrIp", Word::from(net.to_string())),
        RulePeer::Group(group) => ("UserIdGroupPairs", "GroupId", values.word(group)),
    };
    Word::from(format!("{{{protocol},\"{list}\":[{{\"{member}\":"))
        .then(peer.json())
        .then(",\"Description\":")
        .then(description)
        .then("}]}")
}

fn permissions(values: &Values<'_>, rules: &[PlannedRule]) -> Word {
    let all = Word::joined(rules.iter().map(|rule| permission(values, rule)), ",");
    Word::from("[").then(all).then("]")
}

fn group(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    let Action::SecurityGroup {
        role,
        vpc,
        name,
        ingress,
        egress,
        ..
    } = action
    else {
        return Vec::new();
    };
    if change == Change::Keep {
        return Vec::new();
    }
    let own = values.own(id, OutputName::Id);
    let mut commands = Vec::new();
    if creates(change) {
        let what = match role {
            GroupRole::LoadBalancer => "load balancer",
            GroupRole::Task => "tasks",
        };
        let create = Command::aws("ec2", "create-security-group")
            .set("group-name", name)
            .set(
                "description",
                format!("Slipway stack {}: {what}", values.plan.spec.name),
            )
            .set("vpc-id", values.word(vpc))
            .set(
                "tag-specifications",
                tag_specification(values, "security-group", name),
            );
        commands.push(create.capture(variable(id, OutputName::Id), "GroupId"));
    }
    let authorize = |rules: &[PlannedRule]| {
        let command = Command::aws("ec2", "authorize-security-group-ingress").set("group-id", own.clone());
        command.set("ip-permissions", permissions(values, rules))
    };
    if creates(change) {
        commands.push(authorize(ingress));
    } else {
        // Some are there already, and EC2 refuses a rule that is.
        let one = |rule: &PlannedRule| authorize(std::slice::from_ref(rule)).shown();
        commands.extend(
            ingress
                .iter()
                .map(|rule| Command::raw(format!("{} || true", one(rule)))),
        );
    }
    if let (Some(rules), Change::Create) = (egress, change) {
        // A new group lets everything out.
        let everything = r#"[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]"#;
        let revoke = Command::aws("ec2", "revoke-security-group-egress").set("group-id", own.clone());
        commands.push(revoke.set("ip-permissions", everything));
        let authorize = Command::aws("ec2", "authorize-security-group-egress").set("group-id", own);
        commands.push(authorize.set("ip-permissions", permissions(values, rules)));
    }
    commands
}

fn balancing(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    let own = values.own(id, OutputName::Arn);
    let keep = variable(id, OutputName::Arn);
    match action {
        Action::LoadBalancer {
            name,
            subnets,
            security_groups,
        } => load_balancer(values, id, (name, subnets, security_groups), change),
        Action::TargetGroup {
            name,
            port,
            vpc,
            health_check,
            deregistration_delay_s,
        } => {
            let first = if creates(change) {
                Command::aws("elbv2", "create-target-group")
                    .set("name", name)
                    .set("protocol", "HTTP")
                    .set("port", port.to_string())
                    .set("target-type", "ip")
                    .set("vpc-id", values.word(vpc))
                    .with("tags", tags(values))
                    .capture(keep, "TargetGroups[0].TargetGroupArn")
            } else {
                Command::aws("elbv2", "modify-target-group").set("target-group-arn", own.clone())
            };
            let first = first
                .set("health-check-path", &health_check.path)
                .set(
                    "health-check-interval-seconds",
                    health_check.interval_s.to_string(),
                )
                .set("health-check-timeout-seconds", health_check.timeout_s.to_string())
                .set(
                    "healthy-threshold-count",
                    health_check.healthy_threshold.to_string(),
                )
                .set(
                    "unhealthy-threshold-count",
                    health_check.unhealthy_threshold.to_string(),
                )
                .set(
                    "matcher",
                    format!("HttpCode={}", shorthand(&health_check.matcher)),
                );
            let delay = format!("Key=deregistration_delay.timeout_seconds,Value={deregistration_delay_s}");
            let second = Command::aws("elbv2", "modify-target-group-attributes").set("target-group-arn", own);
            vec![first, second.set("attributes", delay)]
        }
        Action::Listener {
            load_balancer,
            port,
            target_group,
        } => {
            let actions = Word::from("Type=forward,TargetGroupArn=").then(values.word(target_group));
            let command = if creates(change) {
                Command::aws("elbv2", "create-listener")
                    .set("load-balancer-arn", values.word(load_balancer))
                    .set("protocol", "HTTP")
                    .set("port", port.to_string())
                    .with("tags", tags(values))
                    .capture(keep, "Listeners[0].ListenerArn")
            } else {
                Command::aws("elbv2", "modify-listener").set("listener-arn", own)
            };
            vec![command.set("default-actions", actions)]
        }
        _ => Vec::new(),
    }
}

fn load_balancer(
    values: &Values<'_>,
    id: &StepId,
    (name, subnets, groups): (&String, &[Ref], &[Ref]),
    change: Change,
) -> Vec<Command> {
    let own = values.own(id, OutputName::Arn);
    let wait = Command::aws("elbv2", "wait load-balancer-available").set("load-balancer-arns", own.clone());
    match change {
        Change::Create => {
            let create = Command::aws("elbv2", "create-load-balancer")
                .set("name", name)
                .set("type", "application")
                .set("scheme", "internet-facing")
                .with("subnets", values.words(subnets))
                .with("security-groups", values.words(groups))
                .with("tags", tags(values))
                .capture(variable(id, OutputName::Arn), "LoadBalancers[0].LoadBalancerArn");
            let look = Command::aws("elbv2", "describe-load-balancers").set("load-balancer-arns", own);
            let look = look.capture(variable(id, OutputName::DnsName), "LoadBalancers[0].DNSName");
            vec![create, look, wait]
        }
        Change::Update => vec![
            Command::aws("elbv2", "set-subnets")
                .set("load-balancer-arn", own.clone())
                .with("subnets", values.words(subnets)),
            Command::aws("elbv2", "set-security-groups")
                .set("load-balancer-arn", own)
                .with("security-groups", values.words(groups)),
        ],
        _ => vec![wait],
    }
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
    let definitions = container_definitions(container, &values.plan.region).to_string();
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
