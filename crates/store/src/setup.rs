//! The one-time links: the one that makes the owner's account on a new panel, and those for a lost password.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::users::{self, NewUser, PasswordHash, User};
use crate::{Conflict, Database, Error, Result, instant, token};

/// How long a link is valid.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a link for a lost password is valid.
pub const RESET_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Serialises the making of the first account.
const FIRST_ACCOUNT_LOCK: i64 = 0x0073_6574_7570;

/// The secret part of a setup link. Shown once; only its hash is stored.
pub struct SetupToken(String);

impl SetupToken {
    /// The text to put into the link: 64 hexadecimal digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Makes a link, or `None` when an account exists already. Every replica may make its own; using one spends all.
///
/// # Errors
/// Those of the database.
pub async fn issue(db: &Database) -> Result<Option<SetupToken>> {
    let token = token::fresh();
    let made = sqlx::query(
        "INSERT INTO setup_links (token_hash, expires_at)
         SELECT $1, now() + make_interval(secs => $2)
         WHERE NOT EXISTS (SELECT 1 FROM users)",
    )
    .bind(token::hash(token.as_bytes()))
    .bind(LIFETIME.as_secs_f64())
    .execute(db.pool())
    .await?;
    Ok((made.rows_affected() == 1).then_some(SetupToken(token)))
}

/// Whether a link would be accepted now, and until when. For showing the form; [`redeem`] decides.
///
/// # Errors
/// Those of the database.
pub async fn valid_until(db: &Database, token: &str) -> Result<Option<Timestamp>> {
    let until: Option<time::OffsetDateTime> = sqlx::query_scalar(
        "SELECT expires_at FROM setup_links
         WHERE token_hash = $1 AND user_id IS NULL AND consumed_at IS NULL AND expires_at > now()
           AND NOT EXISTS (SELECT 1 FROM users)",
    )
    .bind(token::hash(token.as_bytes()))
    .fetch_optional(db.pool())
    .await?;
    Ok(until.map(instant::from_sql))
}

/// Makes the first account and spends all links, in one transaction: of two people with the link one wins.
///
/// # Errors
/// [`Conflict::SetupLinkSpent`] when the link is unknown, expired or used, or when an account exists.
pub async fn redeem(db: &Database, token: &str, owner: NewUser<'_>) -> Result<User> {
    let mut tx = db.pool().begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(FIRST_ACCOUNT_LOCK)
        .execute(&mut *tx)
        .await?;
    let valid: bool = sqlx::query_scalar(
        "SELECT NOT EXISTS (SELECT 1 FROM users) AND EXISTS (
             SELECT 1 FROM setup_links WHERE token_hash = $1 AND user_id IS NULL AND consumed_at IS NULL AND expires_at > now())",
    )
    .bind(token::hash(token.as_bytes()))
    .fetch_one(&mut *tx)
    .await?;
    if !valid {
        return Err(Conflict::SetupLinkSpent.into());
    }
    sqlx::query("UPDATE setup_links SET consumed_at = now() WHERE consumed_at IS NULL AND user_id IS NULL")
        .execute(&mut *tx)
        .await?;
    let user = users::insert(&mut *tx, owner).await?;
    tx.commit().await?;
    Ok(user)
}

/// Makes a link with which this person sets a new password.
///
/// # Errors
/// [`Error::NotFound`] for an unknown person.
pub async fn issue_reset(db: &Database, user: Uuid) -> Result<SetupToken> {
    let token = token::fresh();
    let made = sqlx::query(
        "INSERT INTO setup_links (token_hash, expires_at, user_id)
         SELECT $1, now() + make_interval(secs => $2), id FROM users WHERE id = $3",
    )
    .bind(token::hash(token.as_bytes()))
    .bind(RESET_LIFETIME.as_secs_f64())
    .bind(user)
    .execute(db.pool())
    .await?;
    if made.rows_affected() == 0 {
        Err(Error::not_found("user"))
    } else {
        Ok(SetupToken(token))
    }
}

/// Whose password a link would reset now. For showing the form; [`redeem_reset`] decides.
///
/// # Errors
/// Those of the database.
pub async fn reset_of(db: &Database, token: &str) -> Result<Option<User>> {
    Ok(sqlx::query_as(
        "SELECT users.* FROM setup_links JOIN users ON users.id = setup_links.user_id
         WHERE token_hash = $1 AND consumed_at IS NULL AND expires_at > now()",
    )
    .bind(token::hash(token.as_bytes()))
    .fetch_optional(db.pool())
    .await?)
}

/// Sets the new password, spends all links of the person and ends all their sessions, in one transaction.
///
/// # Errors
/// [`Conflict::SetupLinkSpent`] when the link is unknown, expired or used.
pub async fn redeem_reset(db: &Database, token: &str, password: &PasswordHash) -> Result<User> {
    let mut tx = db.pool().begin().await?;
    let user: Option<Uuid> = sqlx::query_scalar(
        "UPDATE setup_links SET consumed_at = now()
         WHERE token_hash = $1 AND user_id IS NOT NULL AND consumed_at IS NULL AND expires_at > now()
         RETURNING user_id",
    )
    .bind(token::hash(token.as_bytes()))
    .fetch_optional(&mut *tx)
    .await?;
    let Some(user) = user else {
        return Err(Conflict::SetupLinkSpent.into());
    };
    sqlx::query("UPDATE setup_links SET consumed_at = now() WHERE user_id = $1 AND consumed_at IS NULL")
        .bind(user)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM sessions WHERE user_id = $1")
        .bind(user)
        .execute(&mut *tx)
        .await?;
    let user = sqlx::query_as("UPDATE users SET password_hash = $2 WHERE id = $1 RETURNING *")
        .bind(user)
        .bind(password.expose())
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(user)
}
