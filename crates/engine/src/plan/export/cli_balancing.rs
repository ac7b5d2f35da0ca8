//! AWS CLI commands of the ALB's steps.

use super::cli::{Values, creates, variable};
use super::cli_create::{shorthand, tags};
use super::shell::{Command, Word};
use crate::cloud::balancing::HealthCheck;
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::{Change, StepId};

pub(super) fn balancing(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
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
                    .unless(
                        Command::aws("elbv2", "describe-target-groups").set("names", name),
                        "TargetGroups[0].TargetGroupArn",
                    )
            } else {
                Command::aws("elbv2", "modify-target-group").set("target-group-arn", own.clone())
            };
            let first = checked(first, health_check);
            let delay = format!("Key=deregistration_delay.timeout_seconds,Value={deregistration_delay_s}");
            let second = Command::aws("elbv2", "modify-target-group-attributes").set("target-group-arn", own);
            vec![first, second.set("attributes", delay)]
        }
        Action::HealthCheck {
            target_group,
            health_check,
            ..
        } => {
            let modify = Command::aws("elbv2", "modify-target-group");
            let modify = modify.set("target-group-arn", values.word(target_group));
            vec![checked(modify, health_check)]
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
                    .unless(
                        Command::aws("elbv2", "describe-listeners")
                            .set("load-balancer-arn", values.word(load_balancer)),
                        format!("Listeners[?Port==`{port}`] | [0].ListenerArn"),
                    )
            } else {
                Command::aws("elbv2", "modify-listener").set("listener-arn", own)
            };
            vec![command.set("default-actions", actions)]
        }
        _ => Vec::new(),
    }
}

/// A command with the options of a health check.
fn checked(command: Command, check: &HealthCheck) -> Command {
    command
        .set("health-check-path", &check.path)
        .set("health-check-interval-seconds", check.interval_s.to_string())
        .set("health-check-timeout-seconds", check.timeout_s.to_string())
        .set("healthy-threshold-count", check.healthy_threshold.to_string())
        .set("unhealthy-threshold-count", check.unhealthy_threshold.to_string())
        .set("matcher", format!("HttpCode={}", shorthand(&check.matcher)))
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
                .capture(variable(id, OutputName::Arn), "LoadBalancers[0].LoadBalancerArn")
                .unless(
                    Command::aws("elbv2", "describe-load-balancers").set("names", name),
                    "LoadBalancers[0].LoadBalancerArn",
                );
            let look = Command::aws("elbv2", "describe-load-balancers").set("load-balancer-arns", own);
            let look = look.capture(variable(id, OutputName::DnsName), "LoadBalancers[0].DNSName");
            vec![values.after_roles(create), look, wait]
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
