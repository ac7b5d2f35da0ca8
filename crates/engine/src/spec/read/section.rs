//! One table of a document, read field by field. Whatever is wrong is noted and replaced by something harmless, so that
//! the reading goes on.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::spec::problem::{Problem, ProblemCode, ValueKind};
use crate::spec::spelling;

/// Every field a spec may have, for "did you mean" across tables.
const ALL_FIELDS: [&str; 38] = [
    "image.repository",
    "image.tag",
    "image.uri",
    "container.name",
    "container.port",
    "container.cpu",
    "container.memory_mib",
    "container.architecture",
    "container.command",
    "container.environment",
    "container.secrets",
    "health.path",
    "health.matcher",
    "health.interval_s",
    "health.timeout_s",
    "health.healthy_threshold",
    "health.unhealthy_threshold",
    "health.grace_s",
    "health.drain_s",
    "network.vpc",
    "network.subnets",
    "network.new_subnet_cidr",
    "network.task_security_group",
    "network.allow_from",
    "service.desired_count",
    "service.failure_threshold",
    "service.rollback",
    "service.minimum_healthy_percent",
    "service.maximum_percent",
    "roles.execution",
    "roles.task",
    "logs.retention_days",
    "logs.group",
    "frontend.app",
    "frontend.branch",
    "frontend.variables",
    "frontend.branch_only",
    "frontend.when_missing",
];

/// A table being read.
pub(super) struct Section<'v> {
    path: String,
    left: BTreeMap<&'v str, &'v Value>,
    known: Vec<&'static str>,
}

impl<'v> Section<'v> {
    pub(super) fn new(path: impl Into<String>, table: &'v Map<String, Value>) -> Self {
        let left = table.iter().map(|(key, value)| (key.as_str(), value)).collect();
        Self {
            path: path.into(),
            left,
            known: Vec::new(),
        }
    }

    pub(super) fn field(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The raw value of a field, which is known from now on.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'v Value> {
        self.known.push(key);
        self.left.remove(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// A text. Absent: `None`.
    pub(super) fn text(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
        let value = self.take(key)?;
        text(&self.field(key), value, problems)
    }

    /// A text that has to be given.
    pub(super) fn required_text(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
        if !self.has(key) {
            problems.push(problem(self.field(key), ProblemCode::Missing, ""));
        }
        self.text(key, problems)
    }

    /// A whole number that fits `T` and `range`.
    pub(super) fn number<T: TryFrom<u64>>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let value = self.take(key)?;
        let out_of_range = ProblemCode::OutOfRange {
            min: *range.start(),
            max: *range.end(),
        };
        let code = match value.as_u64() {
            Some(number) => match T::try_from(number) {
                Ok(fitting) => return Some(fitting),
                Err(_) => out_of_range,
            },
            None if value.as_i64().is_some() => out_of_range,
            None => ProblemCode::NotANumber,
        };
        problems.push(problem(self.field(key), code, &plain(value)));
        None
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<bool> {
        let value = self.take(key)?;
        if value.as_bool().is_none() {
            problems.push(wrong_type(self.field(key), ValueKind::Boolean, value));
        }
        value.as_bool()
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
        let value = self.take(key)?;
        let field = self.field(key);
        let Some(items) = value.as_array() else {
            problems.push(wrong_type(field, ValueKind::List, value));
            return None;
        };
        let read = |(index, item)| text(&format!("{field}[{index}]"), item, problems);
        Some(items.iter().enumerate().filter_map(read).collect())
    }

    /// A table of texts.
    pub(super) fn text_table(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<BTreeMap<String, String>> {
        let value = self.take(key)?;
        let field = self.field(key);
        let Some(table) = value.as_object() else {
            problems.push(wrong_type(field, ValueKind::Table, value));
            return None;
        };
        let read = |(name, item): (&String, &Value)| {
            text(&format!("{field}.{name}"), item, problems).map(|text| (name.clone(), text))
        };
        Some(table.iter().filter_map(read).collect())
    }

    /// A table inside this one.
    pub(super) fn section(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<Section<'v>> {
        let value = self.take(key)?;
        let field = self.field(key);
        match value.as_object() {
            Some(table) => Some(Section::new(field, table)),
            None => {
                problems.push(wrong_type(field, ValueKind::Table, value));
                None
            }
        }
    }

    /// Notes the fields that nobody asked for.
    pub(super) fn finish(self, problems: &mut Vec<Problem>) {
        for (key, value) in &self.left {
            let here = spelling::nearest(key, self.known.iter().copied()).map(|near| self.field(near));
            let elsewhere = || {
                let suffix = format!(".{key}");
                ALL_FIELDS
                    .iter()
                    .find(|field| field.ends_with(&suffix))
                    .map(|field| (*field).to_owned())
            };
            let code = ProblemCode::UnknownField {
                nearest: here.or_else(elsewhere),
            };
            problems.push(problem(self.field(key), code, &plain(value)));
        }
    }
}

pub(super) fn problem(field: impl Into<String>, code: ProblemCode, given: &str) -> Problem {
    Problem {
        field: field.into(),
        code,
        given: given.to_owned(),
    }
}

pub(super) fn wrong_type(field: impl Into<String>, expected: ValueKind, value: &Value) -> Problem {
    problem(field, ProblemCode::WrongType { expected }, &plain(value))
}

fn text(field: &str, value: &Value, problems: &mut Vec<Problem>) -> Option<String> {
    if value.as_str().is_none() {
        problems.push(wrong_type(field, ValueKind::Text, value));
    }
    value.as_str().map(str::to_owned)
}

/// A value as people would write it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
