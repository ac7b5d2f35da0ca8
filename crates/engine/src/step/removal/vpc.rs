//! Removes a VPC.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct Vpc {
    pub(super) id: String,
}

#[async_trait]
impl Step for Vpc {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DeleteVpc"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let Some(found) = network.vpcs().await?.into_iter().find(|vpc| vpc.id == self.id) else {
            return Ok(context.gone());
        };
        if let Some(refusal) = context.refuse(&found.tags, "vpc", &self.id, "ec2:DescribeVpcs") {
            return Ok(refusal);
        }
        settled(network.delete_vpc(&self.id).await)?;
        Ok(deleted())
    }
}
