//! Between EC2's shapes and the engine's.

use aws_sdk_ec2::types;
use engine::cloud::network::{
    InternetGateway, NetworkInterface, Peer, Route, RouteTable, RouteTableAssociation, RouteTarget, Rule,
    SecurityGroup, Subnet, Traffic, Vpc, Zone,
};
use engine::cloud::{Result, Tags};
use ipnet::Ipv4Net;

use crate::error::{incomplete, invalid};

pub(super) fn tags(from: &[types::Tag]) -> Tags {
    from.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

pub(super) fn tag_specification(
    resource: types::ResourceType,
    from: &Tags,
) -> Option<types::TagSpecification> {
    if from.is_empty() {
        return None;
    }
    let tags = from
        .iter()
        .map(|(key, value)| types::Tag::builder().key(key).value(value).build())
        .collect();
    Some(
        types::TagSpecification::builder()
            .resource_type(resource)
            .set_tags(Some(tags))
            .build(),
    )
}

pub(super) fn filter(name: &str, value: &str) -> types::Filter {
    types::Filter::builder().name(name).values(value).build()
}

/// A required text of an answer.
pub(super) fn required(operation: &str, what: &str, value: Option<&str>) -> Result<String> {
    value
        .map(str::to_owned)
        .ok_or_else(|| incomplete(operation, what))
}

fn cidr(operation: &str, what: &str, value: Option<&str>) -> Result<Ipv4Net> {
    value
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| incomplete(operation, what))
}

pub(super) fn zone(from: &types::AvailabilityZone) -> Option<Zone> {
    let ordinary = from.zone_type().is_none_or(|kind| kind == "availability-zone");
    let available = from
        .state()
        .is_none_or(|state| *state == types::AvailabilityZoneState::Available);
    if !ordinary || !available {
        return None;
    }
    Some(Zone {
        name: from.zone_name()?.to_owned(),
        id: from.zone_id()?.to_owned(),
    })
}

pub(super) fn vpc(operation: &str, from: &types::Vpc, dns: Option<bool>) -> Result<Vpc> {
    let mut cidrs = vec![cidr(operation, "cidrBlock", from.cidr_block())?];
    let associated = from.cidr_block_association_set().iter().filter(|block| {
        block
            .cidr_block_state()
            .and_then(types::VpcCidrBlockState::state)
            .is_none_or(|state| {
                matches!(
                    state,
                    types::VpcCidrBlockStateCode::Associated | types::VpcCidrBlockStateCode::Associating
                )
            })
    });
    for net in associated.filter_map(|block| block.cidr_block()?.parse::<Ipv4Net>().ok()) {
        if !cidrs.contains(&net) {
            cidrs.push(net);
        }
    }
    Ok(Vpc {
        id: required(operation, "vpcId", from.vpc_id())?,
        cidrs,
        is_default: from.is_default().unwrap_or(false),
        dns,
        tags: tags(from.tags()),
    })
}

/// `None` for a subnet without IPv4.
pub(super) fn subnet(operation: &str, from: &types::Subnet) -> Result<Option<Subnet>> {
    let Some(net) = from.cidr_block().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    Ok(Some(Subnet {
        id: required(operation, "subnetId", from.subnet_id())?,
        vpc_id: required(operation, "vpcId", from.vpc_id())?,
        cidr: cidr(operation, "cidrBlock", Some(net))?,
        zone: Zone {
            name: required(operation, "availabilityZone", from.availability_zone())?,
            id: required(operation, "availabilityZoneId", from.availability_zone_id())?,
        },
        free_addresses: count(from.available_ip_address_count().unwrap_or(0)),
        map_public_ip: from.map_public_ip_on_launch().unwrap_or(false),
        tags: tags(from.tags()),
    }))
}

/// AWS counts in signed numbers that are never negative.
fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn route(from: &types::Route) -> Option<Route> {
    let destination = from.destination_cidr_block()?.parse().ok()?;
    let target = match (from.gateway_id(), from.nat_gateway_id()) {
        (Some("local"), _) => RouteTarget::Local,
        (Some(id), _) if id.starts_with("igw-") => RouteTarget::InternetGateway(id.to_owned()),
        (_, Some(id)) => RouteTarget::NatGateway(id.to_owned()),
        (gateway, None) => {
            let id = gateway
                .or(from.transit_gateway_id())
                .or(from.vpc_peering_connection_id())
                .or(from.network_interface_id())
                .or(from.instance_id())
                .or(from.local_gateway_id())
                .or(from.carrier_gateway_id())
                .or(from.core_network_arn())
                .unwrap_or("unknown");
            RouteTarget::Other(id.to_owned())
        }
    };
    let active = from
        .state()
        .is_none_or(|state| *state == types::RouteState::Active);
    Some(Route {
        destination,
        target,
        active,
    })
}

pub(super) fn route_table(operation: &str, from: &types::RouteTable) -> Result<RouteTable> {
    let associations = from.associations().iter().filter_map(|association| {
        Some(RouteTableAssociation {
            id: association.route_table_association_id()?.to_owned(),
            subnet_id: association.subnet_id()?.to_owned(),
        })
    });
    Ok(RouteTable {
        id: required(operation, "routeTableId", from.route_table_id())?,
        vpc_id: required(operation, "vpcId", from.vpc_id())?,
        main: from
            .associations()
            .iter()
            .any(|association| association.main().unwrap_or(false)),
        associations: associations.collect(),
        routes: from.routes().iter().filter_map(route).collect(),
        tags: tags(from.tags()),
    })
}

pub(super) fn internet_gateway(operation: &str, from: &types::InternetGateway) -> Result<InternetGateway> {
    Ok(InternetGateway {
        id: required(operation, "internetGatewayId", from.internet_gateway_id())?,
        vpc_id: from
            .attachments()
            .iter()
            .find_map(|attachment| attachment.vpc_id().map(str::to_owned)),
        tags: tags(from.tags()),
    })
}

pub(super) fn network_interface(operation: &str, from: &types::NetworkInterface) -> Result<NetworkInterface> {
    Ok(NetworkInterface {
        id: required(operation, "networkInterfaceId", from.network_interface_id())?,
        subnet_id: required(operation, "subnetId", from.subnet_id())?,
        groups: from
            .groups()
            .iter()
            .filter_map(|group| group.group_id().map(str::to_owned))
            .collect(),
        private_ip: from.private_ip_address().map(str::to_owned),
        public_ip: from
            .association()
            .and_then(|association| association.public_ip())
            .map(str::to_owned),
        status: from
            .status()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        description: from.description().unwrap_or_default().to_owned(),
    })
}

pub(super) fn security_group(operation: &str, from: &types::SecurityGroup) -> Result<SecurityGroup> {
    Ok(SecurityGroup {
        id: required(operation, "groupId", from.group_id())?,
        name: from.group_name().unwrap_or_default().to_owned(),
        description: from.description().unwrap_or_default().to_owned(),
        vpc_id: from.vpc_id().unwrap_or_default().to_owned(),
        ingress: from.ip_permissions().iter().flat_map(rules).collect(),
        egress: from.ip_permissions_egress().iter().flat_map(rules).collect(),
        tags: tags(from.tags()),
    })
}

/// EC2 packs several peers into one permission; the engine knows one peer per rule.
pub(super) fn rules(from: &types::IpPermission) -> Vec<Rule> {
    let traffic = traffic(from);
    let mut peers: Vec<(Peer, Option<&str>)> = Vec::new();
    for range in from.ip_ranges() {
        let Some(text) = range.cidr_ip() else { continue };
        let peer = text
            .parse()
            .map_or_else(|_| Peer::Other(text.to_owned()), Peer::Cidr);
        peers.push((peer, range.description()));
    }
    for pair in from.user_id_group_pairs() {
        let Some(id) = pair.group_id().or(pair.group_name()) else {
            continue;
        };
        peers.push((Peer::Group(id.to_owned()), pair.description()));
    }
    for range in from.ipv6_ranges() {
        let Some(text) = range.cidr_ipv6() else { continue };
        peers.push((Peer::Other(text.to_owned()), range.description()));
    }
    for list in from.prefix_list_ids() {
        let Some(id) = list.prefix_list_id() else { continue };
        peers.push((Peer::Other(id.to_owned()), list.description()));
    }
    peers
        .into_iter()
        .map(|(peer, description)| Rule {
            traffic,
            peer,
            description: description.unwrap_or_default().to_owned(),
        })
        .collect()
}

fn traffic(from: &types::IpPermission) -> Traffic {
    let port = |number: Option<i32>, otherwise: u16| {
        number
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(otherwise)
    };
    let (first, last) = (port(from.from_port(), 0), port(from.to_port(), u16::MAX));
    match from.ip_protocol() {
        None | Some("-1") => Traffic::All,
        Some("tcp" | "6") => Traffic::Tcp {
            from: first,
            to: last,
        },
        Some("udp" | "17") => Traffic::Udp {
            from: first,
            to: last,
        },
        Some("icmp") => Traffic::Other { number: 1 },
        Some("icmpv6") => Traffic::Other { number: 58 },
        Some(number) => Traffic::Other {
            number: number.parse().unwrap_or(u8::MAX),
        },
    }
}

/// One EC2 permission for one rule.
pub(super) fn permission(operation: &str, rule: &Rule) -> Result<types::IpPermission> {
    let builder = types::IpPermission::builder();
    let builder = match rule.traffic {
        Traffic::All => builder.ip_protocol("-1"),
        Traffic::Tcp { from, to } => builder
            .ip_protocol("tcp")
            .from_port(from.into())
            .to_port(to.into()),
        Traffic::Udp { from, to } => builder
            .ip_protocol("udp")
            .from_port(from.into())
            .to_port(to.into()),
        // For ICMP, -1 means every type and code.
        Traffic::Other {
            number: number @ (1 | 58),
        } => builder
            .ip_protocol(if number == 1 { "icmp" } else { "icmpv6" })
            .from_port(-1)
            .to_port(-1),
        Traffic::Other { number } => builder.ip_protocol(number.to_string()),
    };
    let description = (!rule.description.is_empty()).then(|| rule.description.clone());
    let builder = match &rule.peer {
        Peer::Cidr(net) => builder.ip_ranges(
            types::IpRange::builder()
                .cidr_ip(net.to_string())
                .set_description(description)
                .build(),
        ),
        Peer::Group(id) => builder.user_id_group_pairs(
            types::UserIdGroupPair::builder()
                .group_id(id)
                .set_description(description)
                .build(),
        ),
        Peer::Other(id) if id.starts_with("pl-") => builder.prefix_list_ids(
            types::PrefixListId::builder()
                .prefix_list_id(id)
                .set_description(description)
                .build(),
        ),
        Peer::Other(range) if range.contains(':') => builder.ipv6_ranges(
            types::Ipv6Range::builder()
                .cidr_ipv6(range)
                .set_description(description)
                .build(),
        ),
        Peer::Other(other) => {
            return Err(invalid(
                operation,
                "InvalidParameterValue",
                format!("{other} names no peer of a rule"),
            ));
        }
    };
    Ok(builder.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_survives_the_way_to_ec2_and_back() {
        let peers = [
            Peer::Cidr("0.0.0.0/0".parse().unwrap()),
            Peer::Group("sg-0123".to_owned()),
            Peer::Other("::/0".to_owned()),
            Peer::Other("pl-0123".to_owned()),
        ];
        let kinds = [
            Traffic::All,
            Traffic::Tcp { from: 80, to: 80 },
            Traffic::Udp { from: 53, to: 54 },
            Traffic::Other { number: 1 },
            Traffic::Other { number: 50 },
        ];
        for peer in peers {
            for traffic in kinds {
                let rule = Rule {
                    traffic,
                    peer: peer.clone(),
                    description: "why".to_owned(),
                };
                assert_eq!(rules(&permission("test", &rule).unwrap()), vec![rule]);
            }
        }
    }

    #[test]
    fn a_peer_that_ec2_cannot_spell_is_refused_before_the_call() {
        let rule = Rule {
            traffic: Traffic::All,
            peer: Peer::Other("nonsense".to_owned()),
            description: String::new(),
        };
        let error = permission("ec2:AuthorizeSecurityGroupIngress", &rule).unwrap_err();
        assert_eq!(error.fault().code, "InvalidParameterValue");
    }

    #[test]
    fn a_permission_with_several_peers_becomes_one_rule_each() {
        let from = types::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(types::IpRange::builder().cidr_ip("10.0.0.0/8").build())
            .user_id_group_pairs(types::UserIdGroupPair::builder().group_id("sg-1").build())
            .build();
        assert_eq!(rules(&from).len(), 2);
    }

    #[test]
    fn local_zones_are_left_out() {
        let local = types::AvailabilityZone::builder()
            .zone_name("us-west-2-lax-1a")
            .zone_id("usw2-lax1-az1")
            .zone_type("local-zone")
            .build();
        assert_eq!(zone(&local), None);
    }
}
