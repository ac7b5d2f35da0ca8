//! A stack made step by step, and what it looks like.

use std::collections::BTreeMap;

use cloud_sim::Scenario;
use cloud_sim::scenario::{RUNBOOK_SUBNETS, RUNBOOK_VPC};
use engine::clock::Clock;
use engine::cloud::balancing::{
    CreateLoadBalancer, CreateTargetGroup, LoadBalancer, TargetHealth, TargetState,
};
use engine::cloud::compute::{
    Container, CreateService, RegisterTaskDefinition, Service, ServiceDeployment, ServiceNetwork,
    ServiceTarget, Task, TaskFilter,
};
use engine::cloud::network::{Direction, Peer};
use engine::cloud::registry::CreateRepository;
use engine::cloud::{Cloud, Result, Tags};
use jiff::Timestamp;

use super::ground::{
    Account, CLUSTER, LOG_GROUP, REPOSITORY, SERVICE, Wanted, check, everybody, everything, tcp,
};

/// A stack that was made.
pub(crate) struct Stack {
    pub(crate) account: Account,
    pub(crate) wanted: Wanted,
    pub(crate) subnets: Vec<String>,
    pub(crate) alb_group: String,
    pub(crate) task_group: String,
    pub(crate) alb: LoadBalancer,
    pub(crate) target_group: String,
    pub(crate) listener: String,
    pub(crate) definition: String,
}

impl Stack {
    /// Everything up to the service; the ALB is active and its name resolves.
    pub(crate) async fn without_service(wanted: Wanted) -> Self {
        let account = Account::new(Scenario::Runbook);
        let Cloud {
            network: net,
            balancing: elb,
            registry: ecr,
            logs,
            compute: ecs,
            ..
        } = account.cloud.clone();
        let subnets = vec![RUNBOOK_SUBNETS[0].to_owned(), account.second_zone().await];
        let alb_group = account.bare_group("alb").await;
        let task_group = account.bare_group("tasks").await;
        net.authorize(&alb_group, Direction::Ingress, &[tcp(80, everybody())])
            .await
            .unwrap();
        net.authorize(&alb_group, Direction::Egress, &[everything()])
            .await
            .unwrap();
        net.authorize(&task_group, Direction::Egress, &wanted.task_egress)
            .await
            .unwrap();
        if wanted.task_ingress {
            let rule = tcp(wanted.port, Peer::Group(alb_group.clone()));
            net.authorize(&task_group, Direction::Ingress, &[rule])
                .await
                .unwrap();
        }
        let repository = CreateRepository {
            name: REPOSITORY.to_owned(),
            scan_on_push: true,
            tags: Tags::new(),
        };
        ecr.create_repository(repository).await.unwrap();
        if let Some(image) = wanted.image.clone() {
            account
                .cell
                .look(|world| world.push_image(REPOSITORY, "latest", image))
                .unwrap();
        }
        if wanted.log_group {
            logs.create_log_group(LOG_GROUP, Tags::new()).await.unwrap();
        }
        ecs.create_cluster(CLUSTER, Tags::new()).await.unwrap();
        let alb = CreateLoadBalancer {
            name: "vendor0919-alb".to_owned(),
            internet_facing: true,
            subnet_ids: subnets.clone(),
            security_groups: vec![alb_group.clone()],
            tags: Tags::new(),
        };
        let alb = elb.create_load_balancer(alb).await.unwrap();
        let group = CreateTargetGroup {
            name: "vendor0919-tg".to_owned(),
            port: wanted.port,
            vpc_id: RUNBOOK_VPC.to_owned(),
            health_check: check(&wanted.path),
            tags: Tags::new(),
        };
        let target_group = elb.create_target_group(group).await.unwrap().arn;
        elb.set_deregistration_delay(&target_group, 30).await.unwrap();
        let listener = elb
            .create_http_listener(&alb.arn, 80, &target_group, Tags::new())
            .await
            .unwrap()
            .arn;
        if !wanted.routed {
            for table in net.route_tables(RUNBOOK_VPC).await.unwrap() {
                for association in table.associations {
                    net.disassociate_route_table(&association.id).await.unwrap();
                }
            }
        }
        account.pass(120).await;
        let mut stack = Self {
            account,
            wanted,
            subnets,
            alb_group,
            task_group,
            alb,
            target_group,
            listener,
            definition: String::new(),
        };
        stack.definition = stack.register().await;
        stack
    }

    pub(crate) async fn new(wanted: Wanted) -> Self {
        let stack = Self::without_service(wanted).await;
        stack
            .cloud()
            .compute
            .create_service(stack.service_request())
            .await
            .unwrap();
        stack
    }

    /// A stack whose service was deployed well.
    pub(crate) async fn healthy() -> Self {
        let stack = Self::new(Wanted::default()).await;
        stack.pass(60).await;
        assert_eq!(stack.target_states().await, [TargetState::Healthy]);
        stack
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        &self.account.cloud
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        self.account.pass(seconds).await;
    }

    pub(crate) async fn register(&self) -> String {
        self.try_register().await.unwrap()
    }

    pub(crate) async fn try_register(&self) -> Result<String> {
        let wanted = &self.wanted;
        let definition = RegisterTaskDefinition {
            family: "vendor0919-task".to_owned(),
            cpu: 256,
            memory_mib: wanted.memory_mib,
            architecture: wanted.architecture,
            execution_role_arn: wanted.role.clone(),
            task_role_arn: None,
            container: Container {
                name: "api".to_owned(),
                image: wanted.uri.clone(),
                port: wanted.port,
                command: wanted.command.clone(),
                environment: BTreeMap::new(),
                secrets: wanted.secrets.clone(),
                log_group: LOG_GROUP.to_owned(),
                log_stream_prefix: "ecs".to_owned(),
                health_command: wanted.health_command.clone(),
            },
            tags: Tags::new(),
        };
        Ok(self
            .cloud()
            .compute
            .register_task_definition(definition)
            .await?
            .arn)
    }

    pub(crate) fn service_request(&self) -> CreateService {
        let wanted = &self.wanted;
        let target = ServiceTarget {
            target_group_arn: self.target_group.clone(),
            container: "api".to_owned(),
            port: wanted.port,
        };
        CreateService {
            cluster: CLUSTER.to_owned(),
            name: SERVICE.to_owned(),
            task_definition: self.definition.clone(),
            desired: wanted.desired,
            network: ServiceNetwork {
                subnet_ids: self.subnets.clone(),
                security_groups: vec![self.task_group.clone()],
                assign_public_ip: wanted.public_ip,
            },
            targets: if wanted.behind_balancer {
                vec![target]
            } else {
                Vec::new()
            },
            settings: wanted.settings,
            health_grace_s: if wanted.behind_balancer { wanted.grace_s } else { 0 },
            client_token: "token".to_owned(),
            tags: Tags::new(),
        }
    }

    pub(crate) async fn service(&self) -> Service {
        self.cloud()
            .compute
            .service(CLUSTER, SERVICE)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn running(&self) -> Vec<Task> {
        self.cloud()
            .compute
            .tasks(CLUSTER, SERVICE, TaskFilter::Running)
            .await
            .unwrap()
    }

    pub(crate) async fn stopped(&self) -> Vec<Task> {
        self.cloud()
            .compute
            .tasks(CLUSTER, SERVICE, TaskFilter::Stopped)
            .await
            .unwrap()
    }

    pub(crate) async fn deployments(&self) -> Vec<ServiceDeployment> {
        self.cloud()
            .compute
            .service_deployments(CLUSTER, SERVICE)
            .await
            .unwrap()
    }

    pub(crate) async fn targets(&self) -> Vec<TargetHealth> {
        self.cloud()
            .balancing
            .target_health(&self.target_group)
            .await
            .unwrap()
    }

    pub(crate) async fn target_states(&self) -> Vec<TargetState> {
        self.targets()
            .await
            .into_iter()
            .map(|target| target.state)
            .collect()
    }

    pub(crate) async fn events(&self) -> Vec<String> {
        self.service()
            .await
            .events
            .into_iter()
            .map(|event| event.message)
            .collect()
    }

    pub(crate) async fn has_event(&self, part: &str) -> bool {
        self.events().await.iter().any(|event| event.contains(part))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.alb.dns_name)
    }

    /// The status that a visitor gets; 0: no answer.
    pub(crate) async fn visit(&self, path: &str) -> u16 {
        self.cloud()
            .edge
            .get(&self.url(path), 5)
            .await
            .map_or(0, |answer| answer.status)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.account.clock.now()
    }
}
