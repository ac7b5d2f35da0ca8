//! What exists: everything in the account that a plan for one stack depends on, read at one time.

mod digest;
pub mod discover;
mod frontend;
mod leftovers;
mod observe;
pub mod routes;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::balancing::{Listener, LoadBalancer, TargetGroup};
use crate::cloud::compute::{Cluster, Service, TaskDefinition};
use crate::cloud::identity::{Caller, Role};
use crate::cloud::logs::LogGroup;
use crate::cloud::network::{InternetGateway, RouteTable, SecurityGroup, Subnet, Vpc, Zone};
use crate::cloud::registry::{ImageFacts, Repository};
use crate::cloud::{TAG_STACK, Tags};

pub use leftovers::{Leftovers, RepositoryLeft, Use, UseKind, observe_removal};
pub use observe::observe;

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was read.
    pub taken_at: Timestamp,
    /// Who read it.
    pub caller: Caller,
    /// Region.
    pub region: String,
    /// Zones of the region.
    pub zones: Vec<Zone>,
    /// All VPCs.
    pub vpcs: Vec<Vpc>,
    /// Details of the VPC the stack uses (all `None`/empty when a new one is to be created).
    pub vpc_id: Option<String>,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    /// Its route tables.
    pub route_tables: Vec<RouteTable>,
    /// Its internet gateways.
    pub internet_gateways: Vec<InternetGateway>,
    /// Its security groups.
    pub security_groups: Vec<SecurityGroup>,
    /// The repository of the spec's image.
    pub repository: Option<Repository>,
    /// Images in it.
    #[serde(default)]
    pub repository_images: usize,
    /// The image, read from ECR; `None` for images elsewhere or not pushed yet.
    pub image: Option<ImageFacts>,
    /// The log group.
    pub log_group: Option<LogGroup>,
    /// The execution role.
    pub execution_role: Option<Role>,
    /// The inline policy that lets it read the spec's secrets, as JSON.
    pub secrets_policy: Option<String>,
    /// `AWSServiceRoleForECS` exists.
    pub ecs_linked_role: bool,
    /// `AWSServiceRoleForElasticLoadBalancing` exists.
    pub elb_linked_role: bool,
    /// The cluster.
    pub cluster: Option<Cluster>,
    /// Newest active revision of the family.
    pub task_definition: Option<TaskDefinition>,
    /// Active revisions of the family that carry the stack's tag, newest first. Read for a removal only.
    pub task_definition_arns: Vec<String>,
    /// The service.
    pub service: Option<Service>,
    /// The ALB.
    pub load_balancer: Option<LoadBalancer>,
    /// Its listeners.
    pub listeners: Vec<Listener>,
    /// The target group.
    pub target_group: Option<TargetGroup>,
    /// Targets in it that are healthy.
    #[serde(default)]
    pub healthy_targets: usize,
    /// The address that the panel is seen with, read where the spec lets only some reach the ALB. `None`: not asked, or
    /// nobody could tell.
    #[serde(default)]
    pub panel_address: Option<Ipv4Addr>,
    /// The Amplify app and branch.
    pub frontend: FrontendState,
    /// What earlier specs of the stack made, and what others use. Read for a removal only.
    #[serde(default, skip_serializing_if = "Leftovers::is_empty")]
    pub leftovers: Leftovers,
}

/// The frontend as it is. Only the values of the spec's own variables are kept: the others may be secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FrontendState {
    /// The spec has no frontend.
    #[default]
    NotWanted,
    /// No app of that id or name.
    AppMissing,
    /// The app has no such branch.
    BranchMissing {
        /// App id.
        app_id: String,
    },
    /// Amplify could not be asked (not offered in the region, not allowed, not emulated).
    Unreachable {
        /// AWS's own words.
        reason: String,
    },
    /// There.
    Found {
        /// App id.
        app_id: String,
        /// App name.
        app_name: String,
        /// `d….amplifyapp.com`.
        default_domain: String,
        /// Current values of the spec's variables in the wanted scope.
        values: BTreeMap<String, String>,
        /// Names of the other variables in that scope.
        other_names: Vec<String>,
        /// Spec variables that the branch overrides although the spec sets them app-wide.
        overridden_by_branch: Vec<String>,
        /// What the branch serves was built after the variables in that scope were changed last.
        built: bool,
    },
}

/// Identifies the part of a snapshot that a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SnapshotDigest(pub String);

/// Whether a resource with these tags belongs to the stack.
pub fn owned_by(tags: &Tags, stack: &str) -> bool {
    tags.get(TAG_STACK).is_some_and(|owner| owner == stack)
}
