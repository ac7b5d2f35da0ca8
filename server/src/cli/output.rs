//! Standard output for results, standard error for everything else. A reader who has gone away (`| head`) is no error.

use std::io::{IsTerminal, Write};

use serde::Serialize;

/// A line of the result.
pub(super) fn line(text: &str) {
    let _gone_away = writeln!(std::io::stdout(), "{text}");
}

/// The result as JSON.
pub(super) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(&text),
        Err(error) => note(&format!("slipway: the answer can't be written: {error}")),
    }
}

/// A line for the person in front of the terminal.
pub(super) fn note(text: &str) {
    let _gone_away = writeln!(std::io::stderr(), "{text}");
}

/// Whether a person looks at standard error.
pub(super) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
