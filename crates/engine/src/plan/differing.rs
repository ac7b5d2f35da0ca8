//! In what something that exists can differ from what is wanted.

/// One field. A reason keeps the codes of several, separated by commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Differing {
    /// Whether a subnet gives public addresses.
    MapPublicIp,
    /// The route table of a subnet.
    RouteTable,
    /// A role's managed policies.
    AttachedPolicies,
    /// A role's policy for the spec's secrets.
    SecretsPolicy,
    /// Subnets of a load balancer.
    Subnets,
    /// Security groups of a load balancer.
    SecurityGroups,
    /// A target group's health check.
    HealthCheck,
    /// A target group's deregistration delay.
    DeregistrationDelayS,
    /// A repository's scan on push.
    ScanOnPush,
    /// A repository's lifecycle policy.
    LifecyclePolicy,
    /// A group's incoming rules.
    Ingress,
    /// A group's outgoing rules.
    Egress,
    /// CPU units.
    Cpu,
    /// Memory.
    MemoryMib,
    /// Architecture.
    Architecture,
    /// Execution role.
    ExecutionRole,
    /// Task role.
    TaskRole,
    /// The container's name.
    Name,
    /// Image.
    Image,
    /// Port.
    Port,
    /// Command.
    Command,
    /// Variables.
    Environment,
    /// Secrets.
    Secrets,
    /// Log group or stream prefix.
    LogGroup,
    /// Task definition revision of a service.
    TaskDefinition,
    /// Number of tasks.
    Desired,
    /// Whether tasks get public addresses.
    AssignPublicIp,
    /// Target group of a service.
    TargetGroup,
    /// Deployment settings.
    Settings,
    /// Grace period.
    HealthGraceS,
    /// What a listener does.
    Action,
    /// How long a log group keeps.
    RetentionDays,
    /// Routes of a route table.
    Routes,
    /// Whether a gateway belongs to a VPC.
    Attachment,
    /// The container's own health check.
    HealthCommand,
    /// DNS host names of a VPC.
    Dns,
}

impl Differing {
    /// Every field.
    pub const ALL: [Self; 36] = [
        Self::MapPublicIp,
        Self::RouteTable,
        Self::AttachedPolicies,
        Self::SecretsPolicy,
        Self::Subnets,
        Self::SecurityGroups,
        Self::HealthCheck,
        Self::DeregistrationDelayS,
        Self::ScanOnPush,
        Self::LifecyclePolicy,
        Self::Ingress,
        Self::Egress,
        Self::Cpu,
        Self::MemoryMib,
        Self::Architecture,
        Self::ExecutionRole,
        Self::TaskRole,
        Self::Name,
        Self::Image,
        Self::Port,
        Self::Command,
        Self::Environment,
        Self::Secrets,
        Self::LogGroup,
        Self::TaskDefinition,
        Self::Desired,
        Self::AssignPublicIp,
        Self::TargetGroup,
        Self::Settings,
        Self::HealthGraceS,
        Self::Action,
        Self::RetentionDays,
        Self::Routes,
        Self::Attachment,
        Self::HealthCommand,
        Self::Dns,
    ];

    /// Its code in a plan.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::MapPublicIp => "map_public_ip",
            Self::RouteTable => "route_table",
            Self::AttachedPolicies => "attached_policies",
            Self::SecretsPolicy => "secrets_policy",
            Self::Subnets => "subnets",
            Self::SecurityGroups => "security_groups",
            Self::HealthCheck => "health_check",
            Self::DeregistrationDelayS => "deregistration_delay_s",
            Self::ScanOnPush => "scan_on_push",
            Self::LifecyclePolicy => "lifecycle_policy",
            Self::Ingress => "ingress",
            Self::Egress => "egress",
            Self::Cpu => "cpu",
            Self::MemoryMib => "memory_mib",
            Self::Architecture => "architecture",
            Self::ExecutionRole => "execution_role",
            Self::TaskRole => "task_role",
            Self::Name => "name",
            Self::Image => "image",
            Self::Port => "port",
            Self::Command => "command",
            Self::Environment => "environment",
            Self::Secrets => "secrets",
            Self::LogGroup => "log_group",
            Self::TaskDefinition => "task_definition",
            Self::Desired => "desired",
            Self::AssignPublicIp => "assign_public_ip",
            Self::TargetGroup => "target_group",
            Self::Settings => "settings",
            Self::HealthGraceS => "health_grace_s",
            Self::Action => "action",
            Self::RetentionDays => "retention_days",
            Self::Routes => "routes",
            Self::Attachment => "attachment",
            Self::HealthCommand => "health_command",
            Self::Dns => "dns",
        }
    }

    /// The field of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// The codes of several, as a reason keeps them.
    pub(super) fn listed(fields: &[Self]) -> String {
        fields
            .iter()
            .map(|field| field.code())
            .collect::<Vec<_>>()
            .join(", ")
    }
}
