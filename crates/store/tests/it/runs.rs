//! Runs and their leases.

use std::time::Duration;

use engine::plan::Plan;
use engine::run::ledger::Ledger;
use engine::run::{RunOptions, RunState};
use serde_json::json;
use store::runs::{self, Abandoned, PgLedger, Run};
use store::{Conflict, Database, Error};
use uuid::Uuid;

use crate::stacks::{spec, stack};
use crate::testbed::TestDb;
use crate::users::ada;

pub(crate) const TTL: Duration = Duration::from_secs(10);
pub(crate) const WAIT: RunOptions = RunOptions { wait: true };

pub(crate) fn plan(name: &str) -> Plan {
    serde_json::from_value(json!({
        "purpose": "apply", "spec": spec(name), "account_id": "123456789012", "region": "ap-northeast-1",
        "made_at": "2026-11-23T22:00:00Z", "parent": "abc", "steps": [], "findings": [],
    }))
    .unwrap()
}

pub(crate) async fn queued(db: &Database) -> Run {
    let stack = stack(db, "shop").await;
    runs::create(db, stack.id, &plan("shop"), &WAIT, None)
        .await
        .unwrap()
}

/// A run that this owner executes.
pub(crate) async fn held(db: &Database, owner: &str) -> (Run, PgLedger) {
    let run = queued(db).await;
    let run = runs::claim(db, run.id, owner, TTL).await.unwrap().unwrap();
    let ledger = PgLedger::new(db.clone(), run.id, owner);
    (run, ledger)
}

async fn expire_leases(bed: &TestDb) {
    bed.execute("UPDATE runs SET lease_until = now() - interval '1 second' WHERE lease_owner IS NOT NULL")
        .await;
}

#[tokio::test]
async fn a_run_comes_back_with_its_plan_and_is_counted_within_its_stack() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let (shop, blog) = (stack(&bed.db, "shop").await, stack(&bed.db, "blog").await);
    let first = runs::create(&bed.db, shop.id, &plan("shop"), &WAIT, Some(user))
        .await
        .unwrap();
    let other = runs::create(&bed.db, blog.id, &plan("blog"), &RunOptions { wait: false }, None)
        .await
        .unwrap();
    assert_eq!(
        (first.number, first.state, first.created_by),
        (1, RunState::Queued, Some(user))
    );
    assert_eq!((other.number, other.options.wait), (1, false));
    assert_eq!(runs::get(&bed.db, first.id).await.unwrap(), first);
    assert_eq!(runs::plan(&bed.db, first.id).await.unwrap(), plan("shop"));
    assert_eq!(runs::unfinished(&bed.db, shop.id).await.unwrap(), Some(first));
    assert!(matches!(
        runs::plan(&bed.db, Uuid::now_v7()).await,
        Err(Error::NotFound { what: "run" })
    ));
    let nowhere = runs::create(&bed.db, Uuid::now_v7(), &plan("x"), &WAIT, None).await;
    assert!(matches!(nowhere, Err(Error::NotFound { what: "stack" })));
}

#[tokio::test]
async fn of_runs_asked_for_at_once_a_stack_gets_one() {
    let bed = TestDb::new().await;
    let stack = stack(&bed.db, "shop").await.id;
    let attempts = (0..6).map(|_| {
        let db = bed.db.clone();
        tokio::spawn(async move { runs::create(&db, stack, &plan("shop"), &WAIT, None).await })
    });
    let mut made = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(run) => made.push(run),
            Err(error) => assert_eq!(error.conflict(), Some(Conflict::RunUnfinished)),
        }
    }
    assert_eq!(made.len(), 1);
    // The losers left no job behind.
    assert_eq!(
        bed.number("SELECT count(*) FROM graphile_worker._private_jobs")
            .await,
        1
    );
    bed.execute("UPDATE runs SET state = 'succeeded'").await;
    let next = runs::create(&bed.db, stack, &plan("shop"), &WAIT, None)
        .await
        .unwrap();
    assert_eq!(next.number, 2);
}

#[tokio::test]
async fn one_process_at_a_time_holds_a_run() {
    let bed = TestDb::new().await;
    let run = queued(&bed.db).await;
    let claims = (0..8).map(|n| {
        let db = bed.db.clone();
        tokio::spawn(async move {
            runs::claim(&db, run.id, &format!("process-{n}"), TTL)
                .await
                .unwrap()
        })
    });
    let mut holders = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        holders.extend(claim.await.unwrap());
    }
    assert_eq!(holders.len(), 1);
    let owner = holders[0].lease_owner.clone().unwrap();
    assert!(
        runs::claim(&bed.db, run.id, &owner, TTL).await.unwrap().is_some(),
        "the holder may ask again"
    );
    runs::renew(&bed.db, run.id, &owner, TTL).await.unwrap();
    let stranger = runs::renew(&bed.db, run.id, "stranger", TTL).await.unwrap_err();
    assert_eq!(stranger.conflict(), Some(Conflict::LeaseLost));
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over_and_the_old_holder_is_told() {
    let bed = TestDb::new().await;
    let (run, _) = held(&bed.db, "old").await;
    assert!(runs::claim(&bed.db, run.id, "new", TTL).await.unwrap().is_none());
    expire_leases(&bed).await;
    let taken = runs::claim(&bed.db, run.id, "new", TTL).await.unwrap().unwrap();
    assert_eq!(
        taken.started_at, run.started_at,
        "the run began when the first process took it up"
    );
    let lost = runs::renew(&bed.db, run.id, "old", TTL).await.unwrap_err();
    assert_eq!(lost.conflict(), Some(Conflict::LeaseLost));
    runs::release(&bed.db, run.id, "old").await.unwrap();
    assert_eq!(
        runs::get(&bed.db, run.id).await.unwrap().lease_owner.as_deref(),
        Some("new")
    );
    runs::release(&bed.db, run.id, "new").await.unwrap();
    assert!(
        runs::claim(&bed.db, run.id, "third", TTL)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn runs_without_a_living_executor_are_found() {
    let bed = TestDb::new().await;
    let run = queued(&bed.db).await;
    let patience = Duration::from_secs(30);
    let it = vec![Abandoned {
        run_id: run.id,
        stack_id: run.stack_id,
    }];
    assert!(
        runs::abandoned(&bed.db, patience).await.unwrap().is_empty(),
        "it was just queued"
    );
    bed.execute("UPDATE runs SET created_at = now() - interval '31 seconds'")
        .await;
    assert_eq!(runs::abandoned(&bed.db, patience).await.unwrap(), it);
    runs::claim(&bed.db, run.id, "process", TTL)
        .await
        .unwrap()
        .unwrap();
    assert!(
        runs::abandoned(&bed.db, patience).await.unwrap().is_empty(),
        "it is being executed"
    );
    expire_leases(&bed).await;
    assert_eq!(runs::abandoned(&bed.db, patience).await.unwrap(), it);
    bed.execute("UPDATE runs SET state = 'succeeded'").await;
    assert!(
        runs::abandoned(&bed.db, patience).await.unwrap().is_empty(),
        "it is over"
    );
}

#[tokio::test]
async fn asking_to_stop_is_seen_by_the_executor_and_asking_twice_is_once() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    assert!(!ledger.cancel_requested().await.unwrap());
    let asked = runs::request_cancel(&bed.db, run.id).await.unwrap();
    assert!(asked.cancel_requested_at.is_some());
    assert_eq!(runs::request_cancel(&bed.db, run.id).await.unwrap(), asked);
    assert!(ledger.cancel_requested().await.unwrap());
    let events = runs::events::after(&bed.db, run.id, 0).await.unwrap();
    assert_eq!(
        events
            .iter()
            .filter(|event| event.kind == "cancel_requested")
            .count(),
        1
    );
    ledger.run_state(RunState::Cancelled).await.unwrap();
    assert!(matches!(
        runs::request_cancel(&bed.db, Uuid::now_v7()).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_failed_run_is_resumed_under_its_number() {
    let bed = TestDb::new().await;
    let (run, ledger) = held(&bed.db, "process").await;
    let early = runs::resume(&bed.db, run.id, &WAIT).await.unwrap_err();
    assert_eq!(early.conflict(), Some(Conflict::RunNotResumable));
    runs::request_cancel(&bed.db, run.id).await.unwrap();
    ledger.run_state(RunState::Cancelled).await.unwrap();
    let resumed = runs::resume(&bed.db, run.id, &RunOptions { wait: false })
        .await
        .unwrap();
    assert_eq!((resumed.state, resumed.number), (RunState::Queued, 1));
    assert_eq!(
        (
            resumed.cancel_requested_at,
            resumed.finished_at,
            resumed.options.wait
        ),
        (None, None, false)
    );
    assert!(
        runs::claim(&bed.db, run.id, "another", TTL)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn only_the_newest_run_can_be_resumed() {
    let bed = TestDb::new().await;
    let (old, ledger) = held(&bed.db, "process").await;
    ledger.run_state(RunState::Failed).await.unwrap();
    runs::create(&bed.db, old.stack_id, &plan("shop"), &WAIT, None)
        .await
        .unwrap();
    let superseded = runs::resume(&bed.db, old.id, &WAIT).await.unwrap_err();
    assert_eq!(superseded.conflict(), Some(Conflict::RunSuperseded));
    bed.execute("UPDATE runs SET state = 'succeeded' WHERE number = 2")
        .await;
    let newest = runs::of_stack(&bed.db, old.stack_id, 1)
        .await
        .unwrap()
        .remove(0)
        .run;
    let done = runs::resume(&bed.db, newest.id, &WAIT).await.unwrap_err();
    assert_eq!(done.conflict(), Some(Conflict::RunNotResumable));
}

#[tokio::test]
async fn a_run_that_fails_as_a_whole_says_why() {
    let bed = TestDb::new().await;
    let (run, _) = held(&bed.db, "process").await;
    let stranger = runs::fail(&bed.db, run.id, "stranger", &json!("no"))
        .await
        .unwrap_err();
    assert_eq!(stranger.conflict(), Some(Conflict::LeaseLost));
    let why = json!({ "code": "credentials", "message": "ExpiredToken" });
    runs::fail(&bed.db, run.id, "process", &why).await.unwrap();
    let failed = runs::get(&bed.db, run.id).await.unwrap();
    assert_eq!(
        (failed.state, failed.error, failed.lease_owner),
        (RunState::Failed, Some(why), None)
    );
    assert!(failed.finished_at.is_some());
}

#[tokio::test]
async fn lists_show_the_newest_first_with_names() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let (shop, blog) = (stack(&bed.db, "shop").await.id, stack(&bed.db, "blog").await.id);
    for _ in 0..3 {
        runs::create(&bed.db, shop, &plan("shop"), &WAIT, Some(user))
            .await
            .unwrap();
        bed.execute("UPDATE runs SET state = 'succeeded'").await;
    }
    runs::create(&bed.db, blog, &plan("blog"), &WAIT, None)
        .await
        .unwrap();
    let of_shop = runs::of_stack(&bed.db, shop, 2).await.unwrap();
    assert_eq!(of_shop.iter().map(|it| it.run.number).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(
        (of_shop[0].stack.as_str(), of_shop[0].started_by.as_str()),
        ("shop", "Ada")
    );
    let recent = runs::recent(&bed.db, 10).await.unwrap();
    assert_eq!(
        (
            recent.len(),
            recent[0].stack.as_str(),
            recent[0].started_by.as_str()
        ),
        (4, "blog", "")
    );
    let mut latest = runs::latest(&bed.db).await.unwrap();
    latest.sort_by_key(|it| it.run.number);
    assert_eq!(
        latest
            .iter()
            .map(|it| (it.stack.as_str(), it.run.number))
            .collect::<Vec<_>>(),
        [("blog", 1), ("shop", 3)]
    );
}

#[tokio::test]
async fn a_run_that_is_held_from_its_birth_is_nobody_elses_until_its_holder_is_gone() {
    let bed = TestDb::new().await;
    let stack = stack(&bed.db, "shop").await.id;
    let hold = runs::Hold {
        owner: "command",
        ttl: TTL,
    };
    let run = runs::create_held(&bed.db, stack, &plan("shop"), &WAIT, None, Some(hold))
        .await
        .unwrap();
    assert_eq!(run.lease_owner.as_deref(), Some("command"));
    assert!(
        runs::claim(&bed.db, run.id, "panel", TTL)
            .await
            .unwrap()
            .is_none()
    );
    assert!(runs::abandoned(&bed.db, Duration::ZERO).await.unwrap().is_empty());
    assert!(
        runs::claim(&bed.db, run.id, "command", TTL)
            .await
            .unwrap()
            .is_some()
    );
    expire_leases(&bed).await;
    assert_eq!(runs::abandoned(&bed.db, TTL).await.unwrap().len(), 1);
    assert!(
        runs::claim(&bed.db, run.id, "panel", TTL)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn the_past_of_a_stack_is_what_its_runs_did_without_those_that_nobody_can_read() {
    let bed = TestDb::new().await;
    let (first, ledger) = held(&bed.db, "process").await;
    let mut record = engine::run::StepRecord::pending(engine::plan::StepId("service".to_owned()));
    record.outcome = Some(engine::step::Outcome::Created);
    ledger.record(&record).await.unwrap();
    ledger.run_state(RunState::Succeeded).await.unwrap();
    for outcome in [engine::step::Outcome::Created, engine::step::Outcome::Kept] {
        let run = runs::create(&bed.db, first.stack_id, &plan("shop"), &WAIT, None)
            .await
            .unwrap();
        runs::claim(&bed.db, run.id, "process", TTL)
            .await
            .unwrap()
            .unwrap();
        let ledger = PgLedger::new(bed.db.clone(), run.id, "process");
        record.outcome = Some(outcome);
        ledger.record(&record).await.unwrap();
        ledger.run_state(RunState::Succeeded).await.unwrap();
    }
    let past = runs::past(&bed.db, first.stack_id).await.unwrap();
    assert_eq!(
        (past.runs.len(), past.unreadable.as_slice()),
        (2, &[][..]),
        "the third only kept"
    );
    bed.execute(r#"UPDATE runs SET plan = '{"of": "another version"}' WHERE number = 2"#)
        .await;
    let past = runs::past(&bed.db, first.stack_id).await.unwrap();
    assert_eq!(past.unreadable, [2]);
    assert_eq!(past.runs.len(), 1);
    assert_eq!(past.runs[0].1[0].step.0, "service");
}
