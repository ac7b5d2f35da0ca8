//! Durable jobs, with real workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::run::RunState;
use engine::run::ledger::Ledger;
use store::jobs::{self, RunHandler, WorkOptions};
use store::runs::{self, PgLedger};
use store::{Database, Limits};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::runs::{TTL, WAIT, plan, queued};
use crate::stacks::stack;
use crate::testbed::TestDb;

/// A worker of another process: its own runtime and its own connections.
struct Process {
    runtime: tokio::runtime::Runtime,
    shutdown: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

fn process(url: &str, handler: impl Fn(Database) -> RunHandler + Send + 'static) -> Process {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (shutdown, asked) = oneshot::channel::<()>();
    let url = url.to_owned();
    let done = runtime.spawn(async move {
        let limits = Limits {
            max_connections: 8,
            ..Limits::default()
        };
        let db = Database::connect_with(&url, limits).await.unwrap();
        let options = WorkOptions {
            concurrency: 4,
            grace: Duration::ZERO,
        };
        jobs::work(&db, options, handler(db.clone()), async move {
            let _ = asked.await;
        })
        .await;
        db.close().await;
    });
    Process {
        runtime,
        shutdown,
        done,
    }
}

impl Process {
    async fn stop(self) {
        self.shutdown.send(()).unwrap();
        self.done.await.unwrap();
        self.runtime.shutdown_background();
    }

    /// As after `kill -9`: nothing is said to the database, the connections just end.
    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// Finishes every run at once and tells which.
fn finishing(db: Database, told: mpsc::UnboundedSender<Uuid>) -> RunHandler {
    RunHandler::new(move |run_id| {
        let (db, told) = (db.clone(), told.clone());
        async move {
            if runs::claim(&db, run_id, "survivor", TTL)
                .await
                .map_err(|error| error.to_string())?
                .is_none()
            {
                return Ok(());
            }
            let ledger = PgLedger::new(db, run_id, "survivor");
            ledger
                .run_state(RunState::Succeeded)
                .await
                .map_err(|error| error.to_string())?;
            told.send(run_id).map_err(|error| error.to_string())
        }
    })
}

#[tokio::test]
async fn a_new_run_is_executed_by_a_worker() {
    let bed = TestDb::new().await;
    let (told, mut hear) = mpsc::unbounded_channel();
    let worker = process(&bed.url, move |db| finishing(db, told.clone()));
    let run = queued(&bed.db).await;
    assert_eq!(hear.recv().await, Some(run.id));
    assert_eq!(
        runs::get(&bed.db, run.id).await.unwrap().state,
        RunState::Succeeded
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_run_asked_for_many_times_has_one_job() {
    let bed = TestDb::new().await;
    let run = queued(&bed.db).await;
    for _ in 0..5 {
        jobs::enqueue_run(&bed.db, run.id, run.stack_id).await.unwrap();
    }
    assert_eq!(
        bed.number("SELECT count(*) FROM graphile_worker._private_jobs")
            .await,
        1
    );
}

#[tokio::test]
async fn the_run_of_a_killed_process_and_the_queue_of_its_stack_go_on() {
    let bed = TestDb::new().await;
    let run = queued(&bed.db).await;
    // The first process takes the run up and dies with it in its hands.
    let (taken, mut hear_taken) = mpsc::unbounded_channel();
    let first = process(&bed.url, move |db| {
        let taken = taken.clone();
        RunHandler::new(move |run_id| {
            let (db, taken) = (db.clone(), taken.clone());
            async move {
                runs::claim(&db, run_id, "killed", TTL).await.unwrap().unwrap();
                taken.send(run_id).unwrap();
                std::future::pending().await
            }
        })
    });
    assert_eq!(hear_taken.recv().await, Some(run.id));
    first.kill();
    let locked = "SELECT count(*) FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL";
    assert_eq!(
        bed.number(locked).await,
        1,
        "the queue of the stack is still locked in the dead worker's name"
    );
    // Instead of waiting: its silence and its lease are moved into the past.
    bed.execute(
        "UPDATE graphile_worker._private_workers SET last_heartbeat_at = now() - interval '11 seconds'",
    )
    .await;
    bed.execute("UPDATE runs SET lease_until = now() - interval '1 second'")
        .await;
    let (told, mut hear) = mpsc::unbounded_channel();
    let second = process(&bed.url, move |db| finishing(db, told.clone()));
    assert_eq!(hear.recv().await, Some(run.id));
    assert_eq!(
        runs::get(&bed.db, run.id).await.unwrap().state,
        RunState::Succeeded
    );
    // The same stack's queue serves the next run.
    let next = runs::create(&bed.db, run.stack_id, &plan("shop"), &WAIT, None)
        .await
        .unwrap();
    assert_eq!(hear.recv().await, Some(next.id));
    second.stop().await;
}

#[tokio::test]
async fn a_run_whose_job_was_lost_is_found_and_executed() {
    let bed = TestDb::new().await;
    let run = queued(&bed.db).await;
    bed.execute("DELETE FROM graphile_worker._private_jobs").await;
    bed.execute("UPDATE runs SET created_at = now() - interval '1 minute'")
        .await;
    let (told, mut hear) = mpsc::unbounded_channel();
    let worker = process(&bed.url, move |db| finishing(db, told.clone()));
    assert_eq!(hear.recv().await, Some(run.id));
    worker.stop().await;
}

#[tokio::test]
async fn runs_of_different_stacks_go_on_side_by_side() {
    let bed = TestDb::new().await;
    let (shop, blog) = (stack(&bed.db, "shop").await.id, stack(&bed.db, "blog").await.id);
    let meeting = Arc::new(tokio::sync::Barrier::new(2));
    let (told, mut hear) = mpsc::unbounded_channel();
    let worker = process(&bed.url, move |_| {
        let (meeting, told) = (Arc::clone(&meeting), told.clone());
        RunHandler::new(move |run_id| {
            let (meeting, told) = (Arc::clone(&meeting), told.clone());
            async move {
                // Passes only when both runs are in a handler at the same time.
                meeting.wait().await;
                told.send(run_id).map_err(|error| error.to_string())
            }
        })
    });
    let one = runs::create(&bed.db, shop, &plan("shop"), &WAIT, None)
        .await
        .unwrap()
        .id;
    let two = runs::create(&bed.db, blog, &plan("blog"), &WAIT, None)
        .await
        .unwrap()
        .id;
    let mut met = [hear.recv().await.unwrap(), hear.recv().await.unwrap()];
    met.sort();
    assert_eq!(met, [one, two]);
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_that_shuts_down_leaves_its_run_to_the_next_one_at_once() {
    let bed = TestDb::new().await;
    let run = queued(&bed.db).await;
    let (taken, mut hear_taken) = mpsc::unbounded_channel();
    let first = process(&bed.url, move |_| {
        let taken = taken.clone();
        RunHandler::new(move |run_id| {
            let taken = taken.clone();
            async move {
                taken.send(run_id).unwrap();
                std::future::pending().await
            }
        })
    });
    assert_eq!(hear_taken.recv().await, Some(run.id));
    first.stop().await;
    let (told, mut hear) = mpsc::unbounded_channel();
    let second = process(&bed.url, move |db| finishing(db, told.clone()));
    assert_eq!(hear.recv().await, Some(run.id));
    second.stop().await;
}

#[tokio::test]
async fn a_worker_outlives_a_lost_database_connection() {
    let bed = TestDb::new().await;
    let (told, mut hear) = mpsc::unbounded_channel();
    let handled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&handled);
    let worker = process(&bed.url, move |_| {
        let (told, count) = (told.clone(), Arc::clone(&count));
        RunHandler::new(move |run_id| {
            count.fetch_add(1, Ordering::SeqCst);
            let told = told.clone();
            async move { told.send(run_id).map_err(|error| error.to_string()) }
        })
    });
    let run = queued(&bed.db).await;
    assert_eq!(hear.recv().await, Some(run.id));
    bed.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    let other = stack(&bed.db, "blog").await.id;
    let next = runs::create(&bed.db, other, &plan("blog"), &WAIT, None)
        .await
        .unwrap();
    loop {
        if hear.recv().await == Some(next.id) {
            break;
        }
    }
    assert!(handled.load(Ordering::SeqCst) >= 2);
    worker.stop().await;
}
