//! Checks of a whole spec: every problem at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::field::{self, Checked};
use super::problem::{Problem, ProblemCode};
use super::{
    ContainerSpec, FrontendSpec, HealthSpec, ImageSource, LogSpec, NetworkSpec, RoleSpec, SPEC_VERSION,
    ServiceSpec, StackSpec, VpcChoice, limits,
};

/// Every problem of a spec, in the order of its fields.
pub fn validate(spec: &StackSpec) -> Vec<Problem> {
    let mut found = Found::default();
    if spec.version != SPEC_VERSION {
        found.add(
            "version",
            &spec.version,
            ProblemCode::UnknownVersion {
                supported: SPEC_VERSION,
            },
        );
    }
    found.text("name", &spec.name, field::name);
    found.text("environment", &spec.environment, field::environment);
    found.text("region", &spec.region, field::region);
    image(&spec.image, &mut found);
    container(&spec.container, &mut found);
    health(&spec.health, &mut found);
    network(&spec.network, &mut found);
    service(&spec.service, &mut found);
    roles(&spec.roles, &mut found);
    logs(&spec.logs, &mut found);
    if let Some(frontend) = &spec.frontend {
        self::frontend(frontend, &mut found);
    }
    tags(&spec.tags, &mut found);
    found.problems
}

#[derive(Default)]
struct Found {
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, field: &str, given: &impl ToString, code: ProblemCode) {
        self.problems.push(Problem {
            field: field.to_owned(),
            code,
            given: given.to_string(),
        });
    }

    fn check<T>(&mut self, field: &str, given: &impl ToString, checked: Checked<T>) {
        if let Err(code) = checked {
            self.add(field, given, code);
        }
    }

    fn text<T>(&mut self, field: &str, text: &str, check: impl Fn(&str) -> Checked<T>) {
        self.check(field, &text, check(text));
    }

    fn number(&mut self, field: &str, value: impl Into<u64>, range: RangeInclusive<u64>) {
        let value = value.into();
        if !range.contains(&value) {
            self.add(
                field,
                &value,
                ProblemCode::OutOfRange {
                    min: *range.start(),
                    max: *range.end(),
                },
            );
        }
    }
}

fn image(image: &ImageSource, found: &mut Found) {
    match image {
        ImageSource::Repository { repository, tag } => {
            found.text("image.repository", repository, field::repository);
            found.text("image.tag", tag, field::image_reference);
        }
        ImageSource::Uri { uri } => found.text("image.uri", uri, field::image_uri),
    }
}

fn container(container: &ContainerSpec, found: &mut Found) {
    found.text("container.name", &container.name, field::container_name);
    found.number("container.port", container.port, limits::PORT);
    match field::cpu_value(container.cpu) {
        Err(code) => found.add("container.cpu", &container.cpu, code),
        Ok(cpu) => {
            found.check(
                "container.memory_mib",
                &container.memory_mib,
                field::memory_value(cpu, container.memory_mib),
            );
        }
    }
    for name in container.environment.keys() {
        found.text(&format!("container.environment.{name}"), name, field::variable);
    }
    for (name, arn) in &container.secrets {
        let field_name = format!("container.secrets.{name}");
        found.text(&field_name, name, field::variable);
        // What stands here in place of an ARN may be the secret itself: it is not repeated.
        found.check(&field_name, &"", field::secret_arn(arn));
        if container.environment.contains_key(name) {
            found.add(&field_name, name, ProblemCode::Twice);
        }
    }
}

fn health(health: &HealthSpec, found: &mut Found) {
    found.text("health.path", &health.path, field::path);
    found.text("health.matcher", &health.matcher, field::matcher);
    found.number("health.interval_s", health.interval_s, limits::HEALTH_INTERVAL_S);
    found.number("health.timeout_s", health.timeout_s, limits::HEALTH_TIMEOUT_S);
    if health.timeout_s >= health.interval_s {
        let other = "health.interval_s".to_owned();
        found.add(
            "health.timeout_s",
            &health.timeout_s,
            ProblemCode::NotLessThan { other },
        );
    }
    found.number(
        "health.healthy_threshold",
        health.healthy_threshold,
        limits::HEALTH_THRESHOLD,
    );
    found.number(
        "health.unhealthy_threshold",
        health.unhealthy_threshold,
        limits::HEALTH_THRESHOLD,
    );
    found.number("health.grace_s", health.grace_s, limits::HEALTH_GRACE_S);
    found.number("health.drain_s", health.drain_s, limits::DRAIN_S);
}

fn network(network: &NetworkSpec, found: &mut Found) {
    match &network.vpc {
        VpcChoice::Find => {}
        VpcChoice::Use(id) => found.text("network.vpc.use", id, field::vpc_id),
        VpcChoice::Create(net) => {
            found.check("network.vpc.create", net, field::vpc_value(*net));
            let conflict = || ProblemCode::ConflictsWith {
                other: "network.vpc.create".to_owned(),
            };
            if !network.subnets.is_empty() {
                found.add("network.subnets", &network.subnets.join(", "), conflict());
            }
            if let Some(net) = network.new_subnet_cidr {
                found.add("network.new_subnet_cidr", &net, conflict());
            }
            if let Some(group) = &network.task_security_group {
                found.add("network.task_security_group", group, conflict());
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (index, id) in network.subnets.iter().enumerate() {
        let field_name = format!("network.subnets[{index}]");
        found.text(&field_name, id, field::subnet_id);
        if !seen.insert(id) {
            found.add(&field_name, id, ProblemCode::Twice);
        }
    }
    if let Some(net) = network.new_subnet_cidr {
        found.check("network.new_subnet_cidr", &net, field::subnet_value(net));
    }
    if let Some(id) = &network.task_security_group {
        found.text("network.task_security_group", id, field::security_group_id);
    }
    let mut seen = BTreeSet::new();
    for (index, net) in network.allow_from.iter().enumerate() {
        let field_name = format!("network.allow_from[{index}]");
        found.check(&field_name, net, field::cidr_value(*net));
        if !seen.insert(net) {
            found.add(&field_name, net, ProblemCode::Twice);
        }
    }
}

fn service(service: &ServiceSpec, found: &mut Found) {
    found.number(
        "service.desired_count",
        service.desired_count,
        limits::DESIRED_COUNT,
    );
    if service.failure_threshold != 0 {
        found.number(
            "service.failure_threshold",
            service.failure_threshold,
            limits::FAILURE_THRESHOLD,
        );
    }
    let (minimum, maximum) = (service.minimum_healthy_percent, service.maximum_percent);
    found.number(
        "service.minimum_healthy_percent",
        minimum,
        limits::MINIMUM_HEALTHY_PERCENT,
    );
    found.number("service.maximum_percent", maximum, limits::MAXIMUM_PERCENT);
    let desired = service.desired_count;
    let lower = (desired * u32::from(minimum)).div_ceil(100);
    let upper = desired * u32::from(maximum) / 100;
    if (1..=100).contains(&desired) && upper <= lower {
        found.add("service.maximum_percent", &maximum, ProblemCode::NoRoomToDeploy);
    }
}

fn roles(roles: &RoleSpec, found: &mut Found) {
    if let Some(name) = &roles.execution {
        found.text("roles.execution", name, field::role_name);
    }
    if let Some(arn) = &roles.task {
        found.text("roles.task", arn, field::role_arn);
    }
}

fn logs(logs: &LogSpec, found: &mut Found) {
    found.check(
        "logs.retention_days",
        &logs.retention_days,
        field::retention_value(logs.retention_days),
    );
    if let Some(group) = &logs.group {
        found.text("logs.group", group, field::log_group);
    }
}

fn frontend(frontend: &FrontendSpec, found: &mut Found) {
    found.text("frontend.app", &frontend.app, field::frontend_app);
    found.text("frontend.branch", &frontend.branch, field::branch);
    if frontend.variables.is_empty() {
        found.add("frontend.variables", &"", ProblemCode::Missing);
    }
    let mut seen = BTreeSet::new();
    for (index, name) in frontend.variables.iter().enumerate() {
        let field_name = format!("frontend.variables[{index}]");
        found.text(&field_name, name, field::frontend_variable);
        if !seen.insert(name) {
            found.add(&field_name, name, ProblemCode::Twice);
        }
    }
}

fn tags(tags: &BTreeMap<String, String>, found: &mut Found) {
    found.number("tags", tags.len() as u64, limits::TAGS);
    for (key, value) in tags {
        found.check(
            &format!("tags.{key}"),
            &format!("{key}={value}"),
            field::tag(key, value),
        );
    }
}
