//! Task definition: a new revision only when no field-by-field equal one of ours is the newest.

use async_trait::async_trait;

use super::{Context, Outcome, Progress, Step, StepError};
use crate::cloud::compute::{Container, RegisterTaskDefinition, TaskDefinition as Revision};
use crate::cloud::registry::Architecture;
use crate::plan::action::{OutputName, PlannedContainer, Ref};

pub(crate) struct TaskDefinition {
    pub(crate) family: String,
    pub(crate) cpu: u32,
    pub(crate) memory_mib: u32,
    pub(crate) architecture: Architecture,
    pub(crate) execution_role: Ref,
    pub(crate) task_role: Option<String>,
    pub(crate) container: PlannedContainer,
}

impl TaskDefinition {
    fn wanted(&self, context: &Context<'_>) -> Result<RegisterTaskDefinition, StepError> {
        let planned = &self.container;
        // A run that was asked not to wait for the push does not know it: then the tag is what there is.
        let digest = planned
            .digest
            .as_ref()
            .and_then(|digest| context.value(digest).ok());
        Ok(RegisterTaskDefinition {
            family: self.family.clone(),
            cpu: self.cpu,
            memory_mib: self.memory_mib,
            architecture: self.architecture,
            execution_role_arn: context.value(&self.execution_role)?,
            task_role_arn: self.task_role.clone(),
            container: Container {
                name: planned.name.clone(),
                image: planned.image_at(digest.as_deref()),
                port: planned.port,
                command: planned.command.clone(),
                environment: planned.environment.clone(),
                secrets: planned.secrets.clone(),
                log_group: planned.log_group.clone(),
                log_stream_prefix: planned.log_stream_prefix.clone(),
                // The image need not hold what a check would call (F1); the ALB checks.
                health_command: None,
            },
            tags: context.tags.clone(),
        })
    }
}

fn equal(found: &Revision, wanted: &RegisterTaskDefinition) -> bool {
    found.active
        && found.family == wanted.family
        && found.cpu == wanted.cpu
        && found.memory_mib == wanted.memory_mib
        && found.architecture == wanted.architecture
        && found.execution_role_arn.as_deref() == Some(wanted.execution_role_arn.as_str())
        && found.task_role_arn == wanted.task_role_arn
        && found.container == wanted.container
}

#[async_trait]
impl Step for TaskDefinition {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecs:DescribeTaskDefinition",
            "ecs:RegisterTaskDefinition",
            "ecs:TagResource",
            "iam:PassRole",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let compute = &context.cloud.compute;
        let wanted = self.wanted(context)?;
        let newest = compute.task_definition(&self.family).await?;
        if let Some(found) = newest.filter(|found| context.owns(&found.tags) && equal(found, &wanted)) {
            let owner = context.owner(&found.tags);
            return Ok(Progress::done(
                context.ended(owner, false),
                [(OutputName::Arn, found.arn)],
            ));
        }
        let made = compute.register_task_definition(wanted).await?;
        Ok(Progress::done(Outcome::Created, [(OutputName::Arn, made.arn)]))
    }
}
