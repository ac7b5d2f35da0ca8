//! Taking things away: what must go first, and how long AWS holds on.

use engine::cloud::CloudError;
use engine::cloud::compute::ServiceStatus;
use engine::cloud::network::{Direction, Peer};

use super::ground::{CLUSTER, REPOSITORY, SERVICE, Stack, tcp};

fn held<T: std::fmt::Debug>(result: Result<T, CloudError>, code: &str, words: &str) {
    match result {
        Err(CloudError::InUse { fault }) => {
            assert_eq!(fault.code, code);
            assert!(fault.message.contains(words), "{}", fault.message);
        }
        other => panic!("expected {code}, got {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_service_drains_its_targets_and_is_inactive_when_its_tasks_are_gone() {
    let stack = Stack::healthy().await;
    let ecs = &stack.cloud().compute;
    let refused = ecs.delete_service(CLUSTER, SERVICE, false).await.unwrap_err();
    assert!(
        refused
            .fault()
            .message
            .contains("The service cannot be stopped while it is scaled above 0")
    );
    ecs.delete_service(CLUSTER, SERVICE, true).await.unwrap();
    assert_eq!(stack.service().await.status, ServiceStatus::Draining);
    held(
        ecs.delete_cluster(CLUSTER).await,
        "ClusterContainsServicesException",
        "while Services are active",
    );
    let again = ecs.create_service(stack.service_request()).await.unwrap_err();
    assert!(
        matches!(again, CloudError::AlreadyExists { .. }),
        "the name is taken while it drains: {again}"
    );
    stack.pass(30).await;
    assert_eq!(stack.service().await.status, ServiceStatus::Draining);
    stack.pass(2).await;
    assert_eq!(stack.service().await.status, ServiceStatus::Inactive);
    assert_eq!(stack.targets().await, []);
    ecs.delete_cluster(CLUSTER).await.unwrap();
    assert!(!ecs.cluster(CLUSTER).await.unwrap().unwrap().active);
    stack.pass(4000).await;
    assert_eq!(
        ecs.cluster(CLUSTER).await.unwrap(),
        None,
        "AWS forgets it in the end"
    );
}

#[tokio::test(start_paused = true)]
async fn an_inactive_services_name_can_be_used_again() {
    let stack = Stack::healthy().await;
    stack
        .cloud()
        .compute
        .delete_service(CLUSTER, SERVICE, true)
        .await
        .unwrap();
    stack.pass(60).await;
    stack
        .cloud()
        .compute
        .create_service(stack.service_request())
        .await
        .unwrap();
    assert_eq!(stack.service().await.status, ServiceStatus::Active);
    stack.pass(60).await;
    assert_eq!(stack.visit("/health").await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_balancer_is_gone_at_once_and_its_interfaces_twenty_seconds_later() {
    let stack = Stack::healthy().await;
    let (elb, net) = (&stack.cloud().balancing, &stack.cloud().network);
    held(
        elb.delete_target_group(&stack.target_group).await,
        "ResourceInUse",
        "currently in use by a listener or a rule",
    );
    elb.delete_load_balancer(&stack.alb.arn).await.unwrap();
    assert_eq!(elb.load_balancer(&stack.alb.name).await.unwrap(), None);
    elb.delete_target_group(&stack.target_group).await.unwrap();
    let rule = tcp(8080, Peer::Group(stack.alb_group.clone()));
    net.revoke(&stack.task_group, Direction::Ingress, &[rule])
        .await
        .unwrap();
    assert_eq!(net.network_interfaces(&stack.alb_group).await.unwrap().len(), 2);
    held(
        net.delete_security_group(&stack.alb_group).await,
        "DependencyViolation",
        "has a dependent object",
    );
    stack.pass(19).await;
    held(
        net.delete_security_group(&stack.alb_group).await,
        "DependencyViolation",
        "has a dependent object",
    );
    stack.pass(1).await;
    net.delete_security_group(&stack.alb_group).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_group_that_a_rule_or_a_task_refers_to_stays() {
    let stack = Stack::healthy().await;
    let net = &stack.cloud().network;
    stack
        .cloud()
        .balancing
        .delete_load_balancer(&stack.alb.arn)
        .await
        .unwrap();
    stack.pass(30).await;
    held(
        net.delete_security_group(&stack.alb_group).await,
        "DependencyViolation",
        "dependent object",
    );
    held(
        net.delete_security_group(&stack.task_group).await,
        "DependencyViolation",
        "dependent object",
    );
    stack
        .cloud()
        .compute
        .delete_service(CLUSTER, SERVICE, true)
        .await
        .unwrap();
    stack.pass(60).await;
    net.delete_security_group(&stack.task_group).await.unwrap();
    net.delete_security_group(&stack.alb_group).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn network_parts_go_in_order() {
    let stack = Stack::healthy().await;
    let net = &stack.cloud().network;
    let (vpc, subnet) = (&stack.alb.vpc_id, &stack.subnets[1]);
    let gateway = net.internet_gateways(vpc).await.unwrap()[0].id.clone();
    held(
        net.delete_subnet(subnet).await,
        "DependencyViolation",
        "has dependencies and cannot be deleted",
    );
    held(
        net.detach_internet_gateway(&gateway, vpc).await,
        "DependencyViolation",
        "has some mapped public address(es)",
    );
    held(
        net.delete_internet_gateway(&gateway).await,
        "DependencyViolation",
        "has dependencies",
    );
    held(
        net.delete_vpc(vpc).await,
        "DependencyViolation",
        "has dependencies",
    );
    let table = stack.account.public_table().await;
    held(
        net.delete_route_table(&table).await,
        "DependencyViolation",
        "has dependencies",
    );
    stack
        .cloud()
        .compute
        .delete_service(CLUSTER, SERVICE, true)
        .await
        .unwrap();
    stack
        .cloud()
        .balancing
        .delete_load_balancer(&stack.alb.arn)
        .await
        .unwrap();
    stack.pass(60).await;
    net.delete_subnet(subnet).await.unwrap();
    net.detach_internet_gateway(&gateway, vpc).await.unwrap();
    let routes = net
        .route_tables(vpc)
        .await
        .unwrap()
        .into_iter()
        .flat_map(|table| table.routes);
    let holes = routes.filter(|route| !route.active).count();
    assert_eq!(holes, 1, "a route to a detached gateway is a black hole");
}

#[tokio::test(start_paused = true)]
async fn a_repository_with_images_goes_only_by_force() {
    let stack = Stack::healthy().await;
    let ecr = &stack.cloud().registry;
    held(
        ecr.delete_repository(REPOSITORY, false).await,
        "RepositoryNotEmptyException",
        "still contains images",
    );
    ecr.delete_repository(REPOSITORY, true).await.unwrap();
    assert_eq!(ecr.image(REPOSITORY, "latest").await.unwrap(), None);
    assert_eq!(
        stack.visit("/health").await,
        200,
        "a running task does not need its image any more"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_balancer_is_gone_stalls_without_a_word() {
    let stack = Stack::healthy().await;
    stack
        .cloud()
        .balancing
        .delete_load_balancer(&stack.alb.arn)
        .await
        .unwrap();
    let force = engine::cloud::compute::UpdateService {
        force_new_deployment: true,
        ..Default::default()
    };
    stack
        .cloud()
        .compute
        .update_service(CLUSTER, SERVICE, force)
        .await
        .unwrap();
    stack.pass(900).await;
    let service = stack.service().await;
    assert_eq!(
        service.deployments[0].rollout_state.as_deref(),
        Some("IN_PROGRESS")
    );
    assert!(!stack.has_event("unhealthy").await);
}
