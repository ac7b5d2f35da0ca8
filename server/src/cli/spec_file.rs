//! A spec from a file, or from standard input as `-`.

use std::io::Read;
use std::path::Path;

use engine::spec::StackSpec;
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::read;

use super::failure::Failure;

/// Longest spec in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Reads TOML, or JSON when the file's name or its first character says so.
pub(super) fn load(path: &Path) -> Result<StackSpec, Failure> {
    let text = text(path)?;
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        || text.trim_start().starts_with('{');
    let spec = if is_json {
        read::from_json(&text)
    } else {
        read::from_toml(&text)
    };
    spec.map_err(Failure::Problems)
}

fn text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let got = if path.as_os_str() == "-" {
        std::io::stdin().take(LONGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text))
    };
    match got {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::Problems(vec![Problem {
            field: "spec".to_owned(),
            given: path.display().to_string(),
            code: ProblemCode::Syntax {
                line: None,
                message: format!("{}: {error}", path.display()),
            },
        }])),
    }
}
