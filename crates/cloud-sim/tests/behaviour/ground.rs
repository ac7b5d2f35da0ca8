//! The account under a clock, and the runbook's stack as it should be, for tests that change one thing about it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud_sim::clock::TokioClock;
use cloud_sim::scenario::RUNBOOK_VPC;
use cloud_sim::{ImageProfile, MemoryCell, Scenario, World, memory};
use engine::cloud::balancing::HealthCheck;
use engine::cloud::compute::{CircuitBreaker, DeploymentSettings};
use engine::cloud::network::{CreateSecurityGroup, CreateSubnet, Direction, Peer, Rule, Traffic};
use engine::cloud::registry::Architecture;
use engine::cloud::{Cloud, Tags};
use jiff::Timestamp;

pub(crate) use super::stack::Stack;

pub(crate) const REPOSITORY: &str = "vendor0919-api";
pub(crate) const CLUSTER: &str = "vendor0919-cluster";
pub(crate) const SERVICE: &str = "vendor0919-service";
pub(crate) const LOG_GROUP: &str = "/ecs/vendor0919-api";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole";

/// A stack to be, as it should be. Tests change one thing.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) image: Option<ImageProfile>,
    pub(crate) uri: String,
    pub(crate) log_group: bool,
    pub(crate) role: String,
    pub(crate) memory_mib: u32,
    pub(crate) architecture: Architecture,
    pub(crate) command: Vec<String>,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) health_command: Option<Vec<String>>,
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) task_ingress: bool,
    pub(crate) task_egress: Vec<Rule>,
    pub(crate) public_ip: bool,
    pub(crate) routed: bool,
    pub(crate) desired: u32,
    pub(crate) grace_s: u32,
    pub(crate) settings: DeploymentSettings,
    pub(crate) behind_balancer: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            image: Some(ImageProfile::fastapi()),
            uri: format!("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/{REPOSITORY}:latest"),
            log_group: true,
            role: ROLE.to_owned(),
            memory_mib: 512,
            architecture: Architecture::X86_64,
            command: Vec::new(),
            secrets: BTreeMap::new(),
            health_command: None,
            port: 8080,
            path: "/health".to_owned(),
            task_ingress: true,
            task_egress: vec![tcp(443, everybody())],
            public_ip: true,
            routed: true,
            desired: 1,
            grace_s: 60,
            settings: settings(Some(CircuitBreaker {
                rollback: true,
                failure_count: Some(3),
            })),
            behind_balancer: true,
        }
    }
}

pub(crate) fn settings(circuit_breaker: Option<CircuitBreaker>) -> DeploymentSettings {
    DeploymentSettings {
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker,
    }
}

pub(crate) fn everybody() -> Peer {
    Peer::Cidr("0.0.0.0/0".parse().unwrap())
}

pub(crate) fn tcp(port: u16, peer: Peer) -> Rule {
    Rule {
        traffic: Traffic::Tcp { from: port, to: port },
        peer,
        description: String::new(),
    }
}

pub(crate) fn everything() -> Rule {
    Rule {
        traffic: Traffic::All,
        peer: everybody(),
        description: String::new(),
    }
}

pub(crate) fn check(path: &str) -> HealthCheck {
    HealthCheck {
        path: path.to_owned(),
        interval_s: 10,
        timeout_s: 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        matcher: "200".to_owned(),
    }
}

/// The account under a clock.
pub(crate) struct Account {
    pub(crate) cloud: Cloud,
    pub(crate) cell: Arc<MemoryCell>,
    pub(crate) clock: TokioClock,
}

impl Account {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let epoch = Timestamp::constant(1_795_392_000, 0);
        let clock = TokioClock::new(epoch, 1.0);
        let (cloud, cell) = memory::account(World::scenario(scenario, epoch), Arc::new(clock));
        Self { cloud, cell, clock }
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// A group that starts with no rules at all.
    pub(crate) async fn bare_group(&self, name: &str) -> String {
        let wanted = CreateSecurityGroup {
            vpc_id: RUNBOOK_VPC.to_owned(),
            name: name.to_owned(),
            description: name.to_owned(),
            tags: Tags::new(),
        };
        let id = self.cloud.network.create_security_group(wanted).await.unwrap().id;
        self.cloud
            .network
            .revoke(&id, Direction::Egress, &[everything()])
            .await
            .unwrap();
        id
    }

    /// The subnet that the runbook's morning lacks.
    pub(crate) async fn second_zone(&self) -> String {
        let net = &self.cloud.network;
        let wanted = CreateSubnet {
            vpc_id: RUNBOOK_VPC.to_owned(),
            cidr: "10.0.10.0/24".parse().unwrap(),
            zone_id: "apne1-az1".to_owned(),
            tags: Tags::new(),
        };
        let subnet = net.create_subnet(wanted).await.unwrap().id;
        net.associate_route_table(&self.public_table().await, &subnet)
            .await
            .unwrap();
        subnet
    }

    pub(crate) async fn public_table(&self) -> String {
        let tables = self.cloud.network.route_tables(RUNBOOK_VPC).await.unwrap();
        tables.into_iter().find(|table| !table.main).unwrap().id
    }
}
