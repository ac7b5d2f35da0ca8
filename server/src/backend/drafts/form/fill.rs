//! The form's values: safe proposals, and those of a spec that exists.

use app::backend::drafts::FormValues;
use engine::cloud::registry::Architecture;
use engine::spec::{HealthSpec, ImageSource, LogSpec, ServiceSpec, StackSpec, VpcChoice, WhenMissing};

use super::lines;

/// Safe proposals for everything that has one.
pub(in crate::backend::drafts) fn defaults() -> FormValues {
    let health = HealthSpec::default();
    let service = ServiceSpec::default();
    let pairs = [
        ("environment", "production".to_owned()),
        ("image.tag", "latest".to_owned()),
        ("network.task_security_group", "new".to_owned()),
        ("network.new_vpc_cidr", "10.0.0.0/16".to_owned()),
        ("container.name", "api".to_owned()),
        ("container.size", "256/512".to_owned()),
        ("container.architecture", "x86_64".to_owned()),
        ("health.path", health.path),
        ("health.matcher", health.matcher),
        ("health.interval_s", health.interval_s.to_string()),
        ("health.timeout_s", health.timeout_s.to_string()),
        ("health.healthy_threshold", health.healthy_threshold.to_string()),
        (
            "health.unhealthy_threshold",
            health.unhealthy_threshold.to_string(),
        ),
        ("health.grace_s", health.grace_s.to_string()),
        ("health.drain_s", health.drain_s.to_string()),
        ("service.desired_count", service.desired_count.to_string()),
        ("service.failure_threshold", service.failure_threshold.to_string()),
        ("service.rollback", "on".to_owned()),
        (
            "service.minimum_healthy_percent",
            service.minimum_healthy_percent.to_string(),
        ),
        ("service.maximum_percent", service.maximum_percent.to_string()),
        (
            "logs.retention_days",
            LogSpec::default().retention_days.to_string(),
        ),
        ("frontend.branch", "main".to_owned()),
        ("frontend.variables", "NEXT_PUBLIC_API_BASE".to_owned()),
    ];
    pairs
        .into_iter()
        .map(|(field, value)| (field.to_owned(), vec![value]))
        .collect()
}

/// The form's values for a spec that was applied.
pub(in crate::backend::drafts) fn from_spec(spec: &StackSpec, connection: &str) -> FormValues {
    let mut values = defaults();
    let mut set = |field: &str, value: String| {
        values.insert(field.to_owned(), vec![value]);
    };
    set("connection", connection.to_owned());
    set("name", spec.name.clone());
    set("environment", spec.environment.clone());
    match &spec.image {
        ImageSource::Repository { repository, tag } => {
            set("image.choice", format!("{repository}:{tag}"));
            set("image.new_repository", repository.clone());
            set("image.tag", tag.clone());
        }
        ImageSource::Uri { uri } => {
            set("image.choice", "uri".to_owned());
            set("image.uri", uri.clone());
        }
    }
    match &spec.network.vpc {
        VpcChoice::Find => {}
        VpcChoice::Use(id) => set("network.vpc", id.clone()),
        VpcChoice::Create(cidr) => {
            set("network.vpc", "new".to_owned());
            set("network.new_vpc_cidr", cidr.to_string());
        }
    }
    if let Some(range) = spec.network.new_subnet_cidr {
        set("network.offered", "1".to_owned());
        set("network.proposed", range.to_string());
    }
    if let Some(group) = &spec.network.task_security_group {
        set("network.task_security_group", group.clone());
    }
    let ranges: Vec<String> = spec.network.allow_from.iter().map(ToString::to_string).collect();
    set("network.allow_from", ranges.join(", "));
    set("container.name", spec.container.name.clone());
    set("container.port", spec.container.port.to_string());
    set(
        "container.size",
        format!("{}/{}", spec.container.cpu, spec.container.memory_mib),
    );
    let architecture = match spec.container.architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Arm64 => "arm64",
    };
    set("container.architecture", architecture.to_owned());
    set("container.command", lines::joined(&spec.container.command));
    set(
        "container.environment",
        lines::written(&spec.container.environment),
    );
    set("container.secrets", lines::written(&spec.container.secrets));
    set("health.path", spec.health.path.clone());
    set("health.matcher", spec.health.matcher.clone());
    set("health.interval_s", spec.health.interval_s.to_string());
    set("health.timeout_s", spec.health.timeout_s.to_string());
    set(
        "health.healthy_threshold",
        spec.health.healthy_threshold.to_string(),
    );
    set(
        "health.unhealthy_threshold",
        spec.health.unhealthy_threshold.to_string(),
    );
    set("health.grace_s", spec.health.grace_s.to_string());
    set("health.drain_s", spec.health.drain_s.to_string());
    set("service.desired_count", spec.service.desired_count.to_string());
    set(
        "service.failure_threshold",
        spec.service.failure_threshold.to_string(),
    );
    set(
        "service.rollback",
        if spec.service.rollback { "on" } else { "" }.to_owned(),
    );
    set(
        "service.minimum_healthy_percent",
        spec.service.minimum_healthy_percent.to_string(),
    );
    set(
        "service.maximum_percent",
        spec.service.maximum_percent.to_string(),
    );
    set("logs.retention_days", spec.logs.retention_days.to_string());
    set("logs.group", spec.logs.group.clone().unwrap_or_default());
    set("tags", lines::written(&spec.tags));
    set(
        "roles.execution",
        spec.roles.execution.clone().unwrap_or_default(),
    );
    set("roles.task", spec.roles.task.clone().unwrap_or_default());
    if let Some(frontend) = &spec.frontend {
        set("frontend.app", frontend.app.clone());
        set("frontend.branch", frontend.branch.clone());
        set("frontend.variables", frontend.variables.join(", "));
        set(
            "frontend.branch_only",
            if frontend.branch_only { "on" } else { "" }.to_owned(),
        );
        let skips = frontend.when_missing == WhenMissing::Skip;
        set("frontend.skip_missing", if skips { "on" } else { "" }.to_owned());
    }
    values.insert("network.subnets".to_owned(), spec.network.subnets.clone());
    values
}
