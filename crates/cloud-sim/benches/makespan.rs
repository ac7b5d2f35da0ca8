//! How long runs take on the practice account, on a clock that jumps from one event to the next: against the plan's
//! critical path, and against the same steps one after another, as the runbook's people did them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench tells its figures on standard output, and stops where it cannot go on"
)]

#[path = "../tests/laws/specs.rs"]
mod specs;
#[expect(dead_code, reason = "the laws use the rest")]
#[path = "../tests/laws/stage.rs"]
mod stage;

use cloud_sim::{ImageProfile, Scenario};
use engine::plan::action::Action;
use engine::plan::{Plan, PlannedStep, lint, prepare, schedule};
use engine::run::{RunState, summary};
use engine::snapshot::observe;
use engine::spec::{ImageSource, StackSpec};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

use stage::{Stage, vendor};

/// Random specs.
const SPECS: usize = 240;
/// They are the same in every measurement.
const SEED: [u8; 32] = [19; 32];
/// A run may take this much longer than its critical path.
const MOST: f64 = 1.05;
/// What a first deploy of the runbook's stack may take on AWS's side, in seconds.
const DEPLOY_S: f64 = 240.0;

/// How long a run took, in seconds of the account's time.
struct Took {
    makespan_s: f64,
    /// The plan's longest chain, as the plan expects it.
    planned_s: f64,
    /// The longest chain as its steps went: what is longer than that was idle.
    chain_s: f64,
}

fn main() {
    let run = |scenario, order: fn(Plan) -> Plan| in_virtual_time(take(scenario, vendor(), order));
    for scenario in Scenario::ALL {
        let slipway = run(scenario, as_planned);
        let what = format!("the runbook's stack on `{scenario}`");
        tell(
            &what,
            slipway.makespan_s / slipway.planned_s,
            "its plan's critical path",
            Some(MOST),
        );
        tell(
            &what,
            slipway.makespan_s / DEPLOY_S,
            "four minutes, on AWS's side",
            Some(1.0),
        );
        let hand = run(scenario, by_hand);
        let what = format!("the runbook's stack on `{scenario}`, by hand and in order");
        tell(&what, hand.makespan_s / slipway.makespan_s, "Slipway's run", None);
    }
    let took: Vec<Took> = random()
        .into_iter()
        .map(|(scenario, spec)| in_virtual_time(take(scenario, spec, as_planned)))
        .collect();
    let mut planned: Vec<f64> = took.iter().map(|it| it.makespan_s / it.planned_s).collect();
    let mut chain: Vec<f64> = took.iter().map(|it| it.makespan_s / it.chain_s).collect();
    planned.sort_by(f64::total_cmp);
    chain.sort_by(f64::total_cmp);
    for (name, place) in [("median", SPECS / 2), ("worst", SPECS - 1)] {
        let what = format!("{SPECS} random stacks, the {name}");
        tell(&what, planned[place], "its plan's critical path", Some(MOST));
        tell(
            &what,
            chain[place],
            "the chain of its steps as they went",
            Some(MOST),
        );
    }
}

/// One line for the workshop's table.
fn tell(what: &str, ratio: f64, against: &str, most: Option<f64>) {
    println!(
        "bench {}",
        json!({ "what": what, "ratio": ratio, "against": against, "most": most })
    );
}

/// Specs and accounts, the same ones every time.
fn random() -> Vec<(Scenario, StackSpec)> {
    let chance = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let mut runner = TestRunner::new_with_rng(Config::default(), chance);
    let both = (specs::scenario(), specs::spec());
    (0..SPECS)
        .map(|_| both.new_tree(&mut runner).expect("a spec").current())
        .collect()
}

fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}

/// Applies a spec to an account that has the image already: a person pushes it, and takes the time that a person takes.
async fn take(scenario: Scenario, mut spec: StackSpec, order: fn(Plan) -> Plan) -> Took {
    if scenario == Scenario::Fresh {
        spec.roles.execution = None;
    }
    let mut stage = Stage::new(scenario);
    push(&mut stage, &spec).await;
    let plan = order(stage.plan(&spec).await);
    let state = stage.run(&plan, "run-2").await;
    assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    let summary = summary(&plan, &stage.ledger.records());
    Took {
        makespan_s: summary.makespan_ms as f64 / 1_000.0,
        planned_s: f64::from(schedule(&plan).makespan_s),
        chain_s: summary.critical_path_ms as f64 / 1_000.0,
    }
}

/// The repository is made and the image pushed, as on the wizard's image page.
async fn push(stage: &mut Stage, spec: &StackSpec) {
    let ImageSource::Repository { repository, tag } = &spec.image else {
        return;
    };
    let image = ImageProfile::fastapi()
        .listening(spec.container.port)
        .on(&[spec.container.architecture]);
    stage
        .cell
        .look(|world| world.expect_push(repository, tag, image, 2));
    let snapshot = observe(&stage.cloud, spec, stage.clock.now())
        .await
        .expect("the account can be read");
    let plan = prepare(spec, &snapshot, stage.clock.now());
    assert_eq!(stage.run(&plan, "run-1").await, RunState::Succeeded);
    stage.sleep(5).await;
}

fn as_planned(plan: Plan) -> Plan {
    plan
}

/// The same steps, each begun when the one before is done, in the runbook's order: the container, ECS, the load balancer,
/// Amplify. One thing differs from that day: the service comes after the listener, as its step needs it.
fn by_hand(mut plan: Plan) -> Plan {
    plan.steps.sort_by_key(page);
    for index in 1..plan.steps.len() {
        let before = plan.steps[index - 1].id.clone();
        let after = &mut plan.steps[index].after;
        if !after.contains(&before) {
            after.push(before);
        }
    }
    assert_eq!(lint(&plan), [], "the runbook's order is one that works");
    plan
}

/// Where a step stands in the runbook.
fn page(step: &PlannedStep) -> u8 {
    match &step.action {
        Action::Repository { .. } => 10,
        Action::ImagePushed { .. } => 11,
        Action::LinkedRole { .. } => 20,
        Action::Cluster { .. } => 21,
        Action::ExecutionRole { .. } => 22,
        Action::LogGroup { .. } => 23,
        Action::TaskDefinition(_) => 24,
        Action::Vpc { .. } => 30,
        Action::InternetGateway { .. } => 31,
        Action::RouteTable { .. } => 32,
        Action::Subnet { .. } => 33,
        Action::SecurityGroup { .. } if step.id.0 == "group.load_balancer" => 34,
        Action::LoadBalancer { .. } => 35,
        Action::TargetGroup { .. } => 36,
        Action::Listener { .. } => 37,
        Action::SecurityGroup { .. } => 38,
        Action::Service(_) => 39,
        Action::Deployment { .. } => 40,
        Action::Reachable { .. } => 41,
        Action::HealthCheck { .. } => 42,
        Action::ClosedPorts { .. } => 43,
        Action::FrontendVariables { .. } => 50,
        Action::FrontendRelease { .. } => 51,
        Action::Remove { .. } => panic!("nothing is removed by an apply plan"),
    }
}
