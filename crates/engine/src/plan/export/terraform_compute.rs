//! Terraform blocks of the task definition and the service.

use super::cli_compute::{container_definitions, cpu_architecture};
use super::hcl::{Block, Value};
use super::terraform::Writer;
use crate::plan::StepId;
use crate::plan::action::{OutputName, PlannedService, PlannedTaskDefinition, Ref};

pub(super) fn task_definition(
    writer: &Writer<'_>,
    planned: &PlannedTaskDefinition,
    new: Block,
) -> Vec<Block> {
    let platform = Block::new("runtime_platform", &[])
        .set("operating_system_family", "LINUX")
        .set("cpu_architecture", cpu_architecture(planned.architecture));
    let definitions = container_definitions(&planned.container, &writer.plan.region);
    vec![
        new.set("family", &planned.family)
            .set("requires_compatibilities", Value::List(vec!["FARGATE".into()]))
            .set("network_mode", "awsvpc")
            .set("cpu", planned.cpu)
            .set("memory", planned.memory_mib)
            .set("execution_role_arn", writer.value(&planned.execution_role))
            .maybe("task_role_arn", planned.task_role.as_ref())
            .set(
                "container_definitions",
                Value::Call("jsonencode", Box::new(Value::from(&definitions))),
            )
            .block(platform),
    ]
}

pub(super) fn service(writer: &Writer<'_>, planned: &PlannedService, new: Block) -> Vec<Block> {
    let network = Block::new("network_configuration", &[])
        .set("subnets", writer.values(&planned.subnets))
        .set("security_groups", writer.values(&planned.security_groups))
        .set("assign_public_ip", true);
    let target = Block::new("load_balancer", &[])
        .set("target_group_arn", writer.value(&planned.target_group))
        .set("container_name", &planned.container)
        .set("container_port", u32::from(planned.port));
    let cluster_step = StepId::from("cluster");
    let in_cluster = match writer.plan.step(&cluster_step) {
        Some(_) => writer.value(&Ref::output(&cluster_step, OutputName::Arn)),
        None => (&planned.cluster).into(),
    };
    let settings = planned.settings;
    let block = new
        .set("name", &planned.name)
        .set("cluster", in_cluster)
        .set("task_definition", writer.value(&planned.task_definition))
        .set("desired_count", planned.desired)
        .set("launch_type", "FARGATE")
        .set("propagate_tags", "SERVICE")
        .set("health_check_grace_period_seconds", planned.health_grace_s)
        .set(
            "deployment_minimum_healthy_percent",
            u32::from(settings.minimum_healthy_percent),
        )
        .set("deployment_maximum_percent", u32::from(settings.maximum_percent))
        .set("wait_for_steady_state", true)
        .block(network)
        .block(target);
    let block = match settings.circuit_breaker {
        Some(breaker) => block.block(
            failures(
                Block::new("deployment_circuit_breaker", &[]),
                breaker.failure_count,
            )
            .set("enable", true)
            .set("rollback", breaker.rollback),
        ),
        None => block,
    };
    vec![block]
}

/// The number of failures is told: the provider has no argument for it.
fn failures(block: Block, count: Option<u32>) -> Block {
    match count {
        Some(count) => block.comment(&format!(
            "Slipway also sets thresholdConfiguration, COUNT {count}, which has no argument here."
        )),
        None => block,
    }
}
