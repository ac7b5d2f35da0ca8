//! Refused, unanswered, or killed at any call or any write, a run can be gone on with: nothing twice, nothing lost.

use cloud_sim::{Fault, FaultPlan};
use engine::run::RunState;
use engine::run::ledger::LedgerError;
use serde_json::Value;

use crate::stage::{End, Stage, assert_same, vendor};

/// Calls and ledger writes of an undisturbed run, and what it leaves.
async fn undisturbed() -> (u64, u64, Value) {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    stage.cell.look(|world| world.set_faults(FaultPlan::none()));
    match stage.go_on(&plan, "run-1").await {
        End::State(RunState::Succeeded) => {}
        other => panic!("{other:?}: {:#?}", stage.blocked()),
    }
    let calls = stage.cell.look(|world| world.faults().seen());
    (calls, stage.ledger.writes(), stage.state())
}

/// One run that meets a fault at one call. A dead process is followed by another one.
async fn disturbed(call: u64, fault: Fault, wanted: &Value) {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    stage
        .cell
        .look(|world| world.set_faults(FaultPlan::at_call(call, fault)));
    let mut end = stage.go_on(&plan, "run-1").await;
    if matches!(end, End::Crashed) {
        stage.cell.look(|world| world.set_faults(FaultPlan::none()));
        end = stage.go_on(&plan, "run-1").await;
    }
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{fault:?} at call {call}: {end:?}: {:#?}",
        stage.blocked()
    );
    assert_same(&stage.state(), wanted, &format!("{fault:?} at call {call}"));
}

async fn at_each_call(fault: Fault) {
    let (calls, _, wanted) = undisturbed().await;
    assert!(calls > 100, "{calls}");
    for call in 1..=calls {
        disturbed(call, fault, &wanted).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_made_again() {
    at_each_call(Fault::Throttle).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_is_lost_makes_nothing_twice() {
    at_each_call(Fault::AnswerLost).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_before_a_call_is_followed_by_one_that_finishes() {
    at_each_call(Fault::CrashBefore).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_after_a_call_makes_nothing_twice() {
    at_each_call(Fault::CrashAfter).await;
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_at_any_write_loses_nothing() {
    let (_, writes, wanted) = undisturbed().await;
    assert!(writes > 40, "{writes}");
    for write in 1..=writes {
        let stage = Stage::runbook();
        let plan = stage.plan(&vendor()).await;
        stage
            .ledger
            .fail_at(write, LedgerError::Unavailable("gone".into()));
        let end = stage.go_on(&plan, "run-1").await;
        assert!(
            matches!(end, End::Ledger(LedgerError::Unavailable(_))),
            "write {write}: {end:?}"
        );
        assert_eq!(
            stage.ledger.writes(),
            write,
            "nothing is written after a failed write"
        );
        stage.ledger.mend();
        let end = stage.go_on(&plan, "run-1").await;
        assert!(
            matches!(end, End::State(RunState::Succeeded)),
            "write {write}: {end:?}: {:#?}",
            stage.blocked()
        );
        assert_same(&stage.state(), &wanted, &format!("write {write}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_taken_over_stops_at_once() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    stage.ledger.fail_at(12, LedgerError::TakenOver);
    let end = stage.go_on(&plan, "run-1").await;
    assert!(matches!(end, End::Ledger(LedgerError::TakenOver)), "{end:?}");
    assert_eq!(stage.ledger.writes(), 12);
    let calls = stage.calls().len();
    stage.sleep(600).await;
    assert_eq!(stage.calls().len(), calls);
}
