//! Specs from TOML and JSON, and back. Reading answers every problem at once: syntax with its line, fields nobody knows
//! with the nearest known one, values of the wrong kind, and everything [`validate`](super::validate) knows.

mod section;
mod tables;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::problem::{Problem, ProblemCode, ValueKind};
use super::validate::validate;
use super::{SPEC_VERSION, StackSpec, defaults};
use section::{Section, problem, wrong_type};
use tables::{container, frontend, health, image, logs, network, roles, service};

/// Reads a spec from TOML.
///
/// # Errors
/// Every problem of the document.
pub fn from_toml(text: &str) -> Result<StackSpec, Vec<Problem>> {
    let (_, errors) = toml::de::DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let syntax = |error: &toml::de::Error| {
            syntax_problem(text, error.span().map(|span| span.start), error.message())
        };
        return Err(errors.iter().map(syntax).collect());
    }
    match toml::from_str::<Map<String, Value>>(text) {
        Ok(table) => from_table(&table),
        Err(error) => Err(vec![syntax_problem(
            text,
            error.span().map(|span| span.start),
            error.message(),
        )]),
    }
}

/// Reads a spec from JSON.
///
/// # Errors
/// Every problem of the document.
pub fn from_json(text: &str) -> Result<StackSpec, Vec<Problem>> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(table)) => from_table(&table),
        Ok(other) => Err(vec![wrong_type("document", ValueKind::Table, &other)]),
        Err(error) => {
            let code = ProblemCode::Syntax {
                line: Some(error.line()),
                message: error.to_string(),
            };
            Err(vec![problem("document", code, "")])
        }
    }
}

/// Writes a spec as TOML.
///
/// # Errors
/// None for a spec that validates; the library's own words otherwise.
pub fn to_toml(spec: &StackSpec) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(spec)
}

/// Writes a spec as JSON.
///
/// # Errors
/// None for a spec that validates; the library's own words otherwise.
pub fn to_json(spec: &StackSpec) -> serde_json::Result<String> {
    serde_json::to_string_pretty(spec)
}

fn syntax_problem(text: &str, offset: Option<usize>, message: &str) -> Problem {
    let line = offset
        .and_then(|offset| text.get(..offset))
        .map(|before| before.matches('\n').count() + 1);
    problem(
        "document",
        ProblemCode::Syntax {
            line,
            message: message.to_owned(),
        },
        "",
    )
}

fn from_table(table: &Map<String, Value>) -> Result<StackSpec, Vec<Problem>> {
    let mut problems = Vec::new();
    let spec = stack(table, &mut problems);
    let reported: BTreeSet<String> = problems.iter().map(|problem| problem.field.clone()).collect();
    problems.extend(
        validate(&spec)
            .into_iter()
            .filter(|problem| !rests_on(problem, &reported)),
    );
    if problems.is_empty() {
        Ok(spec)
    } else {
        Err(problems)
    }
}

/// Whether a problem may only come from a value put in place of one that was already reported.
fn rests_on(problem: &Problem, reported: &BTreeSet<String>) -> bool {
    let other = match &problem.code {
        ProblemCode::NotLessThan { other } => Some(other.as_str()),
        ProblemCode::CpuMemoryPair { .. } => Some("container.cpu"),
        ProblemCode::NoRoomToDeploy => {
            let rests = ["service.desired_count", "service.minimum_healthy_percent"];
            return rests
                .iter()
                .chain(&[problem.field.as_str()])
                .any(|field| reported.contains(*field));
        }
        ProblemCode::Missing if problem.field == "frontend.variables" => {
            return reported
                .iter()
                .any(|field| field.starts_with("frontend.variables"));
        }
        _ => None,
    };
    reported.contains(&problem.field) || other.is_some_and(|other| reported.contains(other))
}

fn stack(table: &Map<String, Value>, problems: &mut Vec<Problem>) -> StackSpec {
    let mut top = Section::new("", table);
    if !top.has("version") {
        problems.push(problem("version", ProblemCode::Missing, ""));
    }
    let spec = StackSpec {
        version: top
            .number("version", 1..=u64::from(u32::MAX), problems)
            .unwrap_or(SPEC_VERSION),
        name: top.required_text("name", problems).unwrap_or_default(),
        environment: top
            .text("environment", problems)
            .unwrap_or_else(defaults::environment),
        region: top.required_text("region", problems).unwrap_or_default(),
        image: image(&mut top, problems),
        container: container(&mut top, problems),
        health: optional(&mut top, "health", problems, health),
        network: optional(&mut top, "network", problems, network),
        service: optional(&mut top, "service", problems, service),
        roles: optional(&mut top, "roles", problems, roles),
        logs: optional(&mut top, "logs", problems, logs),
        frontend: top
            .section("frontend", problems)
            .map(|section| frontend(section, problems)),
        tags: top.text_table("tags", problems).unwrap_or_default(),
    };
    top.finish(problems);
    spec
}

fn optional<T: Default>(
    top: &mut Section<'_>,
    key: &'static str,
    problems: &mut Vec<Problem>,
    read: impl Fn(Section<'_>, &mut Vec<Problem>) -> T,
) -> T {
    top.section(key, problems)
        .map(|section| read(section, problems))
        .unwrap_or_default()
}
