//! VPCs and subnets.

use engine::cloud::network::{
    CreateSubnet, Peer, Route, RouteTable, RouteTarget, Rule, SecurityGroup, Subnet, Traffic, Vpc,
};
use engine::cloud::{CloudError, Result, Tags};
use ipnet::Ipv4Net;

use crate::refusal::{in_use, invalid, not_found};
use crate::world::World;

pub(super) fn no_vpc(id: &str) -> CloudError {
    not_found(
        "InvalidVpcID.NotFound",
        format!("The vpc ID '{id}' does not exist"),
    )
}

fn no_subnet(id: &str) -> CloudError {
    not_found(
        "InvalidSubnetID.NotFound",
        format!("The subnet ID '{id}' does not exist"),
    )
}

fn fits_vpc_size(cidr: Ipv4Net) -> bool {
    (16..=28).contains(&cidr.prefix_len()) && cidr.addr() == cidr.network()
}

/// Everything to everywhere: what a new group may send.
pub(super) fn everything() -> Rule {
    Rule {
        traffic: Traffic::All,
        peer: Peer::Cidr(Ipv4Net::default()),
        description: String::new(),
    }
}

impl World {
    /// A VPC with what AWS makes along with it: a main route table and the default security group.
    pub(crate) fn make_vpc(&mut self, id: String, cidr: Ipv4Net, is_default: bool, tags: Tags) -> Vpc {
        let vpc = Vpc {
            id: id.clone(),
            cidrs: vec![cidr],
            is_default,
            dns: Some(true),
            tags,
        };
        self.network.vpcs.insert(id.clone(), vpc.clone());
        let table = RouteTable {
            id: self.id("rtb"),
            vpc_id: id.clone(),
            main: true,
            associations: Vec::new(),
            routes: vec![Route {
                destination: cidr,
                target: RouteTarget::Local,
                active: true,
            }],
            tags: Tags::new(),
        };
        self.network.tables.insert(table.id.clone(), table);
        let group_id = self.id("sg");
        let group = SecurityGroup {
            id: group_id.clone(),
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            vpc_id: id,
            ingress: vec![Rule {
                traffic: Traffic::All,
                peer: Peer::Group(group_id.clone()),
                description: String::new(),
            }],
            egress: vec![everything()],
            tags: Tags::new(),
        };
        self.network.groups.insert(group_id, group);
        vpc
    }

    pub(super) fn create_vpc(&mut self, cidr: Ipv4Net, tags: Tags) -> Result<Vpc> {
        if !fits_vpc_size(cidr) {
            return Err(invalid(
                "InvalidVpc.Range",
                format!("The CIDR '{cidr}' is invalid."),
            ));
        }
        if self.network.vpcs.len() >= 5 {
            return Err(invalid(
                "VpcLimitExceeded",
                "The maximum number of VPCs has been reached.",
            ));
        }
        let id = self.id("vpc");
        let mut vpc = self.make_vpc(id, cidr, false, tags);
        vpc.dns = Some(false);
        self.network.vpcs.insert(vpc.id.clone(), vpc.clone());
        Ok(vpc)
    }

    pub(super) fn set_vpc_dns(&mut self, id: &str) -> Result<()> {
        self.network.vpcs.get_mut(id).ok_or_else(|| no_vpc(id))?.dns = Some(true);
        Ok(())
    }

    pub(super) fn delete_vpc(&mut self, id: &str) -> Result<()> {
        if !self.network.vpcs.contains_key(id) {
            return Err(no_vpc(id));
        }
        let net = &self.network;
        let used = net.subnets.values().any(|subnet| subnet.vpc_id == id)
            || net
                .gateways
                .values()
                .any(|gateway| gateway.vpc_id.as_deref() == Some(id))
            || net.tables.values().any(|table| table.vpc_id == id && !table.main)
            || net
                .groups
                .values()
                .any(|group| group.vpc_id == id && group.name != "default");
        if used {
            return Err(in_use(
                "DependencyViolation",
                format!("The vpc '{id}' has dependencies and cannot be deleted."),
            ));
        }
        self.network.tables.retain(|_, table| table.vpc_id != id);
        self.network.groups.retain(|_, group| group.vpc_id != id);
        self.network.vpcs.remove(id);
        Ok(())
    }

    pub(crate) fn make_subnet(
        &mut self,
        id: String,
        wanted: CreateSubnet,
        map_public_ip: bool,
    ) -> Result<Subnet> {
        let CreateSubnet {
            vpc_id,
            cidr,
            zone_id,
            tags,
        } = wanted;
        let vpc = self.network.vpcs.get(&vpc_id).ok_or_else(|| no_vpc(&vpc_id))?;
        if !fits_vpc_size(cidr) || !vpc.cidrs.iter().any(|range| range.contains(&cidr)) {
            return Err(invalid(
                "InvalidSubnet.Range",
                format!("The CIDR '{cidr}' is invalid."),
            ));
        }
        let zone = self.network.zones.iter().find(|zone| zone.id == zone_id).cloned().ok_or_else(|| {
            invalid(
                "InvalidParameterValue",
                format!("Value ({zone_id}) for parameter availabilityZoneId is invalid. Subnets can currently only be \
                         created in the following availability zones: {}.",
                    self.network.zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>().join(", ")),
            )
        })?;
        let overlaps = |other: &Subnet| {
            other.vpc_id == vpc_id
                && (other.cidr.contains(&cidr.network()) || cidr.contains(&other.cidr.network()))
        };
        if self.network.subnets.values().any(overlaps) {
            return Err(invalid(
                "InvalidSubnet.Conflict",
                format!("The CIDR '{cidr}' conflicts with another subnet"),
            ));
        }
        let subnet = Subnet {
            id: id.clone(),
            vpc_id,
            cidr,
            zone,
            free_addresses: 0,
            map_public_ip,
            tags,
        };
        self.network.subnets.insert(id, subnet.clone());
        Ok(self.seen_subnet(&subnet))
    }

    pub(super) fn create_subnet(&mut self, wanted: CreateSubnet) -> Result<Subnet> {
        let id = self.id("subnet");
        self.make_subnet(id, wanted, false)
    }

    /// A subnet as `DescribeSubnets` shows it.
    pub(crate) fn seen_subnet(&self, subnet: &Subnet) -> Subnet {
        Subnet {
            free_addresses: self.network.free_addresses(subnet),
            ..subnet.clone()
        }
    }

    pub(super) fn set_map_public_ip(&mut self, id: &str, on: bool) -> Result<()> {
        self.network
            .subnets
            .get_mut(id)
            .ok_or_else(|| no_subnet(id))?
            .map_public_ip = on;
        Ok(())
    }

    pub(super) fn delete_subnet(&mut self, id: &str) -> Result<()> {
        if !self.network.subnets.contains_key(id) {
            return Err(no_subnet(id));
        }
        if self
            .network
            .interfaces
            .values()
            .any(|interface| interface.nic.subnet_id == id)
        {
            return Err(in_use(
                "DependencyViolation",
                format!("The subnet '{id}' has dependencies and cannot be deleted."),
            ));
        }
        self.network.subnets.remove(id);
        for table in self.network.tables.values_mut() {
            table
                .associations
                .retain(|association| association.subnet_id != id);
        }
        Ok(())
    }
}
