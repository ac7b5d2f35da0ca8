//! ECR repository with scan on push and a lifecycle rule.

use async_trait::async_trait;
use serde_json::Value;

use super::ownership::Owner;
use super::{Context, Progress, Step, StepError};
use crate::cloud::registry::CreateRepository;
use crate::plan::action::OutputName;

pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) scan_on_push: bool,
    pub(crate) lifecycle_policy: String,
}

/// Two JSON documents that say the same. Text that is not JSON is compared as text.
pub(super) fn same_json(one: &str, other: &str) -> bool {
    match (
        serde_json::from_str::<Value>(one),
        serde_json::from_str::<Value>(other),
    ) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[async_trait]
impl Step for Repository {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecr:DescribeRepositories",
            "ecr:GetLifecyclePolicy",
            "ecr:ListTagsForResource",
            "ecr:CreateRepository",
            "ecr:TagResource",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutLifecyclePolicy",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let registry = &context.cloud.registry;
        let found = match registry.repository(&self.name).await? {
            Some(found) => found,
            None => {
                let wanted = CreateRepository {
                    name: self.name.clone(),
                    scan_on_push: self.scan_on_push,
                    tags: context.tags.clone(),
                };
                registry.create_repository(wanted).await?
            }
        };
        let owner = context.owner(&found.tags);
        let mut changed = false;
        if owner == Owner::Somebody {
            if !context.may_borrow() {
                return Ok(context
                    .name_taken("repository", &self.name, "ecr:DescribeRepositories")
                    .into());
            }
        } else {
            if found.scan_on_push != self.scan_on_push {
                registry.set_scan_on_push(&self.name, self.scan_on_push).await?;
                changed = true;
            }
            if !found
                .lifecycle_policy
                .as_deref()
                .is_some_and(|now| same_json(now, &self.lifecycle_policy))
            {
                registry
                    .put_lifecycle_policy(&self.name, &self.lifecycle_policy)
                    .await?;
                changed = true;
            }
        }
        Ok(Progress::done(
            context.ended(owner, changed),
            [
                (OutputName::Arn, found.arn),
                (OutputName::Uri, found.uri),
                (OutputName::Name, found.name),
            ],
        ))
    }
}
