//! What can go wrong between Slipway and its database.

use crate::reach::Unreachable;

/// Shorthand for answers of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The row that was asked for does not exist, or is not visible any more.
    #[error("{what} not found")]
    NotFound {
        /// The kind of thing that is missing, such as `run`.
        what: &'static str,
    },
    /// The change contradicts what is stored.
    #[error("conflict: {what}")]
    Conflict {
        /// Which rule was broken.
        what: Conflict,
    },
    /// A stored value cannot be read as the type that the caller asked for.
    #[error("stored {what} cannot be read")]
    Unreadable {
        /// The kind of value, such as `practice world`.
        what: &'static str,
        /// Where in the value it failed.
        #[source]
        source: serde_json::Error,
    },
    /// PostgreSQL cannot be reached, or all connections are taken. Trying again later may help.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// No connection could be made at all.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// PostgreSQL has no room left. Nothing that was written before is lost.
    #[error("the disk of the database is full: make room there; Slipway goes on by itself")]
    DiskFull(#[source] sqlx::Error),
    /// Another process changes the schema, and does not come to an end.
    #[error(
        "the schema of the database is being changed by {holder}; waited {waited_s} s for it. End that process if it \
         hangs, and start again"
    )]
    SchemaBusy {
        /// Which process, as the server names it.
        holder: String,
        /// How long, seconds.
        waited_s: u64,
    },
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The job queue refused an operation.
    #[error("the job queue failed: {0}")]
    Jobs(String),
    /// Any other answer of the database.
    #[error("the database refused a statement")]
    Database(#[source] sqlx::Error),
}

/// A rule of the schema that a change broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// Another account has this e-mail address.
    #[error("this e-mail address is already used")]
    EmailTaken,
    /// Another connection has this name.
    #[error("a connection with this name exists")]
    ConnectionNameTaken,
    /// Another stack of the same connection has this name.
    #[error("a stack with this name exists on this connection")]
    StackNameTaken,
    /// The stack already has a run that has not ended.
    #[error("another run of this stack has not ended")]
    RunUnfinished,
    /// The run is executed by another process now.
    #[error("another process holds this run")]
    LeaseLost,
    /// The stack has a newer run: only that one can be resumed.
    #[error("the stack has a newer run")]
    RunSuperseded,
    /// The run succeeded, or is not over.
    #[error("there is nothing to resume")]
    RunNotResumable,
    /// Someone else saved a newer version in between.
    #[error("someone else saved a newer version")]
    VersionStale,
    /// The connection still has stacks.
    #[error("stacks still use this connection")]
    ConnectionInUse,
    /// The one-time setup link is used, expired or unknown, or an owner exists already.
    #[error("the setup link is not valid any more")]
    SetupLinkSpent,
    /// A constraint that has no better name here.
    #[error("a rule of the database schema was broken")]
    Other,
}

impl Error {
    /// The error for a missing row.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::NotFound { what }
    }

    /// The broken rule, when this is a conflict.
    #[must_use]
    pub fn conflict(&self) -> Option<Conflict> {
        match self {
            Self::Conflict { what } => Some(*what),
            _ => None,
        }
    }
}

impl From<Conflict> for Error {
    fn from(what: Conflict) -> Self {
        Self::Conflict { what }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as Sql;
        use sqlx::error::ErrorKind;
        match &error {
            Sql::Io(_) | Sql::Tls(_) | Sql::PoolTimedOut | Sql::PoolClosed | Sql::WorkerCrashed => {
                Self::Unavailable(error)
            }
            Sql::Database(answer) => match answer.kind() {
                ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation | ErrorKind::CheckViolation => {
                    Self::Conflict {
                        what: rule(answer.constraint()),
                    }
                }
                // Class 57: the server is starting, stopping, or an administrator closed the connection.
                _ if answer.code().is_some_and(|code| code.starts_with("57P")) => Self::Unavailable(error),
                _ if answer.code().is_some_and(|code| code == "53100") => Self::DiskFull(error),
                // 55P03, 57014: the bounds of the pool; 53300: too many connections.
                _ if answer
                    .code()
                    .is_some_and(|code| matches!(&*code, "55P03" | "57014" | "53300")) =>
                {
                    Self::Unavailable(error)
                }
                _ => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

/// The rule behind a constraint of the migrations.
fn rule(constraint: Option<&str>) -> Conflict {
    match constraint {
        Some("users_email_key") => Conflict::EmailTaken,
        Some("connections_name_key") => Conflict::ConnectionNameTaken,
        Some("stacks_name_key") => Conflict::StackNameTaken,
        Some("runs_unfinished_key") => Conflict::RunUnfinished,
        Some("stacks_connection_id_fkey") => Conflict::ConnectionInUse,
        _ => Conflict::Other,
    }
}
