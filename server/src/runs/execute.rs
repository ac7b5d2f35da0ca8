//! Executing one run in this process: take it, keep it, work on it, note what came of it.

use std::sync::Arc;
use std::time::Duration;

use app::backend::error::PanelError;
use async_trait::async_trait;
use engine::clock::Chance;
use engine::cloud::{AwsFault, CloudError};
use engine::plan::Plan;
use engine::run::ledger::{Ledger, LedgerError};
use engine::run::{RunOptions, RunState, StepRecord};
use store::connections::Connection;
use store::runs::{self, PgLedger, Run};
use store::stacks::Stack;
use store::{Conflict, connections, stacks};
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

use super::outcome;
use crate::backend::{open_error, store_error};
use crate::clouds::{OpenCloud, OpenError};
use crate::panel::Panel;

/// How long a run stays ours without a renewal. A killed process's run goes on elsewhere after this.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(3);

/// What came of an attempt to execute a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driven {
    /// It is over.
    Over(RunState),
    /// Another process has it, or nothing is left to do.
    Elsewhere,
    /// This process ends: the run waits for the next one.
    LetGo,
}

/// Jitter from the machine's random source.
#[derive(Debug, Clone, Copy)]
pub struct Dice;

impl Chance for Dice {
    fn unit(&self) -> f64 {
        rand::random()
    }
}

/// Takes a run and works on it until it is over, lost, or this process ends.
///
/// # Errors
/// When the database fails. The run is then taken up again by whoever comes first.
pub async fn drive(panel: &Arc<Panel>, run_id: Uuid) -> Result<Driven, store::Error> {
    drive_with(panel, run_id, None).await
}

/// Like [`drive`], with other options than those that the run was started with.
///
/// # Errors
/// Those of [`drive`].
pub async fn drive_with(
    panel: &Arc<Panel>,
    run_id: Uuid,
    options: Option<&RunOptions>,
) -> Result<Driven, store::Error> {
    let db = &panel.db;
    let Some(mut run) = runs::claim(db, run_id, &panel.process, LEASE).await? else {
        return Ok(Driven::Elsewhere);
    };
    if let Some(options) = options {
        run.options = options.clone();
    }
    tracing::info!(run = %run_id, number = run.number, "executing");
    let driven = tokio::select! {
        done = work(panel, &run) => done,
        lost = keep(panel, run_id) => lost,
        () = panel.stopping.cancelled() => Ok(Driven::LetGo),
    };
    match &driven {
        Ok(Driven::LetGo) => {
            runs::release(db, run_id, &panel.process).await?;
            store::jobs::enqueue_run(db, run_id, run.stack_id).await?;
            tracing::info!(run = %run_id, "left to the next process");
        }
        Ok(Driven::Over(state)) => tracing::info!(run = %run_id, ?state, "over"),
        Ok(Driven::Elsewhere) => tracing::warn!(run = %run_id, "taken over by another process"),
        Err(error) => tracing::warn!(run = %run_id, error = error as &dyn std::error::Error, "interrupted"),
    }
    driven
}

/// Renews the lease; returns when it is lost.
async fn keep(panel: &Panel, run_id: Uuid) -> Result<Driven, store::Error> {
    let mut ticks = tokio::time::interval_at(Instant::now() + RENEW, RENEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sure_until = Instant::now() + LEASE;
    loop {
        ticks.tick().await;
        let asked = Instant::now();
        let renewal = runs::renew(&panel.db, run_id, &panel.process, LEASE);
        // A database that does not answer at all must not keep us at work on a run that may be another's by now.
        match tokio::time::timeout_at(sure_until, renewal).await {
            Ok(Ok(())) => sure_until = asked + LEASE,
            Ok(Err(error)) if error.conflict() == Some(Conflict::LeaseLost) => return Ok(Driven::Elsewhere),
            Ok(Err(error)) if Instant::now() >= sure_until => return Err(error),
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, run = %run_id, "the lease was not renewed yet");
            }
            Err(_) => {
                tracing::warn!(run = %run_id, "the database did not answer before the lease ran out");
                return Ok(Driven::Elsewhere);
            }
        }
    }
}

async fn work(panel: &Arc<Panel>, run: &Run) -> Result<Driven, store::Error> {
    let ready = match prepare(panel, run).await {
        Ok(ready) => ready,
        Err(Unready::Store(error)) if error.is_transient() => return Err(error),
        Err(error) => {
            let error = error.into_panel_error();
            runs::fail(&panel.db, run.id, &panel.process, &error).await?;
            return Ok(Driven::Over(RunState::Failed));
        }
    };
    let ledger = Settling {
        inner: PgLedger::new(panel.db.clone(), run.id, panel.process.clone()),
        panel: Arc::clone(panel),
        run: run.clone(),
        ready: &ready,
    };
    let run_id = run.id.to_string();
    let done = engine::run::execute(
        &ready.plan,
        &ready.open.cloud,
        &ledger,
        ready.open.clock.as_ref(),
        &Dice,
        &run_id,
        &run.options,
    );
    match Box::pin(done).await {
        Ok(state) => Ok(Driven::Over(state)),
        Err(LedgerError::TakenOver) => Ok(Driven::Elsewhere),
        Err(LedgerError::Unavailable(reason)) => {
            tracing::warn!(run = %run.id, reason, "the ledger failed; the run is taken up again");
            runs::release(&panel.db, run.id, &panel.process).await?;
            Ok(Driven::Elsewhere)
        }
    }
}

/// Everything an execution needs.
struct Ready {
    plan: Plan,
    stack: Stack,
    open: OpenCloud,
}

/// Why a run can't even begin.
enum Unready {
    Store(store::Error),
    Open(OpenError),
}

impl From<OpenError> for Unready {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<store::Error> for Unready {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Unready {
    fn into_panel_error(self) -> PanelError {
        match self {
            Self::Store(error) => store_error(error),
            Self::Open(error) => open_error(error),
        }
    }
}

async fn prepare(panel: &Panel, run: &Run) -> Result<Ready, Unready> {
    let plan = runs::plan(&panel.db, run.id).await?;
    let stack = stacks::get(&panel.db, run.stack_id).await?;
    let connection: Connection = connections::get(&panel.db, stack.connection_id).await?;
    let open = panel.clouds.open(&connection).await.map_err(Unready::Open)?;
    if open.practice.is_none() {
        same_account(&open, &plan).await?;
    }
    Ok(Ready { plan, stack, open })
}

/// The credentials that a connection names are those of the process that uses them: another one's default chain may lead
/// into another account. There, nothing of this plan may be touched.
async fn same_account(open: &OpenCloud, plan: &Plan) -> Result<(), Unready> {
    let caller = open.cloud.identity.caller().await.map_err(OpenError::Refused)?;
    if caller.account_id == plan.account_id {
        return Ok(());
    }
    let fault = AwsFault {
        operation: "sts:GetCallerIdentity".to_owned(),
        code: "OtherAccount".to_owned(),
        message: format!(
            "the plan is for account {}, and this process has credentials of account {} ({})",
            plan.account_id, caller.account_id, caller.arn
        ),
        request_id: None,
    };
    Err(OpenError::Refused(CloudError::Invalid { fault }).into())
}

/// The ledger, which notes what came of the run before it calls the run over: a crash in between repeats the note
/// instead of losing it.
struct Settling<'a> {
    inner: PgLedger,
    panel: Arc<Panel>,
    run: Run,
    ready: &'a Ready,
}

#[async_trait]
impl Ledger for Settling<'_> {
    async fn steps(&self) -> Result<Vec<StepRecord>, LedgerError> {
        self.inner.steps().await
    }

    async fn record(&self, record: &StepRecord) -> Result<(), LedgerError> {
        self.inner.record(record).await
    }

    async fn run_state(&self, state: RunState) -> Result<(), LedgerError> {
        if state.is_over() {
            let steps = self.inner.steps().await?;
            outcome::settle(
                &self.panel.db,
                &self.ready.stack,
                &self.run,
                &self.ready.plan,
                &steps,
                state,
            )
            .await
            .map_err(|error| LedgerError::Unavailable(error.to_string()))?;
        }
        self.inner.run_state(state).await
    }

    async fn cancel_requested(&self) -> Result<bool, LedgerError> {
        self.inner.cancel_requested().await
    }
}
