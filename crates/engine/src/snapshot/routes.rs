//! Which subnets are public: not by name, not by MapPublicIpOnLaunch, but by where their routes lead.

use ipnet::Ipv4Net;

use crate::cloud::network::{RouteTable, RouteTarget, Subnet};

/// Free addresses an ALB wants in each of its subnets (Elastic Load Balancing, "Subnets for your load balancer").
pub const FREE_ADDRESSES_WANTED: u32 = 8;

/// `0.0.0.0/0`.
pub const ANYWHERE: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0);

/// Zones in which Fargate runs no tasks (Amazon ECS developer guide, "Supported Regions for Amazon ECS on AWS Fargate";
/// catalogue N10).
pub const ZONES_WITHOUT_FARGATE: [&str; 4] = ["apne1-az3", "cac1-az3", "use1-az3", "usw1-az2"];

/// The route table that serves a subnet: its own, or else the VPC's main one.
pub fn table_of<'t>(subnet: &Subnet, tables: &'t [RouteTable]) -> Option<&'t RouteTable> {
    let own = |table: &&RouteTable| table.associations.iter().any(|one| one.subnet_id == subnet.id);
    let main = |table: &&RouteTable| table.main && table.vpc_id == subnet.vpc_id;
    tables.iter().find(own).or_else(|| tables.iter().find(main))
}

/// The internet gateway that a table's default route leads to.
pub fn internet_gateway(table: &RouteTable) -> Option<&str> {
    table.routes.iter().find_map(|route| match &route.target {
        RouteTarget::InternetGateway(id) if route.active && route.destination == ANYWHERE => {
            Some(id.as_str())
        }
        _ => None,
    })
}

/// Whether traffic of the subnet finds the internet gateway.
pub fn is_public(subnet: &Subnet, tables: &[RouteTable]) -> bool {
    table_of(subnet, tables).and_then(internet_gateway).is_some()
}

/// Whether traffic of the subnet finds the internet through a NAT gateway only.
pub fn has_nat(subnet: &Subnet, tables: &[RouteTable]) -> bool {
    let Some(table) = table_of(subnet, tables) else {
        return false;
    };
    table.routes.iter().any(|route| {
        route.active && route.destination == ANYWHERE && matches!(route.target, RouteTarget::NatGateway(_))
    })
}

/// Whether Fargate runs tasks in the zone.
pub fn zone_runs_fargate(zone_id: &str) -> bool {
    !ZONES_WITHOUT_FARGATE.contains(&zone_id)
}
