//! The calls.

use async_trait::async_trait;
use engine::cloud::network::{
    CreateSecurityGroup, CreateSubnet, Direction, InternetGateway, Network, NetworkInterface, RouteTable,
    Rule, SecurityGroup, Subnet, Vpc, Zone,
};
use engine::cloud::{Result, Tags};
use ipnet::Ipv4Net;

use crate::cell::Account;

#[async_trait]
impl Network for Account {
    async fn zones(&self) -> Result<Vec<Zone>> {
        self.call(&["ec2:DescribeAvailabilityZones"], |world| {
            Ok(world.network.zones.clone())
        })
        .await
    }

    async fn vpcs(&self) -> Result<Vec<Vpc>> {
        self.call(&["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"], |world| {
            Ok(world.network.vpcs.values().cloned().collect())
        })
        .await
    }

    async fn subnets(&self, vpc_id: &str) -> Result<Vec<Subnet>> {
        let vpc_id = vpc_id.to_owned();
        self.call(&["ec2:DescribeSubnets"], move |world| {
            let inside = world
                .network
                .subnets
                .values()
                .filter(|subnet| subnet.vpc_id == vpc_id);
            Ok(inside.map(|subnet| world.seen_subnet(subnet)).collect())
        })
        .await
    }

    async fn route_tables(&self, vpc_id: &str) -> Result<Vec<RouteTable>> {
        let vpc_id = vpc_id.to_owned();
        self.call(&["ec2:DescribeRouteTables"], move |world| {
            let inside = world
                .network
                .tables
                .values()
                .filter(|table| table.vpc_id == vpc_id);
            Ok(inside.map(|table| world.seen_table(table)).collect())
        })
        .await
    }

    async fn internet_gateways(&self, vpc_id: &str) -> Result<Vec<InternetGateway>> {
        let vpc_id = vpc_id.to_owned();
        self.call(&["ec2:DescribeInternetGateways"], move |world| {
            let attached = |gateway: &&InternetGateway| gateway.vpc_id.as_deref() == Some(vpc_id.as_str());
            Ok(world
                .network
                .gateways
                .values()
                .filter(attached)
                .cloned()
                .collect())
        })
        .await
    }

    async fn security_groups(&self, vpc_id: &str) -> Result<Vec<SecurityGroup>> {
        let vpc_id = vpc_id.to_owned();
        self.call(&["ec2:DescribeSecurityGroups"], move |world| {
            Ok(world
                .network
                .groups
                .values()
                .filter(|group| group.vpc_id == vpc_id)
                .cloned()
                .collect())
        })
        .await
    }

    async fn network_interfaces(&self, security_group_id: &str) -> Result<Vec<NetworkInterface>> {
        let group = security_group_id.to_owned();
        self.call(&["ec2:DescribeNetworkInterfaces"], move |world| {
            let all = world.network.interfaces.values().map(|interface| &interface.nic);
            Ok(all.filter(|nic| nic.groups.contains(&group)).cloned().collect())
        })
        .await
    }

    async fn create_vpc(&self, cidr: Ipv4Net, tags: Tags) -> Result<Vpc> {
        self.call(&["ec2:CreateVpc"], move |world| world.create_vpc(cidr, tags))
            .await
    }

    async fn set_vpc_dns(&self, vpc_id: &str) -> Result<()> {
        let id = vpc_id.to_owned();
        self.call(&["ec2:ModifyVpcAttribute"], move |world| world.set_vpc_dns(&id))
            .await
    }

    async fn delete_vpc(&self, vpc_id: &str) -> Result<()> {
        let id = vpc_id.to_owned();
        self.call(&["ec2:DeleteVpc"], move |world| world.delete_vpc(&id))
            .await
    }

    async fn create_internet_gateway(&self, tags: Tags) -> Result<InternetGateway> {
        self.call(&["ec2:CreateInternetGateway"], move |world| {
            Ok(world.create_internet_gateway(tags))
        })
        .await
    }

    async fn attach_internet_gateway(&self, igw_id: &str, vpc_id: &str) -> Result<()> {
        let (igw, vpc) = (igw_id.to_owned(), vpc_id.to_owned());
        self.call(&["ec2:AttachInternetGateway"], move |world| {
            world.attach_internet_gateway(&igw, &vpc)
        })
        .await
    }

    async fn detach_internet_gateway(&self, igw_id: &str, vpc_id: &str) -> Result<()> {
        let (igw, vpc) = (igw_id.to_owned(), vpc_id.to_owned());
        self.call(&["ec2:DetachInternetGateway"], move |world| {
            world.detach_internet_gateway(&igw, &vpc)
        })
        .await
    }

    async fn delete_internet_gateway(&self, igw_id: &str) -> Result<()> {
        let id = igw_id.to_owned();
        self.call(&["ec2:DeleteInternetGateway"], move |world| {
            world.delete_internet_gateway(&id)
        })
        .await
    }

    async fn internet_gateways_tagged(&self, key: &str, value: &str) -> Result<Vec<InternetGateway>> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.call(&["ec2:DescribeInternetGateways"], move |world| {
            let tagged = |gateway: &&InternetGateway| gateway.tags.get(&key) == Some(&value);
            Ok(world.network.gateways.values().filter(tagged).cloned().collect())
        })
        .await
    }

    async fn create_route_table(&self, vpc_id: &str, tags: Tags) -> Result<RouteTable> {
        let vpc = vpc_id.to_owned();
        self.call(&["ec2:CreateRouteTable"], move |world| {
            world.create_route_table(&vpc, tags)
        })
        .await
    }

    async fn create_internet_route(
        &self,
        route_table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()> {
        let (table, igw) = (route_table_id.to_owned(), igw_id.to_owned());
        self.call(&["ec2:CreateRoute"], move |world| {
            world.create_internet_route(&table, destination, &igw)
        })
        .await
    }

    async fn replace_internet_route(
        &self,
        route_table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()> {
        let (table, igw) = (route_table_id.to_owned(), igw_id.to_owned());
        self.call(&["ec2:ReplaceRoute"], move |world| {
            world.replace_internet_route(&table, destination, &igw)
        })
        .await
    }

    async fn delete_route_table(&self, route_table_id: &str) -> Result<()> {
        let id = route_table_id.to_owned();
        self.call(&["ec2:DeleteRouteTable"], move |world| {
            world.delete_route_table(&id)
        })
        .await
    }

    async fn associate_route_table(&self, route_table_id: &str, subnet_id: &str) -> Result<String> {
        let (table, subnet) = (route_table_id.to_owned(), subnet_id.to_owned());
        self.call(&["ec2:AssociateRouteTable"], move |world| {
            world.associate_route_table(&table, &subnet)
        })
        .await
    }

    async fn disassociate_route_table(&self, association_id: &str) -> Result<()> {
        let id = association_id.to_owned();
        self.call(&["ec2:DisassociateRouteTable"], move |world| {
            world.disassociate_route_table(&id)
        })
        .await
    }

    async fn create_subnet(&self, subnet: CreateSubnet) -> Result<Subnet> {
        self.call(&["ec2:CreateSubnet"], move |world| world.create_subnet(subnet))
            .await
    }

    async fn set_map_public_ip(&self, subnet_id: &str, on: bool) -> Result<()> {
        let id = subnet_id.to_owned();
        self.call(&["ec2:ModifySubnetAttribute"], move |world| {
            world.set_map_public_ip(&id, on)
        })
        .await
    }

    async fn delete_subnet(&self, subnet_id: &str) -> Result<()> {
        let id = subnet_id.to_owned();
        self.call(&["ec2:DeleteSubnet"], move |world| world.delete_subnet(&id))
            .await
    }

    async fn create_security_group(&self, group: CreateSecurityGroup) -> Result<SecurityGroup> {
        self.call(&["ec2:CreateSecurityGroup"], move |world| {
            world.create_security_group(group)
        })
        .await
    }

    async fn authorize(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        let (id, rules) = (group_id.to_owned(), rules.to_vec());
        let actions: &'static [&'static str] = match direction {
            Direction::Ingress => &["ec2:AuthorizeSecurityGroupIngress"],
            Direction::Egress => &["ec2:AuthorizeSecurityGroupEgress"],
        };
        self.call(actions, move |world| world.authorize(&id, direction, &rules))
            .await
    }

    async fn revoke(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        let (id, rules) = (group_id.to_owned(), rules.to_vec());
        let actions: &'static [&'static str] = match direction {
            Direction::Ingress => &["ec2:RevokeSecurityGroupIngress"],
            Direction::Egress => &["ec2:RevokeSecurityGroupEgress"],
        };
        self.call(actions, move |world| world.revoke(&id, direction, &rules))
            .await
    }

    async fn delete_security_group(&self, group_id: &str) -> Result<()> {
        let id = group_id.to_owned();
        self.call(&["ec2:DeleteSecurityGroup"], move |world| {
            world.delete_security_group(&id)
        })
        .await
    }
}
