//! Passwords: argon2id with OWASP's parameters, never more than two at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash as Phc, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use store::users::PasswordHash;
use tokio::sync::Semaphore;

/// KiB of memory for one hash (OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once: bounds memory and leaves a core for everybody else.
const AT_ONCE: usize = 2;

/// Hashing failed: a programming error or an exhausted machine, never a wrong password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed: {reason}")]
pub struct HashingFailed {
    reason: String,
}

impl HashingFailed {
    fn new(reason: impl std::fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
        }
    }
}

/// Hashes and checks passwords off the async threads.
pub struct Passwords {
    places: Arc<Semaphore>,
    /// Checked when there is no such person, so that both answers take the same time.
    nobody: PasswordHash,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Errors
    /// [`HashingFailed`].
    pub fn new() -> Result<Self, HashingFailed> {
        let nobody = hash(&rand::random::<u128>().to_string())?;
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            nobody,
        })
    }

    /// The hash to store.
    ///
    /// # Errors
    /// [`HashingFailed`].
    pub async fn hash(&self, password: String) -> Result<PasswordHash, HashingFailed> {
        self.aside(move || hash(&password)).await?
    }

    /// Whether the password fits. Without a hash (no such person) it takes as long and is never true.
    ///
    /// # Errors
    /// [`HashingFailed`].
    pub async fn fits(&self, password: String, stored: Option<PasswordHash>) -> Result<bool, HashingFailed> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let fits = self.aside(move || fits(&password, &stored)).await??;
        Ok(fits && known)
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(HashingFailed::new)?;
        tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(place);
            answer
        })
        .await
        .map_err(HashingFailed::new)
    }
}

fn argon() -> Result<Argon2<'static>, HashingFailed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(HashingFailed::new)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<PasswordHash, HashingFailed> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(HashingFailed::new)?;
    let phc = argon()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(HashingFailed::new)?;
    Ok(PasswordHash::new(phc.to_string()))
}

fn fits(password: &str, stored: &PasswordHash) -> Result<bool, HashingFailed> {
    let phc = Phc::new(stored.expose()).map_err(HashingFailed::new)?;
    match argon()?.verify_password(password.as_bytes(), &phc) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(error) => Err(HashingFailed::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(stored.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            passwords
                .fits("correct horse".to_owned(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .fits("wrong horse".to_owned(), Some(stored))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::new().unwrap();
        assert!(!passwords.fits(String::new(), None).await.unwrap());
    }

    #[test]
    fn two_hashes_of_a_password_differ() {
        assert_ne!(hash("same").unwrap().expose(), hash("same").unwrap().expose());
    }
}
