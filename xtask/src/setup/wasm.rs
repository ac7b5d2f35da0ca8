//! What compiling the panel for the browser takes: the target, and a wasm-bindgen of the locked version.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::place::Place;

/// The target that the panel's islands are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the standard library for the browser to the toolchain.
pub(crate) fn target() -> Result<()> {
    let libraries =
        command::quiet(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if PathBuf::from(libraries.trim()).is_dir() {
        return Ok(());
    }
    let by_hand =
        "install Rust with https://rustup.rs, or your system's package of the standard library for WASM";
    if command::found(&["rustup"]).is_none() {
        bail!("the Rust toolchain cannot compile to {TARGET} and there is no rustup to add it: {by_hand}");
    }
    command::quiet(Command::new("rustup").args(["target", "add", TARGET]))
        .with_context(|| by_hand.to_owned())?;
    Ok(())
}

/// Builds our `bindgen` and answers where it is.
pub(crate) fn bindgen(place: &Place) -> Result<PathBuf> {
    locked_version(place)?;
    command::loud(command::cargo(&place.root).args(["build", "--quiet", "--locked", "-p", "bindgen"]))?;
    Ok(place.target.join("debug").join("bindgen"))
}

/// The version of wasm-bindgen in Cargo.lock, which must also be that of the library that writes the glue.
pub(crate) fn locked_version(place: &Place) -> Result<String> {
    let lock = std::fs::read_to_string(place.root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let crate_version = version_of(&lock, "wasm-bindgen").context("Cargo.lock does not name wasm-bindgen")?;
    let library = version_of(&lock, "wasm-bindgen-cli-support")
        .context("Cargo.lock does not name wasm-bindgen-cli-support")?;
    if crate_version != library {
        bail!(
            "wasm-bindgen is {crate_version} but wasm-bindgen-cli-support is {library} in Cargo.lock: run \
             `cargo update -p wasm-bindgen-cli-support --precise {crate_version}`"
        );
    }
    Ok(crate_version.to_owned())
}

fn version_of<'lock>(lock: &'lock str, name: &str) -> Option<&'lock str> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == wanted)?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_by_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.1\"\n";
        assert_eq!(version_of(lock, "wasm-bindgen"), Some("0.2.1"));
        assert_eq!(version_of(lock, "wasm"), None);
    }
}
