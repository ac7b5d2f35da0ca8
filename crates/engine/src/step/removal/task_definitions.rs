//! Deregisters the stack's task definition revisions. AWS keeps them as INACTIVE records. Revisions that somebody else
//! registered in the family stay.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct TaskDefinitions {
    pub(super) arns: Vec<String>,
}

#[async_trait]
impl Step for TaskDefinitions {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["ecs:DescribeTaskDefinition", "ecs:DeregisterTaskDefinition"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let compute = &context.cloud.compute;
        let mut changed = false;
        for arn in &self.arns {
            let found = match compute.task_definition(arn).await {
                Ok(found) => found.filter(|found| found.active && context.owns(&found.tags)),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error.into()),
            };
            if found.is_some() {
                settled(compute.deregister_task_definition(arn).await)?;
                changed = true;
            }
        }
        Ok(if changed { deleted() } else { context.gone() })
    }
}
