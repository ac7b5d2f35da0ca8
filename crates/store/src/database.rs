//! The pool of connections, and the schema.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use time::OffsetDateTime;

use crate::reach::{self, Unreachable};
use crate::{Error, Result, instant, jobs};

/// Forward-only; each file runs in one transaction.
static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// The advisory lock that serialises the schema changes of starting replicas: `slipway` in ASCII.
const SCHEMA_LOCK: i64 = 0x0073_6c69_7077_6179;
/// How often the lock is asked for while another process has it.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// After this long the wait for it is told.
const TELL_AFTER: Duration = Duration::from_secs(2);
/// What every connection of the pool is told first: nothing of Slipway's takes this long, so whatever does is stuck,
/// and a client that vanished is noticed by the server. Over a Unix socket the keepalives mean nothing.
const BOUNDS: &str = "SET statement_timeout = '60s'; SET lock_timeout = '20s'; \
                      SET idle_in_transaction_session_timeout = '60s'; \
                      SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

/// How many connections a process may hold, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most connections at once. PostgreSQL's own default limit for all processes together is 100.
    pub max_connections: u32,
    /// How long a caller waits for a free connection before [`Error::Unavailable`].
    pub acquire_timeout: Duration,
    /// How long a start waits for another process that changes the schema before [`Error::SchemaBusy`].
    pub schema_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(10),
            schema_patience: Duration::from_secs(5 * 60),
        }
    }
}

/// Slipway's database. Cheap to clone; all clones share one pool.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    schema_patience: Duration,
}

impl Database {
    /// Connects and brings the schema up to date. Several replicas may do this at once.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when no connection can be made; [`Error::Migration`] when the schema is newer than this
    /// binary or an applied migration was changed; [`Error::SchemaBusy`].
    pub async fn open(url: &str) -> Result<Self> {
        let database = Self::connect(url).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// Connects with the default [`Limits`] and leaves the schema as it is.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when no connection can be made.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, Limits::default()).await
    }

    /// Connects with other limits and leaves the schema as it is.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when no connection can be made, and why.
    pub async fn connect_with(url: &str, limits: Limits) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| Unreachable::Address)?
            .application_name("slipway");
        // A pool tries until its time is up and then says no more than that. One connection of our own says why.
        reach::once(&options, limits.acquire_timeout).await?;
        let pool = PgPoolOptions::new()
            .max_connections(limits.max_connections)
            .acquire_timeout(limits.acquire_timeout)
            .idle_timeout(Duration::from_secs(300))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(BOUNDS).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self {
            pool,
            schema_patience: limits.schema_patience,
        })
    }

    /// Brings the schema up to date: Slipway's own tables and the job queue's.
    ///
    /// Replicas that start together wait for each other on an advisory lock of a connection of its own, so that a
    /// lost connection releases it.
    ///
    /// # Errors
    /// [`Error::Migration`] when the schema is newer than this binary or an applied migration was changed;
    /// [`Error::Jobs`] for the queue's tables; [`Error::SchemaBusy`] when another process holds the lock for too long.
    pub async fn migrate(&self) -> Result<()> {
        let mut guard: PgConnection = self.pool.connect_options().connect().await?;
        let outcome = match self.lock_schema(&mut guard).await {
            Ok(()) => self.migrate_locked().await,
            Err(error) => Err(error),
        };
        // The end of its session releases the lock.
        guard.close().await?;
        outcome
    }

    async fn lock_schema(&self, guard: &mut PgConnection) -> Result<()> {
        let began = tokio::time::Instant::now();
        let mut told = false;
        loop {
            let mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
                .bind(SCHEMA_LOCK)
                .fetch_one(&mut *guard)
                .await?;
            if mine {
                return Ok(());
            }
            let waited = began.elapsed();
            if waited >= self.schema_patience {
                return Err(Error::SchemaBusy {
                    holder: holder(guard).await?,
                    waited_s: waited.as_secs(),
                });
            }
            if !told && waited >= TELL_AFTER {
                told = true;
                let holder = holder(guard).await?;
                tracing::warn!(
                    holder,
                    "waiting for another process that brings the schema up to date"
                );
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    async fn migrate_locked(&self) -> Result<()> {
        // Without the pool's bounds: a migration of large tables may take its time.
        let unbound = PgPoolOptions::new()
            .max_connections(2)
            .connect_with((*self.pool.connect_options()).clone())
            .await?;
        // The queue first: runs are added together with their jobs.
        let outcome = match jobs::migrate(unbound.clone()).await {
            Ok(()) => MIGRATIONS.run(&unbound).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        unbound.close().await;
        outcome
    }

    /// The database's time. What several processes decide together goes by this: their own clocks differ and jump.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn now(&self) -> Result<Timestamp> {
        let now: OffsetDateTime = sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(&self.pool)
            .await?;
        Ok(instant::from_sql(now))
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

/// Who has the schema's lock, for people.
async fn holder(guard: &mut PgConnection) -> Result<String> {
    // A key of 64 bits is shown as its two halves.
    let found: Option<String> = sqlx::query_scalar(
        "SELECT format('%s (process %s of the server, since %s)', nullif(application_name, ''), activity.pid,
                       to_char(backend_start, 'HH24:MI:SS TZ'))
         FROM pg_locks JOIN pg_stat_activity AS activity ON activity.pid = pg_locks.pid
         WHERE locktype = 'advisory' AND granted AND objsubid = 1
           AND (classid::bigint << 32) | objid::bigint = $1 LIMIT 1",
    )
    .bind(SCHEMA_LOCK)
    .fetch_optional(guard)
    .await?;
    Ok(found.unwrap_or_else(|| "a process that has just let go".to_owned()))
}

impl Error {
    /// Whether trying the same again later may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::DiskFull(_) => true,
            Self::Unreachable(why) => why.is_transient(),
            _ => false,
        }
    }
}
