//! What every request, worker and command of one process shares.

use std::sync::Arc;

use store::Database;
use tokio::sync::broadcast::Sender;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clouds::Clouds;
use crate::people::passwords::{HashingFailed, Passwords};
use crate::people::slow_down::SlowDown;
use crate::runs::watch::{self, Signal};

/// Facts about this process that pages and links need.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Scheme and authority under which people reach the panel; no slash at the end.
    pub base_url: String,
    /// IANA name of the time zone in which times are shown.
    pub time_zone: String,
    /// How much faster than the wall a new practice account's clock runs.
    pub practice_speed: u32,
}

/// What every request, worker and command of one process shares.
pub struct Panel {
    /// The database.
    pub db: Database,
    /// Open accounts.
    pub clouds: Clouds,
    /// Facts for pages and links.
    pub facts: Facts,
    /// Password hashing.
    pub passwords: Passwords,
    /// Failed sign-ins.
    pub slow_down: SlowDown,
    /// Words about what happens in runs, from all processes.
    pub signals: Sender<Signal>,
    /// Cancelled when this process is about to end: streams close, workers let go of their runs.
    pub stopping: CancellationToken,
    /// Names this process as the holder of runs.
    pub process: String,
}

impl Panel {
    /// Puts the parts together and listens to what happens in runs.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(db: Database, facts: Facts) -> Result<Arc<Self>, StartError> {
        let panel = Arc::new(Self {
            clouds: Clouds::new(db.clone(), facts.practice_speed),
            db,
            facts,
            passwords: Passwords::new()?,
            slow_down: SlowDown::default(),
            signals: watch::channel(),
            stopping: CancellationToken::new(),
            process: Uuid::new_v4().to_string(),
        });
        watch::listen(&panel.db, panel.signals.clone(), panel.stopping.clone()).await?;
        Ok(panel)
    }
}

/// Why a process can't start its work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No password can be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}
