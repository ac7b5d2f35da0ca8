//! A private PostgreSQL in the data directory, for when `DATABASE_URL` is not set.
//!
//! All Slipway processes on one data directory share one server: the first starts it, the others join, and the
//! last one to leave stops it. File locks tell who is there, so that a killed process counts as gone. A server
//! whose processes were all killed keeps running and is joined by the next one. It listens on a Unix socket only,
//! in a folder of mode 0700.
//!
//! Started as root, Slipway runs the server as the cluster's owner: `postgres`, or else `nobody`. When that account
//! cannot reach the data directory (it lies in root's home, say), the cluster is kept under `/var/lib/slipway` and
//! the data directory holds a link to it.

mod account;
mod binaries;
mod error;
mod home;
mod postmaster;
mod presence;
mod server;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

pub use error::EmbeddedError;
use error::io;
use presence::{Gate, Presence};
use server::{Server, USER};

/// The name of Slipway's database inside the cluster.
const DATABASE: &str = "slipway";

/// What leaving meant for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// Nobody else used it: it is stopped.
    Stopped,
    /// Another process still uses it: it goes on.
    StillUsed,
}

/// One process's use of the embedded server. Dropping it leaves, like [`Cluster::stop`], and blocks meanwhile.
#[derive(Debug)]
pub struct Cluster {
    data_dir: PathBuf,
    socket_folder: PathBuf,
    postmaster_pid: u32,
    server: Arc<Server>,
    presence: Option<Presence>,
}

impl Cluster {
    /// Starts the server of a data directory or joins the running one, and makes sure that it holds a database.
    ///
    /// # Errors
    /// See [`EmbeddedError`]; the messages say what to install or change.
    pub async fn start(data_dir: impl Into<PathBuf>) -> Result<Self, EmbeddedError> {
        Self::start_with(data_dir, None).await
    }

    /// Like [`Cluster::start`], with the folder that holds PostgreSQL's programs.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub async fn start_with(
        data_dir: impl Into<PathBuf>,
        bin_dir: Option<PathBuf>,
    ) -> Result<Self, EmbeddedError> {
        let data_dir = data_dir.into();
        // Leaving enters the gate again: it has to open before the cluster is dropped. In the pair, which is dropped
        // unread when this start is cut off, the first goes first; of two variables, the last.
        let (gate, cluster) = blocking(move || Self::join(&data_dir, bin_dir.as_deref())).await??;
        let gate = gate;
        create_database(&cluster.options("postgres")).await?;
        drop(gate);
        Ok(cluster)
    }

    fn join(data_dir: &Path, bin_dir: Option<&Path>) -> Result<(Gate, Self), EmbeddedError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .map_err(io("create", data_dir))?;
        let data_dir = data_dir.canonicalize().map_err(io("read", data_dir))?;
        let gate = Gate::enter(&data_dir)?;
        let server = Server::prepare(&data_dir, bin_dir)?;
        let presence = Presence::join(&data_dir)?;
        let postmaster = server.ensure_running()?;
        let cluster = Self {
            data_dir,
            // The running server's own word: another process may have chosen the folder.
            socket_folder: postmaster.socket_folder.unwrap_or_default(),
            postmaster_pid: postmaster.pid,
            server: Arc::new(server),
            presence: Some(presence),
        };
        Ok((gate, cluster))
    }

    /// The URL of Slipway's database, for [`crate::Database::open`].
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The URL of another database of the cluster.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let folder: String = self
            .socket_folder
            .to_string_lossy()
            .bytes()
            .map(|byte| match byte {
                b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("postgres://{USER}@localhost/{database}?host={folder}")
    }

    /// The folder of the Unix socket, such as for `psql -h FOLDER -U slipway slipway`.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The process id of the server.
    #[must_use]
    pub fn postmaster_pid(&self) -> u32 {
        self.postmaster_pid
    }

    /// What looks after the server while this process uses it.
    #[must_use]
    pub fn guardian(&self) -> Guardian {
        Guardian {
            data_dir: self.data_dir.clone(),
            server: Arc::clone(&self.server),
        }
    }

    /// Leaves; the last one to leave stops the server and waits for it. Close the pools first.
    ///
    /// # Errors
    /// [`EmbeddedError::Program`] when the server does not stop.
    pub async fn stop(mut self) -> Result<Departure, EmbeddedError> {
        let (data_dir, server, presence) = (
            self.data_dir.clone(),
            Arc::clone(&self.server),
            self.presence.take(),
        );
        blocking(move || leave(&data_dir, &server, presence)).await?
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_folder)
            .username(USER)
            .database(database)
    }
}

/// Looks after the server: it may be killed (no memory left) or end by itself (no room on the disk) while processes use
/// it. Useful only as long as the [`Cluster`] it comes from is held.
#[derive(Debug, Clone)]
pub struct Guardian {
    data_dir: PathBuf,
    server: Arc<Server>,
}

impl Guardian {
    /// Starts the server again if it is not there, through the gate of every start. Answers whether it had to.
    ///
    /// # Errors
    /// [`EmbeddedError`], when it does not start.
    pub async fn ensure_running(&self) -> Result<bool, EmbeddedError> {
        let Self { data_dir, server } = self.clone();
        blocking(move || {
            if server.is_running() {
                return Ok(false);
            }
            let _gate = Gate::enter(&data_dir)?;
            // Another process may have been quicker.
            if server.is_running() {
                return Ok(false);
            }
            server.ensure_running().map(|_| true)
        })
        .await?
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.presence.is_some()
            && let Err(error) = leave(&self.data_dir, &self.server, self.presence.take())
        {
            tracing::warn!(%error, "the embedded database was not stopped; the next start joins it");
        }
    }
}

fn leave(data_dir: &Path, server: &Server, presence: Option<Presence>) -> Result<Departure, EmbeddedError> {
    let Some(presence) = presence else {
        return Ok(Departure::StillUsed);
    };
    let _gate = Gate::enter(data_dir)?;
    if !presence.leave() {
        return Ok(Departure::StillUsed);
    }
    server.stop()?;
    Ok(Departure::Stopped)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, EmbeddedError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| EmbeddedError::Program {
            program: "pg_ctl",
            message: format!("the start was interrupted: {error}"),
        })
}

/// Creates Slipway's database in a new cluster.
async fn create_database(admin: &PgConnectOptions) -> Result<(), EmbeddedError> {
    let mut connection: PgConnection = admin.connect().await.map_err(crate::Error::from)?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut connection)
        .await
        .map_err(crate::Error::from)?;
    if !exists {
        let statement = format!("CREATE DATABASE {DATABASE}");
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .map_err(crate::Error::from)?;
    }
    connection.close().await.map_err(crate::Error::from)?;
    Ok(())
}
