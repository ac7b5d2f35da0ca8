//! From a spec to a plan, and from a plan to a run.

use engine::cloud::CloudError;
use engine::plan::{Finding, Memory, Plan, Purpose, Weight};
use engine::run::RunOptions;
use engine::spec::StackSpec;
use store::connections::Connection;
use store::runs::{self, Hold, Run};
use store::stacks::{self, NewStack, Stack};
use store::{Conflict, Database};
use uuid::Uuid;

use super::execute::LEASE;
use crate::clouds::{OpenCloud, OpenError};
use crate::panel::Panel;

/// Why a run was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The account can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// AWS refused to be read.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The plan has findings that forbid it.
    #[error("the plan can't succeed")]
    Blocked(Vec<Finding>),
    /// The account changed since the plan was made.
    #[error("the account changed since the plan was made")]
    Stale,
    /// A run of this stack is not over.
    #[error("run {number} of this stack is not over")]
    Unfinished {
        /// The run.
        run: Uuid,
        /// Its number.
        number: u32,
    },
}

/// A plan for a spec in this account, as it is now.
///
/// # Errors
/// What AWS said.
pub async fn plan_apply(open: &OpenCloud, spec: &StackSpec) -> Result<Plan, CloudError> {
    let snapshot = engine::snapshot::observe(&open.cloud, spec, open.clock.now()).await?;
    Ok(engine::plan::apply(spec, &snapshot, open.clock.now()))
}

/// A plan for the repository alone.
///
/// # Errors
/// What AWS said.
pub async fn plan_prepare(open: &OpenCloud, spec: &StackSpec) -> Result<Plan, CloudError> {
    let snapshot = engine::snapshot::observe(&open.cloud, spec, open.clock.now()).await?;
    Ok(engine::plan::prepare(spec, &snapshot, open.clock.now()))
}

/// A plan that takes a stack down.
///
/// # Errors
/// [`StartError`].
pub async fn plan_destroy(db: &Database, open: &OpenCloud, stack: &Stack) -> Result<Plan, StartError> {
    let spec = stack.spec()?;
    let memory = memory(db, stack).await?;
    let snapshot = engine::snapshot::observe_removal(&open.cloud, &spec, &memory, open.clock.now()).await?;
    Ok(engine::plan::destroy(&spec, &snapshot, &memory, open.clock.now()))
}

/// What a removal has to know of the stack's runs.
async fn memory(db: &Database, stack: &Stack) -> Result<Memory, store::Error> {
    let past = runs::past(db, stack.id).await?;
    Ok(Memory {
        unreadable: past.unreadable,
        ..Memory::collect(&past.runs)
    })
}

/// Starts a run of a plan that was shown. The account must be as it was then, and no other run of the stack under way.
///
/// # Errors
/// [`StartError`].
pub async fn start(
    panel: &Panel,
    connection: &Connection,
    plan: &Plan,
    options: &RunOptions,
    actor: Option<Uuid>,
) -> Result<Run, StartError> {
    begin(panel, connection, plan, options, actor, None).await
}

/// Like [`start`], for a process that executes the run itself: others may take it only once this one is gone. They may
/// have other credentials, or none.
///
/// # Errors
/// [`StartError`].
pub async fn start_here(
    panel: &Panel,
    connection: &Connection,
    plan: &Plan,
    options: &RunOptions,
) -> Result<Run, StartError> {
    let hold = Hold {
        owner: &panel.process,
        ttl: LEASE,
    };
    begin(panel, connection, plan, options, None, Some(hold)).await
}

async fn begin(
    panel: &Panel,
    connection: &Connection,
    plan: &Plan,
    options: &RunOptions,
    actor: Option<Uuid>,
    hold: Option<Hold<'_>>,
) -> Result<Run, StartError> {
    if plan.is_blocked() {
        return Err(StartError::Blocked(
            plan.findings_of(Weight::Block).cloned().collect(),
        ));
    }
    let db = &panel.db;
    let existing = match stacks::by_name(db, connection.id, &plan.spec.name).await {
        Ok(stack) => Some(stack),
        Err(store::Error::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(stack) = &existing {
        refuse_unfinished(db, stack.id).await?;
    }
    let open = panel.clouds.open(connection).await?;
    let now = match (plan.purpose, &existing) {
        (Purpose::Destroy, Some(stack)) => {
            let memory = memory(db, stack).await?;
            engine::snapshot::observe_removal(&open.cloud, &plan.spec, &memory, open.clock.now()).await?
        }
        _ => engine::snapshot::observe(&open.cloud, &plan.spec, open.clock.now()).await?,
    };
    if now.digest() != plan.parent {
        return Err(StartError::Stale);
    }
    let wanted = NewStack {
        name: &plan.spec.name,
        environment: &plan.spec.environment,
        connection_id: connection.id,
        spec: &plan.spec,
        created_by: actor,
    };
    let stack = match (plan.purpose, existing) {
        (Purpose::Destroy, Some(stack)) => stack,
        (Purpose::Destroy, None) => return Err(store::Error::NotFound { what: "stack" }.into()),
        // What a stack is wanted to be is no business of its repository's: the spec stays as it is.
        (Purpose::Prepare, Some(stack)) => stack,
        (Purpose::Prepare, None) => stacks::ensure(db, wanted).await?,
        (Purpose::Apply, _) => stacks::put(db, wanted).await?,
    };
    match runs::create_held(db, stack.id, plan, options, actor, hold).await {
        Ok(run) => Ok(run),
        Err(error) if error.conflict() == Some(Conflict::RunUnfinished) => {
            // Somebody was quicker.
            refuse_unfinished(db, stack.id).await?;
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn refuse_unfinished(db: &Database, stack: Uuid) -> Result<(), StartError> {
    match runs::unfinished(db, stack).await? {
        Some(run) => Err(StartError::Unfinished {
            run: run.id,
            number: run.number,
        }),
        None => Ok(()),
    }
}
