//! Cargo's own helpers, kept in the target folder: cargo-deny and cargo-machete.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::place::Place;

/// A cargo subcommand and the version that the tests are written for.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    version: &'static str,
}

/// Licences, duplicates and sources of the dependencies.
pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};

/// Dependencies that nothing uses.
pub(crate) const MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
};

/// Adds a component of the toolchain (`rustfmt`, `clippy`) when rustup's minimal profile left it out.
pub(crate) fn component(name: &str) -> Result<()> {
    let program = format!("cargo-{}", if name == "rustfmt" { "fmt" } else { name });
    // Rustup's stand-ins on the path are there without the component, and fail.
    let works = |program: &str| command::quiet(Command::new(program).arg("--version")).is_ok();
    if works(&program) && (name != "rustfmt" || works("rustfmt")) {
        return Ok(());
    }
    command::quiet(Command::new("rustup").args(["component", "add", name]))
        .with_context(|| {
            format!("{name} is missing: install Rust with https://rustup.rs, or your system's {name}")
        })
        .map(drop)
}

/// Builds the tool once. Without optimisation: it runs for a second and would otherwise compile for ten minutes.
pub(crate) fn install(place: &Place, tool: &Tool) -> Result<PathBuf> {
    let Tool { name, version } = tool;
    let home = place.tools().join(format!("{name}-{version}"));
    let program = home.join("bin").join(name);
    if program.is_file() {
        return Ok(program);
    }
    let workbench = place.tools().join("build");
    command::quiet(
        command::cargo(&place.root)
            .args(["install", "--locked", "--debug", "--quiet", "--root"])
            .arg(&home)
            .arg("--target-dir")
            .arg(&workbench)
            .arg(format!("{name}@{version}"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0"),
    )
    .with_context(|| format!("{name} could not be built: see whether crates.io can be reached"))?;
    // Only the program is of use later.
    std::fs::remove_dir_all(&workbench).ok();
    Ok(program)
}
