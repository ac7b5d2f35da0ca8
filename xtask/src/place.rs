//! Where things are: the clone, Cargo's target folder, and what the workshop keeps inside it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// The folders that the workshop works in. Everything it makes is in the target folder or in `e2e/node_modules`.
pub(crate) struct Place {
    /// The clone.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, which may be anywhere.
    pub(crate) target: PathBuf,
    /// What the workshop writes for this clone alone. The target folder may be shared by several clones, whose sites and
    /// reports are not the same.
    own: PathBuf,
}

impl Place {
    /// Finds the clone from where cargo says this package is, and asks cargo for the target folder.
    pub(crate) fn find() -> Result<Self> {
        let root = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(package) => Path::new(&package).parent().map(Path::to_owned),
            None => std::env::current_dir()?
                .ancestors()
                .find(|folder| folder.join("Cargo.lock").is_file() && folder.join("xtask").is_dir())
                .map(Path::to_owned),
        }
        .context("this is not inside a clone of Slipway: change into one and call `cargo xtask`")?;
        let answer = command::quiet(command::cargo(&root).args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--locked",
        ]))?;
        let metadata: Value = serde_json::from_str(&answer).context("reading cargo's metadata")?;
        let target: PathBuf = metadata["target_directory"]
            .as_str()
            .context("cargo did not name its target folder")?
            .into();
        let own = own(&root, &target);
        Ok(Self { root, target, own })
    }

    /// What the server serves as files: `LEPTOS_SITE_ROOT`.
    pub(crate) fn site(&self) -> PathBuf {
        self.own.join("site")
    }

    /// The compiled part of the site: `LEPTOS_SITE_PKG_DIR`.
    pub(crate) fn pkg(&self) -> PathBuf {
        self.site().join("pkg")
    }

    /// Tools that the workshop installs for itself.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// What the browser tests leave.
    pub(crate) fn e2e_answers(&self) -> PathBuf {
        self.own.join("e2e")
    }

    /// The npm package with the browser tests and the JavaScript tools.
    pub(crate) fn e2e(&self) -> PathBuf {
        self.root.join("e2e")
    }

    /// The server's binary.
    pub(crate) fn slipway(&self, profile: Profile) -> PathBuf {
        self.target.join(profile.folder()).join("slipway")
    }
}

/// The target folder itself when it is the clone's own, else a folder in it that bears the clone's path.
fn own(root: &Path, target: &Path) -> PathBuf {
    if target.starts_with(root) {
        return target.to_owned();
    }
    let name: String = root
        .to_string_lossy()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    target.join("clones").join(name.trim_matches('-'))
}

/// How the server is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build: `run`, `test` and `dev`.
    Dev,
    /// What is shipped.
    Release,
}

impl Profile {
    /// Takes `--release` out of the arguments.
    pub(crate) fn from_arguments(arguments: &[String]) -> (Self, Vec<String>) {
        let rest: Vec<String> = arguments
            .iter()
            .filter(|one| *one != "--release")
            .cloned()
            .collect();
        let profile = if rest.len() == arguments.len() {
            Self::Dev
        } else {
            Self::Release
        };
        (profile, rest)
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_that_share_a_target_folder_do_not_share_what_they_serve() {
        let shared = Path::new("/cache/target");
        let (one, other) = (
            own(Path::new("/a/slipway"), shared),
            own(Path::new("/b/slipway"), shared),
        );
        assert_ne!(one, other);
        assert!(one.starts_with(shared) && other.starts_with(shared));
        assert_eq!(
            own(Path::new("/a"), Path::new("/a/target")),
            Path::new("/a/target")
        );
    }
}
