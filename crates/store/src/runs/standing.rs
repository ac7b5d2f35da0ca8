//! Where a run stands, for whoever follows it.

use engine::run::StepRecord;
use uuid::Uuid;

use super::{Run, events, get, steps};
use crate::{Database, Result};

/// A run, its steps, and up to which event of it they surely go.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The newest event that happened before the rest was read, 0 when there is none.
    pub last_event: i64,
    /// The run.
    pub run: Run,
    /// The step records that were written so far, in no order.
    pub steps: Vec<StepRecord>,
}

/// Where a run stands. The event is read first and the steps last: what happens in between is in the answer already, and
/// comes again with its own event. The other way round, whoever has seen the newest event would have missed what it told.
///
/// # Errors
/// [`crate::Error::NotFound`]; [`crate::Error::Unreadable`].
pub async fn standing(db: &Database, id: Uuid) -> Result<Standing> {
    let last_event = events::last(db, id).await?;
    let run = get(db, id).await?;
    let steps = steps(db, id).await?;
    Ok(Standing {
        last_event,
        run,
        steps,
    })
}
