//! A killed process loses nothing: no duplicate, no orphan.

use std::process::Stdio;
use std::time::Duration;

use engine::run::{RunOptions, RunState, StepState};
use serde_json::Value;
use slipway::panel::{Facts, Panel};
use slipway::practice;
use slipway::runs::start;
use store::runs;

use crate::bed::{Bed, example, until};
use crate::serving::{Home, SERVE, Serving};

const DESTROY: [&str; 5] = ["destroy", "--stack", "vendor0919", "--yes", "--json"];

fn apply(spec: &str) -> [&str; 7] {
    [
        "apply",
        "--connection",
        "practice:runbook",
        "--spec",
        spec,
        "--yes",
        "--json",
    ]
}

fn nothing_was_left_to_do(again: &Value) {
    let steps = again["steps"].as_array().unwrap();
    let changed: Vec<_> = steps.iter().filter(|step| step["outcome"] != "kept").collect();
    assert!(changed.is_empty(), "nothing was left to do: {changed:?}");
}

/// The run of the only stack, as soon as it has made something.
async fn under_way(bed: &Bed) -> uuid::Uuid {
    until("a run that has made something", async || {
        let stack = store::stacks::list(&bed.db).await.unwrap().pop()?;
        let run = store::runs::unfinished(&bed.db, stack.id).await.unwrap()?;
        let steps = store::runs::steps(&bed.db, run.id).await.unwrap();
        let done = steps.iter().filter(|step| step.state == StepState::Done).count();
        (run.state == RunState::Running && (3..steps.len().max(4)).contains(&done)).then_some(run.id)
    })
    .await
}

async fn killed_then(bed: &Bed, finish: impl AsyncFnOnce(&Bed)) {
    let spec = example("vendor0919.toml");
    let apply = apply(&spec);
    let before = bed.world("runbook").await;
    // Slow enough to be caught in the middle.
    let mut command = bed.command(&apply);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = under_way(bed).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!store::runs::get(&bed.db, run).await.unwrap().state.is_over());

    finish(bed).await;

    let finished = store::runs::get(&bed.db, run).await.unwrap();
    assert_eq!(finished.state, RunState::Succeeded);
    let again = bed.run(&apply).await.good();
    nothing_was_left_to_do(&again);
    let gone = bed.run(&DESTROY).await.good();
    assert_eq!(gone["state"], "succeeded");
    assert_eq!(bed.world("runbook").await, before, "no orphan stays behind");
}

#[tokio::test]
async fn the_same_command_finishes_what_a_killed_one_began() {
    let bed = Bed::new().await;
    killed_then(&bed, async |bed| {
        let spec = example("vendor0919.toml");
        let taken = bed.run(&apply(&spec)).await.good();
        assert_eq!(taken["state"], "succeeded");
        assert_eq!(taken["run"]["taken_over"], true);
    })
    .await;
}

#[tokio::test]
async fn a_panel_that_starts_finishes_what_a_killed_process_began() {
    let bed = Bed::new().await;
    killed_then(&bed, async |bed| {
        let mut panel = bed.command(&["serve", "--addr", "127.0.0.1:0"]);
        let mut panel = panel.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the end of the run", async || {
            let stack = store::stacks::list(&bed.db).await.unwrap().pop()?;
            store::runs::unfinished(&bed.db, stack.id)
                .await
                .unwrap()
                .is_none()
                .then_some(())
        })
        .await;
        let pid = nix::unistd::Pid::from_raw(i32::try_from(panel.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let ended = tokio::task::spawn_blocking(move || panel.wait().unwrap());
        let status = tokio::time::timeout(Duration::from_secs(30), ended)
            .await
            .unwrap()
            .unwrap();
        assert!(
            status.success(),
            "a panel that is asked to end ends well: {status}"
        );
    })
    .await;
}

/// How fast the practice account lives here: slow enough to be killed at several points.
const SLOW: u32 = 40;

#[tokio::test]
async fn a_panel_killed_again_and_again_in_the_middle_of_a_run_finishes_it_without_duplicate_or_orphan() {
    let home = Home::new(SLOW);
    let mut serving = Serving::start(home.command(&SERVE)).await;
    let db = home.database().await;
    let facts = Facts {
        base_url: "http://panel.test".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
        practice_speed: SLOW,
    };
    // Asks as the panel's own pages do; the work is done by the served panel.
    let panel = Panel::start(db.clone(), facts).await.unwrap();
    let connection = store::connections::by_name(&db, "practice:runbook")
        .await
        .unwrap();
    let world = async || {
        let account = practice::Practice::open(&db, connection.id, "runbook", SLOW)
            .await
            .unwrap();
        account.look(|world, _| world.comparable()).await.unwrap()
    };
    let before = world().await;
    let text = std::fs::read_to_string(example("vendor0919.toml")).unwrap();
    let open = panel.clouds.open(&connection).await.unwrap();
    let plan = start::plan_apply(&open, &engine::spec::read::from_toml(&text).unwrap())
        .await
        .unwrap();
    open.practice.as_ref().unwrap().play_push(&plan).await.unwrap();
    let run = start::start(&panel, &connection, &plan, &RunOptions { wait: true }, None)
        .await
        .unwrap();

    let (postmaster, _) = home.postmaster().unwrap();
    let steps = plan.steps.len();
    for share in [1, steps / 3, steps * 2 / 3] {
        until("the point at which it is killed", async || {
            let records = runs::steps(&db, run.id).await.unwrap();
            let done = records
                .iter()
                .filter(|step| step.state == StepState::Done)
                .count();
            (done >= share).then_some(())
        })
        .await;
        serving.kill();
        assert!(
            !runs::get(&db, run.id).await.unwrap().state.is_over(),
            "killed in the middle"
        );
        assert_eq!(
            home.postmaster().unwrap().0,
            postmaster,
            "the private server is left alone"
        );
        serving = Serving::start(home.command(&SERVE)).await;
        assert_eq!(
            home.postmaster().unwrap().0,
            postmaster,
            "and joined by the next panel"
        );
    }
    until("the end of the run", async || {
        runs::get(&db, run.id)
            .await
            .unwrap()
            .state
            .is_over()
            .then_some(())
    })
    .await;
    assert_eq!(runs::get(&db, run.id).await.unwrap().state, RunState::Succeeded);

    let spec = example("vendor0919.toml");
    let apply = apply(&spec);
    let again = home.run(&apply).await.good();
    nothing_was_left_to_do(&again);
    let gone = home.run(&DESTROY).await.good();
    assert_eq!(gone["state"], "succeeded");
    assert_eq!(world().await, before, "no duplicate and no orphan stays behind");
    panel.stopping.cancel();
    serving.signal(nix::sys::signal::Signal::SIGTERM);
}
