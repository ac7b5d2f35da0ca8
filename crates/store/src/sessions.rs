//! Sign-in sessions, as a store for `tower-sessions`.
//!
//! The primary key is the SHA-256 of the session id (ASVS 7.2: a copy of the table opens no session). A session
//! that was ended elsewhere is never brought back by a request that was still in flight.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store;
use uuid::Uuid;

use crate::{Database, Error, Result, instant, token};

/// The key under which the server puts the signed-in person's id (a UUID as text) into the session.
pub const USER_ID: &str = "user_id";

/// How long a session may live in all, however busy it is (ASVS 7.3.2).
pub const ABSOLUTE_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgSessions {
    db: Database,
    lifetime: Duration,
}

/// A session, as its owner sees it in the list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the session in [`end`] without giving it away: the stored hash, in hexadecimal digits.
    pub handle: String,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// The last use, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends without further use.
    pub expires_at: Timestamp,
}

impl FromRow<'_, PgRow> for Session {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            handle: token::hex(row.try_get("id_hash")?),
            created_at: instant::get(row, "created_at")?,
            last_seen_at: instant::get(row, "last_seen_at")?,
            expires_at: instant::get(row, "expires_at")?,
        })
    }
}

impl PgSessions {
    /// A store with the default absolute lifetime.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self::with_lifetime(db, ABSOLUTE_LIFETIME)
    }

    /// A store with another absolute lifetime.
    #[must_use]
    pub fn with_lifetime(db: Database, lifetime: Duration) -> Self {
        Self { db, lifetime }
    }

    /// Removes what has ended. Run it now and then; correctness does not depend on it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sweep(&self) -> Result<u64> {
        let done = sqlx::query(
            "DELETE FROM sessions WHERE expires_at <= now() OR created_at <= now() - make_interval(secs => $1)",
        )
        .bind(self.lifetime.as_secs_f64())
        .execute(self.db.pool())
        .await?;
        Ok(done.rows_affected())
    }
}

#[async_trait]
impl SessionStore for PgSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        loop {
            let made = sqlx::query(
                "INSERT INTO sessions (id_hash, user_id, data, expires_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (id_hash) DO NOTHING",
            )
            .bind(key(&record.id))
            .bind(user_id(record))
            .bind(Json(&record.data))
            .bind(record.expiry_date)
            .execute(self.db.pool())
            .await
            .map_err(backend)?;
            if made.rows_affected() == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // No insert: the session may have been ended by its owner while this request was running.
        sqlx::query(
            "UPDATE sessions SET user_id = $2, data = $3, expires_at = $4, last_seen_at = now() WHERE id_hash = $1",
        )
        .bind(key(&record.id))
        .bind(user_id(record))
        .bind(Json(&record.data))
        .bind(record.expiry_date)
        .execute(self.db.pool())
        .await
        .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        // One write a minute and session is enough to tell people when it was last used.
        let row = sqlx::query(
            "WITH seen AS (
                 UPDATE sessions SET last_seen_at = now()
                 WHERE id_hash = $1 AND last_seen_at < now() - interval '1 minute'
             )
             SELECT data, expires_at FROM sessions
             WHERE id_hash = $1 AND expires_at > now() AND created_at > now() - make_interval(secs => $2)",
        )
        .bind(key(id))
        .bind(self.lifetime.as_secs_f64())
        .fetch_optional(self.db.pool())
        .await
        .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let Json(data) = row
            .try_get("data")
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let expiry_date = row.try_get("expires_at").map_err(backend)?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        sqlx::query("DELETE FROM sessions WHERE id_hash = $1")
            .bind(key(id))
            .execute(self.db.pool())
            .await
            .map_err(backend)?;
        Ok(())
    }
}

/// The sessions of a person that are still valid, the latest first.
///
/// # Errors
/// Those of the database.
pub async fn of_user(db: &Database, user: Uuid) -> Result<Vec<Session>> {
    Ok(sqlx::query_as(
        "SELECT id_hash, created_at, last_seen_at, expires_at FROM sessions
         WHERE user_id = $1 AND expires_at > now() ORDER BY last_seen_at DESC",
    )
    .bind(user)
    .fetch_all(db.pool())
    .await?)
}

/// The handle of a session, to mark "this one" in the list.
#[must_use]
pub fn handle(id: &Id) -> String {
    token::hex(&key(id))
}

/// Ends one session of a person.
///
/// # Errors
/// [`Error::NotFound`] when the person has no such session.
pub async fn end(db: &Database, user: Uuid, handle: &str) -> Result<()> {
    let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND encode(id_hash, 'hex') = $2")
        .bind(user)
        .bind(handle)
        .execute(db.pool())
        .await?;
    if done.rows_affected() == 0 {
        Err(Error::not_found("session"))
    } else {
        Ok(())
    }
}

/// Ends all sessions of a person except, when given, the one with this id. Answers how many ended.
///
/// # Errors
/// Those of the database.
pub async fn end_all(db: &Database, user: Uuid, except: Option<&Id>) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id_hash IS DISTINCT FROM $2")
        .bind(user)
        .bind(except.map(key))
        .execute(db.pool())
        .await?;
    Ok(done.rows_affected())
}

fn key(id: &Id) -> [u8; 32] {
    token::hash(&id.0.to_be_bytes())
}

fn user_id(record: &Record) -> Option<Uuid> {
    record.data.get(USER_ID)?.as_str()?.parse().ok()
}

fn backend(error: sqlx::Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
