//! Task definition: a new revision only when no field-by-field equal one of ours is the newest.

use async_trait::async_trait;

use super::{Context, Outcome, Progress, Step, StepError};
use crate::cloud::compute::{Container, RegisterTaskDefinition, TaskDefinition as Revision};
use crate::plan::action::{OutputName, PlannedTaskDefinition};

pub(crate) struct TaskDefinition {
    pub(crate) planned: PlannedTaskDefinition,
}

impl TaskDefinition {
    fn wanted(&self, context: &Context<'_>) -> Result<RegisterTaskDefinition, StepError> {
        let container = &self.planned.container;
        // A run that was asked not to wait for the push does not know it: then the tag is what there is.
        let digest = container
            .digest
            .as_ref()
            .and_then(|digest| context.value(digest).ok());
        Ok(RegisterTaskDefinition {
            family: self.planned.family.clone(),
            cpu: self.planned.cpu,
            memory_mib: self.planned.memory_mib,
            architecture: self.planned.architecture,
            execution_role_arn: context.value(&self.planned.execution_role)?,
            task_role_arn: self.planned.task_role.clone(),
            container: Container {
                name: container.name.clone(),
                image: container.image_at(digest.as_deref()),
                port: container.port,
                command: container.command.clone(),
                environment: container.environment.clone(),
                secrets: container.secrets.clone(),
                log_group: container.log_group.clone(),
                log_stream_prefix: container.log_stream_prefix.clone(),
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
        let newest = compute.task_definition(&self.planned.family).await?;
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
