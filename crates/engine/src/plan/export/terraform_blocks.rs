//! One step's Terraform blocks.

use super::hcl::{Block, Value, json_document};
use super::terraform::{Writer, is_foreign, resource};
use super::terraform_compute::{service, task_definition};
use super::terraform_order::missing_rules;
use crate::cloud::network::Traffic;
use crate::plan::PlannedStep;
use crate::plan::action::{Action, PlannedRule, RulePeer};
use crate::plan::documents::tasks_trust_policy;
use crate::spec::names::Names;
use crate::step::rule_description;

pub(super) fn blocks(writer: &Writer<'_>, step: &PlannedStep) -> Vec<Block> {
    let mut blocks = resources(writer, step);
    // The first is the step's own; the others refer to it.
    if let (Some(before), false) = (writer.depends_on(&step.id), blocks.is_empty()) {
        let own = blocks.remove(0);
        blocks.insert(0, own.set("depends_on", before));
    }
    blocks
}

fn resources(writer: &Writer<'_>, step: &PlannedStep) -> Vec<Block> {
    let (kind, name) = resource(step);
    if kind.is_empty() {
        return Vec::new();
    }
    if is_foreign(step) {
        return foreign(writer, step, kind, &name);
    }
    let new = || Block::new("resource", &[kind, &name]);
    match &step.action {
        Action::LinkedRole { service } => vec![new().set("aws_service_name", service.principal())],
        Action::Repository {
            name: repository,
            scan_on_push,
            lifecycle_policy,
        } => {
            let scanning = Block::new("image_scanning_configuration", &[]).set("scan_on_push", *scan_on_push);
            let rules = Block::new("resource", &["aws_ecr_lifecycle_policy", &name])
                .set("repository", Value::Expression(format!("{kind}.{name}.name")))
                .set("policy", json_document(lifecycle_policy));
            vec![new().set("name", repository).block(scanning), rules]
        }
        Action::LogGroup { name, retention_days } => {
            vec![
                new()
                    .set("name", name)
                    .set("retention_in_days", u32::from(*retention_days)),
            ]
        }
        Action::ExecutionRole {
            name: role,
            policy_arn,
            secrets_policy,
            ..
        } => {
            let of = || Value::Expression(format!("{kind}.{name}.name"));
            let attachment = Block::new("resource", &["aws_iam_role_policy_attachment", &name])
                .set("role", of())
                .set("policy_arn", policy_arn);
            let role = new()
                .set("name", role)
                .set("assume_role_policy", json_document(&tasks_trust_policy()));
            let secrets = secrets_policy
                .as_ref()
                .map(|document| secrets(writer, &name, of(), document));
            [role, attachment].into_iter().chain(secrets).collect()
        }
        Action::Cluster { name } => vec![new().set("name", name)],
        Action::Vpc { .. }
        | Action::InternetGateway { .. }
        | Action::RouteTable { .. }
        | Action::Subnet { .. } => network(writer, &step.action, new(), kind, &name),
        Action::SecurityGroup {
            name,
            vpc,
            ingress,
            egress,
            ..
        } => {
            let group = new()
                .set("name", name)
                .set("description", description(writer, &step.action))
                .set("vpc_id", writer.value(vpc));
            let group = ingress.iter().fold(group, |group, rule| {
                group.block(rule_block(writer, "ingress", rule))
            });
            let group = match egress {
                Some(rules) => rules.iter().fold(group, |group, rule| {
                    group.block(rule_block(writer, "egress", rule))
                }),
                None => group.block(everything_out()),
            };
            vec![group]
        }
        Action::LoadBalancer { .. } | Action::TargetGroup { .. } | Action::Listener { .. } => {
            balancing(writer, &step.action, new())
        }
        Action::TaskDefinition(planned) => task_definition(writer, planned, new()),
        Action::Service(planned) => service(writer, planned, new()),
        Action::ImagePushed { .. }
        | Action::Deployment { .. }
        | Action::Reachable { .. }
        | Action::ClosedPorts { .. }
        | Action::HealthCheck { .. }
        | Action::FrontendVariables { .. }
        | Action::FrontendRelease { .. }
        | Action::Remove { .. } => Vec::new(),
    }
}

fn secrets(writer: &Writer<'_>, name: &str, role: Value, document: &str) -> Block {
    Block::new("resource", &["aws_iam_role_policy", name])
        .set("name", Names::of(&writer.plan.spec).secrets_policy)
        .set("role", role)
        .set("policy", json_document(document))
}

/// Somebody else's: read, and given only what the stack needs.
fn foreign(writer: &Writer<'_>, step: &PlannedStep, kind: &str, name: &str) -> Vec<Block> {
    let data = || Block::new("data", &[kind, name]);
    match &step.action {
        Action::ExecutionRole {
            name: role,
            secrets_policy,
            ..
        } => {
            let of = Value::Expression(format!("data.{kind}.{name}.name"));
            let secrets = secrets_policy
                .as_ref()
                .map(|document| secrets(writer, name, of, document));
            [data().set("name", role)].into_iter().chain(secrets).collect()
        }
        Action::SecurityGroup {
            adopt: Some(id),
            ingress,
            ..
        } => {
            let missing = missing_rules(step);
            let rule = |(index, rule): (usize, &&PlannedRule)| {
                let (protocol, from, to) = ports(rule.traffic);
                let block = Block::new(
                    "resource",
                    &["aws_vpc_security_group_ingress_rule", &format!("{name}_{index}")],
                )
                .set(
                    "security_group_id",
                    Value::Expression(format!("data.{kind}.{name}.id")),
                )
                .set(
                    "description",
                    rule_description(&writer.plan.spec.name, true, &rule.description),
                )
                .set("ip_protocol", protocol)
                .set("from_port", Value::Number(from))
                .set("to_port", Value::Number(to));
                match &rule.peer {
                    RulePeer::Cidr(net) => block.set("cidr_ipv4", net.to_string()),
                    RulePeer::Group(group) => block.set("referenced_security_group_id", writer.value(group)),
                }
            };
            let group = match ingress.len() - missing.len() {
                0 => data(),
                _ => data().comment(
                    "A rule that it has already is left to it: `terraform import` takes its sgr-… id.",
                ),
            };
            [group.set("id", id)]
                .into_iter()
                .chain(missing.iter().enumerate().map(rule))
                .collect()
        }
        Action::Cluster { name } => vec![data().set("cluster_name", name)],
        action => vec![data().set("name", action.name())],
    }
}

fn network(writer: &Writer<'_>, action: &Action, new: Block, kind: &str, name: &str) -> Vec<Block> {
    let tags = |name: &String| Value::Object(vec![("Name".to_owned(), name.into())]);
    match action {
        Action::Vpc { cidr, name } => {
            vec![
                new.set("cidr_block", cidr.to_string())
                    .set("enable_dns_hostnames", true)
                    .set("tags", tags(name)),
            ]
        }
        Action::InternetGateway { vpc, name } => {
            vec![new.set("vpc_id", writer.value(vpc)).set("tags", tags(name))]
        }
        Action::RouteTable { vpc, gateway, name } => {
            let route = Block::new("route", &[])
                .set("cidr_block", "0.0.0.0/0")
                .set("gateway_id", writer.value(gateway));
            vec![
                new.set("vpc_id", writer.value(vpc))
                    .set("tags", tags(name))
                    .block(route),
            ]
        }
        Action::Subnet {
            vpc,
            cidr,
            zone,
            route_table,
            name: tag,
        } => {
            let subnet = new
                .set("vpc_id", writer.value(vpc))
                .set("cidr_block", cidr.to_string())
                .set("availability_zone_id", &zone.id)
                .set("map_public_ip_on_launch", true)
                .set("tags", tags(tag));
            let association = route_table.as_ref().map(|table| {
                Block::new("resource", &["aws_route_table_association", name])
                    .set("subnet_id", Value::Expression(format!("{kind}.{name}.id")))
                    .set("route_table_id", writer.value(table))
            });
            [subnet].into_iter().chain(association).collect()
        }
        _ => Vec::new(),
    }
}

fn description(writer: &Writer<'_>, action: &Action) -> String {
    use crate::plan::action::GroupRole;
    let what = match action {
        Action::SecurityGroup {
            role: GroupRole::LoadBalancer,
            ..
        } => "load balancer",
        _ => "tasks",
    };
    format!("Slipway stack {}: {what}", writer.plan.spec.name)
}

fn ports(traffic: Traffic) -> (String, i64, i64) {
    match traffic {
        Traffic::All => ("-1".to_owned(), 0, 0),
        Traffic::Tcp { from, to } => ("tcp".to_owned(), from.into(), to.into()),
        Traffic::Udp { from, to } => ("udp".to_owned(), from.into(), to.into()),
        Traffic::Other { number } => (number.to_string(), 0, 0),
    }
}

fn rule_block(writer: &Writer<'_>, direction: &str, rule: &PlannedRule) -> Block {
    let (protocol, from, to) = ports(rule.traffic);
    let block = Block::new(direction, &[])
        .set("description", &rule.description)
        .set("protocol", protocol)
        .set("from_port", Value::Number(from))
        .set("to_port", Value::Number(to));
    match &rule.peer {
        RulePeer::Cidr(net) => block.set("cidr_blocks", Value::List(vec![net.to_string().into()])),
        RulePeer::Group(group) => block.set("security_groups", Value::List(vec![writer.value(group)])),
    }
}

/// Terraform takes away the rule that AWS gives every new group.
fn everything_out() -> Block {
    Block::new("egress", &[])
        .set("protocol", "-1")
        .set("from_port", Value::Number(0))
        .set("to_port", Value::Number(0))
        .set("cidr_blocks", Value::List(vec!["0.0.0.0/0".into()]))
}

fn balancing(writer: &Writer<'_>, action: &Action, new: Block) -> Vec<Block> {
    match action {
        Action::LoadBalancer {
            name,
            subnets,
            security_groups,
        } => vec![
            new.set("name", name)
                .set("load_balancer_type", "application")
                .set("internal", false)
                .set("subnets", writer.values(subnets))
                .set("security_groups", writer.values(security_groups)),
        ],
        Action::TargetGroup {
            name,
            port,
            vpc,
            health_check,
            deregistration_delay_s,
        } => {
            // A configuration says how it ends; the plan's order is not Terraform's.
            let moved = writer.plan.steps.iter().find_map(|step| match &step.action {
                Action::HealthCheck {
                    name: group,
                    health_check,
                    ..
                } if group == name => Some(health_check),
                _ => None,
            });
            let health_check = moved.unwrap_or(health_check);
            let check = Block::new("health_check", &[])
                .set("path", &health_check.path)
                .set("matcher", &health_check.matcher)
                .set("interval", u32::from(health_check.interval_s))
                .set("timeout", u32::from(health_check.timeout_s))
                .set("healthy_threshold", u32::from(health_check.healthy_threshold))
                .set("unhealthy_threshold", u32::from(health_check.unhealthy_threshold));
            vec![
                new.set("name", name)
                    .set("protocol", "HTTP")
                    .set("port", u32::from(*port))
                    .set("target_type", "ip")
                    .set("vpc_id", writer.value(vpc))
                    .set("deregistration_delay", u32::from(*deregistration_delay_s))
                    .block(check),
            ]
        }
        Action::Listener {
            load_balancer,
            port,
            target_group,
        } => {
            let forward = Block::new("default_action", &[])
                .set("type", "forward")
                .set("target_group_arn", writer.value(target_group));
            vec![
                new.set("load_balancer_arn", writer.value(load_balancer))
                    .set("port", u32::from(*port))
                    .set("protocol", "HTTP")
                    .block(forward),
            ]
        }
        _ => Vec::new(),
    }
}
