//! A practice account with stacks in it, brought about on a clock that jumps from one event to the next.

use std::sync::Arc;
use std::time::Duration;

use cloud_sim::clock::TokioClock;
use cloud_sim::{ImageProfile, MemoryCell, Scenario, World, memory};
use engine::clock::{Chance, Clock};
use engine::cloud::Cloud;
use engine::plan::{Plan, apply};
use engine::run::memory_ledger::MemoryLedger;
use engine::run::{RunOptions, RunState, StepRecord, execute};
use engine::snapshot::observe;
use engine::spec::{ImageSource, StackSpec, read};
use jiff::{SignedDuration, Timestamp};

pub(super) const OPTIONS: RunOptions = RunOptions { wait: true };

/// A stack, and the run that made it.
pub(super) struct Built {
    pub(super) spec: StackSpec,
    pub(super) plan: Plan,
    pub(super) steps: Vec<StepRecord>,
}

struct Half;

impl Chance for Half {
    fn unit(&self) -> f64 {
        0.5
    }
}

/// The account after all of them succeeded. Stacks are numbered from `first`.
pub(super) fn build(first: usize, count: usize) -> (World, Vec<Built>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(async {
            let began = Timestamp::now() - SignedDuration::from_hours(2);
            let clock: Arc<dyn Clock> = Arc::new(TokioClock::new(began, 1.0));
            let (cloud, cell) = memory::account(World::scenario(Scenario::Fresh, began), Arc::clone(&clock));
            let mut built = Vec::with_capacity(count);
            for number in first..first + count {
                built.push(stack(&cloud, &cell, clock.as_ref(), spec(number)).await);
            }
            clock.sleep(Duration::from_secs(120)).await;
            (cell.look(|world| world.clone()), built)
        })
}

/// The runbook's backend under another name.
fn spec(number: usize) -> StackSpec {
    let mut spec = read::from_toml(include_str!("../../../examples/vendor0919.toml")).unwrap();
    spec.name = format!("service-{number:03}");
    spec.image = ImageSource::Repository {
        repository: format!("service-{number:03}-api"),
        tag: "latest".to_owned(),
    };
    spec.roles.execution = None;
    spec
}

async fn stack(cloud: &Cloud, cell: &MemoryCell, clock: &dyn Clock, spec: StackSpec) -> Built {
    if let ImageSource::Repository { repository, tag } = &spec.image {
        cell.look(|world| world.expect_push(repository, tag, ImageProfile::fastapi(), 2));
    }
    let snapshot = observe(cloud, &spec, clock.now()).await.unwrap();
    let plan = apply(&spec, &snapshot, clock.now());
    let ledger = MemoryLedger::new();
    let state = execute(&plan, cloud, &ledger, clock, &Half, &spec.name, &OPTIONS)
        .await
        .unwrap();
    assert_eq!(state, RunState::Succeeded, "{:#?}", ledger.records());
    let steps = ledger.records();
    Built { spec, plan, steps }
}
