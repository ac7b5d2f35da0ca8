//! EC2 networking.

use ipnet::Ipv4Net;

use super::{
    Checked, During, Failure, PREFIX, already_exists, ensure, in_use, not_found, tagged, tags, there,
};
use crate::cloud::Cloud;
use crate::cloud::network::{CreateSecurityGroup, CreateSubnet, Direction, Peer, RouteTarget, Rule, Traffic};

/// A small public network that other checks build on.
pub(super) struct Ground {
    pub(super) vpc_id: String,
    pub(super) subnet_ids: Vec<String>,
    pub(super) igw_id: String,
    pub(super) route_table_id: String,
    pub(super) group_id: String,
}

fn range(text: &str) -> Result<Ipv4Net, Failure> {
    text.parse()
        .map_err(|error| Failure::Broken(format!("{text}: {error}")))
}

impl Ground {
    pub(super) async fn make(cloud: &Cloud, cidr: [u8; 2]) -> Result<Self, Failure> {
        let net = &cloud.network;
        let [a, b] = cidr;
        let vpc = net
            .create_vpc(range(&format!("{a}.{b}.0.0/16"))?, tags())
            .await
            .during("create_vpc")?;
        net.set_vpc_dns(&vpc.id).await.during("set_vpc_dns")?;
        let igw = net
            .create_internet_gateway(tags())
            .await
            .during("create_internet_gateway")?;
        net.attach_internet_gateway(&igw.id, &vpc.id)
            .await
            .during("attach_internet_gateway")?;
        let table = net
            .create_route_table(&vpc.id, tags())
            .await
            .during("create_route_table")?;
        net.create_internet_route(&table.id, range("0.0.0.0/0")?, &igw.id)
            .await
            .during("create_internet_route")?;
        net.replace_internet_route(&table.id, range("0.0.0.0/0")?, &igw.id)
            .await
            .during("replace_internet_route")?;
        let zones = net.zones().await.during("zones")?;
        let mut subnet_ids = Vec::new();
        for (number, zone) in zones.iter().take(2).enumerate() {
            let cidr = range(&format!("{a}.{b}.{number}.0/24"))?;
            let wanted = CreateSubnet {
                vpc_id: vpc.id.clone(),
                cidr,
                zone_id: zone.id.clone(),
                tags: tags(),
            };
            let subnet = net.create_subnet(wanted).await.during("create_subnet")?;
            net.associate_route_table(&table.id, &subnet.id)
                .await
                .during("associate_route_table")?;
            subnet_ids.push(subnet.id);
        }
        ensure(subnet_ids.len() == 2, "the region has two zones")?;
        let group = CreateSecurityGroup {
            vpc_id: vpc.id.clone(),
            name: format!("{PREFIX}-ground"),
            description: "Conformance".into(),
            tags: tags(),
        };
        let group = net
            .create_security_group(group)
            .await
            .during("create_security_group")?;
        Ok(Self {
            vpc_id: vpc.id,
            subnet_ids,
            igw_id: igw.id,
            route_table_id: table.id,
            group_id: group.id,
        })
    }

    pub(super) async fn remove(self, cloud: &Cloud) -> Checked {
        let net = &cloud.network;
        net.delete_security_group(&self.group_id)
            .await
            .during("delete_security_group")?;
        for table in net.route_tables(&self.vpc_id).await.during("route_tables")? {
            for association in table.associations {
                net.disassociate_route_table(&association.id)
                    .await
                    .during("disassociate_route_table")?;
            }
        }
        for subnet in &self.subnet_ids {
            net.delete_subnet(subnet).await.during("delete_subnet")?;
        }
        net.delete_route_table(&self.route_table_id)
            .await
            .during("delete_route_table")?;
        net.detach_internet_gateway(&self.igw_id, &self.vpc_id)
            .await
            .during("detach_internet_gateway")?;
        net.delete_internet_gateway(&self.igw_id)
            .await
            .during("delete_internet_gateway")?;
        net.delete_vpc(&self.vpc_id).await.during("delete_vpc")
    }
}

/// VPC, subnets, routes, gateways, security groups.
///
/// # Errors
/// The first promise that was not kept.
pub async fn network(cloud: &Cloud) -> Checked {
    let net = &cloud.network;
    let zones = net.zones().await.during("zones")?;
    ensure(
        zones
            .iter()
            .all(|zone| zone.name.starts_with(&cloud.region) && !zone.id.is_empty()),
        "zones have ids",
    )?;
    let ground = Ground::make(cloud, [10, 77]).await?;

    let vpcs = net.vpcs().await.during("vpcs")?;
    let vpc = there(vpcs.into_iter().find(|vpc| vpc.id == ground.vpc_id), "the VPC")?;
    tagged(&vpc.tags, "the VPC")?;
    ensure(
        vpc.cidrs == [range("10.77.0.0/16")?] && !vpc.is_default,
        "the VPC is as asked",
    )?;
    ensure(
        vpc.dns == Some(true),
        format!("DNS support and host names are on: {:?}", vpc.dns),
    )?;

    let subnets = net.subnets(&ground.vpc_id).await.during("subnets")?;
    ensure(subnets.len() == 2, format!("two subnets, got {}", subnets.len()))?;
    let first = there(
        subnets
            .into_iter()
            .find(|subnet| subnet.id == ground.subnet_ids[0]),
        "the subnet",
    )?;
    tagged(&first.tags, "the subnet")?;
    ensure(
        first.zone == zones[0] && !first.map_public_ip,
        "the subnet is where it was asked for",
    )?;
    ensure(
        first.free_addresses == 251,
        format!("AWS keeps five addresses: {}", first.free_addresses),
    )?;
    net.set_map_public_ip(&first.id, true)
        .await
        .during("set_map_public_ip")?;
    let subnets = net.subnets(&ground.vpc_id).await.during("subnets")?;
    ensure(
        subnets
            .iter()
            .any(|subnet| subnet.id == first.id && subnet.map_public_ip),
        "public addresses are on",
    )?;

    let tables = net.route_tables(&ground.vpc_id).await.during("route_tables")?;
    ensure(
        tables.iter().filter(|table| table.main).count() == 1,
        "one main route table",
    )?;
    let table = there(
        tables.into_iter().find(|table| table.id == ground.route_table_id),
        "the route table",
    )?;
    tagged(&table.tags, "the route table")?;
    ensure(
        table.associations.len() == 2 && !table.main,
        "both subnets are associated",
    )?;
    let out = RouteTarget::InternetGateway(ground.igw_id.clone());
    ensure(
        table
            .routes
            .iter()
            .any(|route| route.destination.prefix_len() == 0 && route.target == out && route.active),
        format!("the default route leads to the gateway: {:?}", table.routes),
    )?;
    ensure(
        table
            .routes
            .iter()
            .any(|route| route.target == RouteTarget::Local),
        "the local route is there",
    )?;
    let gateways = net
        .internet_gateways(&ground.vpc_id)
        .await
        .during("internet_gateways")?;
    ensure(
        gateways.len() == 1 && gateways[0].id == ground.igw_id,
        "the gateway is attached",
    )?;
    let tag = tags().pop_first().unwrap_or_default();
    let tagged_gateways = net
        .internet_gateways_tagged(&tag.0, &tag.1)
        .await
        .during("internet_gateways_tagged")?;
    ensure(
        tagged_gateways.iter().any(|gateway| gateway.id == ground.igw_id),
        "the gateway is found by its tag",
    )?;

    security_groups(cloud, &ground).await?;
    ground.remove(cloud).await?;
    not_found(net.delete_subnet(&first.id).await, "delete_subnet again")
}

async fn security_groups(cloud: &Cloud, ground: &Ground) -> Checked {
    let net = &cloud.network;
    let wanted = CreateSecurityGroup {
        vpc_id: ground.vpc_id.clone(),
        name: format!("{PREFIX}-tasks"),
        description: "Conformance".into(),
        tags: tags(),
    };
    let made = net
        .create_security_group(wanted.clone())
        .await
        .during("create_security_group")?;
    already_exists(
        net.create_security_group(wanted).await,
        "create_security_group of the same name",
    )?;
    let ingress = [
        Rule {
            traffic: Traffic::Tcp { from: 8080, to: 8080 },
            peer: Peer::Group(ground.group_id.clone()),
            description: "From the load balancer".into(),
        },
        Rule {
            traffic: Traffic::Tcp { from: 80, to: 80 },
            peer: Peer::Cidr(range("0.0.0.0/0")?),
            description: "Public".into(),
        },
    ];
    net.authorize(&made.id, Direction::Ingress, &ingress)
        .await
        .during("authorize")?;
    net.authorize(&made.id, Direction::Ingress, &ingress)
        .await
        .during("authorize rules that are there")?;
    let egress = [Rule {
        traffic: Traffic::Tcp { from: 443, to: 443 },
        peer: Peer::Cidr(range("0.0.0.0/0")?),
        description: "Out".into(),
    }];
    net.authorize(&made.id, Direction::Egress, &egress)
        .await
        .during("authorize egress")?;
    let everything = [Rule {
        traffic: Traffic::All,
        peer: Peer::Cidr(range("0.0.0.0/0")?),
        description: String::new(),
    }];
    net.revoke(&made.id, Direction::Egress, &everything)
        .await
        .during("revoke egress")?;
    net.revoke(&made.id, Direction::Egress, &everything)
        .await
        .during("revoke a rule that is gone")?;
    let groups = net
        .security_groups(&ground.vpc_id)
        .await
        .during("security_groups")?;
    ensure(
        groups.iter().any(|group| group.name == "default"),
        "a VPC has its default group",
    )?;
    let read = there(
        groups.into_iter().find(|group| group.id == made.id),
        "the security group",
    )?;
    tagged(&read.tags, "the security group")?;
    let mut found = read.ingress.clone();
    let mut asked = ingress.to_vec();
    found.sort();
    asked.sort();
    ensure(found == asked, format!("incoming rules, one per peer: {found:?}"))?;
    ensure(
        read.egress == egress,
        format!("outgoing rules: {:?}", read.egress),
    )?;
    let interfaces = net
        .network_interfaces(&made.id)
        .await
        .during("network_interfaces")?;
    ensure(interfaces.is_empty(), "a new group has no interfaces")?;
    in_use(
        net.delete_security_group(&ground.group_id).await,
        "delete_security_group that a rule refers to",
    )?;
    net.revoke(&made.id, Direction::Ingress, &ingress)
        .await
        .during("revoke ingress")?;
    net.delete_security_group(&made.id)
        .await
        .during("delete_security_group")?;
    not_found(
        net.delete_security_group(&made.id).await,
        "delete_security_group again",
    )
}
