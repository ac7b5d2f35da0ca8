//! Log group, cluster and task definition.

use super::image::Image;
use crate::cloud::compute::{Container, TaskDefinition};
use crate::plan::action::{Action, OutputName, PlannedContainer, PlannedTaskDefinition, Ref};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::{Change, Reason, ReasonCode, StepId};
use crate::spec::names::LOG_STREAM_PREFIX;

/// Before anything that writes to it: tasks stop at once when it is missing (catalogue N8).
pub(super) fn log_group(builder: &mut Builder<'_>) -> StepId {
    let name = builder.names.log_group.clone();
    let retention_days = builder.spec.logs.retention_days;
    let named = builder.spec.logs.group.is_some();
    let found = builder.snapshot.log_group.as_ref();
    let used = builder
        .own_task_definition()
        .is_some_and(|definition| definition.container.log_group == name);
    let (change, reason) = match found {
        None => (
            Change::Create,
            Reason::new(ReasonCode::LogGroupFirst).with("retention_days", retention_days),
        ),
        Some(found) if builder.owns(&found.tags) => {
            Builder::compared(if found.retention_days == Some(retention_days) {
                &[]
            } else {
                &[Differing::RetentionDays]
            })
        }
        Some(_) => (
            if used { Change::Keep } else { Change::Adopt },
            Reason::new(ReasonCode::ChosenByUser),
        ),
    };
    if found.is_some_and(|found| !builder.owns(&found.tags) && !named) {
        builder.name_taken("log_group", &name);
    }
    let step = builder.step(
        "log_group",
        Action::LogGroup {
            name: name.clone(),
            retention_days,
        },
        change,
        reason,
        &[],
    );
    builder.knows(&step, [(OutputName::Name, name)]);
    if let Some(found) = found {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    step
}

pub(super) fn cluster(builder: &mut Builder<'_>, linked_role: Option<&StepId>) -> StepId {
    let name = builder.names.cluster.clone();
    let found = builder.snapshot.cluster.as_ref().filter(|cluster| cluster.active);
    let (change, reason) = match found {
        None => (Change::Create, ReasonCode::Missing),
        Some(_) => (Change::Keep, ReasonCode::AsWanted),
    };
    if found.is_some_and(|cluster| !builder.owns(&cluster.tags)) {
        builder.name_taken("cluster", &name);
    }
    let after: Vec<StepId> = linked_role.into_iter().cloned().collect();
    let step = builder.step(
        "cluster",
        Action::Cluster { name: name.clone() },
        change,
        Reason::new(reason),
        &after,
    );
    builder.knows(&step, [(OutputName::Name, name)]);
    if let Some(found) = found {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    step
}

pub(super) fn task_definition(
    builder: &mut Builder<'_>,
    image: &Image,
    role: &StepId,
    log_group: &StepId,
) -> StepId {
    let spec = builder.spec;
    let container = PlannedContainer {
        name: spec.container.name.clone(),
        image: image.uri.clone(),
        digest: image.digest.clone(),
        port: spec.container.port,
        command: spec.container.command.clone(),
        environment: spec.container.environment.clone(),
        secrets: spec.container.secrets.clone(),
        log_group: builder.names.log_group.clone(),
        log_stream_prefix: LOG_STREAM_PREFIX.to_owned(),
    };
    let execution_role = Ref::output(role, OutputName::Arn);
    let found = builder.own_task_definition();
    let differs = found.map(|found| differences(builder, found, &container, &execution_role));
    let (change, reason) = match differs.as_deref() {
        None => {
            let reason = Reason::new(ReasonCode::NoContainerCheck);
            (
                Change::Create,
                reason
                    .with("port", spec.container.port)
                    .with("path", &spec.health.path),
            )
        }
        Some(differs) => Builder::compared(differs),
    };
    let planned = PlannedTaskDefinition {
        family: builder.names.family.clone(),
        cpu: spec.container.cpu,
        memory_mib: spec.container.memory_mib,
        architecture: spec.container.architecture,
        execution_role,
        task_role: spec.roles.task.clone(),
        container,
    };
    let step = builder.step(
        "task_definition",
        Action::TaskDefinition(planned),
        change,
        reason,
        std::slice::from_ref(log_group),
    );
    if let (Some(found), Change::Keep) = (found, change) {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    step
}

fn differences(
    builder: &Builder<'_>,
    found: &TaskDefinition,
    wanted: &PlannedContainer,
    role: &Ref,
) -> Vec<Differing> {
    let spec = builder.spec;
    let now: &Container = &found.container;
    let same = [
        (Differing::Cpu, found.cpu == spec.container.cpu),
        (
            Differing::MemoryMib,
            found.memory_mib == spec.container.memory_mib,
        ),
        (
            Differing::Architecture,
            found.architecture == spec.container.architecture,
        ),
        (
            Differing::ExecutionRole,
            found.execution_role_arn.as_deref() == builder.value(role),
        ),
        (Differing::TaskRole, found.task_role_arn == spec.roles.task),
        (Differing::Name, now.name == wanted.name),
        (
            Differing::Image,
            now.image == wanted.image && wanted.digest.is_none(),
        ),
        (Differing::Port, now.port == wanted.port),
        (Differing::Command, now.command == wanted.command),
        (Differing::Environment, now.environment == wanted.environment),
        (Differing::Secrets, now.secrets == wanted.secrets),
        (
            Differing::LogGroup,
            now.log_group == wanted.log_group && now.log_stream_prefix == wanted.log_stream_prefix,
        ),
        (Differing::HealthCommand, now.health_command.is_none()),
    ];
    same.into_iter()
        .filter(|(_, same)| !same)
        .map(|(field, _)| field)
        .collect()
}
