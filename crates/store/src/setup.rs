//! The one-time link that makes the owner's account on a new panel.

use std::time::Duration;

use jiff::Timestamp;

use crate::users::{self, NewUser, User};
use crate::{Conflict, Database, Result, instant, token};

/// How long a link is valid.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

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
         WHERE token_hash = $1 AND consumed_at IS NULL AND expires_at > now()
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
             SELECT 1 FROM setup_links WHERE token_hash = $1 AND consumed_at IS NULL AND expires_at > now())",
    )
    .bind(token::hash(token.as_bytes()))
    .fetch_one(&mut *tx)
    .await?;
    if !valid {
        return Err(Conflict::SetupLinkSpent.into());
    }
    sqlx::query("UPDATE setup_links SET consumed_at = now() WHERE consumed_at IS NULL")
        .execute(&mut *tx)
        .await?;
    let user = users::insert(&mut *tx, owner).await?;
    tx.commit().await?;
    Ok(user)
}
