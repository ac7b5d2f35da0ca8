//! The process's worker: executes the runs that the queue names, until the process ends.

use std::sync::Arc;

use store::jobs::{self, RunHandler, WorkOptions};
use tokio::task::JoinHandle;

use super::execute::drive;
use crate::panel::Panel;

/// Begins to work. The task ends after [`Panel::stopping`] is cancelled, when all runs are let go.
pub fn spawn(panel: Arc<Panel>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let handler = {
            let panel = Arc::clone(&panel);
            RunHandler::new(move |run| {
                let panel = Arc::clone(&panel);
                async move {
                    match drive(&panel, run).await {
                        Ok(_) => Ok(()),
                        // Forgotten with its practice account.
                        Err(store::Error::NotFound { .. }) => Ok(()),
                        Err(error) => Err(error.to_string()),
                    }
                }
            })
        };
        let stopping = panel.stopping.clone();
        jobs::work(&panel.db, WorkOptions::default(), handler, async move {
            stopping.cancelled().await
        })
        .await;
    })
}
