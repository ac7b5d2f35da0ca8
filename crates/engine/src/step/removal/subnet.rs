//! Removes a subnet with its route table association.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct Subnet {
    pub(super) id: String,
}

#[async_trait]
impl Step for Subnet {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeSubnets",
            "ec2:DescribeRouteTables",
            "ec2:DisassociateRouteTable",
            "ec2:DeleteSubnet",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        for vpc in network.vpcs().await? {
            let subnets = network.subnets(&vpc.id).await?;
            let Some(found) = subnets.into_iter().find(|subnet| subnet.id == self.id) else {
                continue;
            };
            if let Some(refusal) = context.refuse(&found.tags, "subnet", &self.id, "ec2:DescribeSubnets") {
                return Ok(refusal);
            }
            let tables = network.route_tables(&vpc.id).await?;
            let associations = tables.iter().flat_map(|table| &table.associations);
            for association in associations.filter(|association| association.subnet_id == self.id) {
                settled(network.disassociate_route_table(&association.id).await)?;
            }
            settled(network.delete_subnet(&self.id).await)?;
            return Ok(deleted());
        }
        Ok(context.gone())
    }
}
