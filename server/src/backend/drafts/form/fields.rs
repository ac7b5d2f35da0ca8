//! How one field of a page is read: every refusal is kept, and the reading goes on.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use engine::spec::field::{self, Checked};
use engine::spec::problem::{Problem, ProblemCode};

use super::{Form, lines};

impl Form<'_> {
    pub(super) fn one(&self, field: &str) -> &str {
        self.values
            .get(field)
            .and_then(|values| values.first())
            .map_or("", |value| value.trim())
    }

    pub(super) fn all(&self, field: &str) -> Vec<String> {
        let all = self.values.get(field).into_iter().flatten();
        all.map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    pub(super) fn refuse(&mut self, field: &str, code: ProblemCode, given: &str) {
        self.problems.push(Problem {
            field: field.to_owned(),
            code,
            given: given.to_owned(),
        });
    }

    pub(super) fn take<T>(&mut self, field: &str, check: impl FnOnce(&str) -> Checked<T>) -> Option<T> {
        let given = self.one(field).to_owned();
        check(&given)
            .map_err(|code| self.refuse(field, code, &given))
            .ok()
    }

    pub(super) fn optional<T>(&mut self, field: &str, check: impl FnOnce(&str) -> Checked<T>) -> Option<T> {
        if self.one(field).is_empty() {
            None
        } else {
            self.take(field, check)
        }
    }

    pub(super) fn number<T: TryFrom<u64>>(&mut self, field: &str, range: RangeInclusive<u64>) -> Option<T> {
        self.take(field, |text| field::number(text, range))
            .and_then(|number| T::try_from(number).ok())
    }

    /// `NAME=value` lines. `check` answers the name and the value as they are kept.
    pub(super) fn lines<T>(
        &mut self,
        field: &str,
        check: impl Fn(&str, &str) -> Checked<(String, T)>,
    ) -> BTreeMap<String, T> {
        let text = self
            .values
            .get(field)
            .map(|all| all.join("\n"))
            .unwrap_or_default();
        let mut found = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = lines::pair(line);
            match check(&name, &value) {
                // What stands behind the name may be a secret: it is not repeated.
                Err(code) => self.refuse(field, code, &name),
                Ok((kept, value)) => {
                    if found.insert(kept, value).is_some() {
                        self.refuse(field, ProblemCode::Twice, &name);
                    }
                }
            }
        }
        found
    }

    /// Words separated by commas or spaces.
    pub(super) fn words<T>(&mut self, field: &str, check: impl Fn(&str) -> Checked<T>) -> Vec<T> {
        let text = self.all(field).join(",");
        let words: Vec<&str> = text
            .split([',', ' ', '\n'])
            .filter(|word| !word.is_empty())
            .collect();
        let mut found = Vec::new();
        for word in words {
            match check(word) {
                Ok(value) => found.push(value),
                Err(code) => self.refuse(field, code, word),
            }
        }
        found
    }
}
