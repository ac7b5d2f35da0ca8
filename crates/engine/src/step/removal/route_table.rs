//! Removes a route table.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct RouteTable {
    pub(super) id: String,
}

#[async_trait]
impl Step for RouteTable {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeRouteTables",
            "ec2:DeleteRouteTable",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        for vpc in network.vpcs().await? {
            let tables = network.route_tables(&vpc.id).await?;
            let Some(found) = tables.into_iter().find(|table| table.id == self.id) else {
                continue;
            };
            let source = "ec2:DescribeRouteTables";
            if let Some(refusal) = context.refuse(&found.tags, "route_table", &self.id, source) {
                return Ok(refusal);
            }
            settled(network.delete_route_table(&self.id).await)?;
            return Ok(deleted());
        }
        Ok(context.gone())
    }
}
