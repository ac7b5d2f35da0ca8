//! Cancelled, not waited for, or blocked: what was made stays, and the run can be gone on with.

use cloud_sim::{Fault, FaultPlan, ImageProfile, Scenario};
use engine::run::{RunState, StepState};
use engine::step::{DiagnosisCode, Outcome};

use crate::stage::{End, Stage, assert_same, vendor};

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_stops_within_seconds_and_can_be_gone_on_with() {
    let undisturbed = {
        let mut stage = Stage::runbook();
        stage.succeed(&vendor(), "run-1").await;
        stage.state()
    };
    for after in [0, 1, 4, 30, 97, 130, 190] {
        let stage = Stage::runbook();
        let plan = stage.plan(&vendor()).await;
        let begun = stage.clock.now();
        let cancel = async {
            stage.sleep(after).await;
            stage.ledger.cancel(true);
            std::future::pending::<()>().await;
        };
        let end = tokio::select! { end = stage.go_on(&plan, "run-1") => end, () = cancel => unreachable!() };
        assert!(
            matches!(end, End::State(RunState::Cancelled)),
            "after {after} s: {end:?}"
        );
        let took = stage.clock.now().as_second() - begun.as_second();
        assert!(
            took <= i64::try_from(after).expect("small") + 2,
            "after {after} s: {took}"
        );
        let busy = stage
            .ledger
            .records()
            .into_iter()
            .find(|record| record.state == StepState::Running);
        assert_eq!(busy, None, "after {after} s");
        stage.ledger.cancel(false);
        let end = stage.go_on(&plan, "run-1").await;
        assert!(
            matches!(end, End::State(RunState::Succeeded)),
            "after {after} s: {end:?}"
        );
        assert_same(&stage.state(), &undisturbed, &format!("after {after} s"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_need_not_wait_makes_everything_and_leaves_the_waits() {
    let stage = Stage::new(Scenario::Runbook);
    let plan = stage.plan(&vendor()).await;
    let end = stage.go_on_with(&plan, "run-1", false).await;
    assert!(
        matches!(end, End::State(RunState::Waiting)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
    assert_eq!(stage.record("service").outcome, Some(Outcome::Created));
    for step in ["image", "deployment", "reachable", "frontend.release"] {
        let record = stage.record(step);
        assert_eq!(
            (record.state, record.outcome),
            (StepState::Done, Some(Outcome::Waiting)),
            "{step}"
        );
        assert!(record.waiting.is_some(), "{step} says what it waits for");
    }
    let pushed = stage
        .cell
        .look(|world| world.push_image("vendor0919-api", "latest", ImageProfile::fastapi()));
    pushed.expect("the repository is there");
    let end = stage.go_on(&plan, "run-1").await;
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
}

#[tokio::test(start_paused = true)]
async fn a_blocked_step_lets_the_independent_ones_finish_and_is_tried_again() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    stage
        .cell
        .look(|world| world.set_faults(FaultPlan::at_action("logs:CreateLogGroup", Fault::Denied)));
    let end = stage.go_on(&plan, "run-1").await;
    assert!(matches!(end, End::State(RunState::Failed)), "{end:?}");
    let blocked = stage.blocked();
    assert_eq!(blocked.len(), 1, "{blocked:#?}");
    let (step, why) = &blocked[0];
    assert_eq!((step.as_str(), why.code), ("log_group", DiagnosisCode::Denied));
    assert_eq!(why.values["action"], "logs:CreateLogGroup");
    assert!(!why.evidence.is_empty());
    assert_eq!(stage.record("load_balancer").state, StepState::Done);
    assert_eq!(stage.record("service").state, StepState::Skipped);
    stage.cell.look(|world| world.set_faults(FaultPlan::none()));
    let end = stage.go_on(&plan, "run-1").await;
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
}

#[tokio::test(start_paused = true)]
async fn aws_that_never_answers_ends_in_a_diagnosis_and_not_in_a_loop() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    stage
        .cell
        .look(|world| world.set_faults(FaultPlan::at_action("ecs:CreateCluster", Fault::Unavailable)));
    let end = stage.go_on(&plan, "run-1").await;
    assert!(matches!(end, End::State(RunState::Failed)), "{end:?}");
    let record = stage.record("cluster");
    assert_eq!(
        record.diagnosis.map(|why| why.code),
        Some(DiagnosisCode::Unreachable)
    );
    assert!(record.retries >= 3 && record.fault.is_some());
}

#[tokio::test(start_paused = true)]
async fn watchers_are_told_of_changes_and_not_of_every_poll() {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    let writes = stage
        .ledger
        .history()
        .into_iter()
        .filter(|record| record.step.0 == "load_balancer")
        .count();
    assert!(
        writes <= 4,
        "{writes} writes for an ALB that was polled some thirty times"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_need_not_wait_does_not_fail_over_what_it_can_not_see() {
    let stage = Stage::new(Scenario::Runbook);
    let plan = stage.plan(&vendor()).await;
    let blind = FaultPlan::at_action("ecs:ListServiceDeployments", Fault::Unavailable);
    stage.cell.look(|world| world.set_faults(blind));
    let end = stage.go_on_with(&plan, "run-1", false).await;
    assert!(
        matches!(end, End::State(RunState::Waiting)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
    let record = stage.record("deployment");
    assert_eq!(record.outcome, Some(Outcome::Waiting));
    assert!(record.fault.is_some(), "the refusal is kept");
}
