//! A new public subnet: created, public addresses on, associated with a route table that leads to the internet. A
//! subnet without that route makes tasks fail now and then (N2).

use async_trait::async_trait;
use ipnet::Ipv4Net;

use super::{Context, Progress, Step, StepError};
use crate::cloud::network::{CreateSubnet, Zone};
use crate::plan::action::{OutputName, Ref};

pub(crate) struct Subnet {
    pub(crate) vpc: Ref,
    pub(crate) cidr: Ipv4Net,
    pub(crate) zone: Zone,
    pub(crate) route_table: Option<Ref>,
    pub(crate) name: String,
}

#[async_trait]
impl Step for Subnet {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeSubnets",
            "ec2:DescribeRouteTables",
            "ec2:CreateSubnet",
            "ec2:CreateTags",
            "ec2:ModifySubnetAttribute",
            "ec2:AssociateRouteTable",
            "ec2:DisassociateRouteTable",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let vpc = context.value(&self.vpc)?;
        let there = network
            .subnets(&vpc)
            .await?
            .into_iter()
            .find(|subnet| subnet.cidr == self.cidr);
        let found = match there {
            Some(found) if context.owns(&found.tags) && found.zone.id == self.zone.id => found,
            Some(found) => {
                let name = format!("{} ({})", self.cidr, found.id);
                return Ok(context.name_taken("subnet", &name, "ec2:DescribeSubnets").into());
            }
            None => {
                let wanted = CreateSubnet {
                    vpc_id: vpc.clone(),
                    cidr: self.cidr,
                    zone_id: self.zone.id.clone(),
                    tags: context.tags_named(&self.name),
                };
                network.create_subnet(wanted).await?
            }
        };
        let mut changed = false;
        if !found.map_public_ip {
            network.set_map_public_ip(&found.id, true).await?;
            changed = true;
        }
        let owner = context.owner(&found.tags);
        let mut outputs = [(OutputName::Id, found.id.clone())]
            .into_iter()
            .collect::<crate::plan::action::Outputs>();
        if let Some(table) = &self.route_table {
            let table = context.value(table)?;
            let tables = network.route_tables(&vpc).await?;
            let now = tables.iter().find_map(|other| {
                let own = other
                    .associations
                    .iter()
                    .find(|association| association.subnet_id == found.id)?;
                Some((other.id.clone(), own.id.clone()))
            });
            let association = match now {
                Some((id, association)) if id == table => association,
                other => {
                    if let Some((_, stale)) = other {
                        network.disassociate_route_table(&stale).await?;
                    }
                    changed = true;
                    network.associate_route_table(&table, &found.id).await?
                }
            };
            outputs.insert(OutputName::Association, association);
        }
        Ok(Progress::Done {
            outcome: context.ended(owner, changed),
            outputs,
        })
    }
}
