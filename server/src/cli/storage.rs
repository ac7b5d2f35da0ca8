//! The database of a command: the given one, or the private cluster of the data directory.

use std::sync::Arc;

use store::Database;
use store::embedded::Cluster;

use super::failure::Failure;
use crate::config::StorageArgs;
use crate::panel::{Facts, Panel};
use crate::practice;

/// An open database, and the hold on the private cluster it may be in.
pub(super) struct Storage {
    pub(super) db: Database,
    cluster: Option<Cluster>,
}

impl Storage {
    /// Opens the database and brings its schema up to date.
    pub(super) async fn open(args: &StorageArgs) -> Result<Self, Failure> {
        match &args.database_url {
            Some(url) => Ok(Self {
                db: Database::open(url.expose()).await?,
                cluster: None,
            }),
            None => {
                let cluster = Cluster::start(args.data_dir()?).await?;
                let db = Database::open(&cluster.url()).await?;
                Ok(Self {
                    db,
                    cluster: Some(cluster),
                })
            }
        }
    }

    /// Opens everything a command works with, the practice accounts included.
    pub(super) async fn panel(
        &self,
        args: &StorageArgs,
        base_url: &str,
        time_zone: &str,
    ) -> Result<Arc<Panel>, Failure> {
        practice::ensure_defaults(&self.db, args.practice_speed).await?;
        let facts = Facts {
            base_url: base_url.to_owned(),
            time_zone: time_zone.to_owned(),
            practice_speed: args.practice_speed,
        };
        Ok(Panel::start(self.db.clone(), facts).await?)
    }

    /// Closes the connections and leaves the private cluster; the last to leave stops it.
    pub(super) async fn close(self) -> Result<(), Failure> {
        self.db.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }
}

/// Does something with an open panel, and closes it again whatever comes of it.
pub(super) async fn with_panel<T>(
    args: &StorageArgs,
    work: impl AsyncFnOnce(Arc<Panel>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let storage = Storage::open(args).await?;
    let done = match storage.panel(args, "", "UTC").await {
        Ok(panel) => {
            let done = work(Arc::clone(&panel)).await;
            panel.stopping.cancel();
            done
        }
        Err(failure) => Err(failure),
    };
    let closed = storage.close().await;
    let done = done?;
    closed?;
    Ok(done)
}
