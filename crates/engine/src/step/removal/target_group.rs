//! Removes a target group. While a listener still forwards to it AWS says "in use", and the executor asks again.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct TargetGroup {
    pub(super) arn: String,
    pub(super) name: String,
}

#[async_trait]
impl Step for TargetGroup {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DeleteTargetGroup",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let balancing = &context.cloud.balancing;
        let found = balancing
            .target_group(&self.name)
            .await?
            .filter(|found| found.arn == self.arn);
        let Some(found) = found else {
            return Ok(context.gone());
        };
        let source = "elasticloadbalancing:DescribeTargetGroups";
        if let Some(refusal) = context.refuse(&found.tags, "target_group", &self.name, source) {
            return Ok(refusal);
        }
        settled(balancing.delete_target_group(&self.arn).await)?;
        Ok(deleted())
    }
}
