//! ECS cluster.

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Progress, Step, StepError};
use crate::plan::action::OutputName;

pub(crate) struct Cluster {
    pub(crate) name: String,
}

#[async_trait]
impl Step for Cluster {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["ecs:DescribeClusters", "ecs:CreateCluster", "ecs:TagResource"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let compute = &context.cloud.compute;
        // A deleted cluster is still listed as INACTIVE for a while, with the tags it had.
        let found = match compute
            .cluster(&self.name)
            .await?
            .filter(|cluster| cluster.active)
        {
            Some(found) => found,
            None => compute.create_cluster(&self.name, context.tags.clone()).await?,
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody && !context.may_borrow() {
            return Ok(context
                .name_taken("cluster", &self.name, "ecs:DescribeClusters")
                .into());
        }
        Ok(Progress::done(
            context.ended(owner, false),
            [(OutputName::Arn, found.arn), (OutputName::Name, found.name)],
        ))
    }
}
