//! People: first set-up, signing in and out, who is looking.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::drafts::FormValues;
use super::{Answer, Installation, PanelError};

/// The person who looks at the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Id.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// Display name.
    pub name: String,
}

/// Account of the first person.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnerForm {
    /// Display name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Password, 15 characters or more advised, at least 8.
    pub password: String,
}

/// What a refused form leaves for the page it returns to. Kept in the session for a few minutes, never in the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What went wrong.
    pub error: PanelError,
    /// What was typed, so that nothing is lost. Never a password.
    pub values: FormValues,
}

/// People.
#[async_trait]
pub trait People: Send + Sync {
    /// Who is signed in, if anybody.
    fn viewer(&self) -> Option<Viewer>;
    /// Facts for the frame.
    fn installation(&self) -> Installation;
    /// Whether this set-up link is good: unused, right token, nobody set up yet.
    async fn setup_link_is_good(&self, token: &str) -> Answer<bool>;
    /// The e-mail address of the person whose lost password this link replaces; `None`: it is no such link.
    async fn reset_link(&self, token: &str) -> Answer<Option<String>>;
    /// Set a new password with a link for that and sign them in: the person's other sessions are over.
    async fn reset_password(&self, token: &str, password: &str) -> Answer<()>;
    /// Create the owner's account with the one-time link and sign them in.
    async fn set_up(&self, token: &str, form: OwnerForm) -> Answer<()>;
    /// Sign in: a new session id, whatever was there before.
    async fn sign_in(&self, email: &str, password: &str) -> Answer<()>;
    /// Sign out: the session dies on the server.
    async fn sign_out(&self) -> Answer<()>;
    /// Keep a notice in the session (an anonymous one if nobody is signed in); answers its id for `?notice=`.
    async fn keep_notice(&self, notice: Notice) -> Answer<String>;
    /// The notice of that id, if this session kept it within the last minutes. Reading does not remove it.
    async fn notice(&self, id: &str) -> Option<Notice>;
}
