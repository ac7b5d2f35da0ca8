//! Removes an ALB and waits until it is gone: its interfaces hold the security groups.

use async_trait::async_trait;

use super::super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use super::settled;

pub(super) struct LoadBalancer {
    pub(super) arn: String,
    pub(super) name: String,
}

#[async_trait]
impl Step for LoadBalancer {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DeleteLoadBalancer",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let balancing = &context.cloud.balancing;
        let found = balancing
            .load_balancer(&self.name)
            .await?
            .filter(|found| found.arn == self.arn);
        let Some(found) = found else {
            return Ok(context.gone());
        };
        let source = "elasticloadbalancing:DescribeLoadBalancers";
        if let Some(refusal) = context.refuse(&found.tags, "load_balancer", &self.name, source) {
            return Ok(refusal);
        }
        if context.did != Some(Outcome::Deleted) {
            settled(balancing.delete_load_balancer(&self.arn).await)?;
            if balancing
                .load_balancer(&self.name)
                .await?
                .is_none_or(|other| other.arn != self.arn)
            {
                return Ok(super::deleted());
            }
        }
        Ok(Waiting::new(WaitingCode::LoadBalancerDeleting)
            .with("name", &self.name)
            .poll(3)
            .having(Some(Outcome::Deleted)))
    }
}
