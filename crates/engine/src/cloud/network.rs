//! EC2 networking: VPCs, subnets, routes, security groups.

use async_trait::async_trait;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{Result, Tags};

/// An availability zone. Two accounts may give the same name to different places: only the id is the place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Zone {
    /// `ap-northeast-1a`.
    pub name: String,
    /// `apne1-az4`.
    pub id: String,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Primary IPv4 range first, then secondary ones.
    pub cidrs: Vec<Ipv4Net>,
    /// The account's default VPC of the region.
    pub is_default: bool,
    /// `enableDnsSupport` and `enableDnsHostnames` are both on. `None`: not read.
    pub dns: Option<bool>,
    /// Tags (`Name` is what people know it by).
    pub tags: Tags,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// IPv4 range.
    pub cidr: Ipv4Net,
    /// Where it is.
    pub zone: Zone,
    /// Addresses still free.
    pub free_addresses: u32,
    /// Instances and tasks get a public address without asking.
    pub map_public_ip: bool,
    /// Tags.
    pub tags: Tags,
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum RouteTarget {
    /// Inside the VPC.
    Local,
    /// `igw-…`.
    InternetGateway(String),
    /// `nat-…`.
    NatGateway(String),
    /// Anything else, by its id.
    Other(String),
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// IPv4 destination. Routes without one (IPv6, prefix lists) are left out.
    pub destination: Ipv4Net,
    /// Where it leads.
    pub target: RouteTarget,
    /// False for a black hole.
    pub active: bool,
}

/// A route table with the subnets it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Serves every subnet that has no association of its own.
    pub main: bool,
    /// Explicit associations.
    pub associations: Vec<RouteTableAssociation>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Tags.
    pub tags: Tags,
}

/// A subnet's explicit association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTableAssociation {
    /// `rtbassoc-…`.
    pub id: String,
    /// The subnet.
    pub subnet_id: String,
}

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternetGateway {
    /// `igw-…`.
    pub id: String,
    /// The VPC it is attached to.
    pub vpc_id: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// Who a security group rule speaks about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Peer {
    /// An IPv4 range, `0.0.0.0/0` for everybody.
    Cidr(Ipv4Net),
    /// Members of another security group (`sg-…`).
    Group(String),
    /// Anything else (IPv6 range, prefix list), as AWS writes it.
    Other(String),
}

/// Protocol and ports of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum Traffic {
    /// Everything (`-1`).
    All,
    /// TCP, ports inclusive.
    Tcp {
        /// First port.
        from: u16,
        /// Last port.
        to: u16,
    },
    /// UDP, ports inclusive.
    Udp {
        /// First port.
        from: u16,
        /// Last port.
        to: u16,
    },
    /// Another protocol, by number.
    Other {
        /// IANA number.
        number: u8,
    },
}

/// One rule of a security group, for one peer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// Who.
    pub peer: Peer,
    /// For people.
    pub description: String,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Name, unique in its VPC.
    pub name: String,
    /// Description.
    pub description: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Incoming rules.
    pub ingress: Vec<Rule>,
    /// Outgoing rules. A new group has one: everything to everywhere.
    pub egress: Vec<Rule>,
    /// Tags.
    pub tags: Tags,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub id: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Private IPv4 address.
    pub private_ip: Option<String>,
    /// Public IPv4 address.
    pub public_ip: Option<String>,
    /// `in-use`, `available`, …
    pub status: String,
    /// What made it, in AWS's words.
    pub description: String,
}

/// A subnet to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSubnet {
    /// Its VPC.
    pub vpc_id: String,
    /// A free range inside the VPC.
    pub cidr: Ipv4Net,
    /// Where, by zone id.
    pub zone_id: String,
    /// Tags.
    pub tags: Tags,
}

/// A security group to create. It starts with no incoming rule and the allow-all outgoing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSecurityGroup {
    /// Its VPC.
    pub vpc_id: String,
    /// Name, ≤ 255 characters, not starting with `sg-`.
    pub name: String,
    /// Description, ASCII.
    pub description: String,
    /// Tags.
    pub tags: Tags,
}

/// Direction of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Incoming.
    Ingress,
    /// Outgoing.
    Egress,
}

/// EC2 networking.
#[async_trait]
pub trait Network: Send + Sync {
    /// `ec2:DescribeAvailabilityZones`: available, ordinary zones (no Local Zones).
    async fn zones(&self) -> Result<Vec<Zone>>;
    /// `ec2:DescribeVpcs` (and `ec2:DescribeVpcAttribute` for `dns`).
    async fn vpcs(&self) -> Result<Vec<Vpc>>;
    /// `ec2:DescribeSubnets` of a VPC.
    async fn subnets(&self, vpc_id: &str) -> Result<Vec<Subnet>>;
    /// `ec2:DescribeRouteTables` of a VPC.
    async fn route_tables(&self, vpc_id: &str) -> Result<Vec<RouteTable>>;
    /// `ec2:DescribeInternetGateways` attached to a VPC.
    async fn internet_gateways(&self, vpc_id: &str) -> Result<Vec<InternetGateway>>;
    /// `ec2:DescribeSecurityGroups` of a VPC.
    async fn security_groups(&self, vpc_id: &str) -> Result<Vec<SecurityGroup>>;
    /// `ec2:DescribeNetworkInterfaces` that carry this security group.
    async fn network_interfaces(&self, security_group_id: &str) -> Result<Vec<NetworkInterface>>;

    /// `ec2:CreateVpc`. AWS gives it DNS support and no host names.
    async fn create_vpc(&self, cidr: Ipv4Net, tags: Tags) -> Result<Vpc>;
    /// `ec2:ModifyVpcAttribute`: DNS support and host names on.
    async fn set_vpc_dns(&self, vpc_id: &str) -> Result<()>;
    /// `ec2:DeleteVpc`.
    async fn delete_vpc(&self, vpc_id: &str) -> Result<()>;
    /// `ec2:CreateInternetGateway`.
    async fn create_internet_gateway(&self, tags: Tags) -> Result<InternetGateway>;
    /// `ec2:AttachInternetGateway`.
    async fn attach_internet_gateway(&self, igw_id: &str, vpc_id: &str) -> Result<()>;
    /// `ec2:DetachInternetGateway`.
    async fn detach_internet_gateway(&self, igw_id: &str, vpc_id: &str) -> Result<()>;
    /// `ec2:DeleteInternetGateway`.
    async fn delete_internet_gateway(&self, igw_id: &str) -> Result<()>;
    /// `ec2:DescribeInternetGateways` that carry these tags, attached or not (a crash may leave one detached).
    async fn internet_gateways_tagged(&self, key: &str, value: &str) -> Result<Vec<InternetGateway>>;
    /// `ec2:CreateRouteTable`.
    async fn create_route_table(&self, vpc_id: &str, tags: Tags) -> Result<RouteTable>;
    /// `ec2:CreateRoute` to an internet gateway. Another route to the same destination is in its way.
    async fn create_internet_route(
        &self,
        route_table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()>;
    /// `ec2:ReplaceRoute` with one to an internet gateway.
    async fn replace_internet_route(
        &self,
        route_table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()>;
    /// `ec2:DeleteRouteTable`.
    async fn delete_route_table(&self, route_table_id: &str) -> Result<()>;
    /// `ec2:AssociateRouteTable`; answers the association id.
    async fn associate_route_table(&self, route_table_id: &str, subnet_id: &str) -> Result<String>;
    /// `ec2:DisassociateRouteTable`.
    async fn disassociate_route_table(&self, association_id: &str) -> Result<()>;
    /// `ec2:CreateSubnet`.
    async fn create_subnet(&self, subnet: CreateSubnet) -> Result<Subnet>;
    /// `ec2:ModifySubnetAttribute` (MapPublicIpOnLaunch).
    async fn set_map_public_ip(&self, subnet_id: &str, on: bool) -> Result<()>;
    /// `ec2:DeleteSubnet`.
    async fn delete_subnet(&self, subnet_id: &str) -> Result<()>;
    /// `ec2:CreateSecurityGroup`.
    async fn create_security_group(&self, group: CreateSecurityGroup) -> Result<SecurityGroup>;
    /// `ec2:AuthorizeSecurityGroupIngress` / `…Egress`. A rule that is there already is not an error.
    async fn authorize(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()>;
    /// `ec2:RevokeSecurityGroupIngress` / `…Egress`. A rule that is gone already is not an error.
    async fn revoke(&self, group_id: &str, direction: Direction, rules: &[Rule]) -> Result<()>;
    /// `ec2:DeleteSecurityGroup`.
    async fn delete_security_group(&self, group_id: &str) -> Result<()>;
}
