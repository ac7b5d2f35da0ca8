//! Node.js and the packages of `e2e/`: Playwright, axe, and Binaryen's wasm-opt.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::packages::{self, Package};
use super::{stamp, stamped};
use crate::command;
use crate::place::Place;

/// The oldest major version of Node.js that Playwright runs on.
const OLDEST_NODE: u32 = 20;

const NODE: Package = Package {
    title: "Node.js 20 or newer with npm (https://nodejs.org)",
    apt: &["nodejs", "npm"],
    dnf: &["nodejs", "npm"],
    brew: &["node"],
};

/// Installs the packages exactly as locked, once for each version of the lock file.
pub(crate) fn packages(place: &Place) -> Result<()> {
    if command::found(&["npm"]).is_none() {
        packages::install(&NODE)?;
    }
    node_version()?;
    let lock = std::fs::read_to_string(place.e2e().join("package-lock.json"))
        .context("reading package-lock.json")?;
    let marker = place.e2e().join("node_modules").join(".slipway");
    if stamped(&marker, &lock) {
        return Ok(());
    }
    command::quiet(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(place.e2e())
            // The browser is the system's.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )
    .context("the npm packages could not be installed: see whether the npm registry can be reached")?;
    stamp(&marker, &lock)
}

/// A program that an npm package brought.
pub(crate) fn program(place: &Place, name: &str) -> PathBuf {
    place.e2e().join("node_modules").join(".bin").join(name)
}

fn node_version() -> Result<()> {
    let said = command::quiet(Command::new("node").arg("--version"))?;
    let major = said
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node.js is {}: install {}", said.trim(), NODE.title),
    }
}
