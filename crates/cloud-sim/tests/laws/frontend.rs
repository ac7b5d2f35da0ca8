//! The frontend's release: one, found again, and with the backend's address in it.

use cloud_sim::scenario::RUNBOOK_APP;
use cloud_sim::{Fault, FaultPlan};
use engine::plan::Change;
use engine::plan::action::OutputName;
use engine::run::RunState;
use engine::step::{DiagnosisCode, WaitingCode};

use crate::stage::{End, Stage, vendor};

fn releases(stage: &Stage) -> usize {
    let calls = stage.calls().into_iter();
    calls.filter(|action| action == "amplify:StartJob").count()
}

/// Whether the frontend that visitors get has the backend's address in it.
fn is_built(stage: &Stage) -> bool {
    let url = &stage.record("reachable").outputs[&OutputName::Url];
    let wanted = vendor().frontend.expect("the example has a frontend").variables;
    stage.cell.look(|world| {
        let built = world.built_variables(RUNBOOK_APP, "main").expect("the branch");
        wanted.iter().all(|name| built.get(name) == Some(url))
    })
}

#[tokio::test(start_paused = true)]
async fn a_release_is_started_once_and_looked_at_until_it_is_over() {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    assert!(stage.record("frontend.release").attempts > 2, "it was waited for");
    assert_eq!(releases(&stage), 1);
    assert!(is_built(&stage));
}

#[tokio::test(start_paused = true)]
async fn a_release_whose_number_was_lost_is_found_by_its_time() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    stage
        .cell
        .look(|world| world.set_faults(FaultPlan::at_action("amplify:StartJob", Fault::CrashAfter)));
    assert!(matches!(stage.go_on(&plan, "run-1").await, End::Crashed));
    stage.cell.look(|world| world.set_faults(FaultPlan::none()));
    let end = stage.go_on(&plan, "run-1").await;
    assert!(matches!(end, End::State(RunState::Succeeded)), "{end:?}");
    assert_eq!(releases(&stage), 1);
    assert!(is_built(&stage));
}

#[tokio::test(start_paused = true)]
async fn a_release_waits_for_somebodys_build_and_then_compiles_the_address_in() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    let mut queued = None;
    let meddle = async {
        let record = |step: &str| {
            let records = stage.ledger.records();
            records.into_iter().find(|record| record.step.0 == step)
        };
        while record("load_balancer").is_none_or(|one| one.waiting.is_none()) {
            stage.sleep(1).await;
        }
        stage.sleep(60).await;
        stage
            .cell
            .look(|world| world.push_frontend(RUNBOOK_APP, "main"))
            .expect("pushed");
        loop {
            let waiting = record("frontend.release").and_then(|one| one.waiting);
            if let Some(why) = waiting.filter(|why| why.code == WaitingCode::ReleaseQueued) {
                queued = Some(why);
            }
            stage.sleep(1).await;
        }
    };
    let end = tokio::select! { end = stage.go_on(&plan, "run-1") => end, () = meddle => unreachable!("it watches") };
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
    let why = queued.expect("it was seen waiting");
    assert_eq!(why.values["job"], "2");
    assert!(why.values["reason"].contains("pending or running"), "{why:?}");
    assert!(is_built(&stage));
}

#[tokio::test(start_paused = true)]
async fn a_build_that_failed_is_asked_for_by_the_next_plan_and_nothing_else_is() {
    let mut stage = Stage::runbook();
    let breaks = |stage: &Stage, broken| {
        stage
            .cell
            .look(|world| world.break_frontend(RUNBOOK_APP, "main", broken));
    };
    breaks(&stage, true);
    let plan = stage.plan(&vendor()).await;
    assert_eq!(stage.run(&plan, "run-1").await, RunState::Failed);
    let why = stage.record("frontend.release").diagnosis.expect("a diagnosis");
    assert_eq!(
        (
            why.code,
            why.values["step"].as_str(),
            why.values["status"].as_str()
        ),
        (DiagnosisCode::ReleaseFailed, "BUILD", "FAILED")
    );

    breaks(&stage, false);
    let again = stage.plan(&vendor()).await;
    let changes: Vec<_> = again
        .steps
        .iter()
        .filter(|step| step.change != Change::Keep)
        .map(|step| step.id.0.as_str())
        .collect();
    assert_eq!(changes, ["frontend.release"]);
    assert_eq!(stage.run(&again, "run-2").await, RunState::Succeeded);
    assert!(is_built(&stage));
    assert_eq!(releases(&stage), 2);
    let last = stage.plan(&vendor()).await;
    assert!(last.step(&"frontend.release".into()).is_none());
}
