//! AWS accounts and practice accounts that stacks live in.

use std::fmt;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{Database, Error, Result, instant};

/// What a connection reaches, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Settings {
    /// A simulated account.
    Practice {
        /// The scenario that it starts from, such as `runbook`.
        scenario: String,
    },
    /// A real account, or anything that speaks AWS's protocols.
    Aws {
        /// How to get credentials.
        credentials: Credentials,
        /// Such as `ap-northeast-1`.
        region: String,
        /// Another endpoint for all services: an emulator or a VPC endpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint: Option<String>,
    },
}

/// How to get credentials. Keys are not in here: those stay where AWS's own tools keep them. The external id is not shown
/// by `Debug`: AWS does not treat it as a secret, but whoever agreed on one may.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Credentials {
    /// AWS's default chain: environment, profile, container, instance.
    Default,
    /// A named profile of the AWS configuration files.
    Profile {
        /// The profile's name.
        name: String,
    },
    /// A role, assumed with the credentials of the default chain.
    AssumeRole {
        /// The role.
        role_arn: String,
        /// Agreed with the account's owner; AWS does not treat it as a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("Default"),
            Self::Profile { name } => f.debug_struct("Profile").field("name", name).finish(),
            Self::AssumeRole {
                role_arn,
                external_id,
            } => f
                .debug_struct("AssumeRole")
                .field("role_arn", role_arn)
                .field("external_id", &external_id.as_ref().map(|_| "…"))
                .finish(),
        }
    }
}

impl Settings {
    fn kind(&self) -> &'static str {
        match self {
            Self::Practice { .. } => "practice",
            Self::Aws { .. } => "aws",
        }
    }
}

/// A connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Version 7.
    pub id: Uuid,
    /// Unique, such as `practice:runbook`.
    pub name: String,
    /// What it reaches, and how.
    pub settings: Settings,
    /// Who added it; `None` when the command line did, or the person is gone.
    pub created_by: Option<Uuid>,
    /// When it was added.
    pub created_at: Timestamp,
    /// The outcome of the last test, in the form that the tester gave it, and when that was.
    pub last_test: Option<(Timestamp, serde_json::Value)>,
}

impl Connection {
    /// The outcome of the last test as the type that the tester stored.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when it was stored in another form.
    pub fn last_test_as<T: DeserializeOwned>(&self) -> Result<Option<(Timestamp, T)>> {
        let Some((at, value)) = &self.last_test else {
            return Ok(None);
        };
        match T::deserialize(value) {
            Ok(outcome) => Ok(Some((*at, outcome))),
            Err(source) => Err(Error::Unreadable {
                what: "connection test",
                source,
            }),
        }
    }
}

impl FromRow<'_, PgRow> for Connection {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let Json(settings) = row.try_get("settings")?;
        let outcome: Option<Json<serde_json::Value>> = row.try_get("last_test")?;
        let tested_at = instant::get_optional(row, "last_tested_at")?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            settings,
            created_by: row.try_get("created_by")?,
            created_at: instant::get(row, "created_at")?,
            last_test: tested_at.zip(outcome.map(|Json(value)| value)),
        })
    }
}

/// Adds a connection.
///
/// # Errors
/// [`Conflict::ConnectionNameTaken`](crate::Conflict::ConnectionNameTaken).
pub async fn create(
    db: &Database,
    name: &str,
    settings: &Settings,
    created_by: Option<Uuid>,
) -> Result<Connection> {
    Ok(sqlx::query_as(
        "INSERT INTO connections (id, name, kind, settings, created_by) VALUES ($1, $2, $3, $4, $5) RETURNING *",
    )
    .bind(Uuid::now_v7())
    .bind(name.trim())
    .bind(settings.kind())
    .bind(Json(settings))
    .bind(created_by)
    .fetch_one(db.pool())
    .await?)
}

/// The connection of this name, added with these settings when there is none. Processes that do this at once get
/// the same connection. An existing one keeps its settings.
///
/// # Errors
/// Those of the database.
pub async fn ensure(db: &Database, name: &str, settings: &Settings) -> Result<Connection> {
    sqlx::query(
        "INSERT INTO connections (id, name, kind, settings) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT connections_name_key DO NOTHING",
    )
    .bind(Uuid::now_v7())
    .bind(name.trim())
    .bind(settings.kind())
    .bind(Json(settings))
    .execute(db.pool())
    .await?;
    by_name(db, name).await
}

/// The connection with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(db: &Database, id: Uuid) -> Result<Connection> {
    sqlx::query_as("SELECT * FROM connections WHERE id = $1")
        .bind(id)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("connection"))
}

/// The connection with this name.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_name(db: &Database, name: &str) -> Result<Connection> {
    sqlx::query_as("SELECT * FROM connections WHERE name = $1")
        .bind(name.trim())
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("connection"))
}

/// All connections by name.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Database) -> Result<Vec<Connection>> {
    Ok(sqlx::query_as("SELECT * FROM connections ORDER BY name")
        .fetch_all(db.pool())
        .await?)
}

/// Changes the name and the settings; the last test's outcome no longer counts.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::ConnectionNameTaken`](crate::Conflict::ConnectionNameTaken).
pub async fn update(db: &Database, id: Uuid, name: &str, settings: &Settings) -> Result<Connection> {
    sqlx::query_as(
        "UPDATE connections
         SET name = $2, kind = $3, settings = $4, last_test = NULL, last_tested_at = NULL
         WHERE id = $1 RETURNING *",
    )
    .bind(id)
    .bind(name.trim())
    .bind(settings.kind())
    .bind(Json(settings))
    .fetch_optional(db.pool())
    .await?
    .ok_or(Error::not_found("connection"))
}

/// Keeps the outcome of a test.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn note_test(db: &Database, id: Uuid, outcome: &(impl Serialize + Sync)) -> Result<()> {
    let done = sqlx::query("UPDATE connections SET last_test = $2, last_tested_at = now() WHERE id = $1")
        .bind(id)
        .bind(Json(outcome))
        .execute(db.pool())
        .await?;
    if done.rows_affected() == 0 {
        Err(Error::not_found("connection"))
    } else {
        Ok(())
    }
}

/// Removes a connection with its practice account and the history of stacks that were taken down. Drafts lose their
/// choice of it. Nothing in AWS changes.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::ConnectionInUse`](crate::Conflict::ConnectionInUse) while it has stacks.
pub async fn remove(db: &Database, id: Uuid) -> Result<()> {
    let mut tx = db.pool().begin().await?;
    sqlx::query("DELETE FROM stacks WHERE connection_id = $1 AND removed_at IS NOT NULL")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    // The stacks that are left make the foreign key refuse.
    let done = sqlx::query("DELETE FROM connections WHERE id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::not_found("connection"));
    }
    tx.commit().await?;
    Ok(())
}
