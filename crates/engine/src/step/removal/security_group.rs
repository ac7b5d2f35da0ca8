//! Removes a security group, once no network interface uses it any more (L1).

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError, Waiting, WaitingCode};
use super::{deleted, settled};
use crate::cloud::network::SecurityGroup as Group;

pub(super) struct SecurityGroup {
    pub(super) id: String,
}

/// A security group by id, whichever VPC it is in.
pub(super) async fn find(context: &Context<'_>, id: &str) -> Result<Option<Group>, StepError> {
    let network = &context.cloud.network;
    for vpc in network.vpcs().await? {
        let groups = network.security_groups(&vpc.id).await?;
        if let Some(found) = groups.into_iter().find(|group| group.id == id) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

#[async_trait]
impl Step for SecurityGroup {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DeleteSecurityGroup",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let Some(found) = find(context, &self.id).await? else {
            return Ok(context.gone());
        };
        let name = format!("{} ({})", found.name, found.id);
        if let Some(refusal) =
            context.refuse(&found.tags, "security_group", &name, "ec2:DescribeSecurityGroups")
        {
            return Ok(refusal);
        }
        let users = network.network_interfaces(&self.id).await?;
        if !users.is_empty() {
            return Ok(Waiting::new(WaitingCode::InterfacesReleasing)
                .with("group", &found.name)
                .with("count", users.len())
                .poll(5));
        }
        settled(network.delete_security_group(&self.id).await)?;
        Ok(deleted())
    }
}
