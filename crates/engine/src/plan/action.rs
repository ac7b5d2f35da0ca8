//! What the steps of a plan do: every value that is known, and references to what earlier steps will answer.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::StepId;
pub use super::removal::Removal;
use crate::cloud::balancing::HealthCheck;
use crate::cloud::compute::DeploymentSettings;
use crate::cloud::hosting::VariableScope;
use crate::cloud::identity::LinkedService;
use crate::cloud::network::{Traffic, Zone};
use crate::cloud::registry::Architecture;
use crate::spec::image::pinned;

/// A value that is known, or that an earlier step will answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ref {
    /// Known when the plan was made.
    Known(String),
    /// Output of a step this one comes after.
    Output {
        /// The step.
        step: StepId,
        /// Which of its outputs.
        name: OutputName,
    },
}

/// Names of step outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputName {
    /// ARN.
    Arn,
    /// AWS id (`vpc-…`, `subnet-…`, `sg-…`, job number).
    Id,
    /// Name.
    Name,
    /// DNS name.
    DnsName,
    /// Repository or image URI.
    Uri,
    /// Full URL with scheme.
    Url,
    /// Image digest.
    Digest,
    /// Route table association id.
    Association,
    /// What a value was before, as JSON, so that it can be put back.
    Before,
    /// What was granted to something that is not ours, as JSON, so that it can be taken back.
    Granted,
}

/// Outputs of one step.
pub type Outputs = BTreeMap<OutputName, String>;

/// Who a rule of a planned security group speaks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulePeer {
    /// An IPv4 range.
    Cidr(Ipv4Net),
    /// Members of a security group.
    Group(Ref),
}

/// A rule of a planned security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedRule {
    /// Protocol and ports.
    pub traffic: Traffic,
    /// Who.
    pub peer: RulePeer,
    /// For people.
    pub description: String,
}

/// Which of the two security groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    /// The ALB's.
    LoadBalancer,
    /// The tasks'.
    Task,
}

/// The container of a planned task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedContainer {
    /// Name.
    pub name: String,
    /// Image URI: with the digest that its tag means now, where that can be read.
    pub image: String,
    /// The digest that takes the place of the image's tag, when the image is still to be pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Ref>,
    /// Port.
    pub port: u16,
    /// Command; empty: the image's own.
    pub command: Vec<String>,
    /// Plain variables.
    pub environment: BTreeMap<String, String>,
    /// Variable → secret ARN.
    pub secrets: BTreeMap<String, String>,
    /// Log group.
    pub log_group: String,
    /// Stream prefix.
    pub log_stream_prefix: String,
}

impl PlannedContainer {
    /// The image as it runs: pinned to the digest, once that is known.
    pub fn image_at(&self, digest: Option<&str>) -> String {
        digest.map_or_else(|| self.image.clone(), |digest| pinned(&self.image, digest))
    }
}

/// The task definition of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedTaskDefinition {
    /// Family.
    pub family: String,
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory_mib: u32,
    /// Architecture.
    pub architecture: Architecture,
    /// Execution role ARN.
    pub execution_role: Ref,
    /// Task role ARN.
    pub task_role: Option<String>,
    /// Container.
    pub container: PlannedContainer,
}

/// The service of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedService {
    /// Cluster name.
    pub cluster: String,
    /// Name.
    pub name: String,
    /// Task definition ARN.
    pub task_definition: Ref,
    /// Tasks.
    pub desired: u32,
    /// Subnets.
    pub subnets: Vec<Ref>,
    /// Security groups.
    pub security_groups: Vec<Ref>,
    /// Target group ARN.
    pub target_group: Ref,
    /// Container name.
    pub container: String,
    /// Container port.
    pub port: u16,
    /// Deployment settings.
    pub settings: DeploymentSettings,
    /// Grace period, seconds.
    pub health_grace_s: u32,
}

/// What a step does. The variant is the step's kind; one file of `engine::step` each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Service-linked role, once per account.
    LinkedRole {
        /// Whose.
        service: LinkedService,
    },
    /// ECR repository with scan on push and a lifecycle rule.
    Repository {
        /// Name.
        name: String,
        /// Scan on push.
        scan_on_push: bool,
        /// Lifecycle policy JSON.
        lifecycle_policy: String,
    },
    /// Wait until the image is in the repository.
    ImagePushed {
        /// Repository name.
        repository: String,
        /// Tag or digest.
        reference: String,
        /// The platform it must hold.
        architecture: Architecture,
    },
    /// Log group with retention.
    LogGroup {
        /// Name.
        name: String,
        /// Days.
        retention_days: u16,
    },
    /// Execution role.
    ExecutionRole {
        /// Name.
        name: String,
        /// Use an existing one that is not ours.
        adopt: bool,
        /// Managed policy to have attached.
        policy_arn: String,
        /// Inline policy JSON for the spec's secrets; `None`: no secrets.
        secrets_policy: Option<String>,
    },
    /// ECS cluster.
    Cluster {
        /// Name.
        name: String,
    },
    /// A new VPC.
    Vpc {
        /// Range.
        cidr: Ipv4Net,
        /// `Name` tag.
        name: String,
    },
    /// Its internet gateway.
    InternetGateway {
        /// VPC.
        vpc: Ref,
        /// `Name` tag.
        name: String,
    },
    /// Its route table with the default route.
    RouteTable {
        /// VPC.
        vpc: Ref,
        /// Internet gateway.
        gateway: Ref,
        /// `Name` tag.
        name: String,
    },
    /// A new public subnet: created, public addresses on, associated with a route table that leads to the internet.
    Subnet {
        /// VPC.
        vpc: Ref,
        /// Range.
        cidr: Ipv4Net,
        /// Where.
        zone: Zone,
        /// Route table; `None`: the VPC's main table leads to the internet already.
        route_table: Option<Ref>,
        /// `Name` tag.
        name: String,
    },
    /// A security group.
    SecurityGroup {
        /// Which.
        role: GroupRole,
        /// VPC.
        vpc: Ref,
        /// Name.
        name: String,
        /// An existing group chosen by the user (`sg-…`): only the rules are added.
        adopt: Option<String>,
        /// Incoming rules it must have.
        ingress: Vec<PlannedRule>,
        /// Outgoing rules it must have and no others; `None`: as AWS makes it (everything).
        egress: Option<Vec<PlannedRule>>,
    },
    /// ALB.
    LoadBalancer {
        /// Name.
        name: String,
        /// Subnets, one per zone.
        subnets: Vec<Ref>,
        /// Security groups.
        security_groups: Vec<Ref>,
    },
    /// Target group.
    TargetGroup {
        /// Name.
        name: String,
        /// Port.
        port: u16,
        /// VPC.
        vpc: Ref,
        /// Health check.
        health_check: HealthCheck,
        /// Deregistration delay, seconds.
        deregistration_delay_s: u16,
    },
    /// Listener on port 80.
    Listener {
        /// ALB ARN.
        load_balancer: Ref,
        /// Port.
        port: u16,
        /// Target group ARN.
        target_group: Ref,
    },
    /// Task definition revision.
    TaskDefinition(PlannedTaskDefinition),
    /// Service, registered with the target group.
    Service(PlannedService),
    /// Wait until the deployment is truly successful.
    Deployment {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
        /// The task definition that must be running.
        task_definition: Ref,
        /// Target group ARN.
        target_group: Ref,
        /// Tasks.
        desired: u32,
    },
    /// Wait until the ALB's name resolves and `GET path` answers.
    Reachable {
        /// ALB DNS name.
        dns_name: Ref,
        /// Path.
        path: String,
        /// Accepted codes.
        matcher: String,
        /// The target group whose healthy targets count instead, where `allow_from` shuts the panel out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shut_out: Option<Ref>,
    },
    /// Close the ports of the tasks' group that only the tasks before needed.
    ClosedPorts {
        /// The group's name.
        name: String,
        /// VPC.
        vpc: Ref,
        /// The group.
        group: Ref,
        /// Incoming rules it must not have any more.
        rules: Vec<PlannedRule>,
    },
    /// Ask the targets at a new path, once what runs has answered there.
    HealthCheck {
        /// The target group's name.
        name: String,
        /// Target group ARN.
        target_group: Ref,
        /// The check it ends with.
        health_check: HealthCheck,
    },
    /// Amplify variables: read, merge, write.
    FrontendVariables {
        /// App id.
        app_id: String,
        /// Where.
        scope: VariableScope,
        /// Variable names.
        variables: Vec<String>,
        /// ALB DNS name; the value is `http://` + it.
        dns_name: Ref,
    },
    /// Release job of the branch, waited for.
    FrontendRelease {
        /// App id.
        app_id: String,
        /// Branch.
        branch: String,
    },
    /// Remove something that Slipway created (destroy plans only).
    Remove {
        /// What.
        target: Removal,
    },
}
