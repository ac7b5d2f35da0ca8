//! The system's package manager: apt, dnf or Homebrew.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// What a thing is called by each package manager.
pub(crate) struct Package {
    /// What a person calls it.
    pub(crate) title: &'static str,
    pub(crate) apt: &'static [&'static str],
    pub(crate) dnf: &'static [&'static str],
    pub(crate) brew: &'static [&'static str],
}

/// Installs a package; the error says what to install by hand.
pub(crate) fn install(package: &Package) -> Result<()> {
    let by_hand = || format!("install {} and call this again", package.title);
    if command::found(&["apt-get"]).is_some() {
        // A list of packages that is old names versions that are gone.
        let updated = command::quiet(as_root("apt-get")?.args(["update", "-qq"]));
        let installed = command::quiet(
            as_root("apt-get")?
                .args(["install", "-y", "-qq", "--no-install-recommends"])
                .args(package.apt),
        );
        return match (updated, installed) {
            (_, Ok(_)) => Ok(()),
            (Err(first), Err(_)) => Err(first).with_context(by_hand),
            (Ok(_), Err(second)) => Err(second).with_context(by_hand),
        };
    }
    if command::found(&["dnf"]).is_some() {
        command::quiet(as_root("dnf")?.args(["install", "-y", "-q"]).args(package.dnf))
            .with_context(by_hand)?;
        return Ok(());
    }
    if command::found(&["brew"]).is_some() {
        command::quiet(Command::new("brew").arg("install").args(package.brew)).with_context(by_hand)?;
        return Ok(());
    }
    bail!("there is no apt-get, dnf or brew here: {}", by_hand());
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    command::quiet(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn as_root(program: &str) -> Result<Command> {
    let mut call = if is_root() {
        Command::new(program)
    } else {
        if command::found(&["sudo"]).is_none() {
            bail!("`{program}` must be called as root, and there is no sudo");
        }
        let mut sudo = Command::new("sudo");
        // A password cannot be asked for where nobody watches.
        if std::env::var_os("CI").is_some() {
            sudo.arg("-n");
        }
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
        sudo
    };
    call.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(call)
}
