//! A panel that has been at work for a while: accounts with stacks in them, their runs with ledgers, their monitors.

use std::time::Duration;

use engine::run::RunState;
use engine::run::ledger::Ledger;
use jiff::Timestamp;
use slipway::health::monitors::{INTERVAL_S, Watched};
use slipway::runs::outcome::{self, StackOutputs};
use store::connections::Settings;
use store::health::{self, Kind};
use store::practice_accounts::{self, PracticeAccount};
use store::runs::PgLedger;
use store::stacks::NewStack;
use store::{Database, connections, runs, stacks};
use uuid::Uuid;

use super::account::{self, Built};

/// Stacks in one practice account: what a team has in an AWS account.
const PER_ACCOUNT: usize = 10;
/// Monitors of a stack: the schema has one of each kind.
pub(crate) const MONITORS: usize = 3;
/// As practice accounts live in a panel.
const SPEED: f64 = 20.0;
const OWNER: &str = "bench";

/// A stack in the database.
pub(crate) struct Seeded {
    pub(crate) stack: Uuid,
    pub(crate) run: Uuid,
}

/// So many stacks, each with a run that succeeded and three monitors.
pub(crate) async fn stacks(db: &Database, count: usize, by: Option<Uuid>) -> Vec<Seeded> {
    let mut seeded = Vec::with_capacity(count);
    for first in (0..count).step_by(PER_ACCOUNT) {
        let size = PER_ACCOUNT.min(count - first);
        let (world, built) = tokio::task::spawn_blocking(move || account::build(first, size))
            .await
            .unwrap();
        let scenario = cloud_sim::Scenario::Fresh.name().to_owned();
        let settings = Settings::Practice {
            scenario: scenario.clone(),
        };
        let name = format!("team-{:02}", first / PER_ACCOUNT);
        let connection = connections::create(db, &name, &settings, by).await.unwrap().id;
        let account = PracticeAccount {
            connection_id: connection,
            scenario,
            sim_epoch: world.now(),
            world,
            wall_epoch: Timestamp::now(),
            speed: SPEED,
            version: 0,
            epoch: 0,
        };
        practice_accounts::put_new(db, &account).await.unwrap();
        for one in &built {
            seeded.push(keep(db, connection, one, by).await);
        }
    }
    seeded
}

/// Writes down what a worker would have written.
async fn keep(db: &Database, connection_id: Uuid, built: &Built, by: Option<Uuid>) -> Seeded {
    let Built { spec, plan, steps } = built;
    let new = NewStack {
        name: &spec.name,
        environment: &spec.environment,
        connection_id,
        spec,
        created_by: by,
    };
    let stack = stacks::create(db, new).await.unwrap().id;
    let run = runs::create(db, stack, plan, &account::OPTIONS, by)
        .await
        .unwrap()
        .id;
    runs::claim(db, run, OWNER, Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    let ledger = PgLedger::new(db.clone(), run, OWNER);
    ledger.run_state(RunState::Running).await.unwrap();
    for record in steps {
        ledger.record(record).await.unwrap();
    }
    ledger.run_state(RunState::Succeeded).await.unwrap();
    let outputs = StackOutputs {
        url: outcome::url(plan, steps),
        steps: steps
            .iter()
            .map(|it| (it.step.clone(), it.outputs.clone()))
            .collect(),
    };
    stacks::set_outputs(db, stack, &outputs).await.unwrap();
    let watched = Watched::of(plan, steps);
    let (http, targets, tasks) = (
        watched.http.unwrap(),
        watched.targets.unwrap(),
        watched.tasks.unwrap(),
    );
    health::ensure(db, stack, Kind::Http, &http, INTERVAL_S)
        .await
        .unwrap();
    health::ensure(db, stack, Kind::Targets, &targets, INTERVAL_S)
        .await
        .unwrap();
    health::ensure(db, stack, Kind::Tasks, &tasks, INTERVAL_S)
        .await
        .unwrap();
    Seeded { stack, run }
}
