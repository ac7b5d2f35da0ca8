//! What can be judged without running anything.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::build::NATIVE;
use crate::place::Place;
use crate::setup::{self, tools};
use crate::step::Report;
use crate::tally::Tally;
use crate::{classes, command, locales};

/// The checks, each with the name that `--only` takes.
pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "fmt",
        what: "rustfmt --check",
        check: format,
    },
    Part {
        name: "clippy",
        what: "clippy over everything native, warnings are errors",
        check: clippy,
    },
    Part {
        name: "clippy-wasm",
        what: "clippy over what runs in the browser",
        check: clippy_wasm,
    },
    Part {
        name: "deny",
        what: "cargo-deny: licences, duplicates and sources of the dependencies",
        check: deny,
    },
    Part {
        name: "machete",
        what: "cargo-machete: dependencies that nothing uses",
        check: machete,
    },
    Part {
        name: "locales",
        what: "Japanese and English say the same things",
        check: languages,
    },
    Part {
        name: "classes",
        what: "every class of the panel has a rule in style/",
        check: classes,
    },
];

/// One check.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    check: fn(&Place) -> Result<()>,
}

impl Part {
    /// Makes the check; `false` when it found something.
    pub(crate) fn make(&self, place: &Place, report: &mut Report) -> bool {
        report.check(self.name, self.what, || {
            (self.check)(place).map(|()| Tally::default())
        })
    }
}

/// `cargo xtask lint`.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    ensure!(arguments.is_empty(), "`cargo xtask lint` takes no arguments");
    let place = Place::find()?;
    let mut report = Report::new();
    let mut good = true;
    for part in PARTS {
        good &= part.make(&place, &mut report);
    }
    Ok(good)
}

fn format(place: &Place) -> Result<()> {
    setup::tools::component("rustfmt")?;
    command::quiet(command::cargo(&place.root).args(["fmt", "--all", "--check"])).map(drop)
}

fn clippy(place: &Place) -> Result<()> {
    setup::tools::component("clippy")?;
    command::loud(
        command::cargo(&place.root)
            .args(["clippy", "--quiet", "--locked"])
            .args(NATIVE)
            .args(["--all-targets", "--", "-D", "warnings"]),
    )
}

fn clippy_wasm(place: &Place) -> Result<()> {
    setup::tools::component("clippy")?;
    setup::wasm::target()?;
    command::loud(command::cargo(&place.root).args([
        "clippy",
        "--quiet",
        "--locked",
        "-p",
        "hydrate",
        "-p",
        "app",
        "--target",
        setup::wasm::TARGET,
        "--",
        "-D",
        "warnings",
    ]))
}

/// Without the advisories: they need a second source on the network, and change without a change here.
fn deny(place: &Place) -> Result<()> {
    let program = tools::install(place, &tools::DENY)?;
    // It looks into the sources of all dependencies, those for other systems too, which no build has brought yet.
    command::quiet(command::cargo(&place.root).args(["fetch", "--locked"]))
        .context("the dependencies could not be fetched: see whether crates.io can be reached")?;
    command::quiet(
        Command::new(program)
            .args(["--locked", "--offline", "--workspace", "--all-features", "check"])
            .args(["--hide-inclusion-graph", "bans", "licenses", "sources"])
            .current_dir(&place.root),
    )
    .map(drop)
}

fn machete(place: &Place) -> Result<()> {
    let program = tools::install(place, &tools::MACHETE)?;
    command::quiet(Command::new(program).current_dir(&place.root)).map(drop)
}

fn classes(place: &Place) -> Result<()> {
    let lost = classes::without_rule(&place.root.join("app").join("src"), &place.root.join("style"))?;
    if !lost.is_empty() {
        bail!("{}", lost.join("\n"));
    }
    Ok(())
}

fn languages(place: &Place) -> Result<()> {
    let read = |name: &str| std::fs::read_to_string(place.root.join("app").join("locales").join(name));
    let problems = locales::compare(&read("ja.json")?, &read("en.json")?)?;
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(())
}
