//! The pool of connections, and the schema.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use crate::{Error, Result, jobs};

/// Forward-only; each file runs in one transaction.
static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The advisory lock that serialises the schema changes of starting replicas: `slipway` in ASCII.
const SCHEMA_LOCK: i64 = 0x0073_6c69_7077_6179;

/// How many connections a process may hold, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most connections at once. PostgreSQL's own default limit for all processes together is 100.
    pub max_connections: u32,
    /// How long a caller waits for a free connection before [`Error::Unavailable`].
    pub acquire_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(10),
        }
    }
}

/// Slipway's database. Cheap to clone; all clones share one pool.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
}

impl Database {
    /// Connects and brings the schema up to date. Several replicas may do this at once.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server cannot be reached; [`Error::Migration`] when the schema is newer
    /// than this binary or an applied migration was changed.
    pub async fn open(url: &str) -> Result<Self> {
        let database = Self::connect(url).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// Connects with the default [`Limits`] and leaves the schema as it is.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, Limits::default()).await
    }

    /// Connects with other limits and leaves the schema as it is.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server cannot be reached.
    pub async fn connect_with(url: &str, limits: Limits) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("slipway");
        let pool = PgPoolOptions::new()
            .max_connections(limits.max_connections)
            .acquire_timeout(limits.acquire_timeout)
            .idle_timeout(Duration::from_secs(300))
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Brings the schema up to date: Slipway's own tables and the job queue's.
    ///
    /// Replicas that start together wait for each other on an advisory lock of a connection of its own, so that a
    /// lost connection releases it.
    ///
    /// # Errors
    /// [`Error::Migration`] when the schema is newer than this binary or an applied migration was changed;
    /// [`Error::Jobs`] for the queue's tables.
    pub async fn migrate(&self) -> Result<()> {
        let mut guard: PgConnection = self.pool.connect_options().connect().await?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(SCHEMA_LOCK)
            .execute(&mut guard)
            .await?;
        let outcome = self.migrate_locked().await;
        // The end of its session releases the lock.
        guard.close().await?;
        outcome
    }

    async fn migrate_locked(&self) -> Result<()> {
        // The queue first: runs are added together with their jobs.
        jobs::migrate(self).await?;
        MIGRATIONS.run(&self.pool).await?;
        Ok(())
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it gives none.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Waits for the statements in flight and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The pool, for the aggregates of this crate.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl Error {
    /// Whether trying the same again later may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
