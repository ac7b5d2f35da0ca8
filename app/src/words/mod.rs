//! The engine's codes in the reader's language: one file per vocabulary.

pub mod detail;
pub mod diagnosis;
pub mod difference;
pub mod differs;
pub mod error;
pub mod finding;
pub mod health;
pub mod permission;
pub mod problem;
pub mod reason;
pub mod run;
pub mod step;
pub mod undo;
pub mod waiting;

use std::collections::BTreeMap;

use crate::i18n::Locale;

/// The text of a key whose variables are values of the same names.
macro_rules! say {
    ($locale:expr, $values:expr, $($key:ident).+ $(, $name:ident)*) => {
        $crate::i18n::t!($locale, $($key).+ $(, $name = $crate::words::value($values, stringify!($name)))*)
    };
}
pub(crate) use say;

/// A value by its name; a value that nobody gave is a dash.
pub(crate) fn value(values: &BTreeMap<String, String>, name: &str) -> String {
    values.get(name).cloned().unwrap_or_else(|| "–".to_owned())
}

/// The value `kind` in words, where it names a kind.
pub(crate) fn named_kind(l: Locale, values: &BTreeMap<String, String>) -> String {
    let kind = value(values, "kind");
    step::kind_of(l, &kind).map_or(kind, str::to_owned)
}
