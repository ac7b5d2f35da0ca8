//! Where a world is kept, and the cloud over it.

use std::sync::Arc;

use async_trait::async_trait;
use engine::cloud::{Cloud, CloudError, Result};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::refusal;
use crate::scenario::REGION;
use crate::world::{Reply, World};

/// AWS-like code of calls to an account whose world can't be read.
pub const UNREADABLE: &str = "PracticeAccountUnreadable";
/// AWS-like code of calls to an account that was put back to its morning since it was opened.
pub const RESET: &str = "PracticeAccountReset";

/// The world could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// What keeps it does not answer. Later it may.
    #[error("the practice account is not available: {0}")]
    Unavailable(String),
    /// It was saved in a form that this program does not know. Only a reset helps.
    #[error("the practice account was saved by another version of Slipway: {0}")]
    Unreadable(String),
    /// It was put back to its morning since it was opened: what its caller knows of it is gone.
    #[error("the practice account was put back to its morning in the meantime")]
    Reset,
}

impl CellError {
    /// As the answer to a call.
    fn refusal(self) -> CloudError {
        match self {
            Self::Unavailable(_) => refusal::unavailable("ServiceUnavailable", self.to_string(), true),
            Self::Unreadable(_) => refusal::invalid(UNREADABLE, self.to_string()),
            Self::Reset => refusal::invalid(RESET, self.to_string()),
        }
    }
}

/// Something to do with a world that has been brought to the time given.
pub type Work = Box<dyn FnOnce(&mut World, Timestamp) + Send>;

/// Keeps a world. One piece of work at a time has it.
#[async_trait]
pub trait WorldCell: Send + Sync {
    /// Takes the world, [`advance`](World::advance)s it to now, does the work, keeps the world. When
    /// [`World::take_dirty`] then answers `false`, nothing worth keeping has changed and saving may be left out.
    ///
    /// # Errors
    /// [`CellError`]; the work may or may not have been kept.
    async fn exec(&self, work: Work) -> std::result::Result<(), CellError>;

    /// A [`Fault::CrashBefore`](crate::Fault) or [`CrashAfter`](crate::Fault) was met: the calling process is dead,
    /// so its call never returns.
    async fn die(&self) {
        std::future::pending().await
    }
}

/// Makes clouds over worlds.
#[derive(Debug, Clone, Copy)]
pub struct SimCloud;

impl SimCloud {
    /// The cloud of the practice account in `cell`.
    pub fn cloud(cell: Arc<dyn WorldCell>) -> Cloud {
        let account = Account { cell };
        Cloud {
            region: REGION.to_owned(),
            identity: Arc::new(account.clone()),
            network: Arc::new(account.clone()),
            registry: Arc::new(account.clone()),
            compute: Arc::new(account.clone()),
            balancing: Arc::new(account.clone()),
            logs: Arc::new(account.clone()),
            hosting: Arc::new(account.clone()),
            edge: Arc::new(account),
        }
    }
}

/// Implements every area's trait.
#[derive(Clone)]
pub(crate) struct Account {
    cell: Arc<dyn WorldCell>,
}

impl Account {
    /// One API call that needs these IAM actions; the first one names it.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        actions: &'static [&'static str],
        work: impl FnOnce(&mut World) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let reply = self
            .take(move |world| world.call(actions, work))
            .await
            .map_err(|error| {
                let operation = actions.first().copied().unwrap_or_default();
                refusal::signed(error.refusal(), operation, String::new())
            })?;
        match reply {
            Reply::Answer(answer) => answer,
            Reply::Crash => {
                self.cell.die().await;
                std::future::pending().await
            }
        }
    }

    /// Something with the world that is not an API call.
    pub(crate) async fn take<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> std::result::Result<T, CellError> {
        let (give, take) = oneshot::channel();
        let work: Work = Box::new(move |world, _now| {
            // The receiver is gone only when the caller is: then nobody wants the answer.
            let _unwanted = give.send(work(world));
        });
        self.cell.exec(work).await?;
        take.await
            .map_err(|_| CellError::Unavailable("the work was not done".to_owned()))
    }
}
