//! What Slipway made goes, in an order in which AWS lets go of it; what it did not make stays as it was.

use std::collections::BTreeMap;

use cloud_sim::scenario::RUNBOOK_TASK_GROUP;
use cloud_sim::{Fault, FaultPlan, ImageProfile, Scenario};
use engine::cloud::{TAG_STACK, hosting::VariableScope, hosting::Variables};
use engine::plan::{FindingCode, Memory};
use engine::plan::{Plan, lint_against};
use engine::run::{RunState, summary};
use engine::snapshot::observe_removal;
use engine::spec::{ImageSource, StackSpec, VpcChoice};
use engine::step::{DiagnosisCode, Outcome};
use serde_json::Value;

use crate::stage::{End, Stage, assert_same, vendor};

/// Applies a spec and plans its removal. Answers how the account was before, too.
async fn applied(scenario: Scenario, spec: &StackSpec) -> (Stage, Plan, Value) {
    let mut stage = Stage::new(scenario);
    let before = stage.cell.look(|world| world.comparable());
    stage.expect(ImageProfile::fastapi());
    let plan = stage.succeed(spec, "run-1").await;
    let memory = Memory::collect(&[(plan, stage.ledger.records())]);
    let plan = removal(&stage, spec, &memory).await;
    stage.ledger = Default::default();
    (stage, plan, before)
}

async fn removal(stage: &Stage, spec: &StackSpec, memory: &Memory) -> Plan {
    let snapshot = observe_removal(&stage.cloud, spec, memory, stage.clock.now())
        .await
        .expect("the account can be read");
    let plan = engine::plan::destroy(spec, &snapshot, memory, stage.clock.now());
    assert_eq!(lint_against(&plan, &snapshot), [], "{plan:#?}");
    plan
}

fn now(stage: &Stage) -> Value {
    stage.cell.look(|world| world.comparable())
}

fn specs() -> Vec<(Scenario, StackSpec)> {
    let mut own_role = vendor();
    own_role.roles.execution = None;
    let mut reused_group = vendor();
    reused_group.network.task_security_group = Some(RUNBOOK_TASK_GROUP.into());
    let mut new_vpc = own_role.clone();
    new_vpc.network.vpc = VpcChoice::Create("10.20.0.0/16".parse().expect("a range"));
    let secret = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-a1b2c3".to_owned();
    let mut branch_only = own_role.clone();
    branch_only.container.secrets = BTreeMap::from([("DATABASE_URL".to_owned(), secret)]);
    if let Some(frontend) = &mut branch_only.frontend {
        frontend.branch_only = true;
    }
    vec![
        (Scenario::Runbook, vendor()),
        (Scenario::Runbook, own_role.clone()),
        (Scenario::Runbook, reused_group),
        (Scenario::Runbook, branch_only),
        (Scenario::Fresh, own_role),
        (Scenario::Fresh, new_vpc),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_account_is_as_it_was_before() {
    for (index, (scenario, spec)) in specs().into_iter().enumerate() {
        let (mut stage, plan, before) = applied(scenario, &spec).await;
        assert_ne!(now(&stage), before);
        assert_eq!(
            stage.run(&plan, "run-2").await,
            RunState::Succeeded,
            "{:#?}",
            stage.blocked()
        );
        assert_same(&now(&stage), &before, &format!("spec {index} on {scenario}"));
        let summary = summary(&plan, &stage.ledger.records());
        let ratio = summary.makespan_ms as f64 / summary.critical_path_ms as f64;
        println!(
            "spec {index}: destroy took {} ms, ratio {ratio:.4}",
            summary.makespan_ms
        );
        assert!(ratio <= 1.05, "{summary:?}");
        assert_eq!(stage.run(&plan, "run-3").await, RunState::Succeeded);
        for (step, outcome) in stage.outcomes() {
            assert_eq!(outcome, Some(Outcome::Kept), "{step} was gone already");
        }
    }
}

/// Applies several specs one after the other, then removes the last of them.
async fn came_and_went(stage: &mut Stage, specs: &[StackSpec]) -> Plan {
    let mut past = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let plan = stage.succeed(spec, &format!("run-{index}")).await;
        past.push((plan, stage.ledger.records()));
    }
    let last = specs.last().expect("at least one");
    let plan = removal(stage, last, &Memory::collect(&past)).await;
    let state = stage.run(&plan, "run-last").await;
    assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    plan
}

#[tokio::test(start_paused = true)]
async fn what_earlier_specs_made_goes_too() {
    let mut first = vendor();
    first.roles.execution = None;
    let mut second = first.clone();
    second.container.name = "web".into();
    second.image = ImageSource::Repository {
        repository: "vendor0919-web".into(),
        tag: "v2".into(),
    };
    second.roles.execution = Some("vendor-tasks".into());
    second.logs.retention_days = 7;
    let mut third = second.clone();
    third.logs.group = Some("/vendor/logs".into());
    let mut stage = Stage::new(Scenario::Fresh);
    let before = stage.cell.look(|world| world.comparable());
    stage.expect(ImageProfile::fastapi());
    stage
        .cell
        .look(|world| world.expect_push("vendor0919-web", "v2", ImageProfile::fastapi(), 60));
    let plan = came_and_went(&mut stage, &[first, second, third]).await;
    let kinds: Vec<&str> = plan.steps.iter().map(|step| step.action.kind()).collect();
    for (kind, count) in [
        ("remove_log_group", 3),
        ("remove_repository", 2),
        ("remove_role", 2),
    ] {
        assert_eq!(
            kinds.iter().filter(|one| **one == kind).count(),
            count,
            "{kind}: {kinds:?}"
        );
    }
    assert_same(&now(&stage), &before, "after three specs");
}

#[tokio::test(start_paused = true)]
async fn a_vpc_that_the_spec_does_not_name_any_more_goes_too() {
    let mut first = vendor();
    first.network.vpc = VpcChoice::Create("10.20.0.0/16".parse().expect("a range"));
    let mut stage = Stage::new(Scenario::Fresh);
    let before = stage.cell.look(|world| world.comparable());
    stage.expect(ImageProfile::fastapi());
    // Cut off once the groups are there and nothing else is.
    let plan = stage.plan(&first).await;
    let cut: Vec<&str> = vec![
        "load_balancer",
        "target_group",
        "listener",
        "task_definition",
        "service",
    ];
    let mut short = plan.clone();
    short.steps.retain(|step| !cut.contains(&step.id.0.as_str()));
    let gone: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| !short.steps.iter().any(|one| one.id == step.id))
        .collect();
    short
        .steps
        .retain(|step| !step.after.iter().any(|id| gone.iter().any(|one| one.id == *id)));
    short.steps.retain(|step| {
        ![
            "deployment",
            "reachable",
            "frontend.variables",
            "frontend.release",
        ]
        .contains(&step.id.0.as_str())
    });
    assert_eq!(
        stage.run(&short, "run-0").await,
        RunState::Succeeded,
        "{:#?}",
        stage.blocked()
    );
    let mut past = vec![(short, stage.ledger.records())];
    let mut second = first.clone();
    second.network.vpc = VpcChoice::Find;
    let plan = stage.succeed(&second, "run-1").await;
    past.push((plan, stage.ledger.records()));
    let plan = removal(&stage, &second, &Memory::collect(&past)).await;
    assert_eq!(
        stage.run(&plan, "run-2").await,
        RunState::Succeeded,
        "{:#?}",
        stage.blocked()
    );
    assert_same(&now(&stage), &before, "after two VPCs");
}

#[tokio::test(start_paused = true)]
async fn what_another_stack_uses_stays_until_that_one_is_gone() {
    let secret = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-a1b2c3".to_owned();
    let mut first = vendor();
    first.container.secrets = BTreeMap::from([("DATABASE_URL".to_owned(), secret)]);
    first.frontend = None;
    let mut second = vendor();
    second.name = "other".into();
    second.logs.group = Some("/ecs/vendor0919-api".into());
    second.frontend = None;
    let mut stage = Stage::new(Scenario::Fresh);
    let before = stage.cell.look(|world| world.comparable());
    stage.expect(ImageProfile::fastapi());
    let made = stage.succeed(&first, "run-1").await;
    let memory = Memory::collect(&[(made, stage.ledger.records())]);
    let used = stage.succeed(&second, "run-2").await;
    let memory_of_second = Memory::collect(&[(used, stage.ledger.records())]);

    let plan = removal(&stage, &first, &memory).await;
    let kept = |plan: &Plan, kind: &str| {
        plan.findings.iter().any(|finding| {
            finding.code == FindingCode::KeptForOthers
                && finding.values["kind"] == kind
                && finding.values["by"] == "other-task"
        })
    };
    for kind in ["role", "repository", "log_group"] {
        assert!(kept(&plan, kind), "{kind}: {:#?}", plan.findings);
    }
    assert_eq!(
        stage.run(&plan, "run-3").await,
        RunState::Succeeded,
        "{:#?}",
        stage.blocked()
    );
    let role = stage
        .cloud
        .identity
        .role("ecsTaskExecutionRole")
        .await
        .expect("read");
    let role = role.expect("the other stack's tasks pull with it");
    assert_eq!(
        (role.attached_policies.len(), role.inline_policies),
        (1, Vec::new()),
        "our secrets are ours to take"
    );
    assert!(
        stage.plan(&second).await.is_settled(),
        "the other stack is as it was"
    );

    let plan = removal(&stage, &second, &memory_of_second).await;
    assert_eq!(
        stage.run(&plan, "run-4").await,
        RunState::Succeeded,
        "{:#?}",
        stage.blocked()
    );
    let plan = removal(&stage, &first, &memory).await;
    assert_eq!(
        stage.run(&plan, "run-5").await,
        RunState::Succeeded,
        "{:#?}",
        stage.blocked()
    );
    assert_same(&now(&stage), &before, "after both stacks");
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_dies_at_any_call_is_finished_by_the_next() {
    let (stage, plan, _) = applied(Scenario::Runbook, &vendor()).await;
    stage.cell.look(|world| world.set_faults(FaultPlan::none()));
    let end = stage.go_on(&plan, "run-2").await;
    assert!(matches!(end, End::State(RunState::Succeeded)), "{end:?}");
    let calls = stage.cell.look(|world| world.faults().seen());
    assert!(calls > 40, "{calls}");
    for fault in [Fault::CrashAfter, Fault::AnswerLost] {
        for call in 1..=calls {
            let (stage, plan, before) = applied(Scenario::Runbook, &vendor()).await;
            stage
                .cell
                .look(|world| world.set_faults(FaultPlan::at_call(call, fault)));
            let mut end = stage.go_on(&plan, "run-2").await;
            if matches!(end, End::Crashed) {
                end = stage.go_on(&plan, "run-2").await;
            }
            let when = format!("{fault:?} at call {call}");
            assert!(
                matches!(end, End::State(RunState::Succeeded)),
                "{when}: {end:?}: {:#?}",
                stage.blocked()
            );
            assert_same(&now(&stage), &before, &when);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_lost_its_tag_since_the_plan_is_not_touched() {
    let (stage, mut plan, _) = applied(Scenario::Runbook, &vendor()).await;
    // Somebody else's stack of the same names: nothing in the account carries this tag.
    plan.spec.name = "vendor0920".into();
    let before = now(&stage);
    let end = stage.go_on(&plan, "run-2").await;
    assert!(matches!(end, End::State(RunState::Failed)), "{end:?}");
    let blocked = stage.blocked();
    assert!(
        blocked
            .iter()
            .all(|(_, why)| why.code == DiagnosisCode::NameTaken),
        "{blocked:#?}"
    );
    assert!(
        blocked
            .iter()
            .all(|(_, why)| why.evidence.iter().any(|row| row.text.contains(TAG_STACK)))
    );
    // The variables carry no tag; they alone are put back.
    let (mut now, mut before) = (now(&stage), before);
    for state in [&mut now, &mut before] {
        state.as_object_mut().expect("an object").remove("apps");
    }
    assert_same(&now, &before, "after a removal that was not ours to make");
}

#[tokio::test(start_paused = true)]
async fn other_variables_of_the_frontend_survive_coming_and_going() {
    let mut stage = Stage::runbook();
    let app = cloud_sim::scenario::RUNBOOK_APP;
    let wanted = Variables(BTreeMap::from([
        ("AMPLIFY_MONOREPO_APP_ROOT".to_owned(), "frontend".to_owned()),
        ("SECRET".to_owned(), "s3cret".to_owned()),
        (
            "NEXT_PUBLIC_API_BASE".to_owned(),
            "https://old.example.com".to_owned(),
        ),
    ]));
    stage
        .cloud
        .hosting
        .set_variables(app, &VariableScope::App, &wanted)
        .await
        .expect("set");
    let plan = stage.succeed(&vendor(), "run-1").await;
    let set = stage
        .cloud
        .hosting
        .app(app)
        .await
        .expect("read")
        .expect("there")
        .variables;
    assert_eq!(set.0["SECRET"], "s3cret");
    assert!(set.0["NEXT_PUBLIC_API_BASE"].starts_with("http://vendor0919-alb-"));
    let memory = Memory::collect(&[(plan, stage.ledger.records())]);
    let plan = removal(&stage, &vendor(), &memory).await;
    assert_eq!(stage.run(&plan, "run-2").await, RunState::Succeeded);
    let back = stage
        .cloud
        .hosting
        .app(app)
        .await
        .expect("read")
        .expect("there")
        .variables;
    assert!(back == wanted, "{back:?}");
}
