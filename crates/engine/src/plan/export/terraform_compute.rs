//! Terraform blocks of the task definition and the service.

use super::cli_compute::{container_definitions, cpu_architecture};
use super::hcl::{Block, Value};
use super::terraform::Writer;
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::{PlannedStep, StepId};

pub(super) fn task_definition(writer: &Writer<'_>, action: &Action, new: Block) -> Vec<Block> {
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
    let platform = Block::new("runtime_platform", &[])
        .set("operating_system_family", "LINUX")
        .set("cpu_architecture", cpu_architecture(*architecture));
    let definitions = container_definitions(container, &writer.plan.region);
    vec![
        new.set("family", family)
            .set("requires_compatibilities", Value::List(vec!["FARGATE".into()]))
            .set("network_mode", "awsvpc")
            .set("cpu", *cpu)
            .set("memory", *memory_mib)
            .set("execution_role_arn", writer.value(execution_role))
            .maybe("task_role_arn", task_role.as_ref())
            .set(
                "container_definitions",
                Value::Call("jsonencode", Box::new(Value::from(&definitions))),
            )
            .block(platform),
    ]
}

pub(super) fn service(writer: &Writer<'_>, step: &PlannedStep, new: Block) -> Vec<Block> {
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
    } = &step.action
    else {
        return Vec::new();
    };
    let network = Block::new("network_configuration", &[])
        .set("subnets", writer.values(subnets))
        .set("security_groups", writer.values(security_groups))
        .set("assign_public_ip", true);
    let target = Block::new("load_balancer", &[])
        .set("target_group_arn", writer.value(target_group))
        .set("container_name", container)
        .set("container_port", u32::from(*port));
    let cluster_step = StepId::from("cluster");
    let in_cluster = match writer.plan.step(&cluster_step) {
        Some(_) => writer.value(&Ref::output(&cluster_step, OutputName::Arn)),
        None => cluster.into(),
    };
    let block = new
        .set("name", name)
        .set("cluster", in_cluster)
        .set("task_definition", writer.value(task_definition))
        .set("desired_count", *desired)
        .set("launch_type", "FARGATE")
        .set("propagate_tags", "SERVICE")
        .set("health_check_grace_period_seconds", *health_grace_s)
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
