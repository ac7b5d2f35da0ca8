//! Removes a cluster.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct Cluster {
    pub(super) name: String,
}

#[async_trait]
impl Step for Cluster {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["ecs:DescribeClusters", "ecs:DeleteCluster"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let compute = &context.cloud.compute;
        let found = compute
            .cluster(&self.name)
            .await?
            .filter(|cluster| cluster.active);
        let Some(found) = found else {
            return Ok(context.gone());
        };
        if let Some(refusal) = context.refuse(&found.tags, "cluster", &self.name, "ecs:DescribeClusters") {
            return Ok(refusal);
        }
        settled(compute.delete_cluster(&self.name).await)?;
        Ok(deleted())
    }
}
