//! The checks by the names that the wizard's fields have: what the server says of a form after it was sent, a page can
//! say while it is filled in.

use super::{
    Checked, branch, cidr, container_name, environment, frontend_variable, image_reference, image_uri,
    matcher, name, number, path, port, repository, retention_days, role_arn, role_name, vpc_cidr,
};
use crate::spec::limits;

/// Fields that are checked by themselves, without a look at any other.
pub const NAMED: [&str; 26] = [
    "name",
    "environment",
    "image.new_repository",
    "image.tag",
    "image.uri",
    "network.new_vpc_cidr",
    "network.allow_from",
    "container.port",
    "container.name",
    "health.path",
    "health.matcher",
    "health.interval_s",
    "health.timeout_s",
    "health.healthy_threshold",
    "health.unhealthy_threshold",
    "health.grace_s",
    "health.drain_s",
    "service.desired_count",
    "service.failure_threshold",
    "service.minimum_healthy_percent",
    "service.maximum_percent",
    "logs.retention_days",
    "roles.execution",
    "roles.task",
    "frontend.branch",
    "frontend.variables",
];

/// Checks what was typed into the field of that name. A field that is not in [`NAMED`] is always right.
///
/// # Errors
/// What would be right.
pub fn named(field: &str, text: &str) -> Checked<()> {
    match field {
        "name" => name(text).map(drop),
        "environment" => environment(text).map(drop),
        "image.new_repository" => repository(text).map(drop),
        "image.tag" => image_reference(text).map(drop),
        "image.uri" => image_uri(text).map(drop),
        "network.new_vpc_cidr" => vpc_cidr(text).map(drop),
        "network.allow_from" => words(text).try_for_each(|word| cidr(word).map(drop)),
        "container.port" => port(text).map(drop),
        "container.name" => container_name(text).map(drop),
        "health.path" => path(text).map(drop),
        "health.matcher" => matcher(text).map(drop),
        "health.interval_s" => number(text, limits::HEALTH_INTERVAL_S).map(drop),
        "health.timeout_s" => number(text, limits::HEALTH_TIMEOUT_S).map(drop),
        "health.healthy_threshold" | "health.unhealthy_threshold" => {
            number(text, limits::HEALTH_THRESHOLD).map(drop)
        }
        "health.grace_s" => number(text, limits::HEALTH_GRACE_S).map(drop),
        "health.drain_s" => number(text, limits::DRAIN_S).map(drop),
        "service.desired_count" => number(text, limits::DESIRED_COUNT).map(drop),
        "service.failure_threshold" if text.trim() == "0" => Ok(()),
        "service.failure_threshold" => number(text, limits::FAILURE_THRESHOLD).map(drop),
        "service.minimum_healthy_percent" => number(text, limits::MINIMUM_HEALTHY_PERCENT).map(drop),
        "service.maximum_percent" => number(text, limits::MAXIMUM_PERCENT).map(drop),
        "logs.retention_days" => retention_days(text).map(drop),
        "roles.execution" if text.trim().is_empty() => Ok(()),
        "roles.execution" => role_name(text).map(drop),
        "roles.task" if text.trim().is_empty() => Ok(()),
        "roles.task" => role_arn(text).map(drop),
        "frontend.branch" => branch(text).map(drop),
        "frontend.variables" => words(text).try_for_each(|word| frontend_variable(word).map(drop)),
        _ => Ok(()),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n']).filter(|word| !word.is_empty())
}
