//! Removes a repository with the images in it.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct Repository {
    pub(super) name: String,
}

#[async_trait]
impl Step for Repository {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecr:DescribeRepositories",
            "ecr:GetLifecyclePolicy",
            "ecr:ListTagsForResource",
            "ecr:DeleteRepository",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let registry = &context.cloud.registry;
        let Some(found) = registry.repository(&self.name).await? else {
            return Ok(context.gone());
        };
        let source = "ecr:DescribeRepositories";
        if let Some(refusal) = context.refuse(&found.tags, "repository", &self.name, source) {
            return Ok(refusal);
        }
        settled(registry.delete_repository(&self.name, true).await)?;
        Ok(deleted())
    }
}
