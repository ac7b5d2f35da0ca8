//! What the workshop needs and installs where it is missing. Everything here may be called again at no cost.

pub(crate) mod chromium;
pub(crate) mod emulator;
pub(crate) mod npm;
pub(crate) mod packages;
pub(crate) mod postgres;
pub(crate) mod tools;
pub(crate) mod wasm;

use std::path::Path;

use anyhow::{Context, Result};

/// Whether the stamp file says that the work was done for exactly this.
pub(crate) fn stamped(file: &Path, what: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|written| written == what)
}

/// Remembers that the work was done for this.
pub(crate) fn stamp(file: &Path, what: &str) -> Result<()> {
    std::fs::write(file, what).with_context(|| format!("writing {}", file.display()))
}
