//! Asks the targets at a new path, once what runs has answered there.

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Outcome, Progress, Step, StepError};
use crate::cloud::balancing;

pub(crate) struct HealthCheck {
    pub(crate) target_group: String,
    pub(crate) health_check: balancing::HealthCheck,
}

#[async_trait]
impl Step for HealthCheck {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:ModifyTargetGroup",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        const SOURCE: &str = "elasticloadbalancing:DescribeTargetGroups";
        let balancing = &context.cloud.balancing;
        let name = &self.target_group;
        let Some(found) = balancing.target_group(name).await? else {
            return Ok(context.vanished(name, SOURCE).into());
        };
        if context.owner(&found.tags) == Owner::Somebody {
            return Ok(context.name_taken("target_group", name, SOURCE).into());
        }
        if found.health_check == self.health_check {
            return Ok(Progress::done(context.did.unwrap_or(Outcome::Kept), []));
        }
        balancing.set_health_check(&found.arn, &self.health_check).await?;
        Ok(Progress::done(Outcome::Updated, []))
    }
}
