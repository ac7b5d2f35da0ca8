//! What the panel asks of the server: one trait, given through Leptos context once per request.
//!
//! The actor is inside the object: every method authorises for itself, and a page can't ask in somebody else's name.
//! The panel never sees the database or a cloud; it sees these answers. Methods that change something are called from
//! POST server functions only.

pub mod connections;
pub mod drafts;
pub mod error;
pub mod people;
pub mod runs;
pub mod stacks;

use std::sync::Arc;

pub use error::{NextClick, PanelError, PanelErrorCode};

/// Result of a backend call.
pub type Answer<T> = Result<T, PanelError>;

/// The backend of one request, as it travels in Leptos context.
pub type SharedBackend = Arc<dyn Backend>;

/// Everything the panel can ask, by area.
pub trait Backend:
    people::People + connections::Connections + drafts::Drafts + runs::Runs + stacks::Stacks + Send + Sync
{
}

impl<T> Backend for T where
    T: people::People + connections::Connections + drafts::Drafts + runs::Runs + stacks::Stacks + Send + Sync
{
}

/// Facts about this installation that the frame shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Installation {
    /// Version of the binary.
    pub version: String,
    /// How much faster than the wall a practice account's clock runs; `None` when there is no practice account.
    pub practice_speed: Option<u32>,
    /// IANA name of the time zone in which times are shown.
    pub time_zone: String,
}
