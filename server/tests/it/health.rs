//! A stack is watched: its state follows what happens in the account, and only that.

use std::sync::Arc;
use std::time::Duration;

use app::backend::stacks::{HealthNow, HealthState};
use cloud_sim::{Fault, FaultPlan};
use engine::cloud::network::{Direction, Rule};
use engine::health::state::{Look, State};
use engine::run::{RunOptions, RunState};
use jiff::{Timestamp, ToSpan};
use slipway::clouds::OpenCloud;
use slipway::health::{history, now, scheduler};
use slipway::panel::Panel;
use slipway::runs::execute::{Driven, drive};
use slipway::runs::start;
use store::health::results;
use store::health::{self, Kind, Monitor, rollups};
use uuid::Uuid;

use crate::bed::{Bed, example, until, written_by_another_version};

/// A stack of the smallest spec that runs on the practice account.
struct Watched {
    bed: Bed,
    panel: Arc<Panel>,
    open: OpenCloud,
    stack: Uuid,
}

impl Watched {
    async fn new() -> Self {
        let bed = Bed::new().await;
        let panel = bed.panel().await;
        let connection = store::connections::by_name(&bed.db, "practice:fresh")
            .await
            .unwrap();
        let text = std::fs::read_to_string(example("hello.toml")).unwrap();
        let spec = engine::spec::read::from_toml(&text).unwrap();
        let open = panel.clouds.open(&connection).await.unwrap();
        let plan = start::plan_apply(&open, &spec).await.unwrap();
        let run = start::start(&panel, &connection, &plan, &RunOptions { wait: true }, None)
            .await
            .unwrap();
        assert_eq!(
            drive(&panel, run.id).await.unwrap(),
            Driven::Over(RunState::Succeeded)
        );
        Self {
            stack: run.stack_id,
            bed,
            panel,
            open,
        }
    }

    /// Makes every monitor due, looks once at each, and keeps what was seen.
    async fn look(&self) {
        health::pause(&self.bed.db, self.stack, false).await.unwrap();
        let due = health::claim_due(&self.bed.db, 16).await.unwrap();
        assert_eq!(due.len(), 3, "each is due once");
        let seen = scheduler::look_at(&self.panel, &due).await;
        results::save(&self.bed.db, &seen).await.unwrap();
    }

    async fn monitors(&self) -> Vec<Monitor> {
        health::of_stack(&self.bed.db, self.stack).await.unwrap()
    }

    async fn now(&self) -> HealthNow {
        now::of(&self.monitors().await, Timestamp::now()).unwrap()
    }

    /// The incoming rules of the tasks' security group, and its id.
    async fn task_rules(&self) -> (String, Vec<Rule>) {
        let cloud = &self.open.cloud;
        let monitor = self
            .monitors()
            .await
            .into_iter()
            .find(|it| it.kind == Kind::Tasks)
            .unwrap();
        let name = |field: &str| monitor.settings[field].as_str().unwrap().to_owned();
        let service = cloud
            .compute
            .service(&name("cluster"), &name("service"))
            .await
            .unwrap()
            .unwrap();
        let group = service.network.security_groups[0].clone();
        for vpc in cloud.network.vpcs().await.unwrap() {
            let groups = cloud.network.security_groups(&vpc.id).await.unwrap();
            if let Some(found) = groups.into_iter().find(|it| it.id == group) {
                return (group, found.ingress);
            }
        }
        panic!("the service's group is nowhere")
    }
}

#[tokio::test]
async fn a_stack_is_up_goes_down_with_its_closed_group_and_comes_back() {
    let watched = Watched::new().await;
    assert_eq!(
        watched.now().await.state,
        HealthState::Unknown,
        "nobody looked yet"
    );
    watched.look().await;
    let up = watched.now().await;
    assert_eq!(
        (up.state, up.targets, up.tasks),
        (HealthState::Up, Some((1, 1)), Some((1, 1))),
        "{up:?}"
    );
    assert!(up.last_latency_us.is_some_and(|us| us > 0));
    assert_eq!(up.last_trouble, None);

    let (group, rules) = watched.task_rules().await;
    let network = &watched.open.cloud.network;
    network.revoke(&group, Direction::Ingress, &rules).await.unwrap();
    for _ in 0..2 {
        watched.look().await;
        assert_eq!(
            watched.now().await.state,
            HealthState::Up,
            "two bad looks may be chance"
        );
    }
    watched.look().await;
    let down = watched.now().await;
    assert_eq!(down.state, HealthState::Down);
    assert!(down.last_trouble.unwrap().detail.starts_with("GET http://"));

    network
        .authorize(&group, Direction::Ingress, &rules)
        .await
        .unwrap();
    let cloud = &watched.open.cloud;
    let monitors = watched.monitors().await;
    let targets = monitors.iter().find(|it| it.kind == Kind::Targets).unwrap();
    let arn = targets.settings["target_group_arn"].as_str().unwrap();
    until("a healthy target", async || {
        let found = cloud.balancing.target_health(arn).await.unwrap();
        found
            .iter()
            .any(|it| it.state == engine::cloud::balancing::TargetState::Healthy)
            .then_some(())
    })
    .await;
    watched.look().await;
    assert_eq!(
        watched.now().await.state,
        HealthState::Down,
        "one good look may be chance"
    );
    watched.look().await;
    let back = watched.now().await;
    assert_eq!((back.state, back.last_trouble), (HealthState::Up, None));

    let changes = health::history::changes(
        &watched.bed.db,
        &[monitors[0].id],
        Timestamp::now() - 1.hour(),
        Timestamp::now() + 1.hour(),
    )
    .await
    .unwrap();
    let story: Vec<State> = changes[&monitors[0].id]
        .changes
        .iter()
        .map(|change| change.to)
        .collect();
    assert_eq!(
        (monitors[0].kind, story),
        (Kind::Http, vec![State::Up, State::Down, State::Up])
    );
}

#[tokio::test]
async fn what_was_seen_becomes_the_last_24_hours() {
    let watched = Watched::new().await;
    for _ in 0..3 {
        watched.look().await;
    }
    let later = Timestamp::now() + 2.minutes();
    rollups::roll_up(&watched.bed.db, later).await.unwrap().unwrap();
    let monitors = watched.monitors().await;
    for (slot_s, count) in [(history::DASHBOARD_SLOT_S, 24), (history::PAGE_SLOT_S, 96)] {
        let day = history::last_day(&watched.bed.db, &monitors, later, slot_s)
            .await
            .unwrap();
        let slots = &day[&watched.stack];
        assert_eq!(
            (slots.len(), slots.iter().map(|slot| slot.up).sum::<u32>()),
            (count, 3),
            "{slot_s} s"
        );
        assert!(slots.iter().any(|slot| slot.p50_us.is_some()));
    }
    let uptime = history::uptime(&watched.bed.db, &monitors, later).await.unwrap();
    assert_eq!(uptime[&watched.stack], Some(1.0));
}

#[tokio::test]
async fn an_account_that_does_not_let_us_look_makes_nothing_down() {
    let watched = Watched::new().await;
    let practice = watched.open.practice.clone().unwrap();
    let shut = FaultPlan::at_action("elasticloadbalancing:DescribeTargetHealth", Fault::Unavailable);
    practice
        .look(move |world, _| world.set_faults(shut))
        .await
        .unwrap();
    for _ in 0..4 {
        watched.look().await;
    }
    let monitors = watched.monitors().await;
    let targets = monitors.iter().find(|it| it.kind == Kind::Targets).unwrap();
    assert_eq!(
        (targets.standing.state, targets.standing.last_at),
        (State::Unknown, None)
    );
    assert!(targets.looked_at.is_some(), "somebody tried");
    let now = watched.now().await;
    assert_eq!(
        (now.state, now.targets),
        (HealthState::Up, None),
        "the visitor's look counts all the same"
    );
    assert!(now.last_trouble.unwrap().detail.contains("DescribeTargetHealth"));
}

#[tokio::test]
async fn an_account_that_cannot_be_read_is_a_blind_look() {
    let watched = Watched::new().await;
    watched.look().await;
    let mut monitors = watched.monitors().await;
    let stack = store::stacks::get(&watched.bed.db, watched.stack).await.unwrap();
    written_by_another_version(&watched.bed.db, stack.connection_id).await;
    let seen = scheduler::look_at(&watched.panel, &monitors).await;
    assert_eq!(
        seen.iter().map(|it| it.look).collect::<Vec<_>>(),
        [Look::Blind; 3]
    );
    assert!(
        seen.iter().all(|it| it.change.is_none()),
        "a short while says nothing"
    );
    for monitor in &mut monitors {
        monitor.standing.last_at = Some(Timestamp::now() - 10.minutes());
    }
    let seen = scheduler::look_at(&watched.panel, &monitors).await;
    let states: Vec<State> = seen
        .iter()
        .filter_map(|it| it.change)
        .map(|change| change.to)
        .collect();
    assert_eq!(
        states,
        [State::Unknown; 3],
        "after a while nobody knows, and nobody says down"
    );
}

#[tokio::test]
async fn the_process_looks_by_itself_and_ends_when_it_is_asked_to() {
    let watched = Watched::new().await;
    let watching = scheduler::spawn(Arc::clone(&watched.panel));
    let first = until("a first look", async || watched.now().await.last_at).await;
    until("an up stack", async || {
        (watched.now().await.state == HealthState::Up).then_some(())
    })
    .await;
    watched.panel.stopping.cancel();
    tokio::time::timeout(Duration::from_secs(10), watching)
        .await
        .unwrap()
        .unwrap();
    let monitors = watched.monitors().await;
    assert!(
        monitors
            .iter()
            .all(|it| it.looked_at.is_some_and(|at| at <= first + 20.seconds()))
    );
    assert!(
        health::claim_due(&watched.bed.db, 16).await.unwrap().is_empty(),
        "the next looks are due in 30 s"
    );
}

#[tokio::test]
async fn a_removed_stack_is_not_watched_any_more() {
    let watched = Watched::new().await;
    let stack = store::stacks::get(&watched.bed.db, watched.stack).await.unwrap();
    let connection = store::connections::get(&watched.bed.db, stack.connection_id)
        .await
        .unwrap();
    let plan = start::plan_destroy(&watched.bed.db, &watched.open, &stack)
        .await
        .unwrap();
    let run = start::start(
        &watched.panel,
        &connection,
        &plan,
        &RunOptions { wait: true },
        None,
    )
    .await
    .unwrap();
    assert_eq!(
        drive(&watched.panel, run.id).await.unwrap(),
        Driven::Over(RunState::Succeeded)
    );
    assert_eq!(watched.monitors().await, []);
    assert!(health::claim_due(&watched.bed.db, 16).await.unwrap().is_empty());
}
