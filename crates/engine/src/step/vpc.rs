//! A new VPC.

use async_trait::async_trait;
use ipnet::Ipv4Net;

use super::{Context, Progress, Step, StepError};
use crate::plan::action::OutputName;

pub(crate) struct Vpc {
    pub(crate) cidr: Ipv4Net,
    pub(crate) name: String,
}

#[async_trait]
impl Step for Vpc {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute",
            "ec2:CreateVpc",
            "ec2:CreateTags",
            "ec2:ModifyVpcAttribute",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let ours =
            network.vpcs().await?.into_iter().find(|vpc| {
                context.owns_named(&vpc.tags, &self.name) && vpc.cidrs.first() == Some(&self.cidr)
            });
        let found = match ours {
            Some(found) => found,
            None => {
                network
                    .create_vpc(self.cidr, context.tags_named(&self.name))
                    .await?
            }
        };
        // A call of its own: a crash between the two must not leave it undone.
        let changed = found.dns != Some(true);
        if changed {
            network.set_vpc_dns(&found.id).await?;
        }
        let owner = context.owner(&found.tags);
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Id, found.id)],
        ))
    }
}
