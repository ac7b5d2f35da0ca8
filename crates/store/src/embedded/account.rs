//! The account that runs PostgreSQL: our own, or an unprivileged one when Slipway was started as root, because
//! `initdb` and `postgres` refuse root.

use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use super::error::EmbeddedError;

/// Who runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The user that Slipway runs as.
    Own {
        /// Its user id.
        uid: u32,
    },
    /// Another user, because Slipway runs as root.
    Other {
        /// Its user id.
        uid: u32,
        /// Its main group.
        gid: u32,
    },
}

impl Account {
    /// Chooses the account for a cluster; an existing cluster is run by its owner.
    pub(super) fn choose(cluster: &Path) -> Result<Self, EmbeddedError> {
        let own = Uid::effective();
        let owner = std::fs::metadata(cluster).ok().map(|it| (it.uid(), it.gid()));
        if !own.is_root() {
            return match owner {
                Some((uid, _)) if uid != own.as_raw() => Err(EmbeddedError::ForeignOwner {
                    cluster: cluster.to_owned(),
                    uid,
                }),
                _ => Ok(Self::Own { uid: own.as_raw() }),
            };
        }
        if let Some((uid, gid)) = owner
            && uid != 0
        {
            return Ok(Self::Other { uid, gid });
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self::Other {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            })
            .ok_or(EmbeddedError::NoAccount)
    }

    /// The user id that owns the cluster.
    pub(super) fn uid(self) -> u32 {
        match self {
            Self::Own { uid } | Self::Other { uid, .. } => uid,
        }
    }

    /// A command that runs as this account, with nothing of Slipway's environment (a stray `PGDATA` or `PGOPTIONS`
    /// would reach the server) and from a folder that every account may enter.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("HOME", "/");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.current_dir("/").stdin(Stdio::null());
        if let Self::Other { uid, gid } = self {
            // The standard library drops root's supplementary groups with the user id.
            command.gid(gid).uid(uid);
        }
        command
    }

    /// Makes this account the owner of a path that Slipway just created.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Own { .. } => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }

    /// Whether this account may enter a folder, all its parents included.
    pub(super) fn can_enter(self, folder: &Path) -> bool {
        match self {
            Self::Own { .. } => true,
            Self::Other { .. } => self
                .command(Path::new("/bin/sh"))
                .args(["-c", "[ -x \"$1\" ]", "sh"])
                .arg(folder)
                .status()
                .is_ok_and(|status| status.success()),
        }
    }
}
