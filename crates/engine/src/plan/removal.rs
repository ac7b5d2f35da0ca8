//! What the steps of a destroy plan remove.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::cloud::hosting::VariableScope;
use crate::cloud::network::Rule;

/// Things a destroy plan removes. Every id is known: it was read, with its ownership tag, when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Removal {
    /// Put the variables back as they were: `None` takes one away.
    FrontendVariables {
        /// App id.
        app_id: String,
        /// Where.
        scope: VariableScope,
        /// Value before, per name.
        before: BTreeMap<String, Option<String>>,
    },
    /// Scale to nothing, delete, wait until INACTIVE.
    Service {
        /// Cluster name.
        cluster: String,
        /// Service name.
        name: String,
    },
    /// Listener.
    Listener {
        /// ARN.
        arn: String,
        /// Port, for people.
        port: u16,
    },
    /// ALB, waited for until it is gone.
    LoadBalancer {
        /// ARN.
        arn: String,
        /// Name.
        name: String,
    },
    /// Target group.
    TargetGroup {
        /// ARN.
        arn: String,
        /// Name.
        name: String,
    },
    /// All active revisions that carry the stack's tag.
    TaskDefinitions {
        /// Family.
        family: String,
        /// ARNs.
        arns: Vec<String>,
    },
    /// Cluster.
    Cluster {
        /// Name.
        name: String,
    },
    /// Rules that Slipway added to a group that is not its own.
    SecurityGroupRules {
        /// `sg-…`.
        group_id: String,
        /// Rules.
        ingress: Vec<Rule>,
    },
    /// Security group; waits until no interface uses it.
    SecurityGroup {
        /// `sg-…`.
        id: String,
        /// Name.
        name: String,
    },
    /// Subnet with its route table association.
    Subnet {
        /// `subnet-…`.
        id: String,
        /// Range, for people.
        cidr: Ipv4Net,
    },
    /// Route table.
    RouteTable {
        /// `rtb-…`.
        id: String,
    },
    /// Internet gateway: detached, deleted.
    InternetGateway {
        /// `igw-…`.
        id: String,
        /// The VPC it is attached to.
        vpc_id: Option<String>,
    },
    /// VPC.
    Vpc {
        /// `vpc-…`.
        id: String,
    },
    /// The inline policy Slipway put on a role that is not its own.
    RolePolicy {
        /// Role name.
        role: String,
        /// Policy name.
        name: String,
    },
    /// Role with its policies.
    Role {
        /// Name.
        name: String,
        /// Managed policies to detach.
        attached_policies: Vec<String>,
        /// Inline policies to delete.
        inline_policies: Vec<String>,
    },
    /// Log group with the logs in it.
    LogGroup {
        /// Name.
        name: String,
    },
    /// Repository with the images in it.
    Repository {
        /// Name.
        name: String,
        /// Images in it when the plan was made.
        images: usize,
    },
}
