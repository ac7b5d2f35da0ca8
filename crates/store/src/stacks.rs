//! Stacks: one backend with everything around it.

use std::collections::BTreeMap;

use engine::spec::StackSpec;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{Database, Error, Result, instant};

/// A stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Version 7.
    pub id: Uuid,
    /// Unique among the stacks of its connection that are not removed.
    pub name: String,
    /// Such as `production`.
    pub environment: String,
    /// The account that it lives in.
    pub connection_id: Uuid,
    /// The spec as it was asked for last, whether or not that run succeeded, in the form of its time; see [`Stack::spec_as`].
    pub spec: Value,
    /// What the last run answered.
    pub outputs: Value,
    /// Who set it up; `None` when the command line did, or the person is gone.
    pub created_by: Option<Uuid>,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When it was taken down.
    pub removed_at: Option<Timestamp>,
}

impl Stack {
    /// The spec.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when a newer version stored it in a form that this one does not know.
    pub fn spec(&self) -> Result<StackSpec> {
        self.spec_as()
    }

    /// The spec as another type.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn spec_as<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.spec).map_err(|source| Error::Unreadable { what: "spec", source })
    }

    /// The outputs as the type that was stored.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn outputs_as<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.outputs).map_err(|source| Error::Unreadable {
            what: "outputs",
            source,
        })
    }
}

impl FromRow<'_, PgRow> for Stack {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            environment: row.try_get("environment")?,
            connection_id: row.try_get("connection_id")?,
            spec: row.try_get("spec")?,
            outputs: row.try_get("outputs")?,
            created_by: row.try_get("created_by")?,
            created_at: instant::get(row, "created_at")?,
            removed_at: instant::get_optional(row, "removed_at")?,
        })
    }
}

/// A stack to add.
pub struct NewStack<'a, S> {
    /// Unique among the stacks of the connection.
    pub name: &'a str,
    /// Such as `production`.
    pub environment: &'a str,
    /// The account that it will live in.
    pub connection_id: Uuid,
    /// What is wanted.
    pub spec: &'a S,
    /// Who; `None` on the command line.
    pub created_by: Option<Uuid>,
}

/// Adds a stack.
///
/// # Errors
/// [`Conflict::StackNameTaken`](crate::Conflict::StackNameTaken).
pub async fn create<S: Serialize + Sync>(db: &Database, new: NewStack<'_, S>) -> Result<Stack> {
    Ok(sqlx::query_as(
        "INSERT INTO stacks (id, name, environment, connection_id, spec, created_by)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
    )
    .bind(Uuid::now_v7())
    .bind(new.name)
    .bind(new.environment)
    .bind(new.connection_id)
    .bind(Json(new.spec))
    .bind(new.created_by)
    .fetch_one(db.pool())
    .await?)
}

/// The stack of this name, added when there is none; its spec becomes this one either way. Processes that do this
/// at once get the same stack.
///
/// # Errors
/// [`Error::Conflict`] when the connection does not exist.
pub async fn put<S: Serialize + Sync>(db: &Database, new: NewStack<'_, S>) -> Result<Stack> {
    Ok(sqlx::query_as(
        "INSERT INTO stacks (id, name, environment, connection_id, spec, created_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (connection_id, name) WHERE removed_at IS NULL
         DO UPDATE SET spec = excluded.spec, environment = excluded.environment
         RETURNING *",
    )
    .bind(Uuid::now_v7())
    .bind(new.name)
    .bind(new.environment)
    .bind(new.connection_id)
    .bind(Json(new.spec))
    .bind(new.created_by)
    .fetch_one(db.pool())
    .await?)
}

/// The stack of this name as it is, added with this spec when there is none. Processes that do this at once get the
/// same stack.
///
/// # Errors
/// [`Error::Conflict`] when the connection does not exist.
pub async fn ensure<S: Serialize + Sync>(db: &Database, new: NewStack<'_, S>) -> Result<Stack> {
    Ok(sqlx::query_as(
        "INSERT INTO stacks (id, name, environment, connection_id, spec, created_by)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (connection_id, name) WHERE removed_at IS NULL
         DO UPDATE SET name = stacks.name
         RETURNING *",
    )
    .bind(Uuid::now_v7())
    .bind(new.name)
    .bind(new.environment)
    .bind(new.connection_id)
    .bind(Json(new.spec))
    .bind(new.created_by)
    .fetch_one(db.pool())
    .await?)
}

/// The stack with this id, removed or not.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(db: &Database, id: Uuid) -> Result<Stack> {
    sqlx::query_as("SELECT * FROM stacks WHERE id = $1")
        .bind(id)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("stack"))
}

/// The stack of this name on a connection.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it was removed.
pub async fn by_name(db: &Database, connection_id: Uuid, name: &str) -> Result<Stack> {
    sqlx::query_as("SELECT * FROM stacks WHERE connection_id = $1 AND name = $2 AND removed_at IS NULL")
        .bind(connection_id)
        .bind(name)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("stack"))
}

/// All stacks that are not removed, by name. Several connections may have one of the same name.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Database) -> Result<Vec<Stack>> {
    Ok(
        sqlx::query_as("SELECT * FROM stacks WHERE removed_at IS NULL ORDER BY name, id")
            .fetch_all(db.pool())
            .await?,
    )
}

/// The stacks of a connection that are not removed, by name.
///
/// # Errors
/// Those of the database.
pub async fn of_connection(db: &Database, connection_id: Uuid) -> Result<Vec<Stack>> {
    Ok(
        sqlx::query_as("SELECT * FROM stacks WHERE connection_id = $1 AND removed_at IS NULL ORDER BY name")
            .bind(connection_id)
            .fetch_all(db.pool())
            .await?,
    )
}

/// How many stacks each connection has. Connections without any are not in the map.
///
/// # Errors
/// Those of the database.
pub async fn counts(db: &Database) -> Result<BTreeMap<Uuid, u32>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT connection_id, count(*) FROM stacks WHERE removed_at IS NULL GROUP BY connection_id",
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, count)| (id, u32::try_from(count).unwrap_or(u32::MAX)))
        .collect())
}

/// Keeps what the last run answered.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_outputs(db: &Database, id: Uuid, outputs: &(impl Serialize + Sync)) -> Result<()> {
    let done = sqlx::query("UPDATE stacks SET outputs = $2 WHERE id = $1")
        .bind(id)
        .bind(Json(outputs))
        .execute(db.pool())
        .await?;
    if done.rows_affected() == 0 {
        Err(Error::not_found("stack"))
    } else {
        Ok(())
    }
}

/// Notes that a stack was taken down: its name is free again, its runs stay readable, its monitors stop. Doing it
/// twice changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn remove(db: &Database, id: Uuid) -> Result<()> {
    let mut tx = db.pool().begin().await?;
    sqlx::query("UPDATE stacks SET removed_at = now() WHERE id = $1 AND removed_at IS NULL")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE monitors SET removed_at = now() WHERE stack_id = $1 AND removed_at IS NULL")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
