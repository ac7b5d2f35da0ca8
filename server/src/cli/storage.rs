//! The database of a command: the given one, or the private cluster of the data directory.

use std::sync::Arc;
use std::time::Duration;

use store::Database;
use store::embedded::{Cluster, Guardian};
use tokio::time::timeout;

use super::failure::Failure;
use super::interrupt::Interrupts;
use crate::config::StorageArgs;
use crate::panel::{Facts, Panel};
use crate::practice;

/// How long statements in flight may take at the end.
const LAST_STATEMENTS: Duration = Duration::from_secs(1);

/// An open database, and the hold on the private cluster it may be in.
pub(super) struct Storage {
    pub(super) db: Database,
    cluster: Option<Cluster>,
}

impl Storage {
    /// Opens the database and brings its schema up to date.
    pub(super) async fn open(args: &StorageArgs) -> Result<Self, Failure> {
        match args.database()? {
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

    /// What looks after the private cluster, if there is one.
    pub(super) fn guardian(&self) -> Option<Guardian> {
        self.cluster.as_ref().map(Cluster::guardian)
    }

    /// Closes the connections and leaves the private cluster; the last to leave stops it.
    pub(super) async fn close(self) -> Result<(), Failure> {
        if timeout(LAST_STATEMENTS, self.db.close()).await.is_err() {
            tracing::warn!("connections to the database were cut off");
        }
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
    with_interrupts(args, async |panel, _| work(panel).await).await
}

/// Like [`with_panel`], for work that takes care of Ctrl-C by itself from some point on. Until then, Ctrl-C ends it.
pub(super) async fn with_interrupts<T>(
    args: &StorageArgs,
    work: impl AsyncFnOnce(Arc<Panel>, &Interrupts) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let interrupts = Interrupts::listen()?;
    let storage = tokio::select! {
        storage = Storage::open(args) => storage?,
        // A private server that is just being started is left again by the start itself.
        () = interrupts.uncared_for() => return Err(Failure::Interrupted),
    };
    let done = tokio::select! {
        done = in_panel(args, &storage, &interrupts, work) => done,
        () = interrupts.uncared_for() => Err(Failure::Interrupted),
    };
    let closed = storage.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

async fn in_panel<T>(
    args: &StorageArgs,
    storage: &Storage,
    interrupts: &Interrupts,
    work: impl AsyncFnOnce(Arc<Panel>, &Interrupts) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let panel = storage.panel(args, "", "UTC").await?;
    // Also when the work is cut off: the listener of this process ends, and the pool can be closed.
    let _stopping = panel.stopping.clone().drop_guard();
    work(Arc::clone(&panel), interrupts).await
}
