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
            "ec2:ReplaceRoute",
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
        let present = found.routes.iter().find(|route| route.destination == ANYWHERE);
        let changed = present.is_none_or(|route| route.target != target || !route.active);
        match present {
            None => {
                network
                    .create_internet_route(&found.id, ANYWHERE, &gateway)
                    .await?;
            }
            // EC2 makes no second route to one destination, though the first may lead nowhere.
            Some(_) if changed => {
                network
                    .replace_internet_route(&found.id, ANYWHERE, &gateway)
                    .await?;
            }
            Some(_) => {}
        }
        let owner = context.owner(&found.tags);
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Id, found.id)],
        ))
    }
}
