//! Targets: what the load balancer finds, and what follows.

use cloud_sim::ImageProfile;
use engine::cloud::balancing::TargetState;
use engine::cloud::compute::{CreateService, ServiceNetwork};
use engine::cloud::network::{Direction, Peer};

use super::ground::{CLUSTER, SERVICE, Stack, Wanted, check, everybody, everything, tcp};

/// State, reason and description of the only target, `seconds` after the service was made.
async fn seen_after(stack: &Stack, seconds: u64) -> (TargetState, String, String) {
    stack.pass(seconds).await;
    let target = stack.targets().await.into_iter().next().unwrap();
    (
        target.state,
        target.reason.unwrap_or_default(),
        target.description.unwrap_or_default(),
    )
}

async fn fails_as(wanted: Wanted, reason: &str, description: &str) -> Stack {
    let stack = Stack::new(wanted).await;
    let found = seen_after(&stack, 54).await;
    assert_eq!(
        (found.0, found.1.as_str()),
        (TargetState::Initial, "Elb.InitialHealthChecking")
    );
    let found = seen_after(&stack, 6).await;
    assert_eq!(
        (found.0, found.1.as_str(), found.2.as_str()),
        (TargetState::Unhealthy, reason, description)
    );
    stack
}

#[tokio::test(start_paused = true)]
async fn a_closed_port_times_out_and_opening_it_heals() {
    let stack = fails_as(
        Wanted {
            task_ingress: false,
            ..Wanted::default()
        },
        "Target.Timeout",
        "Request timed out",
    )
    .await;
    let rule = tcp(8080, Peer::Group(stack.alb_group.clone()));
    stack
        .cloud()
        .network
        .authorize(&stack.task_group, Direction::Ingress, &[rule])
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 19).await.0, TargetState::Unhealthy);
    assert_eq!(seen_after(&stack, 1).await.0, TargetState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_balancer_that_may_not_send_times_out_too() {
    let stack = Stack::healthy().await;
    stack
        .cloud()
        .network
        .revoke(&stack.alb_group, Direction::Egress, &[everything()])
        .await
        .unwrap();
    let found = seen_after(&stack, 20).await;
    assert_eq!(
        (found.0, found.1.as_str()),
        (TargetState::Unhealthy, "Target.Timeout")
    );
    let to_tasks = tcp(8080, Peer::Group(stack.task_group.clone()));
    stack
        .cloud()
        .network
        .authorize(&stack.alb_group, Direction::Egress, &[to_tasks])
        .await
        .unwrap();
    stack.pass(80).await;
    assert!(stack.target_states().await.contains(&TargetState::Healthy));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_path_answers_and_a_wrong_port_refuses() {
    let path = Wanted {
        path: "/".to_owned(),
        ..Wanted::default()
    };
    fails_as(
        path,
        "Target.ResponseCodeMismatch",
        "Health checks failed with these codes: [404]",
    )
    .await;
    let port = Wanted {
        port: 9000,
        ..Wanted::default()
    };
    fails_as(port, "Target.FailedHealthChecks", "Health checks failed").await;
    let arguments = ["uvicorn", "main:app", "--host", "127.0.0.1", "--port", "8080"];
    let loopback = Wanted {
        command: arguments.map(String::from).to_vec(),
        ..Wanted::default()
    };
    fails_as(loopback, "Target.FailedHealthChecks", "Health checks failed").await;
    let slow = ImageProfile {
        answer_ms: 6_000,
        ..ImageProfile::fastapi()
    };
    fails_as(
        Wanted {
            image: Some(slow),
            ..Wanted::default()
        },
        "Target.Timeout",
        "Request timed out",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_port_in_the_command_is_the_one_that_listens() {
    let arguments = ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "9000"];
    let command = arguments.map(String::from).to_vec();
    let stack = Stack::new(Wanted {
        port: 9000,
        command,
        ..Wanted::default()
    })
    .await;
    assert_eq!(seen_after(&stack, 60).await.0, TargetState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_changed_path_or_matcher_heals() {
    let stack = Stack::new(Wanted {
        path: "/".to_owned(),
        grace_s: 600,
        ..Wanted::default()
    })
    .await;
    assert_eq!(seen_after(&stack, 60).await.0, TargetState::Unhealthy);
    stack
        .cloud()
        .balancing
        .set_health_check(&stack.target_group, &check("/health"))
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 20).await.0, TargetState::Healthy);
    let accepting = engine::cloud::balancing::HealthCheck {
        matcher: "200,404-405".to_owned(),
        ..check("/nowhere")
    };
    stack
        .cloud()
        .balancing
        .set_health_check(&stack.target_group, &accepting)
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 60).await.0, TargetState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_is_initial_until_it_is_ready_or_has_failed_too_often() {
    let image = ImageProfile {
        ready_after_s: 40,
        ..ImageProfile::fastapi()
    };
    let stack = Stack::new(Wanted {
        image: Some(image),
        grace_s: 120,
        ..Wanted::default()
    })
    .await;
    let found = seen_after(&stack, 35 + 30).await;
    assert_eq!(
        (found.0, found.1.as_str()),
        (TargetState::Unhealthy, "Target.FailedHealthChecks")
    );
    assert_eq!(seen_after(&stack, 30).await.0, TargetState::Healthy);
    assert!(stack.stopped().await.is_empty(), "the grace protected it");
}

#[tokio::test(start_paused = true)]
async fn an_unhealthy_task_is_killed_when_its_grace_is_over() {
    let stack = Stack::new(Wanted {
        task_ingress: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(35 + 59).await;
    assert!(stack.stopped().await.is_empty());
    stack.pass(1).await;
    let gone = stack.stopped().await;
    assert_eq!(
        (gone[0].last_status.as_str(), gone[0].desired_status.as_str()),
        ("DEACTIVATING", "STOPPED")
    );
    let reason = gone[0].stopped_reason.clone().unwrap();
    assert_eq!(
        reason,
        format!(
            "Task failed ELB health checks in (target-group {})",
            stack.target_group
        )
    );
    assert_eq!(stack.target_states().await[0], TargetState::Draining);
    let part = "is unhealthy in (target-group";
    assert!(stack.has_event(part).await && stack.has_event("due to (reason Request timed out)").await);
    assert_eq!(
        stack.running().await.len(),
        1,
        "another one was started in its place"
    );
    stack.pass(31).await;
    let gone = stack.stopped().await;
    assert_eq!(
        (gone[0].last_status.as_str(), gone[0].containers[0].exit_code),
        ("STOPPED", Some(0))
    );
}

#[tokio::test(start_paused = true)]
async fn targets_wait_for_a_balancer_that_is_still_being_set_up() {
    let stack = Stack::healthy().await;
    let mut other = engine::cloud::balancing::CreateLoadBalancer {
        name: "second".to_owned(),
        internet_facing: true,
        subnet_ids: stack.subnets.clone(),
        security_groups: vec![stack.alb_group.clone()],
        tags: Default::default(),
    };
    stack
        .cloud()
        .balancing
        .delete_listener(&stack.listener)
        .await
        .unwrap();
    let found = seen_after(&stack, 0).await;
    assert_eq!(
        (found.0, found.1.as_str()),
        (TargetState::Unused, "Target.NotInUse")
    );
    assert_eq!(
        found.2,
        "Target group is not configured to receive traffic from the load balancer"
    );
    other = stack
        .cloud()
        .balancing
        .create_load_balancer(other.clone())
        .await
        .map(|_| other)
        .unwrap();
    let second = stack
        .cloud()
        .balancing
        .load_balancer(&other.name)
        .await
        .unwrap()
        .unwrap();
    let elb = &stack.cloud().balancing;
    elb.create_http_listener(&second.arn, 80, &stack.target_group, Default::default())
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 91).await.0, TargetState::Initial);
    assert_eq!(seen_after(&stack, 21).await.0, TargetState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_task_in_a_zone_that_the_balancer_does_not_serve_is_unused() {
    let stack = Stack::without_service(Wanted::default()).await;
    let net = &stack.cloud().network;
    let wanted = engine::cloud::network::CreateSubnet {
        vpc_id: stack.alb.vpc_id.clone(),
        cidr: "10.0.20.0/24".parse().unwrap(),
        zone_id: "apne1-az2".to_owned(),
        tags: Default::default(),
    };
    let third = net.create_subnet(wanted).await.unwrap().id;
    net.associate_route_table(&stack.account.public_table().await, &third)
        .await
        .unwrap();
    let request = stack.service_request();
    let network = ServiceNetwork {
        subnet_ids: vec![third.clone()],
        ..request.network.clone()
    };
    stack
        .cloud()
        .compute
        .create_service(CreateService { network, ..request })
        .await
        .unwrap();
    let found = seen_after(&stack, 90).await;
    assert_eq!(
        (found.0, found.1.as_str()),
        (TargetState::Unused, "Target.NotInUse")
    );
    assert_eq!(
        found.2,
        "Target is in an Availability Zone that is not enabled for the load balancer"
    );
    let all = [stack.subnets.clone(), vec![third]].concat();
    stack
        .cloud()
        .balancing
        .set_subnets(&stack.alb.arn, &all)
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 20).await.0, TargetState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_range_of_addresses_opens_a_port_as_a_group_does() {
    let stack = Stack::new(Wanted {
        task_ingress: false,
        grace_s: 300,
        ..Wanted::default()
    })
    .await;
    let from_vpc = tcp(8080, Peer::Cidr("10.0.0.0/16".parse().unwrap()));
    stack
        .cloud()
        .network
        .authorize(&stack.task_group, Direction::Ingress, &[from_vpc])
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 60).await.0, TargetState::Healthy);
    let net = &stack.cloud().network;
    let from_vpc = tcp(8080, Peer::Cidr("10.0.0.0/16".parse().unwrap()));
    net.revoke(&stack.task_group, Direction::Ingress, &[from_vpc])
        .await
        .unwrap();
    net.authorize(&stack.task_group, Direction::Ingress, &[tcp(80, everybody())])
        .await
        .unwrap();
    assert_eq!(seen_after(&stack, 20).await.0, TargetState::Unhealthy);
}

#[tokio::test(start_paused = true)]
async fn without_a_balancer_a_running_task_is_enough() {
    let stack = Stack::new(Wanted {
        behind_balancer: false,
        ..Wanted::default()
    })
    .await;
    stack.pass(35).await;
    assert!(
        stack.targets().await.is_empty(),
        "nobody registers the tasks of a service made without a target group"
    );
    let service = stack
        .cloud()
        .compute
        .service(CLUSTER, SERVICE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(service.deployments[0].rollout_state.as_deref(), Some("COMPLETED"));
}
