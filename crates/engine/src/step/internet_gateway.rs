//! The internet gateway of a new VPC.

use async_trait::async_trait;

use super::{Context, Progress, Step, StepError};
use crate::cloud::TAG_STACK;
use crate::plan::action::{OutputName, Ref};

pub(crate) struct InternetGateway {
    pub(crate) vpc: Ref,
    pub(crate) name: String,
}

#[async_trait]
impl Step for InternetGateway {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeInternetGateways",
            "ec2:CreateInternetGateway",
            "ec2:CreateTags",
            "ec2:AttachInternetGateway",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let vpc = context.value(&self.vpc)?;
        let mut ours: Vec<_> = network.internet_gateways_tagged(TAG_STACK, context.stack).await?;
        ours.retain(|gateway| gateway.vpc_id.as_ref().is_none_or(|attached| *attached == vpc));
        // An attached one first: a crash may have left a second one detached.
        ours.sort_by_key(|gateway| gateway.vpc_id.is_none());
        let found = match ours.into_iter().next() {
            Some(found) => found,
            None => {
                network
                    .create_internet_gateway(context.tags_named(&self.name))
                    .await?
            }
        };
        let mut changed = false;
        if found.vpc_id.is_none() {
            network.attach_internet_gateway(&found.id, &vpc).await?;
            changed = true;
        }
        let owner = context.owner(&found.tags);
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Id, found.id)],
        ))
    }
}
