//! Running twice changes nothing, and every call is one the printed policy allows.

use std::collections::BTreeSet;

use cloud_sim::Scenario;
use engine::plan::{Change, schedule};
use engine::policy;
use engine::run::{RunState, summary};
use engine::spec::read::from_toml;
use engine::step::Outcome;

use crate::stage::{Stage, assert_same, vendor};

fn hello() -> engine::spec::StackSpec {
    from_toml(include_str!("../../../../examples/hello.toml")).expect("the example is valid")
}

#[tokio::test(start_paused = true)]
async fn the_runbooks_stack_comes_true_and_answers() {
    let mut stage = Stage::runbook();
    let plan = stage.succeed(&vendor(), "run-1").await;
    let url = stage.record("reachable").outputs[&engine::plan::action::OutputName::Url].clone();
    let answer = stage
        .cloud
        .edge
        .get(&format!("{url}/health"), 5)
        .await
        .expect("an answer");
    assert_eq!(answer.status, 200);
    let summary = summary(&plan, &stage.ledger.records());
    let ratio = summary.makespan_ms as f64 / summary.critical_path_ms as f64;
    let expected = f64::from(schedule(&plan).makespan_s);
    println!(
        "makespan {} ms, critical path {} ms, ratio {ratio:.4}",
        summary.makespan_ms, summary.critical_path_ms
    );
    println!("expected {expected} s: {:?}", summary.critical_path);
    assert!(ratio <= 1.05, "{summary:?}");
    assert!(summary.makespan_ms as f64 <= 1_050.0 * expected, "{summary:?}");
    assert!(
        summary.makespan_ms <= 240_000,
        "a first deploy takes at most 4 minutes: {summary:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn running_a_plan_again_keeps_everything() {
    let mut stage = Stage::runbook();
    let plan = stage.succeed(&vendor(), "run-1").await;
    let before = stage.state();
    assert_eq!(stage.run(&plan, "run-2").await, RunState::Succeeded);
    assert_same(&stage.state(), &before, "in the end");
    for (step, outcome) in stage.outcomes() {
        // A release is asked for by every run of a plan that holds one; a chosen role stays chosen.
        let right = match step.as_str() {
            "frontend.release" => outcome == Some(Outcome::Created),
            "role.execution" => matches!(outcome, Some(Outcome::Adopted | Outcome::Kept)),
            _ => matches!(outcome, Some(Outcome::Kept | Outcome::Adopted)),
        };
        assert!(right, "{step}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn planning_again_after_a_run_keeps_everything() {
    for (scenario, spec) in [
        (Scenario::Runbook, vendor()),
        (Scenario::Fresh, vendor()),
        (Scenario::Fresh, hello()),
    ] {
        let mut stage = Stage::new(scenario);
        stage.expect(cloud_sim::ImageProfile::fastapi());
        let mut spec = spec;
        if scenario == Scenario::Fresh {
            spec.roles.execution = None;
        }
        stage.succeed(&spec, "run-1").await;
        let again = stage.plan(&spec).await;
        for step in &again.steps {
            assert_eq!(step.change, Change::Keep, "{scenario}: {step:#?}");
        }
        let before = stage.state();
        assert_eq!(stage.run(&again, "run-2").await, RunState::Succeeded);
        for (step, outcome) in stage.outcomes() {
            assert_eq!(outcome, Some(Outcome::Kept), "{scenario}: {step}");
        }
        assert_same(&stage.state(), &before, "in the end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_whose_deployment_aws_has_forgotten_is_as_deployed_as_before() {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    stage.sleep(91 * 24 * 3600).await;
    let compute = &stage.cloud.compute;
    let listed = compute
        .service_deployments("vendor0919-cluster", "vendor0919-service")
        .await
        .expect("listed");
    assert_eq!(listed, [], "AWS forgets");
    let mut spec = vendor();
    spec.logs.retention_days = 7;
    let plan = stage.plan(&spec).await;
    assert_eq!(
        plan.step(&"deployment".into()).map(|step| step.change),
        Some(Change::Wait)
    );
    assert_eq!(stage.run(&plan, "run-2").await, RunState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_in_the_policy() {
    let mut stage = Stage::runbook();
    let spec = vendor();
    stage.succeed(&spec, "run-1").await;
    let allowed: BTreeSet<&str> = policy::actions().into_iter().collect();
    let called: BTreeSet<String> = stage.calls().into_iter().collect();
    assert!(called.len() > 40, "{called:?}");
    let missing: Vec<_> = called
        .iter()
        .filter(|action| !allowed.contains(action.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn what_drifted_is_put_right_and_nothing_else() {
    let mut stage = Stage::runbook();
    let spec = vendor();
    stage.succeed(&spec, "run-1").await;
    let before = stage.state();
    stage
        .cloud
        .logs
        .put_retention("/ecs/vendor0919-api", 7)
        .await
        .expect("retention");
    let plan = stage.plan(&spec).await;
    let updates: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| step.change == Change::Update)
        .collect();
    assert_eq!(updates.len(), 1, "{updates:#?}");
    assert_eq!(stage.run(&plan, "run-2").await, RunState::Succeeded);
    assert_eq!(stage.record("log_group").outcome, Some(Outcome::Updated));
    assert_same(&stage.state(), &before, "in the end");
}
