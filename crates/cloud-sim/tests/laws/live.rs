//! A stack that people use changes without an outage: its port, its health path, and a change that fails.

use cloud_sim::ImageProfile;
use engine::cloud::balancing::{TargetGroup, TargetHealth, TargetState};
use engine::cloud::network::Traffic;
use engine::plan::action::OutputName;
use engine::plan::{Change, FindingCode, Plan, Weight};
use engine::run::RunState;
use engine::spec::StackSpec;
use engine::step::{DiagnosisCode, Outcome};

use crate::stage::{End, Stage, vendor};

/// A stack that runs, and the URL of its health path.
async fn live() -> (Stage, String) {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    let url = format!("{}/health", stage.record("reachable").outputs[&OutputName::Url]);
    stage.ledger = Default::default();
    (stage, url)
}

fn push(stage: &Stage, image: ImageProfile) {
    stage
        .cell
        .look(|world| world.push_image("vendor0919-api", "latest", image))
        .expect("pushed");
}

/// Runs a plan while a visitor asks every second, and insists that each answer is good.
async fn while_visited(stage: &Stage, plan: &Plan, run: &str, url: &str) -> RunState {
    let mut visits = 0;
    let visitor = async {
        loop {
            let answer = stage.cloud.edge.get(url, 5).await;
            let status = answer.as_ref().map(|answer| answer.status);
            assert_eq!(status, Ok(200), "visit {visits}: {answer:?}");
            visits += 1;
            stage.sleep(1).await;
        }
    };
    let end = tokio::select! { end = stage.go_on(plan, run) => end, () = visitor => unreachable!("it never stops") };
    assert!(visits > 20, "{visits}");
    match end {
        End::State(state) => state,
        other => panic!("{other:?}"),
    }
}

async fn group(stage: &Stage) -> TargetGroup {
    let group = stage.cloud.balancing.target_group("vendor0919-tg").await;
    group.expect("answered").expect("the target group")
}

async fn healthy(stage: &Stage) -> Vec<TargetHealth> {
    let arn = group(stage).await.arn;
    let mut targets = stage.cloud.balancing.target_health(&arn).await.expect("health");
    targets.retain(|target| target.state == TargetState::Healthy);
    targets
}

/// The ports that the tasks' own group lets in.
async fn open_ports(stage: &Stage) -> Vec<u16> {
    let network = &stage.cloud.network;
    let groups = network.security_groups(cloud_sim::scenario::RUNBOOK_VPC).await;
    let groups = groups.expect("groups").into_iter();
    let ours = groups.filter(|group| group.name.starts_with("vendor0919") && group.name.contains("task"));
    let mut ports: Vec<u16> = ours
        .flat_map(|group| group.ingress)
        .filter_map(|rule| match rule.traffic {
            Traffic::Tcp { from, .. } => Some(from),
            _ => None,
        })
        .collect();
    ports.sort_unstable();
    ports
}

fn on_port(port: u16) -> StackSpec {
    let mut spec = vendor();
    spec.container.port = port;
    spec
}

async fn nothing_is_left_to_do(stage: &Stage, spec: &StackSpec) {
    for step in stage.plan(spec).await.steps {
        assert_eq!(step.change, Change::Keep, "{step:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_port_is_no_outage_and_the_old_one_is_closed_in_the_end() {
    let (stage, url) = live().await;
    assert_eq!(open_ports(&stage).await, [8080]);
    push(&stage, ImageProfile::fastapi().listening(9000));
    let plan = stage.plan(&on_port(9000)).await;
    let state = while_visited(&stage, &plan, "run-2", &url).await;
    assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    assert_eq!(open_ports(&stage).await, [9000]);
    assert!(healthy(&stage).await.iter().all(|target| target.port == 9000));
    nothing_is_left_to_do(&stage, &on_port(9000)).await;
}

#[tokio::test(start_paused = true)]
async fn another_port_on_which_nothing_good_answers_leaves_the_old_tasks_as_they_are() {
    let (mut stage, url) = live().await;
    push(
        &stage,
        ImageProfile::fastapi().listening(9000).answering("/health", 500),
    );
    let plan = stage.plan(&on_port(9000)).await;
    let state = while_visited(&stage, &plan, "run-2", &url).await;
    assert_eq!(state, RunState::Failed);
    stage.sleep(900).await;
    assert!(!healthy(&stage).await.is_empty());
    assert!(healthy(&stage).await.iter().all(|target| target.port == 8080));
    assert_eq!(open_ports(&stage).await, [8080, 9000]);

    // Somebody takes the change back: the port that was opened for it is closed.
    stage.ledger = Default::default();
    push(&stage, ImageProfile::fastapi());
    let plan = stage.plan(&vendor()).await;
    let state = while_visited(&stage, &plan, "run-3", &url).await;
    assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    assert_eq!(open_ports(&stage).await, [8080]);
    nothing_is_left_to_do(&stage, &vendor()).await;
}

fn at_path(path: &str) -> StackSpec {
    let mut spec = vendor();
    spec.health.path = path.to_owned();
    spec
}

#[tokio::test(start_paused = true)]
async fn another_health_path_is_asked_once_it_has_answered() {
    let (stage, url) = live().await;
    push(&stage, ImageProfile::fastapi().answering("/ready", 200));
    let plan = stage.plan(&at_path("/ready")).await;
    let warned = plan
        .findings
        .iter()
        .find(|finding| finding.code == FindingCode::HealthCheckMoves)
        .expect("a finding");
    assert_eq!(
        (warned.weight, warned.values["before"].as_str()),
        (Weight::Warn, "/health (200)")
    );
    let state = while_visited(&stage, &plan, "run-2", &url).await;
    assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    assert_eq!(group(&stage).await.health_check.path, "/ready");
    stage.sleep(300).await;
    assert!(!healthy(&stage).await.is_empty());
    nothing_is_left_to_do(&stage, &at_path("/ready")).await;
}

#[tokio::test(start_paused = true)]
async fn a_health_path_that_nobody_knows_is_never_asked_of_what_runs() {
    let (stage, url) = live().await;
    let plan = stage.plan(&at_path("/nowhere")).await;
    let state = while_visited(&stage, &plan, "run-2", &url).await;
    assert_eq!(state, RunState::Failed);
    let why = stage.record("reachable").diagnosis.expect("a diagnosis");
    assert_eq!(
        (why.code, why.values["answer"].as_str()),
        (DiagnosisCode::WrongAnswer, "404")
    );
    assert_eq!(group(&stage).await.health_check.path, "/health");
    stage.sleep(300).await;
    assert!(!healthy(&stage).await.is_empty());
}

fn let_in(range: &str) -> StackSpec {
    let mut spec = vendor();
    spec.network.allow_from = vec![range.parse().expect("a range")];
    spec
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_is_shut_out_takes_healthy_targets_for_an_answer_and_says_so() {
    for (range, weight, outcome) in [
        ("198.51.100.0/24", Weight::Warn, Outcome::Unseen),
        ("203.0.113.0/24", Weight::Pass, Outcome::Kept),
    ] {
        let mut stage = Stage::runbook();
        let plan = stage.succeed(&let_in(range), "run-1").await;
        let found = plan
            .findings
            .iter()
            .find(|finding| finding.code == FindingCode::PanelShutOut)
            .expect("a finding");
        assert_eq!(
            (found.weight, found.values["address"].as_str()),
            (weight, "203.0.113.10")
        );
        assert_eq!(stage.record("reachable").outcome, Some(outcome), "{range}");
        nothing_is_left_to_do(&stage, &let_in(range)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_is_shut_out_does_not_change_the_health_path_of_what_people_use() {
    let mut stage = Stage::runbook();
    stage.succeed(&let_in("198.51.100.0/24"), "run-1").await;
    let mut spec = let_in("198.51.100.0/24");
    spec.health.path = "/ready".to_owned();
    assert!(stage.plan(&spec).await.is_blocked());
}
