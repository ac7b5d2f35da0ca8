//! `cargo xtask test`: everything that says whether Slipway is whole.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::place::Place;
use crate::setup::{emulator, postgres};
use crate::step::Report;
use crate::tally::Tally;
use crate::wasm::Effort;
use crate::{build, command, e2e, lint};

const UNIT: &str = "unit";
const DOC: &str = "doc";
const E2E: &str = "e2e";

/// Runs all parts or the chosen one; `false` when anything failed.
pub(crate) fn test(arguments: &[String]) -> Result<bool> {
    let names: Vec<&str> = lint::PARTS
        .iter()
        .map(|part| part.name)
        .chain([UNIT, DOC, E2E])
        .collect();
    let (ours, theirs) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &[][..]),
    };
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let only = match ours.as_slice() {
        [] => None,
        ["--list"] => {
            println!("{}", names.join("\n"));
            return Ok(true);
        }
        ["--only", name] if names.contains(name) => Some(*name),
        ["--only", name] => bail!("there is no part `{name}`; there are: {}", names.join(", ")),
        other => bail!("`cargo xtask test` does not know `{}`", other.join(" ")),
    };
    if only.is_none() && !theirs.is_empty() {
        bail!("arguments after `--` go to one part: name it with --only");
    }
    let wanted = |name: &str| only.is_none_or(|chosen| chosen == name);

    let place = Place::find()?;
    let mut report = Report::new();
    for part in lint::PARTS.iter().filter(|part| wanted(part.name)) {
        part.make(&place, &mut report);
    }
    if wanted(UNIT) {
        units(&place, theirs, &mut report);
    }
    if wanted(DOC) {
        report.check(DOC, "examples in the documentation", || documentation(&place));
    }
    if wanted(E2E) {
        browser(&place, theirs, &mut report);
    }
    Ok(report.close())
}

/// Unit, property, database and wire tests, with a PostgreSQL and an AWS emulator of their own.
fn units(place: &Place, arguments: &[String], report: &mut Report) {
    let services = report
        .need("database", "a throw-away PostgreSQL", postgres::throwaway)
        .and_then(|database| {
            let programs = report.need("emulator-setup", "the AWS emulator and the AWS CLI", || {
                emulator::programs(place)
            })?;
            let emulator = report.need("emulator", "start the AWS emulator", || {
                emulator::start(place, &programs)
            })?;
            Ok((database, programs, emulator))
        });
    let (database, programs, emulator) = match services {
        Ok(services) => services,
        Err(error) => {
            println!("{error:#}");
            report.not_run(UNIT, "what it talks to could not be started");
            return;
        }
    };
    report.check(UNIT, "unit, property, database and wire tests", || {
        let nextest = command::quiet(command::cargo(&place.root).args(["nextest", "--version"])).is_ok();
        let mut cargo = command::cargo(&place.root);
        if nextest {
            cargo.args(["nextest", "run", "--no-fail-fast", "--color", "never"]);
        } else {
            // Tests start an example as another process. nextest builds examples by itself.
            cargo.args([
                "test",
                "--no-fail-fast",
                "--lib",
                "--bins",
                "--tests",
                "--examples",
            ]);
        }
        cargo
            .arg("--locked")
            .args(build::NATIVE)
            .args(arguments)
            .env("SLIPWAY_TEST_DATABASE_URL", &database.url)
            .env("SLIPWAY_TEST_EMULATOR_URL", &emulator.url)
            .env("SLIPWAY_TEST_AWS_CLI", &programs.aws)
            // Tests name what they talk to; nothing may slip in from the person's own environment.
            .env_remove("DATABASE_URL")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_ENDPOINT_URL")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        let (good, said) = command::overheard(&mut cargo)?;
        let tally = if nextest {
            Tally::from_nextest(&said)
        } else {
            Tally::from_cargo_test(&said)
        };
        judge(good, tally)
    });
}

/// Examples in documentation, which nextest does not run.
fn documentation(place: &Place) -> Result<Tally> {
    if !["crates", "app", "server"]
        .iter()
        .any(|folder| has_examples(&place.root.join(folder)))
    {
        return Ok(Tally::default());
    }
    let (good, said) = command::overheard(
        command::cargo(&place.root)
            .args(["test", "--quiet", "--locked", "--doc"])
            .args(build::NATIVE),
    )?;
    judge(good, Tally::from_cargo_test(&said))
}

fn has_examples(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return has_examples(&path);
        }
        fs::read_to_string(&path).is_ok_and(|text| opens_example(&text))
    })
}

/// Whether a documentation comment opens a block of Rust: every other fence closes one.
fn opens_example(text: &str) -> bool {
    let mut inside = false;
    text.lines()
        .map(str::trim_start)
        .filter_map(|line| line.strip_prefix("///").or_else(|| line.strip_prefix("//!")))
        .filter_map(|line| line.trim().strip_prefix("```"))
        .any(|kind| {
            inside = !inside;
            inside && matches!(kind, "" | "rust" | "no_run" | "should_panic")
        })
}

fn browser(place: &Place, arguments: &[String], report: &mut Report) {
    let ready = e2e::tools(report)
        .and_then(|()| build::tools(place, report))
        .and_then(|()| build::site(place, Effort::Small, report))
        .and_then(|()| build::server_of_tests(place, report));
    match ready {
        Ok(()) => {
            report.check(E2E, "the browser tests", || e2e::tests(place, arguments));
        }
        Err(error) => {
            println!("{error:#}");
            report.not_run(E2E, "the panel could not be built");
        }
    }
}

/// A runner that fails without counting a failure did not get as far as the tests.
fn judge(good: bool, tally: Option<Tally>) -> Result<Tally> {
    match tally {
        Some(tally) if good || tally.failed > 0 => Ok(tally),
        Some(tally) => Ok(Tally { failed: 1, ..tally }),
        None => bail!("the test runner ended before any test was run"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_of_rust_are_examples() {
        assert!(opens_example("/// Text\n/// ```\n/// 1 + 1;\n/// ```\n"));
        assert!(!opens_example(
            "/// ```text\n/// GET /\n/// ```\n//! ```json\n//! ```\n"
        ));
    }

    #[test]
    fn a_runner_that_fails_is_never_taken_for_a_success() {
        assert!(judge(false, None).is_err());
        assert!(judge(true, None).is_err());
        let five = Tally { passed: 5, failed: 0 };
        assert_eq!(judge(true, Some(five)).unwrap(), five);
        assert_eq!(judge(false, Some(five)).unwrap().failed, 1);
    }
}
