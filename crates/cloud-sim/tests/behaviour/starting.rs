//! What a task needs to start, and AWS's words when it lacks it.

use cloud_sim::ImageProfile;
use engine::cloud::balancing::TargetState;
use engine::cloud::compute::Task;
use engine::cloud::registry::Architecture;
use jiff::Timestamp;

use super::ground::{LOG_GROUP, Stack, Wanted, everybody, tcp};

async fn status_after(stack: &Stack, seconds: u64) -> String {
    stack.pass(seconds).await;
    stack.running().await[0].last_status.clone()
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_after_35_seconds_and_its_target_is_healthy_two_checks_after_the_process_listens() {
    let stack = Stack::new(Wanted::default()).await;
    assert_eq!(status_after(&stack, 0).await, "PROVISIONING");
    assert_eq!(status_after(&stack, 10).await, "PENDING");
    assert_eq!(status_after(&stack, 23).await, "ACTIVATING");
    assert_eq!(stack.targets().await, []);
    assert_eq!(status_after(&stack, 2).await, "RUNNING");
    assert_eq!(stack.target_states().await, [TargetState::Initial]);
    stack.pass(21).await;
    assert_eq!(stack.target_states().await, [TargetState::Initial]);
    stack.pass(1).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
    assert_eq!(stack.service().await.running, 1);
    assert!(stack.has_event("has reached a steady state").await);
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_of_the_start_and_then_of_the_health_checks() {
    let stack = Stack::healthy().await;
    stack.pass(120).await;
    let lines = stack
        .cloud()
        .logs
        .tail(LOG_GROUP, Timestamp::UNIX_EPOCH, 50)
        .await
        .unwrap();
    assert!(lines[0].message.contains("Started server process"));
    assert!(
        lines[3]
            .message
            .contains("Uvicorn running on http://0.0.0.0:8080")
    );
    assert!(
        lines
            .last()
            .unwrap()
            .message
            .ends_with("\"GET /health HTTP/1.1\" 200")
    );
    assert!(
        lines.windows(2).all(|pair| pair[0].at <= pair[1].at),
        "oldest first"
    );
    assert!(
        lines
            .iter()
            .all(|line| line.stream.starts_with("ecs/api/") && line.at <= stack.now())
    );
    let last = stack
        .cloud()
        .logs
        .tail(LOG_GROUP, Timestamp::UNIX_EPOCH, 2)
        .await
        .unwrap();
    assert_eq!(last, lines[lines.len() - 2..], "the limit keeps the newest");
}

/// The first task that stopped, of a stack with one thing changed.
pub(super) async fn first_stop(change: impl FnOnce(&mut Wanted)) -> (Stack, Task) {
    let mut wanted = Wanted::default();
    change(&mut wanted);
    let stack = Stack::new(wanted).await;
    for _ in 0..400 {
        if let Some(task) = stack
            .stopped()
            .await
            .into_iter()
            .find(|task| task.stopped_at.is_some())
        {
            return (stack, task);
        }
        stack.pass(1).await;
    }
    panic!("no task stopped: {:?}", stack.service().await);
}

pub(super) async fn stops_with(change: impl FnOnce(&mut Wanted), words: &[&str]) -> u32 {
    let (_, task) = first_stop(change).await;
    let reason = task.stopped_reason.clone().unwrap();
    for part in words {
        assert!(reason.contains(part), "{reason} lacks {part}");
    }
    assert_eq!(task.stop_code.as_deref(), Some("TaskFailedToStart"));
    assert_eq!((task.started_at, task.last_status.as_str()), (None, "STOPPED"));
    let took = task.stopped_at.unwrap().duration_since(task.created_at.unwrap());
    u32::try_from(took.as_secs()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_its_log_group_a_task_stops_with_the_runbooks_first_trap() {
    let words = [
        "ResourceInitializationError: failed to validate logger args",
        "The specified log group does not exist",
    ];
    let took = stops_with(|wanted| wanted.log_group = false, &words).await;
    assert!(took < 35, "{took}");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_there_cannot_be_pulled() {
    stops_with(
        |wanted| wanted.image = None,
        &["CannotPullContainerError", "failed to resolve ref", "not found"],
    )
    .await;
    let elsewhere = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/other:latest";
    let words = ["CannotPullContainerError: API error (404): repository other not found"];
    stops_with(|wanted| wanted.uri = elsewhere.to_owned(), &words).await;
    let nobody = "docker.io/nobody/nothing:1";
    stops_with(
        |wanted| wanted.uri = nobody.to_owned(),
        &["CannotPullContainerError", "not found"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_image_for_another_platform_cannot_be_pulled() {
    let arm = ImageProfile::fastapi().on(&[Architecture::Arm64]);
    let words = ["image Manifest does not contain descriptor matching platform 'linux/amd64'"];
    stops_with(|wanted| wanted.image = Some(arm.clone()), &words).await;
    let words = ["image Manifest does not contain descriptor matching platform 'linux/arm64'"];
    stops_with(|wanted| wanted.architecture = Architecture::Arm64, &words).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_way_out_a_task_tries_for_almost_five_minutes_and_then_blames_the_connection() {
    let words = [
        "There is a connection issue between the task and Amazon ECR",
        "dial tcp",
        ":443: i/o timeout",
    ];
    assert_eq!(stops_with(|wanted| wanted.public_ip = false, &words).await, 289);
    assert_eq!(stops_with(|wanted| wanted.routed = false, &words).await, 289);
    assert_eq!(
        stops_with(|wanted| wanted.task_egress = vec![tcp(80, everybody())], &words).await,
        289
    );
    let public = |wanted: &mut Wanted| {
        wanted.uri = "nginx:1.27".to_owned();
        wanted.public_ip = false;
    };
    // Without ECR the first thing that needs the network is the log driver.
    stops_with(
        public,
        &[
            "failed to validate logger args",
            "connection issue between the task and Amazon CloudWatch",
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_route_that_appears_in_time_saves_the_task() {
    let stack = Stack::new(Wanted {
        routed: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(100).await;
    let table = stack.account.public_table().await;
    for subnet in &stack.subnets {
        stack
            .cloud()
            .network
            .associate_route_table(&table, subnet)
            .await
            .unwrap();
    }
    stack.pass(240).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
    assert_eq!(stack.stopped().await, []);
}
