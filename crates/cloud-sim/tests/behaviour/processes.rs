//! What runs in the container, and how it ends.

use cloud_sim::ImageProfile;
use cloud_sim::image::ProcessExit;
use engine::cloud::balancing::TargetState;
use engine::cloud::registry::Architecture;
use jiff::Timestamp;

use super::ground::{LOG_GROUP, Stack, Wanted};
use super::starting::first_stop;

#[tokio::test(start_paused = true)]
async fn a_single_platform_manifest_of_another_platform_fails_at_exec() {
    let mut arm = ImageProfile::fastapi().on(&[Architecture::Arm64]);
    arm.index = false;
    let (stack, task) = first_stop(|wanted| wanted.image = Some(arm)).await;
    assert_eq!(task.stop_code.as_deref(), Some("EssentialContainerExited"));
    assert_eq!(task.containers[0].exit_code, Some(1));
    let lines = stack
        .cloud()
        .logs
        .tail(LOG_GROUP, Timestamp::UNIX_EPOCH, 5)
        .await
        .unwrap();
    assert!(lines[0].message.contains("exec format error"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_needs_more_memory_than_its_task_has_is_killed_with_137() {
    let image = ImageProfile {
        memory_mib: 700,
        ..ImageProfile::fastapi()
    };
    let (_, task) = first_stop(|wanted| wanted.image = Some(image.clone())).await;
    assert_eq!(task.stop_code.as_deref(), Some("EssentialContainerExited"));
    assert_eq!(task.containers[0].exit_code, Some(137));
    assert!(
        task.containers[0]
            .reason
            .as_deref()
            .unwrap()
            .starts_with("OutOfMemoryError: Container killed")
    );
    let stack = Stack::new(Wanted {
        image: Some(image),
        memory_mib: 1024,
        ..Wanted::default()
    })
    .await;
    stack.pass(60).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_takes_its_task_along_and_leaves_its_last_words() {
    let exit = ProcessExit {
        after_s: 3,
        code: 1,
        last_line: "KeyError: 'DATABASE_URL'".to_owned(),
    };
    let image = ImageProfile {
        exit: Some(exit),
        ..ImageProfile::fastapi()
    };
    let (stack, task) = first_stop(|wanted| wanted.image = Some(image)).await;
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("Essential container in task exited")
    );
    assert_eq!(task.containers[0].exit_code, Some(1));
    let lines = stack
        .cloud()
        .logs
        .tail(LOG_GROUP, Timestamp::UNIX_EPOCH, 1)
        .await
        .unwrap();
    assert_eq!(lines[0].message, "KeyError: 'DATABASE_URL'");
}

fn shell(command: &str) -> Option<Vec<String>> {
    Some(vec!["CMD-SHELL".to_owned(), command.to_owned()])
}

#[tokio::test(start_paused = true)]
async fn a_curl_check_can_never_pass_in_an_image_without_curl() {
    let command = shell("curl -f http://localhost:8080/health || exit 1");
    let with_curl = ImageProfile {
        has_curl: true,
        ..ImageProfile::fastapi()
    };
    let good = Wanted {
        image: Some(with_curl),
        health_command: command.clone(),
        ..Wanted::default()
    };
    let stack = Stack::new(good).await;
    stack.pass(70).await;
    assert_eq!(stack.running().await[0].health, "HEALTHY");
    assert!(stack.stopped().await.is_empty());

    let stack = Stack::new(Wanted {
        health_command: command,
        ..Wanted::default()
    })
    .await;
    stack.pass(35 + 89).await;
    assert_eq!(stack.running().await[0].health, "UNKNOWN");
    stack.pass(1).await;
    let gone = stack.stopped().await;
    assert_eq!(
        gone[0].stopped_reason.as_deref(),
        Some("Task failed container health checks")
    );
    assert_eq!(gone[0].health, "UNHEALTHY");
    assert!(stack.has_event("failed container health checks").await);
}

#[tokio::test(start_paused = true)]
async fn a_check_in_the_images_own_language_passes_only_when_it_asks_the_right_port() {
    for (port, health) in [(8080, "HEALTHY"), (9090, "UNHEALTHY")] {
        let python =
            format!("python -c \"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/health')\"");
        let stack = Stack::new(Wanted {
            health_command: shell(&python),
            ..Wanted::default()
        })
        .await;
        stack.pass(126).await;
        let mut tasks = stack.stopped().await;
        tasks.extend(stack.running().await);
        assert!(
            tasks.iter().any(|task| task.health == health),
            "{port}: {tasks:?}"
        );
    }
}
