//! Detaches and removes an internet gateway.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};
use crate::cloud::TAG_STACK;

pub(super) struct InternetGateway {
    pub(super) id: String,
}

#[async_trait]
impl Step for InternetGateway {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeInternetGateways",
            "ec2:DetachInternetGateway",
            "ec2:DeleteInternetGateway",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        // Only ours are listed: one that lost its tag counts as gone, and stays.
        let ours = network.internet_gateways_tagged(TAG_STACK, context.stack).await?;
        let Some(found) = ours.into_iter().find(|gateway| gateway.id == self.id) else {
            return Ok(context.gone());
        };
        if let Some(vpc) = &found.vpc_id {
            settled(network.detach_internet_gateway(&self.id, vpc).await)?;
        }
        settled(network.delete_internet_gateway(&self.id).await)?;
        Ok(deleted())
    }
}
