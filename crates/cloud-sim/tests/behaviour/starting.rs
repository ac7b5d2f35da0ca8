//! What a task needs to start, and AWS's words when it lacks it.

use std::collections::BTreeMap;

use cloud_sim::ImageProfile;
use cloud_sim::image::ProcessExit;
use engine::cloud::Tags;
use engine::cloud::balancing::TargetState;
use engine::cloud::compute::Task;
use engine::cloud::identity::CreateRole;
use engine::cloud::registry::Architecture;
use jiff::Timestamp;

use super::ground::{LOG_GROUP, ROLE, Stack, Wanted, everybody, tcp};

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
async fn first_stop(change: impl FnOnce(&mut Wanted)) -> (Stack, Task) {
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

async fn stops_with(change: impl FnOnce(&mut Wanted), words: &[&str]) -> u32 {
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

async fn other_role(stack: &Stack, trusted: &str, policies: &[&str]) -> String {
    let role = CreateRole {
        name: "other".to_owned(),
        trusted_service: trusted.to_owned(),
        description: String::new(),
        tags: Tags::new(),
    };
    let arn = stack.cloud().identity.create_role(role).await.unwrap().arn;
    for policy in policies {
        stack
            .cloud()
            .identity
            .attach_role_policy("other", policy)
            .await
            .unwrap();
    }
    arn
}

const PULL: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const READ_ECR: &str = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_pull_or_log_stops_the_task_and_names_the_action() {
    for (policies, words) in [
        (
            &[][..],
            "is not authorized to perform: ecr:GetAuthorizationToken on resource: *",
        ),
        (
            &[READ_ECR][..],
            "is not authorized to perform: logs:CreateLogStream",
        ),
    ] {
        let mut stack = Stack::without_service(Wanted::default()).await;
        stack.wanted.role = other_role(&stack, "ecs-tasks.amazonaws.com", policies).await;
        stack.definition = stack.register().await;
        stack.pass(15).await;
        stack
            .cloud()
            .compute
            .create_service(stack.service_request())
            .await
            .unwrap();
        stack.pass(30).await;
        let reason = stack.stopped().await[0].stopped_reason.clone().unwrap();
        assert!(
            reason.contains(words) && reason.contains("AccessDeniedException"),
            "{reason}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_tasks_may_not_assume_is_an_event_and_no_task() {
    let mut stack = Stack::without_service(Wanted::default()).await;
    stack.wanted.role = other_role(&stack, "ec2.amazonaws.com", &[PULL]).await;
    stack.definition = stack.register().await;
    stack.pass(15).await;
    stack
        .cloud()
        .compute
        .create_service(stack.service_request())
        .await
        .unwrap();
    assert!(
        stack
            .has_event("ECS was unable to assume the role 'arn:aws:iam::123456789012:role/other'")
            .await
    );
    stack.pass(60).await;
    assert!(stack.running().await.is_empty() && stack.stopped().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_role_can_be_assumed_after_ten_seconds() {
    let mut stack = Stack::without_service(Wanted::default()).await;
    stack.wanted.role = other_role(&stack, "ecs-tasks.amazonaws.com", &[PULL]).await;
    stack.definition = stack.register().await;
    stack
        .cloud()
        .compute
        .create_service(stack.service_request())
        .await
        .unwrap();
    assert!(stack.has_event("ECS was unable to assume the role").await);
    assert!(stack.running().await.is_empty());
    stack.pass(80).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn secrets_need_a_role_that_may_read_them_and_must_exist() {
    let parameter = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/vendor/token";
    let secret = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:vendor-AbCdEf";
    for (arn, action, missing) in [
        (
            parameter,
            "ssm:GetParameters",
            "invalid ssm parameters: /vendor/token",
        ),
        (
            secret,
            "secretsmanager:GetSecretValue",
            "Secrets Manager can't find the specified secret",
        ),
    ] {
        let secrets = BTreeMap::from([("TOKEN".to_owned(), arn.to_owned())]);
        stops_with(
            |wanted| wanted.secrets = secrets.clone(),
            &["not authorized to perform", action],
        )
        .await;

        let mut stack = Stack::without_service(Wanted {
            secrets,
            ..Wanted::default()
        })
        .await;
        let name = ROLE.rsplit('/').next().unwrap();
        let policy =
            format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{arn}"}}]}}"#);
        stack
            .cloud()
            .identity
            .put_role_policy(name, "secrets", &policy)
            .await
            .unwrap();
        stack
            .cloud()
            .compute
            .create_service(stack.service_request())
            .await
            .unwrap();
        stack.pass(60).await;
        assert_eq!(stack.target_states().await, [TargetState::Healthy], "{arn}");

        stack.account.cell.look(|world| world.lose_secret(arn));
        stack.definition = stack.register().await;
        let update = engine::cloud::compute::UpdateService {
            task_definition: Some(stack.definition.clone()),
            ..Default::default()
        };
        stack
            .cloud()
            .compute
            .update_service(super::ground::CLUSTER, super::ground::SERVICE, update)
            .await
            .unwrap();
        stack.pass(20).await;
        let reason = stack.stopped().await[0].stopped_reason.clone().unwrap();
        assert!(reason.contains(missing), "{reason}");
    }
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
