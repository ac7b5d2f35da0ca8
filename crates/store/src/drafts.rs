//! Drafts: the wizard's pages as typed, right or wrong.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{Conflict, Database, Error, Result, instant};

/// A draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Version 7; part of the URL that a colleague can open.
    pub id: Uuid,
    /// Who began it.
    pub owner: Option<Uuid>,
    /// The connection, once chosen.
    pub connection_id: Option<Uuid>,
    /// The stack that it changes, when it is not a new one.
    pub stack_id: Option<Uuid>,
    /// The run that it became.
    pub run_id: Option<Uuid>,
    /// What was typed; see [`Draft::values_as`].
    pub values: Value,
    /// The word of the page to go on with.
    pub step: String,
    /// Counts the saves.
    pub version: i64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was saved last.
    pub updated_at: Timestamp,
    /// Who saved it last.
    pub updated_by: Option<Uuid>,
    /// Their name; empty when the person is gone.
    pub saved_by: String,
}

impl Draft {
    /// What was typed, as the type that was stored.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn values_as<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.values).map_err(|source| Error::Unreadable {
            what: "draft",
            source,
        })
    }
}

impl FromRow<'_, PgRow> for Draft {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            owner: row.try_get("owner")?,
            connection_id: row.try_get("connection_id")?,
            stack_id: row.try_get("stack_id")?,
            run_id: row.try_get("run_id")?,
            values: row.try_get("field_values")?,
            step: row.try_get("step")?,
            version: row.try_get("version")?,
            created_at: instant::get(row, "created_at")?,
            updated_at: instant::get(row, "updated_at")?,
            updated_by: row.try_get("updated_by")?,
            saved_by: row.try_get("saved_by")?,
        })
    }
}

/// A draft's content, for beginning one or saving it.
pub struct Content<'a, V> {
    /// Who saves.
    pub by: Option<Uuid>,
    /// The connection, once chosen.
    pub connection_id: Option<Uuid>,
    /// What was typed.
    pub values: &'a V,
    /// The word of the page to go on with.
    pub step: &'a str,
}

/// Begins a draft, of a new stack or of a change to one.
///
/// # Errors
/// [`Error::Conflict`] when the connection, the stack or the person does not exist.
pub async fn create<V: Serialize + Sync>(
    db: &Database,
    content: Content<'_, V>,
    stack_id: Option<Uuid>,
) -> Result<Draft> {
    Ok(sqlx::query_as(
        "WITH made AS (
             INSERT INTO drafts (id, owner, connection_id, stack_id, field_values, step, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $2) RETURNING *
         )
         SELECT made.*, coalesce(users.display_name, '') AS saved_by
         FROM made LEFT JOIN users ON users.id = made.updated_by",
    )
    .bind(Uuid::now_v7())
    .bind(content.by)
    .bind(content.connection_id)
    .bind(stack_id)
    .bind(Json(content.values))
    .bind(content.step)
    .fetch_one(db.pool())
    .await?)
}

/// Saves a draft. With `seen`, the version that the form was made from, a newer save by someone else is kept.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::VersionStale`].
pub async fn save<V: Serialize + Sync>(
    db: &Database,
    id: Uuid,
    seen: Option<i64>,
    content: Content<'_, V>,
) -> Result<Draft> {
    let saved = sqlx::query_as(
        "WITH saved AS (
             UPDATE drafts
             SET connection_id = $3, field_values = $4, step = $5, updated_by = $6, updated_at = now(),
                 version = version + 1
             WHERE id = $1 AND version = coalesce($2, version) RETURNING *
         )
         SELECT saved.*, coalesce(users.display_name, '') AS saved_by
         FROM saved LEFT JOIN users ON users.id = saved.updated_by",
    )
    .bind(id)
    .bind(seen)
    .bind(content.connection_id)
    .bind(Json(content.values))
    .bind(content.step)
    .bind(content.by)
    .fetch_optional(db.pool())
    .await?;
    match saved {
        Some(draft) => Ok(draft),
        None => {
            get(db, id).await?;
            Err(Conflict::VersionStale.into())
        }
    }
}

/// The draft with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(db: &Database, id: Uuid) -> Result<Draft> {
    sqlx::query_as(
        "SELECT drafts.*, coalesce(users.display_name, '') AS saved_by
         FROM drafts LEFT JOIN users ON users.id = drafts.updated_by WHERE drafts.id = $1",
    )
    .bind(id)
    .fetch_optional(db.pool())
    .await?
    .ok_or(Error::not_found("draft"))
}

/// Everyone's drafts that did not become a run, the latest first.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Database) -> Result<Vec<Draft>> {
    Ok(sqlx::query_as(
        "SELECT drafts.*, coalesce(users.display_name, '') AS saved_by
         FROM drafts LEFT JOIN users ON users.id = drafts.updated_by
         WHERE run_id IS NULL ORDER BY updated_at DESC",
    )
    .fetch_all(db.pool())
    .await?)
}

/// The newest draft that this person began, of this stack or of a new one, and that nobody saved since.
///
/// # Errors
/// Those of the database.
pub async fn untouched(db: &Database, owner: Uuid, stack_id: Option<Uuid>) -> Result<Option<Draft>> {
    Ok(sqlx::query_as(
        "SELECT drafts.*, coalesce(users.display_name, '') AS saved_by
         FROM drafts LEFT JOIN users ON users.id = drafts.updated_by
         WHERE owner = $1 AND stack_id IS NOT DISTINCT FROM $2 AND version = 1 AND run_id IS NULL
         ORDER BY drafts.created_at DESC LIMIT 1",
    )
    .bind(owner)
    .bind(stack_id)
    .fetch_optional(db.pool())
    .await?)
}

/// Notes the run that a draft became. It is no draft any more: it is in no list, and nothing is saved in it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn became_run(db: &Database, id: Uuid, run: Uuid) -> Result<()> {
    let done = sqlx::query("UPDATE drafts SET run_id = $2 WHERE id = $1")
        .bind(id)
        .bind(run)
        .execute(db.pool())
        .await?;
    if done.rows_affected() == 0 {
        Err(Error::not_found("draft"))
    } else {
        Ok(())
    }
}

/// Removes a draft that is not wanted.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(db: &Database, id: Uuid) -> Result<()> {
    let done = sqlx::query("DELETE FROM drafts WHERE id = $1")
        .bind(id)
        .execute(db.pool())
        .await?;
    if done.rows_affected() == 0 {
        Err(Error::not_found("draft"))
    } else {
        Ok(())
    }
}
