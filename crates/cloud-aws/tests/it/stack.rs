//! Everything a stack is made of, made on the emulator in the order of a plan and read back with its wiring.

use std::collections::BTreeMap;

use engine::cloud::balancing::{CreateLoadBalancer, CreateTargetGroup, HealthCheck, ListenerAction};
use engine::cloud::compute::{
    CircuitBreaker, Container, CreateService, DeploymentSettings, RegisterTaskDefinition, ServiceNetwork,
    ServiceStatus, ServiceTarget, UpdateService,
};
use engine::cloud::identity::{CreateRole, LinkedService};
use engine::cloud::network::{CreateSecurityGroup, Direction, Peer, Rule, Traffic};
use engine::cloud::registry::{Architecture, CreateRepository};
use engine::cloud::{TAG_STACK, Tags};

use crate::emulator::Emulator;

const EXECUTION_POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

fn tags() -> Tags {
    Tags::from([(TAG_STACK.to_owned(), "vendor0919".to_owned())])
}

fn tcp(port: u16, peer: Peer) -> [Rule; 1] {
    [Rule {
        traffic: Traffic::Tcp { from: port, to: port },
        peer,
        description: "slipway".to_owned(),
    }]
}

#[tokio::test]
async fn a_whole_stack_is_made_and_read_back_with_its_wiring() {
    let emulator = Emulator::start().await;
    let cloud = &emulator.cloud;

    let repository = CreateRepository {
        name: "vendor0919".to_owned(),
        scan_on_push: true,
        tags: tags(),
    };
    let repository = cloud.registry.create_repository(repository).await.unwrap();
    cloud
        .logs
        .create_log_group("/ecs/vendor0919", tags())
        .await
        .unwrap();
    cloud.logs.put_retention("/ecs/vendor0919", 30).await.unwrap();
    cloud
        .identity
        .create_service_linked_role(LinkedService::Ecs)
        .await
        .unwrap();
    cloud
        .identity
        .create_service_linked_role(LinkedService::ElasticLoadBalancing)
        .await
        .unwrap();
    assert!(
        cloud
            .identity
            .service_linked_role(LinkedService::Ecs)
            .await
            .unwrap()
    );
    assert!(
        cloud
            .identity
            .service_linked_role(LinkedService::ElasticLoadBalancing)
            .await
            .unwrap()
    );
    let role = CreateRole {
        name: "vendor0919-execution".to_owned(),
        trusted_service: "ecs-tasks.amazonaws.com".to_owned(),
        description: "Pulls and logs".to_owned(),
        tags: tags(),
    };
    let role = cloud.identity.create_role(role).await.unwrap();
    cloud
        .identity
        .attach_role_policy(&role.name, EXECUTION_POLICY)
        .await
        .unwrap();
    cloud.compute.create_cluster("vendor0919", tags()).await.unwrap();

    let vpc = cloud
        .network
        .vpcs()
        .await
        .unwrap()
        .into_iter()
        .find(|vpc| vpc.is_default)
        .expect("a default VPC");
    assert_eq!(vpc.dns, Some(true));
    let subnets = cloud.network.subnets(&vpc.id).await.unwrap();
    let [first, second, ..] = &subnets[..] else {
        panic!("two subnets: {subnets:?}")
    };
    assert_ne!(first.zone.id, second.zone.id);
    let subnet_ids = vec![first.id.clone(), second.id.clone()];
    let group = |name: &str| CreateSecurityGroup {
        vpc_id: vpc.id.clone(),
        name: name.to_owned(),
        description: "slipway".to_owned(),
        tags: tags(),
    };
    let front = cloud
        .network
        .create_security_group(group("vendor0919-alb"))
        .await
        .unwrap();
    let tasks = cloud
        .network
        .create_security_group(group("vendor0919-task"))
        .await
        .unwrap();
    let everybody = Peer::Cidr("0.0.0.0/0".parse().unwrap());
    cloud
        .network
        .authorize(&front.id, Direction::Ingress, &tcp(80, everybody))
        .await
        .unwrap();
    cloud
        .network
        .authorize(
            &tasks.id,
            Direction::Ingress,
            &tcp(8080, Peer::Group(front.id.clone())),
        )
        .await
        .unwrap();

    let alb = CreateLoadBalancer {
        name: "vendor0919-alb".to_owned(),
        internet_facing: true,
        subnet_ids: subnet_ids.clone(),
        security_groups: vec![front.id.clone()],
        tags: tags(),
    };
    let alb = cloud.balancing.create_load_balancer(alb).await.unwrap();
    let check = HealthCheck {
        path: "/health".to_owned(),
        interval_s: 10,
        timeout_s: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        matcher: "200".to_owned(),
    };
    let target_group = CreateTargetGroup {
        name: "vendor0919-tg".to_owned(),
        port: 8080,
        vpc_id: vpc.id.clone(),
        health_check: check,
        tags: tags(),
    };
    let target_group = cloud.balancing.create_target_group(target_group).await.unwrap();
    cloud
        .balancing
        .set_deregistration_delay(&target_group.arn, 30)
        .await
        .unwrap();
    cloud
        .balancing
        .create_http_listener(&alb.arn, 80, &target_group.arn, tags())
        .await
        .unwrap();

    let definition = RegisterTaskDefinition {
        family: "vendor0919".to_owned(),
        cpu: 256,
        memory_mib: 512,
        architecture: Architecture::X86_64,
        execution_role_arn: role.arn.clone(),
        task_role_arn: None,
        container: Container {
            name: "api".to_owned(),
            image: format!("{}:v1", repository.uri),
            port: 8080,
            command: Vec::new(),
            environment: BTreeMap::from([("MODE".to_owned(), "prod".to_owned())]),
            secrets: BTreeMap::new(),
            log_group: "/ecs/vendor0919".to_owned(),
            log_stream_prefix: "ecs".to_owned(),
            health_command: None,
        },
        tags: tags(),
    };
    let definition = cloud.compute.register_task_definition(definition).await.unwrap();
    let wanted = CreateService {
        cluster: "vendor0919".to_owned(),
        name: "api".to_owned(),
        task_definition: definition.arn.clone(),
        desired: 2,
        network: ServiceNetwork {
            subnet_ids,
            security_groups: vec![tasks.id.clone()],
            assign_public_ip: true,
        },
        targets: vec![ServiceTarget {
            target_group_arn: target_group.arn.clone(),
            container: "api".to_owned(),
            port: 8080,
        }],
        settings: DeploymentSettings {
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: Some(CircuitBreaker {
                rollback: true,
                failure_count: Some(3),
            }),
        },
        health_grace_s: 60,
        client_token: "vendor0919-api".to_owned(),
        tags: tags(),
    };
    cloud.compute.create_service(wanted.clone()).await.unwrap();

    let service = cloud
        .compute
        .service("vendor0919", "api")
        .await
        .unwrap()
        .expect("the service");
    assert_eq!(service.status, ServiceStatus::Active);
    assert_eq!(
        (service.task_definition, service.desired),
        (definition.arn.clone(), 2)
    );
    assert_eq!(
        (service.network, service.targets),
        (wanted.network, wanted.targets)
    );
    // The emulator forgets the circuit breaker and the grace period; `deployments.rs` checks them on replayed answers.
    assert_eq!(
        service.settings,
        DeploymentSettings {
            circuit_breaker: None,
            ..wanted.settings
        }
    );
    assert_eq!(service.tags, tags());
    assert_eq!(
        service
            .deployments
            .first()
            .map(|deployment| deployment.status.as_str()),
        Some("PRIMARY")
    );

    let listeners = cloud.balancing.listeners(&alb.arn).await.unwrap();
    let forward = ListenerAction::Forward {
        target_group_arn: target_group.arn.clone(),
    };
    assert_eq!(
        listeners
            .iter()
            .map(|listener| &listener.action)
            .collect::<Vec<_>>(),
        [&forward]
    );
    let role = cloud
        .identity
        .role("vendor0919-execution")
        .await
        .unwrap()
        .expect("the role");
    assert_eq!(role.trusted_services, ["ecs-tasks.amazonaws.com"]);
    assert_eq!(role.attached_policies, [EXECUTION_POLICY]);
    let group = cloud.network.security_groups(&vpc.id).await.unwrap();
    let group = group
        .into_iter()
        .find(|group| group.id == tasks.id)
        .expect("the tasks' group");
    assert_eq!(group.ingress, tcp(8080, Peer::Group(front.id)));

    let fewer = UpdateService {
        desired: Some(1),
        ..UpdateService::default()
    };
    let updated = cloud
        .compute
        .update_service("vendor0919", "api", fewer)
        .await
        .unwrap();
    assert_eq!(updated.desired, 1);

    let actions = emulator.calls.actions();
    for needed in [
        "ecs:CreateService",
        "ecs:TagResource",
        "iam:PassRole",
        "ec2:CreateTags",
        "elasticloadbalancing:AddTags",
    ] {
        assert!(actions.contains(needed), "{needed} is not recorded: {actions:?}");
    }
    assert!(
        role.arn.contains(&emulator.account_id),
        "{} is in the account of the assumed role",
        role.arn
    );
}
