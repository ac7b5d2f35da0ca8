//! What everything of a stack is called. Deterministic: the same spec gives the same names, which is how a run that
//! was cut off finds its things again.

use sha2::{Digest, Sha256};

use super::StackSpec;

/// The longest name of an ALB or target group.
const BALANCING_LIMIT: usize = 32;
/// The longest name of a security group.
const GROUP_LIMIT: usize = 255;
/// The longest name of a role.
const ROLE_LIMIT: usize = 64;

/// Prefix of the log streams.
pub const LOG_STREAM_PREFIX: &str = "ecs";

/// The names of a stack's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The stack itself.
    pub stack: String,
    /// ECS cluster.
    pub cluster: String,
    /// Task definition family.
    pub family: String,
    /// ECS service.
    pub service: String,
    /// ALB, ≤ 32 characters.
    pub load_balancer: String,
    /// Target group, ≤ 32 characters.
    pub target_group: String,
    /// The ALB's security group.
    pub load_balancer_group: String,
    /// The tasks' security group.
    pub task_group: String,
    /// Log group.
    pub log_group: String,
    /// Execution role.
    pub execution_role: String,
    /// Inline policy that lets the execution role read the spec's secrets. It carries the stack's name, because two stacks
    /// may share a role.
    pub secrets_policy: String,
    /// `Name` tag of a created VPC.
    pub vpc: String,
    /// `Name` tag of a created internet gateway.
    pub internet_gateway: String,
    /// `Name` tag of a created route table.
    pub route_table: String,
}

impl Names {
    /// The names for a spec.
    pub fn of(spec: &StackSpec) -> Self {
        let stack = &spec.name;
        let log_group = spec
            .logs
            .group
            .clone()
            .unwrap_or_else(|| format!("/ecs/{stack}-{}", spec.container.name));
        let execution_role = spec
            .roles
            .execution
            .clone()
            .unwrap_or_else(|| fit(stack, "-execution", ROLE_LIMIT, ""));
        Self {
            stack: stack.clone(),
            cluster: format!("{stack}-cluster"),
            family: format!("{stack}-task"),
            service: format!("{stack}-service"),
            load_balancer: fit(stack, "-alb", BALANCING_LIMIT, "internal-"),
            target_group: fit(stack, "-tg", BALANCING_LIMIT, "internal-"),
            load_balancer_group: fit(stack, "-alb", GROUP_LIMIT, "sg-"),
            task_group: fit(stack, "-task", GROUP_LIMIT, "sg-"),
            log_group,
            execution_role,
            secrets_policy: format!("slipway-{stack}-secrets"),
            vpc: format!("{stack}-vpc"),
            internet_gateway: format!("{stack}-igw"),
            route_table: format!("{stack}-public"),
        }
    }

    /// `Name` tag of a created subnet: the zone's letter tells people where it is.
    pub fn subnet(&self, zone_name: &str) -> String {
        let letters = zone_name.rsplit('-').next().unwrap_or(zone_name);
        format!("{}-public-{letters}", self.stack)
    }
}

/// `stem` + `suffix`, or, where AWS would refuse that (too long, or a prefix it keeps for itself), a cut stem with six
/// hexadecimal digits of the whole stem's hash, so that two long names with the same beginning stay apart.
fn fit(stem: &str, suffix: &str, limit: usize, kept_by_aws: &str) -> String {
    let plain = format!("{stem}{suffix}");
    let refused = !kept_by_aws.is_empty() && plain.starts_with(kept_by_aws);
    if plain.len() <= limit && !refused {
        return plain;
    }
    let hash: String = Sha256::digest(stem.as_bytes())
        .iter()
        .take(3)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let front = if refused { "x-" } else { "" };
    let room = limit.saturating_sub(front.len() + suffix.len() + hash.len() + 1);
    let cut: String = stem.chars().take(room).collect();
    format!("{front}{}-{hash}{suffix}", cut.trim_end_matches('-'))
}
