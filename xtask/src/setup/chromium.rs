//! A Chromium and a font with Japanese letters, from the system's package manager.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::packages::{self, Package};
use crate::command;

const BROWSER: Package = Package {
    title: "Chromium or Google Chrome",
    apt: &["chromium"],
    dnf: &["chromium"],
    brew: &["--cask", "chromium"],
};

const FONT: Package = Package {
    title: "the Noto CJK fonts",
    apt: &["fonts-noto-cjk", "fontconfig"],
    dnf: &["google-noto-sans-cjk-fonts", "fontconfig"],
    brew: &["--cask", "font-noto-sans-cjk-jp"],
};

const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];
const MAC: &[&str] = &[
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser for the tests: `SLIPWAY_TEST_CHROMIUM`, one that is installed, or one that is installed now.
pub(crate) fn browser() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("SLIPWAY_TEST_CHROMIUM") {
        let chosen = PathBuf::from(chosen);
        if !chosen.is_file() {
            bail!(
                "SLIPWAY_TEST_CHROMIUM names {}, which is not there",
                chosen.display()
            );
        }
        return Ok(chosen);
    }
    if let Some(browser) = find() {
        return Ok(browser);
    }
    packages::install(&BROWSER)?;
    match find() {
        Some(browser) => Ok(browser),
        None => {
            bail!("Chromium was installed but is not on the path: set SLIPWAY_TEST_CHROMIUM to its program")
        }
    }
}

/// Makes sure that Japanese is drawn with letters and not with boxes. macOS brings a font.
pub(crate) fn font() -> Result<()> {
    if cfg!(target_os = "macos") {
        return Ok(());
    }
    let fonts = Command::new("fc-list").args([":lang=ja", "family"]).output();
    if fonts.is_ok_and(|fonts| !fonts.stdout.is_empty()) {
        return Ok(());
    }
    packages::install(&FONT)
}

fn find() -> Option<PathBuf> {
    command::found(NAMES).or_else(|| MAC.iter().map(PathBuf::from).find(|file| Path::is_file(file)))
}
