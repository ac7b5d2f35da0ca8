//! What can go wrong with the database that Slipway runs itself.

use std::io;
use std::path::PathBuf;

/// Why the embedded PostgreSQL is not available.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No PostgreSQL server programs on this machine.
    #[error(
        "no PostgreSQL server programs were found (looked for initdb, postgres and pg_ctl on PATH and in the usual \
         places). Install PostgreSQL 14 or newer (Debian and Ubuntu: `apt-get install postgresql`, Fedora: `dnf \
         install postgresql-server`, macOS: `brew install postgresql@17`), or set DATABASE_URL to use a server that \
         you already have"
    )]
    NoBinaries,
    /// The cluster needs another major version than the ones installed.
    #[error(
        "the database in {cluster} was made by PostgreSQL {needed}, and this machine has {found}. Install \
         PostgreSQL {needed} (Debian: `apt-get install postgresql-{needed}`), or move the data with pg_dump"
    )]
    WrongVersion {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The major version that made the cluster.
        needed: u32,
        /// The major versions found.
        found: String,
    },
    /// Started as root, and there is no account to run PostgreSQL under.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a `postgres` nor a `nobody` account. Start \
         Slipway as another user, or set DATABASE_URL"
    )]
    NoAccount,
    /// The cluster belongs to another user of this machine.
    #[error("the database in {cluster} belongs to user id {uid}. Start Slipway as that user, or as root")]
    ForeignOwner {
        /// The cluster's folder.
        cluster: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The data directory points to a cluster that is gone.
    #[error(
        "{link} points to a folder that does not exist. Restore the folder, or remove the link to start afresh"
    )]
    LostCluster {
        /// The dangling link.
        link: PathBuf,
    },
    /// Someone else prepared the folder for the socket.
    #[error("{path} exists with the wrong owner or permissions. Remove it and start again")]
    UnsafeSocketFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed: {message}")]
    Program {
        /// `initdb` or `pg_ctl`.
        program: &'static str,
        /// What it said, and the end of the server's log.
        message: String,
    },
    /// The server runs but does not become ready.
    #[error("the PostgreSQL server in {cluster} (process {pid}) did not become ready in {waited_s} s")]
    NotReady {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The server's process.
        pid: u32,
        /// How long Slipway waited, in seconds.
        waited_s: u64,
    },
    /// A file or folder cannot be used.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried, such as `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The server runs but the database inside could not be prepared.
    #[error("the embedded database could not be prepared")]
    Database(#[from] crate::Error),
}

/// Adds the path and the intent to an input/output error.
pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.into();
    move |source| EmbeddedError::Io { action, path, source }
}
