//! What the user wants: one stack, in one versioned document (TOML or JSON).
//!
//! Reading a spec never stops at the first problem: [`read`] and [`validate`] answer every problem at once.

pub mod fargate;
pub mod field;
pub mod image;
pub mod limits;
pub mod names;
pub mod problem;
pub mod read;
pub mod region;
pub mod rule;
pub mod spelling;
pub mod validate;

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::cloud::registry::Architecture;

/// The version this build reads and writes.
pub const SPEC_VERSION: u32 = 1;

/// One stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackSpec {
    /// [`SPEC_VERSION`].
    pub version: u32,
    /// Name of the stack: 2–24 characters, lower-case letters, digits and hyphens, starts with a letter, no hyphen at the end.
    pub name: String,
    /// What it is for: `production`, `staging`, … A label, same rules as the name.
    #[serde(default = "defaults::environment")]
    pub environment: String,
    /// Region code.
    pub region: String,
    /// The image.
    pub image: ImageSource,
    /// The container.
    pub container: ContainerSpec,
    /// Health.
    #[serde(default)]
    pub health: HealthSpec,
    /// Network.
    #[serde(default)]
    pub network: NetworkSpec,
    /// Service.
    #[serde(default)]
    pub service: ServiceSpec,
    /// Roles.
    #[serde(default)]
    pub roles: RoleSpec,
    /// Logs.
    #[serde(default)]
    pub logs: LogSpec,
    /// The Amplify frontend, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontend: Option<FrontendSpec>,
    /// Extra tags on everything that is created.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Where the image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum ImageSource {
    /// A private ECR repository of the connection's own account and region. Made by the plan when it is missing.
    Repository {
        /// Repository name.
        repository: String,
        /// Tag, or a `sha256:` digest.
        #[serde(default = "defaults::tag")]
        tag: String,
    },
    /// Any image by its full name, for example `public.ecr.aws/nginx/nginx:1.27`.
    Uri {
        /// Full name with tag or digest.
        uri: String,
    },
}

/// The container and the task around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerSpec {
    /// Container name.
    #[serde(default = "defaults::container")]
    pub name: String,
    /// The port the process listens on.
    pub port: u16,
    /// CPU units: 256, 512, 1024, 2048, 4096, 8192, 16384.
    #[serde(default = "defaults::cpu")]
    pub cpu: u32,
    /// MiB; only Fargate's valid pairs with `cpu` (catalogue B1).
    #[serde(default = "defaults::memory_mib")]
    pub memory_mib: u32,
    /// Architecture of the image.
    #[serde(default = "defaults::architecture")]
    pub architecture: Architecture,
    /// Replaces the image's command; empty: the image's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Plain variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Variable name → ARN of a Secrets Manager secret or SSM parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

/// The target group's health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthSpec {
    /// Path, starts with `/`.
    pub path: String,
    /// Accepted codes.
    pub matcher: String,
    /// Seconds between checks, 5–300.
    pub interval_s: u16,
    /// Seconds to wait, 2–120, less than the interval.
    pub timeout_s: u16,
    /// Successes until healthy, 2–10.
    pub healthy_threshold: u8,
    /// Failures until unhealthy, 2–10.
    pub unhealthy_threshold: u8,
    /// Seconds after a task's start in which failures do not count, 0–7200.
    pub grace_s: u32,
    /// Seconds a leaving task may finish its requests, 0–3600.
    pub drain_s: u16,
}

impl Default for HealthSpec {
    fn default() -> Self {
        Self {
            path: "/health".into(),
            matcher: "200".into(),
            interval_s: 10,
            timeout_s: 5,
            healthy_threshold: 2,
            unhealthy_threshold: 2,
            grace_s: 60,
            drain_s: 30,
        }
    }
}

/// Which VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VpcChoice {
    /// The only VPC of the region, or else the default one.
    #[default]
    Find,
    /// This one.
    Use(String),
    /// A new one with this range, two public subnets, an internet gateway and a route table.
    Create(Ipv4Net),
}

/// Network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSpec {
    /// VPC.
    pub vpc: VpcChoice,
    /// Public subnets for ALB and tasks; empty: found, and what is missing for two zones is created.
    pub subnets: Vec<String>,
    /// A range for the subnet that has to be created; `None`: the first free /24 (or smaller) of the VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_subnet_cidr: Option<Ipv4Net>,
    /// An existing security group for the tasks, used as it is plus the rule from the ALB; `None`: a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_security_group: Option<String>,
    /// Who may reach the ALB; empty: everybody.
    pub allow_from: Vec<Ipv4Net>,
}

/// Service and deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSpec {
    /// Tasks, 0–100.
    pub desired_count: u32,
    /// Circuit breaker: failed tasks until a deployment counts as failed, 2–100; 0 turns it off.
    pub failure_threshold: u32,
    /// Go back to the last good deployment when one fails.
    pub rollback: bool,
    /// Lower limit of healthy tasks, % of desired.
    pub minimum_healthy_percent: u16,
    /// Upper limit of tasks, % of desired.
    pub maximum_percent: u16,
}

impl Default for ServiceSpec {
    fn default() -> Self {
        Self {
            desired_count: 1,
            failure_threshold: 3,
            rollback: true,
            minimum_healthy_percent: 100,
            maximum_percent: 200,
        }
    }
}

/// Roles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleSpec {
    /// Name of the execution role. Named here: an existing role of that name is adopted. `None`: `NAME-execution`, ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// ARN of the role the application itself runs as. `None`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSpec {
    /// Days; one of the values CloudWatch Logs accepts.
    pub retention_days: u16,
    /// Log group; `None`: `/ecs/NAME-CONTAINER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Default for LogSpec {
    fn default() -> Self {
        Self {
            retention_days: 30,
            group: None,
        }
    }
}

/// What to do when the Amplify app of the spec is not in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenMissing {
    /// The plan is refused.
    #[default]
    Fail,
    /// The frontend's steps are left out, and the plan says so.
    Skip,
}

/// The Amplify frontend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontendSpec {
    /// App id (`d…`) or app name.
    pub app: String,
    /// Branch to build.
    #[serde(default = "defaults::branch")]
    pub branch: String,
    /// Variables that get the backend's full URL.
    #[serde(default = "defaults::variables")]
    pub variables: Vec<String>,
    /// Set them on the branch only instead of the whole app.
    #[serde(default)]
    pub branch_only: bool,
    /// What to do when the app is not there.
    #[serde(default)]
    pub when_missing: WhenMissing,
}

mod defaults {
    use super::Architecture;

    pub(super) fn environment() -> String {
        "production".into()
    }
    pub(super) fn tag() -> String {
        "latest".into()
    }
    pub(super) fn container() -> String {
        "api".into()
    }
    pub(super) fn cpu() -> u32 {
        256
    }
    pub(super) fn memory_mib() -> u32 {
        512
    }
    pub(super) fn architecture() -> Architecture {
        Architecture::X86_64
    }
    pub(super) fn branch() -> String {
        "main".into()
    }
    pub(super) fn variables() -> Vec<String> {
        vec!["NEXT_PUBLIC_API_BASE".into()]
    }
}
