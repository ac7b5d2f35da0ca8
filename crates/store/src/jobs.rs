//! Durable jobs: which runs are to be executed, by whichever process is there.
//!
//! Each stack has a serial queue. A job says only "look at this run"; the lease of the run decides whether there is
//! anything to do, so that a job that runs twice or too late does no harm.
//!
//! When a process is killed, its jobs and its queues stay locked in its name. Every worker sends a heartbeat and
//! looks for silent ones; `recover_dead_worker_jobs` then returns the jobs and unlocks the serial queues of the dead
//! worker, those whose job is gone included. With the times below a run goes on within 15 seconds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, Shared};
use graphile_worker::{
    IntoTaskHandlerResult, TaskHandler, Worker, WorkerContext, WorkerOptions, WorkerRecoveryConfig,
    WorkerUtils,
};
use serde::{Deserialize, Serialize};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use crate::runs::{self, Abandoned};
use crate::{Database, Error, Result};

/// The schema of the queue's own tables.
const SCHEMA: &str = "graphile_worker";
/// The name of the job.
const RUN_STACK: &str = "run_stack";
/// How often a worker says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How often a worker looks for silent ones.
const SWEEP: Duration = Duration::from_secs(3);
/// How long a worker may be silent: five heartbeats, so that a busy machine is not taken for a dead one.
const SILENCE: Duration = Duration::from_secs(10);
/// How often runs without a living executor are looked for.
const RESCUE: Duration = Duration::from_secs(5);
/// How long a new run may wait in its queue before its job is renewed.
const QUEUE_PATIENCE: Duration = Duration::from_secs(30);

/// How a process works on jobs.
#[derive(Debug, Clone, Copy)]
pub struct WorkOptions {
    /// Runs at once. They mostly wait, so this may be far above the number of cores.
    pub concurrency: usize,
    /// How long runs in hand may go on after the shutdown began. Then they are left to the next process.
    pub grace: Duration,
}

impl Default for WorkOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            grace: Duration::from_secs(5),
        }
    }
}

/// What executes a run: takes its id, claims it, works on it. On `Err` the job is tried again later.
#[derive(Clone)]
pub struct RunHandler(Arc<dyn Fn(Uuid) -> BoxFuture<'static, Result<(), String>> + Send + Sync>);

impl RunHandler {
    /// Wraps a function.
    pub fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(Uuid) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self(Arc::new(move |run_id| handler(run_id).boxed()))
    }
}

impl fmt::Debug for RunHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunHandler")
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RunStack {
    run_id: Uuid,
}

impl TaskHandler for RunStack {
    const IDENTIFIER: &'static str = RUN_STACK;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(handler) = context.get_ext::<RunHandler>().cloned() else {
            return Err("no handler is registered".to_owned());
        };
        (handler.0)(self.run_id).await
    }
}

/// Asks for a run to be executed. Asking again while the job waits changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn enqueue_run(db: &Database, run_id: Uuid, stack_id: Uuid) -> Result<()> {
    enqueue_in(db.pool(), run_id, stack_id).await
}

pub(crate) async fn enqueue_in(executor: impl PgExecutor<'_>, run_id: Uuid, stack_id: Uuid) -> Result<()> {
    sqlx::query(
        "SELECT id FROM graphile_worker.add_job(
             identifier => $1, payload => json_build_object('run_id', $2::uuid),
             queue_name => 'stack:' || $3::uuid, job_key => 'run:' || $2::uuid)",
    )
    .bind(RUN_STACK)
    .bind(run_id)
    .bind(stack_id)
    .execute(executor)
    .await?;
    Ok(())
}

/// Asks again for every run that nobody executes although it is not over. Answers which. [`work`] does this by
/// itself.
///
/// # Errors
/// Those of the database.
pub async fn rescue(db: &Database) -> Result<Vec<Abandoned>> {
    let abandoned = runs::abandoned(db, QUEUE_PATIENCE).await?;
    for run in &abandoned {
        enqueue_run(db, run.run_id, run.stack_id).await?;
    }
    Ok(abandoned)
}

/// Works on jobs until `shutdown` resolves. A lost database is waited for.
pub async fn work(
    db: &Database,
    options: WorkOptions,
    handler: RunHandler,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let shutdown: Shared<BoxFuture<'static, ()>> = shutdown.boxed().shared();
    let worker = work_again_and_again(db, options, handler, shutdown.clone());
    let rescuer = async {
        let mut round = tokio::time::interval(RESCUE);
        loop {
            round.tick().await;
            match rescue(db).await {
                Ok(abandoned) if abandoned.is_empty() => {}
                Ok(abandoned) => tracing::info!(
                    runs = abandoned.len(),
                    "runs without an executor are queued again"
                ),
                Err(error) => tracing::warn!(%error, "cannot look for runs without an executor"),
            }
        }
    };
    tokio::select! {
        () = worker => {}
        () = rescuer => {}
    }
}

async fn work_again_and_again(
    db: &Database,
    options: WorkOptions,
    handler: RunHandler,
    shutdown: Shared<BoxFuture<'static, ()>>,
) {
    loop {
        let outcome = match start(db, options, handler.clone(), shutdown.clone()).await {
            Ok(worker) => worker.run().await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        if shutdown.peek().is_some() {
            return;
        }
        if let Err(error) = outcome {
            tracing::warn!(error, "the job worker stopped and is started again");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = shutdown.clone() => return,
        }
    }
}

async fn start(
    db: &Database,
    options: WorkOptions,
    handler: RunHandler,
    shutdown: Shared<BoxFuture<'static, ()>>,
) -> Result<Worker, String> {
    let recovery = WorkerRecoveryConfig {
        enabled: true,
        heartbeat_interval: HEARTBEAT,
        sweep_interval: SWEEP,
        sweep_threshold: SILENCE,
        recovery_delay: Duration::ZERO,
        ..WorkerRecoveryConfig::default()
    };
    WorkerOptions::default()
        .database(db.pool().clone())
        .schema(SCHEMA)
        .concurrency(options.concurrency.max(1))
        .worker_recovery(recovery)
        .listen_os_shutdown_signals(false)
        .shutdown_signal(shutdown)
        .shutdown_grace_period(options.grace)
        .shutdown_interrupted_job_retry_delay(Duration::ZERO)
        .add_extension(handler)
        .define_job::<RunStack>()
        .init()
        .await
        .map_err(|error| error.to_string())
}

/// Brings the queue's own tables up to date. Only under the lock of [`Database::migrate`].
pub(crate) async fn migrate(pool: PgPool) -> Result<()> {
    WorkerUtils::new(pool, SCHEMA)
        .migrate()
        .await
        .map_err(|error| Error::Jobs(error.to_string()))
}
