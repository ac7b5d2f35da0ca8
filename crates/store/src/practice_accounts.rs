//! The state of practice accounts, shared by every replica and command.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{Database, Error, Result, instant};

/// A practice account. `W` is the simulator's world.
///
/// Its clock: simulated time = `sim_epoch` + (wall time − `wall_epoch`) × `speed`.
#[derive(Debug, Clone, PartialEq)]
pub struct PracticeAccount<W> {
    /// The connection that it belongs to.
    pub connection_id: Uuid,
    /// The scenario that it started from.
    pub scenario: String,
    /// Everything in the account.
    pub world: W,
    /// The wall time at which the simulated time was `sim_epoch`.
    pub wall_epoch: Timestamp,
    /// See `wall_epoch`.
    pub sim_epoch: Timestamp,
    /// Simulated seconds per second, above zero.
    pub speed: f64,
    /// Counts the changes.
    pub version: i64,
    /// Counts the resets.
    pub epoch: i64,
}

impl<W> PracticeAccount<W> {
    /// Its clock and epoch.
    #[must_use]
    pub fn clock(&self) -> PracticeClock {
        PracticeClock {
            wall_epoch: self.wall_epoch,
            sim_epoch: self.sim_epoch,
            speed: self.speed,
            epoch: self.epoch,
        }
    }
}

/// What can be said of an account without reading its world, which may be another version's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PracticeClock {
    /// See [`PracticeAccount::wall_epoch`].
    pub wall_epoch: Timestamp,
    /// See [`PracticeAccount::sim_epoch`].
    pub sim_epoch: Timestamp,
    /// Simulated seconds per second, above zero.
    pub speed: f64,
    /// Counts the resets.
    pub epoch: i64,
}

impl FromRow<'_, PgRow> for PracticeClock {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            wall_epoch: instant::get(row, "wall_epoch")?,
            sim_epoch: instant::get(row, "sim_epoch")?,
            speed: row.try_get("speed")?,
            epoch: row.try_get("epoch")?,
        })
    }
}

impl<'r, W: DeserializeOwned + Send + Unpin + 'static> FromRow<'r, PgRow> for PracticeAccount<W> {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        let Json(world) = row.try_get::<Json<W>, _>("world")?;
        Ok(Self {
            connection_id: row.try_get("connection_id")?,
            scenario: row.try_get("scenario")?,
            world,
            wall_epoch: instant::get(row, "wall_epoch")?,
            sim_epoch: instant::get(row, "sim_epoch")?,
            speed: row.try_get("speed")?,
            version: row.try_get("version")?,
            epoch: row.try_get("epoch")?,
        })
    }
}

/// Puts an account in place of whatever was there, readable or not, and forgets the stacks of its connection with their
/// runs and history, all at once. `version` and `epoch` are ignored: both go on counting. Answers how many stacks there
/// were.
///
/// A process that still executes one of their runs has lost it, and can tell its account from this one by the epoch.
///
/// # Errors
/// [`Error::Conflict`] when the connection does not exist or the speed is not above zero.
pub async fn reset<W: Serialize + Sync>(db: &Database, account: &PracticeAccount<W>) -> Result<u64> {
    let mut tx = db.pool().begin().await?;
    // First the account: whoever is in it finishes its call, and everybody after sees the new epoch.
    sqlx::query(
        "INSERT INTO practice_accounts (connection_id, scenario, world, wall_epoch, sim_epoch, speed)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (connection_id) DO UPDATE
         SET scenario = excluded.scenario, world = excluded.world, wall_epoch = excluded.wall_epoch,
             sim_epoch = excluded.sim_epoch, speed = excluded.speed, epoch = practice_accounts.epoch + 1,
             version = practice_accounts.version + 1, updated_at = now()",
    )
    .bind(account.connection_id)
    .bind(&account.scenario)
    .bind(Json(&account.world))
    .bind(instant::to_sql(account.wall_epoch))
    .bind(instant::to_sql(account.sim_epoch))
    .bind(account.speed)
    .execute(&mut *tx)
    .await?;
    let forgotten = sqlx::query("DELETE FROM stacks WHERE connection_id = $1")
        .bind(account.connection_id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(forgotten.rows_affected())
}

/// Puts an account in place; leaves one that is there alone. Answers whether it made one.
///
/// # Errors
/// [`Error::Conflict`] when the connection does not exist or the speed is not above zero.
pub async fn put_new<W: Serialize + Sync>(db: &Database, account: &PracticeAccount<W>) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO practice_accounts (connection_id, scenario, world, wall_epoch, sim_epoch, speed)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connection_id) DO NOTHING",
    )
    .bind(account.connection_id)
    .bind(&account.scenario)
    .bind(Json(&account.world))
    .bind(instant::to_sql(account.wall_epoch))
    .bind(instant::to_sql(account.sim_epoch))
    .bind(account.speed)
    .execute(db.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The account as last saved. Takes no lock; the caller advances its own copy to the present.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unreadable`] when the world is not a `W`.
pub async fn read<W>(db: &Database, connection_id: Uuid) -> Result<PracticeAccount<W>>
where
    W: DeserializeOwned + Send + Unpin + 'static,
{
    let row = sqlx::query("SELECT * FROM practice_accounts WHERE connection_id = $1")
        .bind(connection_id)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("practice account"))?;
    decode(&row)
}

/// The account's clock and epoch, whatever its world looks like.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn clock(db: &Database, connection_id: Uuid) -> Result<PracticeClock> {
    sqlx::query_as(
        "SELECT wall_epoch, sim_epoch, speed, epoch FROM practice_accounts WHERE connection_id = $1",
    )
    .bind(connection_id)
    .fetch_optional(db.pool())
    .await?
    .ok_or(Error::not_found("practice account"))
}

/// What [`with_world`] does with the account afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep<T> {
    /// It changed: it is saved.
    Saved(T),
    /// Nothing in it changed that is worth saving.
    AsItWas(T),
}

/// Looks at, or changes, the account under a row lock: callers take turns, each sees what the one before saved. The world
/// is read, changed and written on a thread for such work: the larger ones take milliseconds.
///
/// `seen` is the account as this caller saw it last. While nobody else has changed it, it is not read again: most looks
/// change nothing. Answers the account as this call left it, and what the closure said: what it did to the account without
/// wanting it saved is in that copy, and is saved with the next change made to it if that comes before anybody else's.
///
/// The closure holds the lock, so it must not wait for anything.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unreadable`] when the world is not a `W`, or can't be written as one.
pub async fn with_world<W, T>(
    db: &Database,
    connection_id: Uuid,
    seen: Option<PracticeAccount<W>>,
    work: impl FnOnce(&mut PracticeAccount<W>) -> Keep<T> + Send + 'static,
) -> Result<(PracticeAccount<W>, T)>
where
    W: Serialize + DeserializeOwned + Send + Sync + Unpin + 'static,
    T: Send + 'static,
{
    let mut tx = db.pool().begin().await?;
    let version: i64 =
        sqlx::query_scalar("SELECT version FROM practice_accounts WHERE connection_id = $1 FOR UPDATE")
            .bind(connection_id)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::not_found("practice account"))?;
    let seen = seen.filter(|account| account.version == version);
    let row = match seen {
        Some(_) => None,
        None => Some(
            sqlx::query("SELECT * FROM practice_accounts WHERE connection_id = $1")
                .bind(connection_id)
                .fetch_one(&mut *tx)
                .await?,
        ),
    };
    let work = tokio::task::spawn_blocking(move || {
        let read = row.as_ref().map(decode).transpose()?;
        let mut account = seen.or(read).ok_or(Error::not_found("practice account"))?;
        Ok::<_, Error>(match work(&mut account) {
            Keep::AsItWas(answer) => (account, None, answer),
            Keep::Saved(answer) => {
                let world = serde_json::to_string(&account.world).map_err(unreadable)?;
                (account, Some(world), answer)
            }
        })
    });
    let (mut account, changed, answer) = match work.await {
        Ok(done) => done?,
        Err(error) => match error.try_into_panic() {
            // As if it had happened here.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => return Err(Error::Unavailable(sqlx::Error::WorkerCrashed)),
        },
    };
    let Some(world) = changed else {
        tx.rollback().await?;
        return Ok((account, answer));
    };
    account.version = sqlx::query_scalar(
        "UPDATE practice_accounts
         SET world = $2::jsonb, wall_epoch = $3, sim_epoch = $4, speed = $5, scenario = $6,
             version = version + 1, updated_at = now()
         WHERE connection_id = $1 RETURNING version",
    )
    .bind(connection_id)
    .bind(world)
    .bind(instant::to_sql(account.wall_epoch))
    .bind(instant::to_sql(account.sim_epoch))
    .bind(account.speed)
    .bind(&account.scenario)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((account, answer))
}

fn unreadable(source: serde_json::Error) -> Error {
    Error::Unreadable {
        what: "practice world",
        source,
    }
}

fn decode<W>(row: &PgRow) -> Result<PracticeAccount<W>>
where
    W: DeserializeOwned + Send + Unpin + 'static,
{
    PracticeAccount::from_row(row).map_err(|error| match error {
        sqlx::Error::ColumnDecode { source, .. } => match source.downcast::<serde_json::Error>() {
            Ok(source) => unreadable(*source),
            Err(source) => Error::Database(sqlx::Error::Decode(source)),
        },
        other => other.into(),
    })
}
