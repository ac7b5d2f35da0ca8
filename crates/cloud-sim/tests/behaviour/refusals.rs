//! AWS's refusals, with its codes and words.

use cloud_sim::Scenario;
use cloud_sim::scenario::{RUNBOOK_APP, RUNBOOK_SUBNETS, RUNBOOK_VPC};
use engine::cloud::balancing::{CreateLoadBalancer, CreateTargetGroup, HealthCheck};
use engine::cloud::compute::{CreateService, ServiceTarget, UpdateService};
use engine::cloud::hosting::{VariableScope, Variables};
use engine::cloud::identity::LinkedService;
use engine::cloud::network::CreateSubnet;
use engine::cloud::registry::CreateRepository;
use engine::cloud::{CloudError, Tags};

use super::ground::{Account, CLUSTER, SERVICE, Stack, Wanted, check};

fn refused<T: std::fmt::Debug>(result: Result<T, CloudError>, code: &str, words: &str) {
    let fault = result.unwrap_err().fault().clone();
    assert_eq!(fault.code, code, "{fault}");
    assert!(fault.message.contains(words), "{fault}");
    assert!(
        !fault.operation.is_empty() && fault.request_id.is_some(),
        "{fault:?}"
    );
}

fn balancer(name: &str, subnets: &[&str]) -> CreateLoadBalancer {
    CreateLoadBalancer {
        name: name.to_owned(),
        internet_facing: true,
        subnet_ids: subnets.iter().map(|id| (*id).to_owned()).collect(),
        security_groups: Vec::new(),
        tags: Tags::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_balancer_needs_two_zones_and_takes_one_subnet_of_each() {
    let account = Account::new(Scenario::Runbook);
    let elb = &account.cloud.balancing;
    let two = "At least two subnets in two different Availability Zones must be specified";
    let [one, other] = RUNBOOK_SUBNETS;
    refused(
        elb.create_load_balancer(balancer("a", &[one])).await,
        "ValidationError",
        two,
    );
    refused(
        elb.create_load_balancer(balancer("a", &[])).await,
        "ValidationError",
        two,
    );
    refused(
        elb.create_load_balancer(balancer("a", &[one, other])).await,
        "InvalidConfigurationRequest",
        "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    );
    refused(
        elb.create_load_balancer(balancer("a", &[one, "subnet-1"])).await,
        "SubnetNotFound",
        "subnet-1",
    );
    let second = account.second_zone().await;
    for name in ["-a", "a_b", "internal-a", "a23456789012345678901234567890123"] {
        refused(
            elb.create_load_balancer(balancer(name, &[one, &second])).await,
            "ValidationError",
            name,
        );
    }
    let mut foreign = balancer("a", &[one, &second]);
    foreign.security_groups = vec!["sg-1".to_owned()];
    refused(
        elb.create_load_balancer(foreign).await,
        "InvalidSecurityGroup",
        "invalid",
    );
}

#[tokio::test(start_paused = true)]
async fn a_balancer_on_the_internet_needs_a_gateway_and_eight_addresses_in_each_subnet() {
    let account = Account::new(Scenario::Fresh);
    let net = &account.cloud.network;
    let vpc = net
        .create_vpc("10.9.0.0/16".parse().unwrap(), Tags::new())
        .await
        .unwrap()
        .id;
    let mut subnets = Vec::new();
    for (cidr, zone) in [("10.9.0.0/28", "apne1-az4"), ("10.9.1.0/28", "apne1-az1")] {
        let wanted = CreateSubnet {
            vpc_id: vpc.clone(),
            cidr: cidr.parse().unwrap(),
            zone_id: zone.to_owned(),
            tags: Tags::new(),
        };
        subnets.push(net.create_subnet(wanted).await.unwrap().id);
    }
    let ids: Vec<&str> = subnets.iter().map(String::as_str).collect();
    let elb = &account.cloud.balancing;
    refused(
        elb.create_load_balancer(balancer("a", &ids)).await,
        "InvalidSubnet",
        "has no internet gateway",
    );
    let gateway = net.create_internet_gateway(Tags::new()).await.unwrap().id;
    net.attach_internet_gateway(&gateway, &vpc).await.unwrap();
    for name in ["a", "b", "c", "d"] {
        elb.create_load_balancer(balancer(name, &ids)).await.unwrap();
    }
    refused(
        elb.create_load_balancer(balancer("e", &ids)).await,
        "InvalidSubnet",
        "at least 8 free IP addresses",
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_balancer_or_target_group_again_is_the_one_that_is_there() {
    let stack = Stack::healthy().await;
    let elb = &stack.cloud().balancing;
    let mut same = balancer("vendor0919-alb", &[]);
    same.subnet_ids = stack.subnets.clone();
    same.security_groups = vec![stack.alb_group.clone()];
    assert_eq!(
        elb.create_load_balancer(same.clone()).await.unwrap().arn,
        stack.alb.arn
    );
    same.internet_facing = false;
    refused(
        elb.create_load_balancer(same).await,
        "DuplicateLoadBalancerName",
        "with different settings",
    );
    let group = |path: &str| CreateTargetGroup {
        name: "vendor0919-tg".to_owned(),
        port: 8080,
        vpc_id: RUNBOOK_VPC.to_owned(),
        health_check: check(path),
        tags: Tags::new(),
    };
    assert_eq!(
        elb.create_target_group(group("/health")).await.unwrap().arn,
        stack.target_group
    );
    refused(
        elb.create_target_group(group("/")).await,
        "DuplicateTargetGroupName",
        "with different settings",
    );
    let again = elb
        .create_http_listener(&stack.alb.arn, 80, &stack.target_group, Tags::new())
        .await;
    refused(
        again,
        "DuplicateListener",
        "A listener with the specified port already exists.",
    );
}

#[tokio::test(start_paused = true)]
async fn health_checks_keep_their_limits() {
    let account = Account::new(Scenario::Runbook);
    let wrong = [
        HealthCheck {
            timeout_s: 10,
            ..check("/")
        },
        HealthCheck {
            interval_s: 4,
            timeout_s: 2,
            ..check("/")
        },
        HealthCheck {
            healthy_threshold: 1,
            ..check("/")
        },
        HealthCheck {
            matcher: "600".to_owned(),
            ..check("/")
        },
        check("health"),
    ];
    for health_check in wrong {
        let group = CreateTargetGroup {
            name: "tg".to_owned(),
            port: 80,
            vpc_id: RUNBOOK_VPC.to_owned(),
            health_check,
            tags: Tags::new(),
        };
        refused(
            account.cloud.balancing.create_target_group(group).await,
            "ValidationError",
            "ealth check",
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_refused_what_could_never_work() {
    let mut stack = Stack::without_service(Wanted::default()).await;
    let ecs = stack.cloud().compute.clone();
    let request = stack.service_request();
    let invalid = "InvalidParameterException";
    let target = |target: ServiceTarget| CreateService {
        targets: vec![target],
        ..request.clone()
    };
    let good = request.targets[0].clone();
    let other_port = target(ServiceTarget {
        port: 80,
        ..good.clone()
    });
    refused(
        ecs.create_service(other_port).await,
        invalid,
        "did not have a container port 80 defined.",
    );
    let other_name = target(ServiceTarget {
        container: "web".to_owned(),
        ..good.clone()
    });
    refused(
        ecs.create_service(other_name).await,
        invalid,
        "The container web does not exist",
    );
    let graceless = CreateService {
        targets: Vec::new(),
        ..request.clone()
    };
    refused(
        ecs.create_service(graceless).await,
        invalid,
        "Health check grace period is only valid",
    );
    let mut lost = request.clone();
    lost.network.subnet_ids = vec!["subnet-1".to_owned()];
    refused(ecs.create_service(lost).await, invalid, "subnet-1");
    let nowhere = CreateService {
        cluster: "nowhere".to_owned(),
        ..request.clone()
    };
    refused(
        ecs.create_service(nowhere).await,
        "ClusterNotFoundException",
        "Cluster not found.",
    );

    stack
        .cloud()
        .balancing
        .delete_listener(&stack.listener)
        .await
        .unwrap();
    let words = format!(
        "targetGroupArn {} does not have an associated load balancer.",
        stack.target_group
    );
    refused(ecs.create_service(request.clone()).await, invalid, &words);

    stack.wanted.memory_mib = 300;
    refused(
        stack.try_register().await,
        "ClientException",
        "Invalid 'cpu' setting for task",
    );
    ecs.deregister_task_definition(&stack.definition).await.unwrap();
    refused(
        ecs.create_service(request).await,
        invalid,
        "TaskDefinition is inactive",
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeated_create_service_is_harmless_with_the_same_token_and_refused_with_another() {
    let stack = Stack::healthy().await;
    let ecs = &stack.cloud().compute;
    let again = ecs.create_service(stack.service_request()).await.unwrap();
    assert_eq!(
        (again.arn, again.deployments.len()),
        (stack.service().await.arn, 1)
    );
    let other = CreateService {
        client_token: "other".to_owned(),
        ..stack.service_request()
    };
    refused(
        ecs.create_service(other).await,
        "InvalidParameterException",
        "Creation of service was not idempotent.",
    );
    ecs.delete_service(CLUSTER, SERVICE, true).await.unwrap();
    let late = ecs
        .update_service(CLUSTER, SERVICE, UpdateService::default())
        .await;
    refused(late, "ServiceNotActiveException", "Service was not ACTIVE.");
}

#[tokio::test(start_paused = true)]
async fn the_first_use_of_ecs_fails_until_its_linked_role_has_spread() {
    let account = Account::new(Scenario::Fresh);
    let (ecs, iam) = (&account.cloud.compute, &account.cloud.identity);
    assert!(!iam.service_linked_role(LinkedService::Ecs).await.unwrap());
    let words =
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";
    refused(
        ecs.create_cluster("c", Tags::new()).await,
        "InvalidParameterException",
        words,
    );
    assert!(
        iam.service_linked_role(LinkedService::Ecs).await.unwrap(),
        "the try itself made it"
    );
    account.pass(9).await;
    refused(
        ecs.create_cluster("c", Tags::new()).await,
        "InvalidParameterException",
        words,
    );
    account.pass(1).await;
    let made = ecs.create_cluster("c", Tags::new()).await.unwrap();
    assert_eq!(
        ecs.create_cluster("c", Tags::new()).await.unwrap(),
        made,
        "again is a success"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_balancer_makes_its_linked_role() {
    let account = Account::new(Scenario::Runbook);
    let second = account.second_zone().await;
    let role = LinkedService::ElasticLoadBalancing;
    assert!(!account.cloud.identity.service_linked_role(role).await.unwrap());
    account
        .cloud
        .balancing
        .create_load_balancer(balancer("a", &[RUNBOOK_SUBNETS[0], &second]))
        .await
        .unwrap();
    assert!(account.cloud.identity.service_linked_role(role).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn subnets_stay_inside_their_vpc_and_apart_from_each_other() {
    let account = Account::new(Scenario::Runbook);
    let subnet = |cidr: &str, zone: &str| CreateSubnet {
        vpc_id: RUNBOOK_VPC.to_owned(),
        cidr: cidr.parse().unwrap(),
        zone_id: zone.to_owned(),
        tags: Tags::new(),
    };
    let net = &account.cloud.network;
    let az = "apne1-az1";
    refused(
        net.create_subnet(subnet("10.0.3.128/25", az)).await,
        "InvalidSubnet.Conflict",
        "conflicts with another subnet",
    );
    refused(
        net.create_subnet(subnet("10.1.0.0/24", az)).await,
        "InvalidSubnet.Range",
        "10.1.0.0/24",
    );
    refused(
        net.create_subnet(subnet("10.0.9.0/29", az)).await,
        "InvalidSubnet.Range",
        "10.0.9.0/29",
    );
    refused(
        net.create_subnet(subnet("10.0.9.0/24", "apne1-az3")).await,
        "InvalidParameterValue",
        "apne1-az3",
    );
}

#[tokio::test(start_paused = true)]
async fn names_and_values_that_aws_does_not_take_are_refused() {
    let account = Account::new(Scenario::Runbook);
    let cloud = &account.cloud;
    let upper = CreateRepository {
        name: "Vendor".to_owned(),
        scan_on_push: true,
        tags: Tags::new(),
    };
    refused(
        cloud.registry.create_repository(upper).await,
        "InvalidParameterException",
        "repositoryName",
    );
    cloud.logs.create_log_group("/ecs/x", Tags::new()).await.unwrap();
    refused(
        cloud.logs.put_retention("/ecs/x", 31).await,
        "InvalidParameterException",
        "retentionInDays",
    );
    refused(
        cloud.logs.create_log_group("/ecs x", Tags::new()).await,
        "InvalidParameterException",
        "logGroupName",
    );
    let scope = VariableScope::Branch {
        branch: "dev".to_owned(),
    };
    let nobody = cloud
        .hosting
        .set_variables(RUNBOOK_APP, &scope, &Variables::default())
        .await;
    refused(nobody, "NotFoundException", "dev");
    cloud
        .hosting
        .start_release(RUNBOOK_APP, "main", "one")
        .await
        .unwrap();
    let second = cloud.hosting.start_release(RUNBOOK_APP, "main", "two").await;
    refused(
        second,
        "BadRequestException",
        "already have pending or running jobs",
    );
}
