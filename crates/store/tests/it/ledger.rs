//! The engine's ledger over PostgreSQL.

use engine::plan::StepId;
use engine::plan::action::Outputs;
use engine::run::ledger::{Ledger, LedgerError};
use engine::run::{RunState, StepRecord, StepState};
use engine::step::Outcome;
use store::{runs, stacks};

use crate::practice_accounts::fresh;
use crate::runs::{TTL, held};
use crate::testbed::TestDb;

fn done(step: &str, outcome: Outcome) -> StepRecord {
    StepRecord {
        state: StepState::Done,
        outcome: Some(outcome),
        outputs: Outputs::new(),
        attempts: 4,
        retries: 1,
        // A practice account's clock.
        started_at: Some("2026-01-01T00:00:10Z".parse().unwrap()),
        finished_at: Some("2026-01-01T00:01:40Z".parse().unwrap()),
        ..StepRecord::pending(StepId::from(step))
    }
}

#[tokio::test]
async fn what_is_recorded_is_read_back_and_the_last_record_counts() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    assert!(ledger.steps().await.unwrap().is_empty());
    ledger
        .record(&StepRecord::pending(StepId::from("cluster")))
        .await
        .unwrap();
    let records = [
        done("cluster", Outcome::Created),
        done("log_group", Outcome::Kept),
        done("alb", Outcome::Updated),
    ];
    for record in &records {
        ledger.record(record).await.unwrap();
    }
    let mut found = ledger.steps().await.unwrap();
    found.sort_by(|a, b| a.step.cmp(&b.step));
    let [cluster, log_group, alb] = records;
    assert_eq!(found, vec![alb, cluster, log_group]);
    let summary = runs::of_stack(&bed.db, run.stack_id, 1).await.unwrap().remove(0);
    assert_eq!((summary.created, summary.updated, summary.deleted), (1, 1, 0));
    assert_eq!(summary.began_at, Some("2026-01-01T00:00:10Z".parse().unwrap()));
    assert_eq!(summary.ended_at, Some("2026-01-01T00:01:40Z".parse().unwrap()));
}

#[tokio::test]
async fn a_run_that_is_over_has_no_holder_and_takes_no_more_records() {
    let bed = TestDb::new().await;
    for end in [
        RunState::Succeeded,
        RunState::Failed,
        RunState::Waiting,
        RunState::Cancelled,
    ] {
        bed.execute("TRUNCATE runs, stacks CASCADE").await;
        let (run, ledger) = held(&bed.db, "process").await;
        ledger.run_state(RunState::Running).await.unwrap();
        let running = runs::get(&bed.db, run.id).await.unwrap();
        assert_eq!(
            (running.state, running.lease_owner.as_deref()),
            (RunState::Running, Some("process"))
        );
        assert_eq!(running.finished_at, None);
        ledger.run_state(end).await.unwrap();
        let over = runs::get(&bed.db, run.id).await.unwrap();
        assert_eq!((over.state, over.lease_owner), (end, None));
        assert!(over.finished_at.is_some());
        assert_eq!(
            ledger.record(&done("cluster", Outcome::Created)).await,
            Err(LedgerError::TakenOver)
        );
        assert_eq!(
            ledger.run_state(RunState::Running).await,
            Err(LedgerError::TakenOver)
        );
        assert!(
            runs::claim(&bed.db, run.id, "process", TTL)
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn a_process_that_lost_its_run_cannot_write_into_it() {
    let bed = TestDb::new().await;
    let (run, old) = held(&bed.db, "old").await;
    bed.execute("UPDATE runs SET lease_until = now() - interval '1 second'")
        .await;
    old.record(&done("cluster", Outcome::Created)).await.unwrap();
    runs::claim(&bed.db, run.id, "new", TTL).await.unwrap().unwrap();
    assert_eq!(
        old.record(&done("alb", Outcome::Created)).await,
        Err(LedgerError::TakenOver)
    );
    assert_eq!(
        old.run_state(RunState::Succeeded).await,
        Err(LedgerError::TakenOver)
    );
    let new = runs::PgLedger::new(bed.db.clone(), run.id, "new");
    assert_eq!(
        new.steps().await.unwrap(),
        vec![done("cluster", Outcome::Created)]
    );
    let kinds: Vec<_> = runs::events::after(&bed.db, run.id, 0)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, ["state", "step"], "what was refused left no event");
}

#[tokio::test]
async fn the_ledger_of_a_forgotten_run_is_taken_over() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    let connection = stacks::get(&bed.db, run.stack_id).await.unwrap().connection_id;
    store::practice_accounts::reset(&bed.db, &fresh(connection))
        .await
        .unwrap();
    assert_eq!(
        ledger.record(&done("cluster", Outcome::Created)).await,
        Err(LedgerError::TakenOver)
    );
    assert_eq!(ledger.cancel_requested().await, Err(LedgerError::TakenOver));
}

#[tokio::test]
async fn a_database_that_is_gone_makes_the_ledger_unavailable() {
    let bed = TestDb::new().await;
    let (_, ledger) = held(&bed.db, "process").await;
    bed.db.close().await;
    assert!(matches!(ledger.steps().await, Err(LedgerError::Unavailable(_))));
    assert!(matches!(
        ledger.run_state(RunState::Failed).await,
        Err(LedgerError::Unavailable(_))
    ));
}
