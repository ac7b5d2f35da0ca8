//! Deployments: good ones, failing ones, and the way back.

use std::time::Instant;

use cloud_sim::ImageProfile;
use cloud_sim::image::ProcessExit;
use engine::cloud::balancing::TargetState;
use engine::cloud::compute::{CircuitBreaker, ServiceDeploymentStatus, UpdateService};

use super::ground::{CLUSTER, REPOSITORY, SERVICE, Stack, Wanted, settings};

fn crashing() -> ImageProfile {
    let exit = ProcessExit {
        after_s: 1,
        code: 1,
        last_line: "boom".to_owned(),
    };
    ImageProfile {
        exit: Some(exit),
        ..ImageProfile::fastapi()
    }
}

fn push(stack: &Stack, image: ImageProfile) {
    stack
        .account
        .cell
        .look(|world| world.push_image(REPOSITORY, "latest", image))
        .unwrap();
}

/// Registers the next revision and deploys it.
async fn deploy_next(stack: &Stack) -> String {
    let definition = stack.register().await;
    let update = UpdateService {
        task_definition: Some(definition.clone()),
        ..UpdateService::default()
    };
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, update)
        .await
        .unwrap();
    definition
}

async fn newest(stack: &Stack) -> ServiceDeploymentStatus {
    stack.deployments().await[0].status
}

#[tokio::test(start_paused = true)]
async fn a_first_deployment_succeeds_when_its_targets_are_healthy() {
    let stack = Stack::new(Wanted {
        desired: 2,
        ..Wanted::default()
    })
    .await;
    stack.pass(56).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::InProgress);
    stack.pass(1).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::Successful);
    let service = stack.service().await;
    assert_eq!(
        (service.running, service.pending, service.deployments.len()),
        (2, 0, 1)
    );
    assert_eq!(service.deployments[0].rollout_state.as_deref(), Some("COMPLETED"));
    assert_eq!(
        stack.deployments().await[0].task_definition.as_deref(),
        Some(stack.definition.as_str())
    );
    let zones: Vec<_> = stack.running().await.into_iter().map(|task| task.zone).collect();
    assert_ne!(zones[0], zones[1], "tasks are spread over the zones");
}

#[tokio::test(start_paused = true)]
async fn a_redeployment_replaces_tasks_without_a_gap() {
    let stack = Stack::healthy().await;
    let before = stack.running().await[0].arn.clone();
    let next = deploy_next(&stack).await;
    let mut seen = Vec::new();
    for _ in 0..140 {
        assert_eq!(stack.visit("/health").await, 200);
        let status = newest(&stack).await;
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        stack.pass(1).await;
    }
    assert_eq!(
        seen,
        [
            ServiceDeploymentStatus::InProgress,
            ServiceDeploymentStatus::Successful
        ]
    );
    let tasks = stack.running().await;
    assert_eq!(
        (tasks.len(), tasks[0].task_definition.as_str()),
        (1, next.as_str())
    );
    let old = stack
        .stopped()
        .await
        .into_iter()
        .find(|task| task.arn == before)
        .unwrap();
    assert!(
        old.stopped_reason
            .unwrap()
            .starts_with("Scaling activity initiated by (deployment ecs-svc/")
    );
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn nothing_changed_and_no_force_means_no_deployment() {
    let stack = Stack::healthy().await;
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, UpdateService::default())
        .await
        .unwrap();
    assert_eq!(stack.deployments().await.len(), 1);
    let force = UpdateService {
        force_new_deployment: true,
        ..UpdateService::default()
    };
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, force)
        .await
        .unwrap();
    assert_eq!(stack.deployments().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_first_deployment_that_fails_has_nothing_to_go_back_to() {
    let stack = Stack::new(Wanted {
        log_group: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(120).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::RollbackFailed);
    let service = stack.service().await;
    let primary = &service.deployments[0];
    assert_eq!(primary.rollout_state.as_deref(), Some("FAILED"));
    assert_eq!(
        primary.rollout_reason.as_deref(),
        Some("ECS deployment circuit breaker: tasks failed to start.")
    );
    assert_eq!(primary.failed, 3, "the threshold is a count");
    assert_eq!(stack.stopped().await.len(), 3);
    stack.pass(3000).await;
    assert_eq!(
        stack.stopped().await.len(),
        3,
        "no task is started after it failed"
    );
    assert!(stack.has_event("deployment failed: tasks failed to start.").await);
}

#[tokio::test(start_paused = true)]
async fn a_failing_redeployment_rolls_back_while_the_old_tasks_keep_serving() {
    let stack = Stack::healthy().await;
    push(&stack, crashing());
    let next = deploy_next(&stack).await;
    let mut seen = Vec::new();
    for _ in 0..240 {
        assert_eq!(stack.visit("/health").await, 200);
        let status = newest(&stack).await;
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        stack.pass(1).await;
    }
    assert_eq!(
        seen.last(),
        Some(&ServiceDeploymentStatus::RollbackSuccessful),
        "{seen:?}"
    );
    let service = stack.service().await;
    assert_eq!(
        service.task_definition, stack.definition,
        "the old one is the wanted one again"
    );
    assert_eq!(service.deployments.len(), 1);
    assert_eq!(
        stack.deployments().await[0].task_definition.as_deref(),
        Some(next.as_str())
    );
    assert!(stack.has_event("rolling back to deployment ecs-svc/").await);
}

#[tokio::test(start_paused = true)]
async fn without_rollback_a_failing_redeployment_stops_and_the_old_tasks_stay() {
    let breaker = CircuitBreaker {
        rollback: false,
        failure_count: Some(2),
    };
    let stack = Stack::new(Wanted {
        settings: settings(Some(breaker)),
        ..Wanted::default()
    })
    .await;
    stack.pass(60).await;
    push(&stack, crashing());
    deploy_next(&stack).await;
    stack.pass(300).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::Stopped);
    assert_eq!(
        stack.service().await.deployments[0].rollout_state.as_deref(),
        Some("FAILED")
    );
    assert_eq!(stack.visit("/health").await, 200);
    push(&stack, ImageProfile::fastapi());
    deploy_next(&stack).await;
    stack.pass(120).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::Successful);
}

#[tokio::test(start_paused = true)]
async fn a_way_back_to_a_tag_that_means_something_else_now_fails_too() {
    let mut stop_first = settings(Some(CircuitBreaker {
        rollback: true,
        failure_count: Some(2),
    }));
    stop_first.minimum_healthy_percent = 0;
    stop_first.maximum_percent = 100;
    let stack = Stack::new(Wanted {
        settings: stop_first,
        ..Wanted::default()
    })
    .await;
    stack.pass(60).await;
    push(&stack, crashing());
    deploy_next(&stack).await;
    stack.pass(600).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::RollbackFailed);
    assert_eq!(stack.visit("/health").await, 503);
    push(&stack, ImageProfile::fastapi());
    deploy_next(&stack).await;
    stack.pass(120).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::Successful);
    assert_eq!(stack.visit("/health").await, 200);
}

#[tokio::test(start_paused = true)]
async fn failing_health_checks_trip_the_breaker_too() {
    let stack = Stack::new(Wanted {
        task_ingress: false,
        grace_s: 30,
        ..Wanted::default()
    })
    .await;
    stack.pass(400).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::RollbackFailed);
}

#[tokio::test(start_paused = true)]
async fn the_default_threshold_is_half_of_the_desired_tasks_and_at_least_three() {
    let breaker = CircuitBreaker {
        rollback: true,
        failure_count: None,
    };
    let stack = Stack::new(Wanted {
        settings: settings(Some(breaker)),
        log_group: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(120).await;
    assert_eq!(stack.service().await.deployments[0].failed, 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_breaker_attempts_go_on_for_ever_and_further_and_further_apart() {
    let stack = Stack::new(Wanted {
        settings: settings(None),
        log_group: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(600).await;
    let early = stack.stopped().await.len();
    assert!(early >= 5, "{early}");
    assert!(
        stack
            .has_event("is unable to consistently start tasks successfully")
            .await
    );
    stack.pass(6 * 3600).await;
    let hour = stack.stopped().await;
    assert!(
        (3..=5).contains(&hour.len()),
        "{} in the hour that AWS remembers",
        hour.len()
    );
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::InProgress);
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_is_not_throttled_and_weeks_of_it_cost_nothing() {
    let stack = Stack::new(Wanted {
        settings: settings(None),
        image: Some(crashing()),
        ..Wanted::default()
    })
    .await;
    stack.pass(3600).await;
    assert!(stack.stopped().await.len() > 60);
    assert!(!stack.has_event("unable to consistently start").await);
    let start = Instant::now();
    stack.pass(60 * 24 * 3600).await;
    assert!(stack.service().await.events.len() <= 100);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    let size = stack
        .account
        .cell
        .look(|world| serde_json::to_string(world).unwrap().len());
    assert!(size < 512 * 1024, "{size} bytes");
    stack.pass(600).await;
    assert!(stack.stopped().await.len() > 10, "it goes on after the gap");
}

#[tokio::test(start_paused = true)]
async fn a_healthy_service_stays_so_over_any_gap() {
    let stack = Stack::healthy().await;
    let start = Instant::now();
    stack.pass(400 * 24 * 3600).await;
    assert_eq!(stack.visit("/health").await, 200);
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
    assert!(start.elapsed().as_secs() < 2);
}

#[tokio::test(start_paused = true)]
async fn a_crashed_task_of_a_deployed_service_is_replaced() {
    let exit = ProcessExit {
        after_s: 300,
        code: 1,
        last_line: "bye".to_owned(),
    };
    let image = ImageProfile {
        exit: Some(exit),
        ..ImageProfile::fastapi()
    };
    let stack = Stack::new(Wanted {
        image: Some(image),
        ..Wanted::default()
    })
    .await;
    stack.pass(100).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::Successful);
    stack.pass(236).await;
    assert_eq!(stack.visit("/health").await, 503, "its only target is gone");
    stack.pass(70).await;
    assert_eq!(stack.visit("/health").await, 200);
    assert_eq!(
        newest(&stack).await,
        ServiceDeploymentStatus::Successful,
        "no deployment failed"
    );
}

#[tokio::test(start_paused = true)]
async fn scaling_starts_and_stops_tasks_in_place() {
    let stack = Stack::healthy().await;
    let scale = |desired| UpdateService {
        desired: Some(desired),
        ..UpdateService::default()
    };
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, scale(3))
        .await
        .unwrap();
    stack.pass(60).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy; 3]);
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, scale(1))
        .await
        .unwrap();
    assert_eq!(stack.running().await.len(), 1);
    stack.pass(40).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
    assert_eq!(stack.deployments().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_without_room_says_so_in_an_event() {
    let mut tight = settings(None);
    tight.maximum_percent = 100;
    let stack = Stack::new(Wanted {
        settings: tight,
        ..Wanted::default()
    })
    .await;
    stack.pass(60).await;
    deploy_next(&stack).await;
    stack.pass(60).await;
    assert!(
        stack
            .has_event("was unable to stop or start tasks during a deployment")
            .await
    );
    let mut settings = settings(None);
    settings.minimum_healthy_percent = 0;
    settings.maximum_percent = 100;
    let update = UpdateService {
        settings: Some(settings),
        ..UpdateService::default()
    };
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, update)
        .await
        .unwrap();
    stack.pass(120).await;
    assert_eq!(newest(&stack).await, ServiceDeploymentStatus::Successful);
}

#[tokio::test(start_paused = true)]
async fn aws_forgets_stopped_tasks_after_an_hour() {
    let stack = Stack::new(Wanted {
        log_group: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(120).await;
    assert_eq!(stack.stopped().await.len(), 3);
    stack.pass(3600).await;
    assert!(stack.stopped().await.is_empty());
}
