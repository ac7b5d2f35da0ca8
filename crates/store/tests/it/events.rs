//! What happened, in order, and who hears of it.

use std::pin::pin;

use engine::plan::StepId;
use engine::run::ledger::Ledger;
use engine::run::{RunState, StepRecord};
use futures::StreamExt;
use serde_json::json;
use sqlx::Connection;
use store::runs::{self, Signal};

use crate::runs::held;
use crate::testbed::TestDb;

#[tokio::test]
async fn a_reader_who_was_away_gets_exactly_what_it_missed() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    let seen = runs::events::last(&bed.db, run.id).await.unwrap();
    assert_eq!(
        runs::events::after(&bed.db, run.id, 0)
            .await
            .unwrap()
            .last()
            .unwrap()
            .id,
        seen
    );
    ledger.run_state(RunState::Running).await.unwrap();
    ledger
        .record(&StepRecord::pending(StepId::from("cluster")))
        .await
        .unwrap();
    let missed = runs::events::after(&bed.db, run.id, seen).await.unwrap();
    let told: Vec<_> = missed
        .iter()
        .map(|event| (event.kind.as_str(), event.payload.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("state", json!({ "state": "running" })),
            (
                "step",
                json!({ "step": "cluster", "state": "pending", "outcome": null })
            ),
        ]
    );
    assert!(
        runs::events::after(&bed.db, run.id, missed[1].id)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn every_event_is_announced_to_every_listener() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    let mut one = pin!(runs::watch(&bed.db).await.unwrap());
    let mut two = pin!(runs::watch(&bed.db).await.unwrap());
    ledger.run_state(RunState::Running).await.unwrap();
    let event_id = runs::events::last(&bed.db, run.id).await.unwrap();
    let expected = Some(Signal::Event {
        run_id: run.id,
        event_id,
    });
    assert_eq!(one.next().await, expected);
    assert_eq!(two.next().await, expected);
}

#[tokio::test]
async fn a_listener_that_loses_its_connection_says_so_and_goes_on() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    let mut signals = pin!(runs::watch(&bed.db).await.unwrap());
    bed.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    .await;
    assert_eq!(signals.next().await, Some(Signal::Missed));
    ledger.run_state(RunState::Running).await.unwrap();
    let event_id = runs::events::last(&bed.db, run.id).await.unwrap();
    assert_eq!(
        signals.next().await,
        Some(Signal::Event {
            run_id: run.id,
            event_id
        })
    );
}

#[tokio::test]
async fn listening_ends_when_the_database_is_closed() {
    let bed = TestDb::new().await;
    let signals = runs::watch(&bed.db).await.unwrap();
    let listener = tokio::spawn(async move {
        pin!(signals)
            .filter(|it| std::future::ready(*it != Signal::Missed))
            .next()
            .await
    });
    bed.db.close().await;
    assert_eq!(listener.await.unwrap(), None);
}

#[tokio::test]
async fn events_become_visible_in_the_order_of_their_numbers() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    let steps = (0..40).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            ledger
                .record(&StepRecord::pending(StepId(format!("step-{n}"))))
                .await
                .unwrap()
        })
    });
    let steps: Vec<_> = steps.collect();
    // A reader that always asks for what is after its newest event must see every one of them.
    let (mut seen, mut newest) = (0, runs::events::last(&bed.db, run.id).await.unwrap());
    let before = runs::events::after(&bed.db, run.id, 0).await.unwrap();
    seen += before
        .iter()
        .filter(|event| event.kind == "step" && event.id <= newest)
        .count();
    while seen < 40 {
        let events = runs::events::after(&bed.db, run.id, newest).await.unwrap();
        seen += events.len();
        newest = events.last().map_or(newest, |event| event.id);
        if steps.iter().all(tokio::task::JoinHandle::is_finished) {
            let rest = runs::events::after(&bed.db, run.id, newest).await.unwrap();
            seen += rest.len();
            break;
        }
    }
    assert_eq!(seen, 40);
}

#[tokio::test]
async fn who_has_seen_the_newest_event_has_seen_what_it_told() {
    let bed = TestDb::new().await;
    let (run, _ledger) = held(&bed.db, "worker").await;
    let mut tamper = bed.side_door().await;
    let mut ending = tamper.begin().await.unwrap();
    // Whoever asks now gets as far as the events, and waits there until the run has ended.
    sqlx::query("LOCK TABLE run_events IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *ending)
        .await
        .unwrap();
    let asking = {
        let db = bed.db.clone();
        tokio::spawn(async move { runs::standing(&db, run.id).await.unwrap() })
    };
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                   WHERE datname = current_database() AND NOT granted";
    while bed.number(waiting).await == 0 {
        tokio::task::yield_now().await;
    }
    for statement in [
        "UPDATE runs SET state = 'succeeded', finished_at = now()",
        "INSERT INTO run_events (run_id, kind, payload) SELECT id, 'state', '{\"state\": \"succeeded\"}' FROM runs",
    ] {
        sqlx::query(statement).execute(&mut *ending).await.unwrap();
    }
    ending.commit().await.unwrap();

    let seen = asking.await.unwrap();
    assert_eq!(seen.run.state, RunState::Succeeded);
    assert_eq!(runs::standing(&bed.db, run.id).await.unwrap(), seen);
}
