//! The route table of a new VPC's public subnets.

use async_trait::async_trait;
use ipnet::Ipv4Net;

use super::{Context, Progress, Step, StepError};
use crate::cloud::network::RouteTarget;
use crate::plan::action::{OutputName, Ref};

/// Everywhere.
const ANYWHERE: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0);

pub(crate) struct RouteTable {
    pub(crate) vpc: Ref,
    pub(crate) gateway: Ref,
    pub(crate) name: String,
}

#[async_trait]
impl Step for RouteTable {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeRouteTables",
            "ec2:CreateRouteTable",
            "ec2:CreateTags",
            "ec2:CreateRoute",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let vpc = context.value(&self.vpc)?;
        let gateway = context.value(&self.gateway)?;
        let tables = network.route_tables(&vpc).await?;
        let found = match tables
            .into_iter()
            .find(|table| context.owns_named(&table.tags, &self.name))
        {
            Some(found) => found,
            None => {
                network
                    .create_route_table(&vpc, context.tags_named(&self.name))
                    .await?
            }
        };
        let target = RouteTarget::InternetGateway(gateway.clone());
        let mut changed = false;
        if !found
            .routes
            .iter()
            .any(|route| route.destination == ANYWHERE && route.target == target)
        {
            network
                .create_internet_route(&found.id, ANYWHERE, &gateway)
                .await?;
            changed = true;
        }
        let owner = context.owner(&found.tags);
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Id, found.id)],
        ))
    }
}
