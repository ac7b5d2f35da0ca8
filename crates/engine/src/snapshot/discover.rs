//! What the wizard offers to choose from: found, classified, with the reason why something can't be used.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use futures::try_join;
use serde::{Deserialize, Serialize};

use super::routes::{self, ANYWHERE, FREE_ADDRESSES_WANTED};
use crate::cloud::network::{Peer, RouteTable, Rule, SecurityGroup, Subnet, Traffic, Vpc};
use crate::cloud::registry::{ImageSummary, Repository};
use crate::cloud::{Cloud, Result, Tags};

/// Where a subnet's default route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubnetKind {
    /// To an internet gateway.
    Public,
    /// To a NAT gateway.
    Nat,
    /// Nowhere.
    Isolated,
}

/// Why a subnet is no place for an ALB and its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// No route to an internet gateway.
    NotPublic,
    /// Fewer than 8 free addresses.
    FewAddresses,
    /// Fargate does not run in its zone.
    ZoneWithoutFargate,
}

/// A subnet with what the wizard says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetView {
    /// The subnet.
    pub subnet: Subnet,
    /// `Name` tag.
    pub name: Option<String>,
    /// Where it leads.
    pub kind: SubnetKind,
    /// Why it can't be used; `None`: it can.
    pub why_not: Option<WhyNot>,
}

/// A VPC with its subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcView {
    /// The VPC.
    pub vpc: Vpc,
    /// `Name` tag.
    pub name: Option<String>,
    /// Its subnets, by zone and range.
    pub subnets: Vec<SubnetView>,
    /// Zone ids with a subnet that can be used. Fewer than two: the plan adds one.
    pub usable_zones: Vec<String>,
}

/// A security group with what the wizard says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// The group.
    pub group: SecurityGroup,
    /// Everybody may reach the container's port through it.
    pub open_to_world: bool,
}

/// A repository with its images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryView {
    /// The repository.
    pub repository: Repository,
    /// Its images, newest first.
    pub images: Vec<ImageSummary>,
}

/// An Amplify app: names only, never values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppView {
    /// `d…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// `d….amplifyapp.com`.
    pub default_domain: String,
    /// Names of its branches.
    pub branches: Vec<String>,
    /// Names of its variables, app-wide and of branches.
    pub variables: Vec<String>,
}

/// All VPCs with their subnets, the default one first.
///
/// # Errors
/// The first call that AWS refused.
pub async fn vpcs(cloud: &Cloud) -> Result<Vec<VpcView>> {
    let vpcs = cloud.network.vpcs().await?;
    let mut views = try_join_all(vpcs.into_iter().map(|vpc| vpc_view(cloud, vpc))).await?;
    views.sort_by_key(|view| (!view.vpc.is_default, view.vpc.id.clone()));
    Ok(views)
}

async fn vpc_view(cloud: &Cloud, vpc: Vpc) -> Result<VpcView> {
    let (subnets, tables) = try_join!(
        cloud.network.subnets(&vpc.id),
        cloud.network.route_tables(&vpc.id)
    )?;
    let mut subnets: Vec<SubnetView> = subnets
        .into_iter()
        .map(|subnet| subnet_view(subnet, &tables))
        .collect();
    subnets.sort_by_key(|view| (view.subnet.zone.clone(), view.subnet.cidr));
    let usable: BTreeSet<String> = subnets
        .iter()
        .filter(|view| view.why_not.is_none())
        .map(|view| view.subnet.zone.id.clone())
        .collect();
    Ok(VpcView {
        name: name_tag(&vpc.tags),
        vpc,
        subnets,
        usable_zones: usable.into_iter().collect(),
    })
}

/// What there is to say about one subnet.
pub fn subnet_view(subnet: Subnet, tables: &[RouteTable]) -> SubnetView {
    let kind = if routes::is_public(&subnet, tables) {
        SubnetKind::Public
    } else if routes::has_nat(&subnet, tables) {
        SubnetKind::Nat
    } else {
        SubnetKind::Isolated
    };
    let why_not = if kind != SubnetKind::Public {
        Some(WhyNot::NotPublic)
    } else if !routes::zone_runs_fargate(&subnet.zone.id) {
        Some(WhyNot::ZoneWithoutFargate)
    } else if subnet.free_addresses < FREE_ADDRESSES_WANTED {
        Some(WhyNot::FewAddresses)
    } else {
        None
    };
    SubnetView {
        name: name_tag(&subnet.tags),
        subnet,
        kind,
        why_not,
    }
}

/// The security groups of a VPC, and whether they leave the container's port open to everybody.
///
/// # Errors
/// The call that AWS refused.
pub async fn security_groups(cloud: &Cloud, vpc_id: &str, port: u16) -> Result<Vec<GroupView>> {
    let mut groups = cloud.network.security_groups(vpc_id).await?;
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    let view = |group: SecurityGroup| GroupView {
        open_to_world: is_open_to_world(&group, port),
        group,
    };
    Ok(groups.into_iter().map(view).collect())
}

/// Whether everybody may reach this TCP port through the group.
pub fn is_open_to_world(group: &SecurityGroup, port: u16) -> bool {
    let everybody = |rule: &Rule| match &rule.peer {
        Peer::Cidr(net) => *net == ANYWHERE,
        Peer::Other(range) => range == "::/0",
        Peer::Group(_) => false,
    };
    let covers = |rule: &Rule| match rule.traffic {
        Traffic::All => true,
        Traffic::Tcp { from, to } => (from..=to).contains(&port),
        Traffic::Udp { .. } | Traffic::Other { .. } => false,
    };
    group.ingress.iter().any(|rule| everybody(rule) && covers(rule))
}

/// All private repositories with their images.
///
/// # Errors
/// The first call that AWS refused.
pub async fn repositories(cloud: &Cloud) -> Result<Vec<RepositoryView>> {
    let mut repositories = cloud.registry.repositories().await?;
    repositories.sort_by(|one, other| one.name.cmp(&other.name));
    let view = async |repository: Repository| {
        let images = cloud.registry.images(&repository.name).await?;
        Ok(RepositoryView { repository, images })
    };
    try_join_all(repositories.into_iter().map(view)).await
}

/// All Amplify apps with the names of their branches and variables.
///
/// # Errors
/// The first call that AWS refused; also when Amplify is not offered in the region.
pub async fn frontends(cloud: &Cloud) -> Result<Vec<AppView>> {
    let apps = cloud.hosting.apps().await?;
    let view = async |app: crate::cloud::hosting::App| {
        let branches = cloud.hosting.branches(&app.id).await?;
        let own = app.variables.0.keys();
        let names: BTreeSet<String> = own
            .chain(branches.iter().flat_map(|branch| branch.variables.0.keys()))
            .cloned()
            .collect();
        Ok(AppView {
            id: app.id,
            name: app.name,
            default_domain: app.default_domain,
            branches: branches.into_iter().map(|branch| branch.name).collect(),
            variables: names.into_iter().collect(),
        })
    };
    try_join_all(apps.into_iter().map(view)).await
}

fn name_tag(tags: &Tags) -> Option<String> {
    tags.get("Name").filter(|name| !name.is_empty()).cloned()
}
