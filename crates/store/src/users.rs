//! People with an account on the panel.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};
use uuid::Uuid;

use crate::{Database, Error, Result, instant};

/// What a person may do. More roles come with teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
        }
    }

    fn parse(text: &str) -> sqlx::Result<Self> {
        match text {
            "owner" => Ok(Self::Owner),
            other => Err(sqlx::Error::Decode(format!("unknown role {other}").into())),
        }
    }
}

/// A password hash in PHC form, such as `$argon2id$v=19$m=19456,t=2,p=1$…`. It has no `Debug` and no `Serialize`.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the verifier.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Version 7, so that ids sort by creation.
    pub id: Uuid,
    /// In lower case.
    pub email: String,
    /// As the person wants to be called.
    pub display_name: String,
    /// `ja` or `en`.
    pub locale: String,
    /// What the person may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the person last signed in.
    pub last_login_at: Option<Timestamp>,
}

/// A person to add.
pub struct NewUser<'a> {
    /// Trimmed and put in lower case when stored.
    pub email: &'a str,
    /// As the person wants to be called.
    pub display_name: &'a str,
    /// The hash, never the password.
    pub password: &'a PasswordHash,
    /// `ja` or `en`.
    pub locale: &'a str,
    /// What the person may do.
    pub role: Role,
}

impl FromRow<'_, PgRow> for User {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            email: row.try_get("email")?,
            display_name: row.try_get("display_name")?,
            locale: row.try_get("locale")?,
            role: Role::parse(row.try_get("role")?)?,
            created_at: instant::get(row, "created_at")?,
            last_login_at: instant::get_optional(row, "last_login_at")?,
        })
    }
}

/// One spelling per address.
fn canonical(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Adds a person.
///
/// # Errors
/// [`Conflict::EmailTaken`](crate::Conflict::EmailTaken).
pub async fn create(db: &Database, new: NewUser<'_>) -> Result<User> {
    insert(db.pool(), new).await
}

pub(crate) async fn insert(executor: impl PgExecutor<'_>, new: NewUser<'_>) -> Result<User> {
    let user = sqlx::query_as(
        "INSERT INTO users (id, email, display_name, password_hash, locale, role)
         VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING *",
    )
    .bind(Uuid::now_v7())
    .bind(canonical(new.email))
    .bind(new.display_name.trim())
    .bind(new.password.expose())
    .bind(new.locale)
    .bind(new.role.as_str())
    .fetch_one(executor)
    .await?;
    Ok(user)
}

/// The person with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(db: &Database, id: Uuid) -> Result<User> {
    sqlx::query_as("SELECT * FROM users WHERE id = $1")
        .bind(id)
        .fetch_optional(db.pool())
        .await?
        .ok_or(Error::not_found("user"))
}

/// The person with this address and the hash to check a password against.
///
/// # Errors
/// Only those of the database: an unknown address is `None`, so that the caller can spend the same time on it.
pub async fn credentials(db: &Database, email: &str) -> Result<Option<(User, PasswordHash)>> {
    let row = sqlx::query("SELECT * FROM users WHERE email = $1")
        .bind(canonical(email))
        .fetch_optional(db.pool())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((
        User::from_row(&row)?,
        PasswordHash(row.try_get("password_hash")?),
    )))
}

/// Everyone, the first account first.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Database) -> Result<Vec<User>> {
    Ok(sqlx::query_as("SELECT * FROM users ORDER BY id")
        .fetch_all(db.pool())
        .await?)
}

/// Whether anyone has an account. Without one the panel shows the setup page only.
///
/// # Errors
/// Those of the database.
pub async fn any(db: &Database) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)")
        .fetch_one(db.pool())
        .await?)
}

/// Notes that the person signed in now.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn note_login(db: &Database, id: Uuid) -> Result<()> {
    touched(
        sqlx::query("UPDATE users SET last_login_at = now() WHERE id = $1").bind(id),
        db,
    )
    .await
}

/// Changes the language of the panel for this person.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::Other`](crate::Conflict::Other) for a language that the panel does not have.
pub async fn set_locale(db: &Database, id: Uuid, locale: &str) -> Result<()> {
    touched(
        sqlx::query("UPDATE users SET locale = $2 WHERE id = $1")
            .bind(id)
            .bind(locale),
        db,
    )
    .await
}

/// Replaces the password. The caller ends the other sessions.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_password(db: &Database, id: Uuid, password: &PasswordHash) -> Result<()> {
    let query = sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(id)
        .bind(password.expose());
    touched(query, db).await
}

async fn touched(
    query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    db: &Database,
) -> Result<()> {
    match query.execute(db.pool()).await?.rows_affected() {
        0 => Err(Error::not_found("user")),
        _ => Ok(()),
    }
}
