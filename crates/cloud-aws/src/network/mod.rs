//! EC2 networking over the SDK.

mod convert;
mod groups;

use async_trait::async_trait;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, VpcAttributeName};
use engine::cloud::network::{
    CreateSecurityGroup, CreateSubnet, Direction, InternetGateway, Network, NetworkInterface, RouteTable,
    Rule, SecurityGroup, Subnet, Vpc, Zone,
};
use engine::cloud::{CloudError, Result, Tags};
use futures::future::try_join_all;
use ipnet::Ipv4Net;

use crate::calls::Gate;
use crate::error::incomplete;
use convert::{filter, required, tag_specification};

/// EC2 of one account and region.
#[derive(Debug)]
pub(crate) struct Ec2 {
    client: Client,
    gate: Gate,
}

impl Ec2 {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            gate: Gate::default(),
        }
    }

    async fn vpc_attribute(&self, vpc_id: &str, name: VpcAttributeName) -> Result<bool> {
        let request = self
            .client
            .describe_vpc_attribute()
            .vpc_id(vpc_id)
            .attribute(name.clone());
        let answer = self.gate.call("ec2:DescribeVpcAttribute", request.send()).await?;
        let value = if name == VpcAttributeName::EnableDnsSupport {
            answer.enable_dns_support
        } else {
            answer.enable_dns_hostnames
        };
        Ok(value.and_then(|value| value.value).unwrap_or(false))
    }

    /// `None` when we may list VPCs but not read their attributes.
    async fn vpc_dns(&self, vpc_id: &str) -> Result<Option<bool>> {
        let both = futures::future::try_join(
            self.vpc_attribute(vpc_id, VpcAttributeName::EnableDnsSupport),
            self.vpc_attribute(vpc_id, VpcAttributeName::EnableDnsHostnames),
        );
        match both.await {
            Ok((support, hostnames)) => Ok(Some(support && hostnames)),
            Err(CloudError::Denied { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn gateways(&self, name: &str, value: &str) -> Result<Vec<InternetGateway>> {
        const OPERATION: &str = "ec2:DescribeInternetGateways";
        let mut pages = self
            .client
            .describe_internet_gateways()
            .filters(filter(name, value))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for gateway in page.internet_gateways() {
                found.push(convert::internet_gateway(OPERATION, gateway)?);
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Network for Ec2 {
    async fn zones(&self) -> Result<Vec<Zone>> {
        let request = self.client.describe_availability_zones();
        let answer = self
            .gate
            .call("ec2:DescribeAvailabilityZones", request.send())
            .await?;
        let mut zones: Vec<Zone> = answer
            .availability_zones()
            .iter()
            .filter_map(convert::zone)
            .collect();
        zones.sort();
        Ok(zones)
    }

    async fn vpcs(&self) -> Result<Vec<Vpc>> {
        const OPERATION: &str = "ec2:DescribeVpcs";
        let mut pages = self.client.describe_vpcs().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for vpc in page.vpcs() {
                found.push(convert::vpc(OPERATION, vpc, None)?);
            }
        }
        let dns = try_join_all(found.iter().map(|vpc| self.vpc_dns(&vpc.id))).await?;
        for (vpc, dns) in found.iter_mut().zip(dns) {
            vpc.dns = dns;
        }
        Ok(found)
    }

    async fn subnets(&self, vpc_id: &str) -> Result<Vec<Subnet>> {
        const OPERATION: &str = "ec2:DescribeSubnets";
        let mut pages = self
            .client
            .describe_subnets()
            .filters(filter("vpc-id", vpc_id))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for subnet in page.subnets() {
                found.extend(convert::subnet(OPERATION, subnet)?);
            }
        }
        Ok(found)
    }

    async fn route_tables(&self, vpc_id: &str) -> Result<Vec<RouteTable>> {
        const OPERATION: &str = "ec2:DescribeRouteTables";
        let mut pages = self
            .client
            .describe_route_tables()
            .filters(filter("vpc-id", vpc_id))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for table in page.route_tables() {
                found.push(convert::route_table(OPERATION, table)?);
            }
        }
        Ok(found)
    }

    async fn internet_gateways(&self, vpc_id: &str) -> Result<Vec<InternetGateway>> {
        self.gateways("attachment.vpc-id", vpc_id).await
    }

    async fn security_groups(&self, vpc_id: &str) -> Result<Vec<SecurityGroup>> {
        self.groups_of(vpc_id).await
    }

    async fn network_interfaces(&self, security_group_id: &str) -> Result<Vec<NetworkInterface>> {
        const OPERATION: &str = "ec2:DescribeNetworkInterfaces";
        let by_group = filter("group-id", security_group_id);
        let mut pages = self
            .client
            .describe_network_interfaces()
            .filters(by_group)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for interface in page.network_interfaces() {
                found.push(convert::network_interface(OPERATION, interface)?);
            }
        }
        Ok(found)
    }

    async fn create_vpc(&self, cidr: Ipv4Net, tags: Tags) -> Result<Vpc> {
        const OPERATION: &str = "ec2:CreateVpc";
        let request = self
            .client
            .create_vpc()
            .cidr_block(cidr.to_string())
            .set_tag_specifications(tag_specification(ResourceType::Vpc, &tags).map(|tags| vec![tags]));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let vpc = answer.vpc().ok_or_else(|| incomplete(OPERATION, "vpc"))?;
        convert::vpc(OPERATION, vpc, Some(false))
    }

    async fn set_vpc_dns(&self, vpc_id: &str) -> Result<()> {
        // One attribute per call is AWS's rule. Host names need support, so it goes first.
        let on = AttributeBooleanValue::builder().value(true).build();
        let support = self
            .client
            .modify_vpc_attribute()
            .vpc_id(vpc_id)
            .enable_dns_support(on.clone());
        self.gate.call("ec2:ModifyVpcAttribute", support.send()).await?;
        let hostnames = self
            .client
            .modify_vpc_attribute()
            .vpc_id(vpc_id)
            .enable_dns_hostnames(on);
        self.gate.call("ec2:ModifyVpcAttribute", hostnames.send()).await?;
        Ok(())
    }

    async fn delete_vpc(&self, vpc_id: &str) -> Result<()> {
        self.gate
            .call("ec2:DeleteVpc", self.client.delete_vpc().vpc_id(vpc_id).send())
            .await?;
        Ok(())
    }

    async fn create_internet_gateway(&self, tags: Tags) -> Result<InternetGateway> {
        const OPERATION: &str = "ec2:CreateInternetGateway";
        let request = self.client.create_internet_gateway().set_tag_specifications(
            tag_specification(ResourceType::InternetGateway, &tags).map(|tags| vec![tags]),
        );
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let gateway = answer
            .internet_gateway()
            .ok_or_else(|| incomplete(OPERATION, "internetGateway"))?;
        convert::internet_gateway(OPERATION, gateway)
    }

    async fn attach_internet_gateway(&self, igw_id: &str, vpc_id: &str) -> Result<()> {
        let request = self
            .client
            .attach_internet_gateway()
            .internet_gateway_id(igw_id)
            .vpc_id(vpc_id);
        self.gate
            .call("ec2:AttachInternetGateway", request.send())
            .await?;
        Ok(())
    }

    async fn detach_internet_gateway(&self, igw_id: &str, vpc_id: &str) -> Result<()> {
        let request = self
            .client
            .detach_internet_gateway()
            .internet_gateway_id(igw_id)
            .vpc_id(vpc_id);
        self.gate
            .call("ec2:DetachInternetGateway", request.send())
            .await?;
        Ok(())
    }

    async fn delete_internet_gateway(&self, igw_id: &str) -> Result<()> {
        let request = self.client.delete_internet_gateway().internet_gateway_id(igw_id);
        self.gate
            .call("ec2:DeleteInternetGateway", request.send())
            .await?;
        Ok(())
    }

    async fn internet_gateways_tagged(&self, key: &str, value: &str) -> Result<Vec<InternetGateway>> {
        self.gateways(&format!("tag:{key}"), value).await
    }

    async fn create_route_table(&self, vpc_id: &str, tags: Tags) -> Result<RouteTable> {
        const OPERATION: &str = "ec2:CreateRouteTable";
        let request = self
            .client
            .create_route_table()
            .vpc_id(vpc_id)
            .set_tag_specifications(
                tag_specification(ResourceType::RouteTable, &tags).map(|tags| vec![tags]),
            );
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let table = answer
            .route_table()
            .ok_or_else(|| incomplete(OPERATION, "routeTable"))?;
        convert::route_table(OPERATION, table)
    }

    async fn create_internet_route(
        &self,
        route_table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()> {
        let request = self
            .client
            .create_route()
            .route_table_id(route_table_id)
            .destination_cidr_block(destination.to_string())
            .gateway_id(igw_id);
        self.gate.call("ec2:CreateRoute", request.send()).await?;
        Ok(())
    }

    async fn replace_internet_route(
        &self,
        route_table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()> {
        let request = self
            .client
            .replace_route()
            .route_table_id(route_table_id)
            .destination_cidr_block(destination.to_string())
            .gateway_id(igw_id);
        self.gate.call("ec2:ReplaceRoute", request.send()).await?;
        Ok(())
    }

    async fn delete_route_table(&self, route_table_id: &str) -> Result<()> {
        let request = self.client.delete_route_table().route_table_id(route_table_id);
        self.gate.call("ec2:DeleteRouteTable", request.send()).await?;
        Ok(())
    }

    async fn associate_route_table(&self, route_table_id: &str, subnet_id: &str) -> Result<String> {
        const OPERATION: &str = "ec2:AssociateRouteTable";
        let request = self
            .client
            .associate_route_table()
            .route_table_id(route_table_id)
            .subnet_id(subnet_id);
        let answer = self.gate.call(OPERATION, request.send()).await?;
        required(OPERATION, "associationId", answer.association_id())
    }

    async fn disassociate_route_table(&self, association_id: &str) -> Result<()> {
        let request = self
            .client
            .disassociate_route_table()
            .association_id(association_id);
        self.gate
            .call("ec2:DisassociateRouteTable", request.send())
            .await?;
        Ok(())
    }

    async fn create_subnet(&self, subnet: CreateSubnet) -> Result<Subnet> {
        const OPERATION: &str = "ec2:CreateSubnet";
        let request = self
            .client
            .create_subnet()
            .vpc_id(subnet.vpc_id)
            .cidr_block(subnet.cidr.to_string())
            .availability_zone_id(subnet.zone_id)
            .set_tag_specifications(
                tag_specification(ResourceType::Subnet, &subnet.tags).map(|tags| vec![tags]),
            );
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer.subnet().ok_or_else(|| incomplete(OPERATION, "subnet"))?;
        convert::subnet(OPERATION, made)?.ok_or_else(|| incomplete(OPERATION, "cidrBlock"))
    }

    async fn set_map_public_ip(&self, subnet_id: &str, on: bool) -> Result<()> {
        let value = AttributeBooleanValue::builder().value(on).build();
        let request = self
            .client
            .modify_subnet_attribute()
            .subnet_id(subnet_id)
            .map_public_ip_on_launch(value);
        self.gate
            .call("ec2:ModifySubnetAttribute", request.send())
            .await?;
        Ok(())
    }

    async fn delete_subnet(&self, subnet_id: &str) -> Result<()> {
        self.gate
            .call(
                "ec2:DeleteSubnet",
                self.client.delete_subnet().subnet_id(subnet_id).send(),
            )
            .await?;
        Ok(())
    }

    async fn create_security_group(&self, group: CreateSecurityGroup) -> Result<SecurityGroup> {
        self.create_group(group).await
    }

    async fn authorize(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        self.add_rules(group_id, direction, rules).await
    }

    async fn revoke(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        self.take_rules(group_id, direction, rules).await
    }

    async fn delete_security_group(&self, group_id: &str) -> Result<()> {
        let request = self.client.delete_security_group().group_id(group_id);
        self.gate.call("ec2:DeleteSecurityGroup", request.send()).await?;
        Ok(())
    }
}
