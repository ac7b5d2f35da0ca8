//! One function per table of the document.

use ipnet::Ipv4Net;
use serde_json::{Map, Value};

use super::section::{Section, plain, problem};
use crate::spec::field::{self, Checked};
use crate::spec::problem::{Problem, ProblemCode};
use crate::spec::{
    Architecture, ContainerSpec, FrontendSpec, HealthSpec, ImageSource, LogSpec, NetworkSpec, RoleSpec,
    ServiceSpec, VpcChoice, WhenMissing, defaults, limits,
};

/// A table that has to be there.
fn required<'v>(
    top: &mut Section<'v>,
    key: &'static str,
    problems: &mut Vec<Problem>,
) -> Option<Section<'v>> {
    if !top.has(key) {
        problems.push(problem(key, ProblemCode::Missing, ""));
    }
    top.section(key, problems)
}

pub(super) fn image(top: &mut Section<'_>, problems: &mut Vec<Problem>) -> ImageSource {
    // Valid, so that nothing more is reported about an image that could not be read at all.
    let placeholder = || ImageSource::Repository {
        repository: "placeholder".into(),
        tag: defaults::tag(),
    };
    let Some(mut section) = required(top, "image", problems) else {
        return placeholder();
    };
    let repository = section.text("repository", problems);
    let tag = section.text("tag", problems);
    let uri = section.text("uri", problems);
    section.finish(problems);
    match (repository, uri) {
        (Some(repository), None) => ImageSource::Repository {
            repository,
            tag: tag.unwrap_or_else(defaults::tag),
        },
        (None, Some(uri)) => {
            if let Some(tag) = tag {
                problems.push(problem(
                    "image.tag",
                    ProblemCode::ConflictsWith {
                        other: "image.uri".into(),
                    },
                    &tag,
                ));
            }
            ImageSource::Uri { uri }
        }
        (Some(_), Some(uri)) => {
            let code = ProblemCode::ConflictsWith {
                other: "image.repository".into(),
            };
            problems.push(problem("image.uri", code, &uri));
            placeholder()
        }
        (None, None) => {
            if !problems.iter().any(|problem| problem.field.starts_with("image")) {
                problems.push(problem("image.repository", ProblemCode::Missing, ""));
            }
            placeholder()
        }
    }
}

pub(super) fn container(top: &mut Section<'_>, problems: &mut Vec<Problem>) -> ContainerSpec {
    let any = 0..=u64::from(u32::MAX);
    let empty = Map::new();
    let mut section = match required(top, "container", problems) {
        Some(section) => section,
        None => Section::new("container", &empty),
    };
    if !section.has("port") && !problems.iter().any(|problem| problem.field == "container") {
        problems.push(problem("container.port", ProblemCode::Missing, ""));
    }
    let spec = ContainerSpec {
        name: section.text("name", problems).unwrap_or_else(defaults::container),
        port: section.number("port", limits::PORT, problems).unwrap_or(80),
        cpu: section
            .number("cpu", any.clone(), problems)
            .unwrap_or_else(defaults::cpu),
        memory_mib: section
            .number("memory_mib", any, problems)
            .unwrap_or_else(defaults::memory_mib),
        architecture: architecture(&mut section, problems).unwrap_or_else(defaults::architecture),
        command: section.texts("command", problems).unwrap_or_default(),
        environment: section.text_table("environment", problems).unwrap_or_default(),
        secrets: section.text_table("secrets", problems).unwrap_or_default(),
    };
    section.finish(problems);
    spec
}

fn choice<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    choices: &[(&str, T)],
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let text = section.text(key, problems)?;
    let found = choices
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, value)| *value);
    if found.is_none() {
        let choices = choices.iter().map(|(name, _)| (*name).to_owned()).collect();
        problems.push(problem(
            section.field(key),
            ProblemCode::NotOneOf { choices },
            &text,
        ));
    }
    found
}

fn architecture(section: &mut Section<'_>, problems: &mut Vec<Problem>) -> Option<Architecture> {
    choice(
        section,
        "architecture",
        &[("x86_64", Architecture::X86_64), ("arm64", Architecture::Arm64)],
        problems,
    )
}

pub(super) fn health(mut section: Section<'_>, problems: &mut Vec<Problem>) -> HealthSpec {
    let usual = HealthSpec::default();
    let threshold = limits::HEALTH_THRESHOLD;
    let spec = HealthSpec {
        path: section.text("path", problems).unwrap_or(usual.path),
        matcher: section.text("matcher", problems).unwrap_or(usual.matcher),
        interval_s: section
            .number("interval_s", limits::HEALTH_INTERVAL_S, problems)
            .unwrap_or(usual.interval_s),
        timeout_s: section
            .number("timeout_s", limits::HEALTH_TIMEOUT_S, problems)
            .unwrap_or(usual.timeout_s),
        healthy_threshold: section
            .number("healthy_threshold", threshold.clone(), problems)
            .unwrap_or(usual.healthy_threshold),
        unhealthy_threshold: section
            .number("unhealthy_threshold", threshold, problems)
            .unwrap_or(usual.unhealthy_threshold),
        grace_s: section
            .number("grace_s", limits::HEALTH_GRACE_S, problems)
            .unwrap_or(usual.grace_s),
        drain_s: section
            .number("drain_s", limits::DRAIN_S, problems)
            .unwrap_or(usual.drain_s),
    };
    section.finish(problems);
    spec
}

fn checked<T>(
    field: &str,
    text: &str,
    check: impl Fn(&str) -> Checked<T>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    check(text)
        .map_err(|code| problems.push(problem(field, code, text)))
        .ok()
}

fn net(
    section: &mut Section<'_>,
    key: &'static str,
    check: impl Fn(&str) -> Checked<Ipv4Net>,
    problems: &mut Vec<Problem>,
) -> Option<Ipv4Net> {
    let text = section.text(key, problems)?;
    checked(&section.field(key), &text, check, problems)
}

pub(super) fn network(mut section: Section<'_>, problems: &mut Vec<Problem>) -> NetworkSpec {
    let spec = NetworkSpec {
        vpc: section
            .take("vpc")
            .map(|value| vpc(value, problems))
            .unwrap_or_default(),
        subnets: section.texts("subnets", problems).unwrap_or_default(),
        new_subnet_cidr: net(&mut section, "new_subnet_cidr", field::subnet_cidr, problems),
        task_security_group: section.text("task_security_group", problems),
        allow_from: section
            .texts("allow_from", problems)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .filter_map(|(index, text)| {
                checked(
                    &format!("network.allow_from[{index}]"),
                    text,
                    field::cidr,
                    problems,
                )
            })
            .collect(),
    };
    section.finish(problems);
    spec
}

/// `"find"`, `{ use = "vpc-…" }` or `{ create = "10.0.0.0/16" }`.
fn vpc(value: &Value, problems: &mut Vec<Problem>) -> VpcChoice {
    let not_a_choice = |problems: &mut Vec<Problem>| {
        let choices = ["\"find\"", "{ use = \"vpc-…\" }", "{ create = \"10.0.0.0/16\" }"]
            .map(str::to_owned)
            .to_vec();
        problems.push(problem(
            "network.vpc",
            ProblemCode::NotOneOf { choices },
            &plain(value),
        ));
        VpcChoice::Find
    };
    let Some(table) = value.as_object() else {
        return if value.as_str() == Some("find") {
            VpcChoice::Find
        } else {
            not_a_choice(problems)
        };
    };
    let mut section = Section::new("network.vpc", table);
    let before = problems.len();
    let used = section.text("use", problems);
    let created = net(&mut section, "create", field::vpc_cidr, problems);
    section.finish(problems);
    match (used, created) {
        (Some(id), None) => VpcChoice::Use(id),
        (None, Some(net)) => VpcChoice::Create(net),
        _ if problems.len() > before => VpcChoice::Find,
        _ => not_a_choice(problems),
    }
}

pub(super) fn service(mut section: Section<'_>, problems: &mut Vec<Problem>) -> ServiceSpec {
    let usual = ServiceSpec::default();
    let spec = ServiceSpec {
        desired_count: section
            .number("desired_count", limits::DESIRED_COUNT, problems)
            .unwrap_or(usual.desired_count),
        failure_threshold: section
            .number("failure_threshold", limits::FAILURE_THRESHOLD, problems)
            .unwrap_or(usual.failure_threshold),
        rollback: section.boolean("rollback", problems).unwrap_or(usual.rollback),
        minimum_healthy_percent: section
            .number(
                "minimum_healthy_percent",
                limits::MINIMUM_HEALTHY_PERCENT,
                problems,
            )
            .unwrap_or(usual.minimum_healthy_percent),
        maximum_percent: section
            .number("maximum_percent", limits::MAXIMUM_PERCENT, problems)
            .unwrap_or(usual.maximum_percent),
    };
    section.finish(problems);
    spec
}

pub(super) fn roles(mut section: Section<'_>, problems: &mut Vec<Problem>) -> RoleSpec {
    let spec = RoleSpec {
        execution: section.text("execution", problems),
        task: section.text("task", problems),
    };
    section.finish(problems);
    spec
}

pub(super) fn logs(mut section: Section<'_>, problems: &mut Vec<Problem>) -> LogSpec {
    let usual = LogSpec::default();
    let days = 0..=u64::from(u16::MAX);
    let spec = LogSpec {
        retention_days: section
            .number("retention_days", days, problems)
            .unwrap_or(usual.retention_days),
        group: section.text("group", problems),
    };
    section.finish(problems);
    spec
}

pub(super) fn frontend(mut section: Section<'_>, problems: &mut Vec<Problem>) -> FrontendSpec {
    let spec = FrontendSpec {
        app: section.required_text("app", problems).unwrap_or_default(),
        branch: section.text("branch", problems).unwrap_or_else(defaults::branch),
        variables: section
            .texts("variables", problems)
            .unwrap_or_else(defaults::variables),
        branch_only: section.boolean("branch_only", problems).unwrap_or(false),
        when_missing: choice(
            &mut section,
            "when_missing",
            &[("fail", WhenMissing::Fail), ("skip", WhenMissing::Skip)],
            problems,
        )
        .unwrap_or_default(),
    };
    section.finish(problems);
    spec
}
