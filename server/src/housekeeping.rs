//! What has to be done now and then.

use std::sync::Arc;
use std::time::Duration;

use store::sessions::PgSessions;
use tokio::task::JoinHandle;

use crate::panel::Panel;

/// How often ended sessions are removed.
const SWEEP: Duration = Duration::from_secs(10 * 60);

/// Begins. The task ends when the process does.
pub fn spawn(panel: Arc<Panel>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let sessions = PgSessions::new(panel.db.clone());
        let mut ticks = tokio::time::interval(SWEEP);
        loop {
            tokio::select! {
                () = panel.stopping.cancelled() => break,
                _ = ticks.tick() => {}
            }
            match sessions.sweep().await {
                Ok(0) => {}
                Ok(removed) => tracing::debug!(removed, "ended sessions were removed"),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "sessions were not swept"
                ),
            }
        }
    })
}
