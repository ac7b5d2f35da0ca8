//! ECS on Fargate: clusters, task definitions, services, deployments, tasks.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::registry::Architecture;
use super::{Result, Tags};

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// False once it is `INACTIVE` (deleted, still listed for a while) or failed.
    pub active: bool,
    /// Services that are not INACTIVE.
    pub active_services: u32,
    /// Tags.
    pub tags: Tags,
}

/// The container of a task definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image URI with tag or digest.
    pub image: String,
    /// Port it listens on.
    pub port: u16,
    /// Replaces the image's `CMD`; empty: the image's own.
    pub command: Vec<String>,
    /// Plain variables.
    pub environment: BTreeMap<String, String>,
    /// Variable name → ARN in Secrets Manager or SSM.
    pub secrets: BTreeMap<String, String>,
    /// awslogs group.
    pub log_group: String,
    /// awslogs stream prefix.
    pub log_stream_prefix: String,
    /// Container health check command (`CMD-SHELL …` or `CMD …`), where there is one.
    pub health_command: Option<Vec<String>>,
}

/// A task definition revision with one container, Fargate, awsvpc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDefinition {
    /// ARN with revision.
    pub arn: String,
    /// Family.
    pub family: String,
    /// Revision.
    pub revision: u32,
    /// False for INACTIVE revisions.
    pub active: bool,
    /// CPU units (1024 = 1 vCPU).
    pub cpu: u32,
    /// MiB.
    pub memory_mib: u32,
    /// Architecture.
    pub architecture: Architecture,
    /// Execution role ARN.
    pub execution_role_arn: Option<String>,
    /// Task role ARN.
    pub task_role_arn: Option<String>,
    /// The first container. Task definitions with several keep the others out of sight here.
    pub container: Container,
    /// Tags.
    pub tags: Tags,
}

/// A task definition to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterTaskDefinition {
    /// Family.
    pub family: String,
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory_mib: u32,
    /// Architecture.
    pub architecture: Architecture,
    /// Execution role ARN.
    pub execution_role_arn: String,
    /// Task role ARN.
    pub task_role_arn: Option<String>,
    /// The container.
    pub container: Container,
    /// Tags.
    pub tags: Tags,
}

/// When a deployment counts as failed (`deploymentCircuitBreaker`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircuitBreaker {
    /// Go back to the last deployment that succeeded.
    pub rollback: bool,
    /// Failed tasks until the deployment fails (`thresholdConfiguration` of type COUNT). `None`: AWS's default.
    pub failure_count: Option<u32>,
}

/// How a deployment replaces tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentSettings {
    /// Lower limit of healthy tasks, % of desired.
    pub minimum_healthy_percent: u16,
    /// Upper limit of tasks, % of desired.
    pub maximum_percent: u16,
    /// Circuit breaker; `None`: off.
    pub circuit_breaker: Option<CircuitBreaker>,
}

/// Where a service's tasks run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNetwork {
    /// Subnets.
    pub subnet_ids: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Tasks get a public address.
    pub assign_public_ip: bool,
}

/// A service's target group wiring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTarget {
    /// Target group ARN.
    pub target_group_arn: String,
    /// Container name.
    pub container: String,
    /// Container port.
    pub port: u16,
}

/// One entry of `DescribeServices.deployments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// `ecs-svc/…`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
    pub status: String,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED`.
    pub rollout_state: Option<String>,
    /// AWS's words.
    pub rollout_reason: Option<String>,
    /// Task definition ARN.
    pub task_definition: String,
    /// Desired tasks.
    pub desired: u32,
    /// Running tasks.
    pub running: u32,
    /// Pending tasks.
    pub pending: u32,
    /// Tasks that failed in this deployment.
    pub failed: u32,
}

/// A service event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEvent {
    /// Event id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// AWS's words.
    pub message: String,
}

/// Life of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceStatus {
    /// In use.
    Active,
    /// Deleted, its tasks are leaving. The name is taken until INACTIVE (catalogue B2).
    Draining,
    /// Deleted; a record that AWS keeps for a while.
    Inactive,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Life.
    pub status: ServiceStatus,
    /// Task definition ARN asked for.
    pub task_definition: String,
    /// Desired tasks.
    pub desired: u32,
    /// Running tasks.
    pub running: u32,
    /// Pending tasks.
    pub pending: u32,
    /// Network.
    pub network: ServiceNetwork,
    /// Target groups.
    pub targets: Vec<ServiceTarget>,
    /// Deployment settings.
    pub settings: DeploymentSettings,
    /// Seconds in which failing load balancer checks are ignored after a task starts.
    pub health_grace_s: u32,
    /// Deployments, PRIMARY first.
    pub deployments: Vec<Deployment>,
    /// Newest first, at most 100.
    pub events: Vec<ServiceEvent>,
    /// Tags.
    pub tags: Tags,
}

/// A service to create: Fargate, latest platform version, tags propagated from the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateService {
    /// Cluster name.
    pub cluster: String,
    /// Name.
    pub name: String,
    /// Task definition ARN.
    pub task_definition: String,
    /// Desired tasks.
    pub desired: u32,
    /// Network.
    pub network: ServiceNetwork,
    /// Target groups.
    pub targets: Vec<ServiceTarget>,
    /// Deployment settings.
    pub settings: DeploymentSettings,
    /// Health check grace period, seconds.
    pub health_grace_s: u32,
    /// The same token makes a repeated call harmless.
    pub client_token: String,
    /// Tags.
    pub tags: Tags,
}

/// What to change on a service; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateService {
    /// Task definition ARN.
    pub task_definition: Option<String>,
    /// Desired tasks.
    pub desired: Option<u32>,
    /// Network.
    pub network: Option<ServiceNetwork>,
    /// Target groups.
    pub targets: Option<Vec<ServiceTarget>>,
    /// Deployment settings.
    pub settings: Option<DeploymentSettings>,
    /// Health check grace period, seconds.
    pub health_grace_s: Option<u32>,
    /// Start a new deployment even if nothing changed.
    pub force_new_deployment: bool,
}

/// Status of a service deployment (`DescribeServiceDeployments`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceDeploymentStatus {
    /// Not started.
    Pending,
    /// Running.
    InProgress,
    /// Done as asked.
    Successful,
    /// Stopped by somebody.
    Stopped,
    /// Being stopped.
    StopRequested,
    /// Rollback asked for.
    RollbackRequested,
    /// Going back.
    RollbackInProgress,
    /// Went back: the deployment that was asked for failed.
    RollbackSuccessful,
    /// Could not even go back.
    RollbackFailed,
}

/// One deployment of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDeployment {
    /// ARN.
    pub arn: String,
    /// Status.
    pub status: ServiceDeploymentStatus,
    /// AWS's words.
    pub status_reason: Option<String>,
    /// The task definition that the target revision asks for.
    pub task_definition: Option<String>,
    /// When it was asked for.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskContainer {
    /// Name.
    pub name: String,
    /// `PENDING`, `RUNNING`, `STOPPED`.
    pub last_status: String,
    /// Exit code, once it stopped by itself or was killed.
    pub exit_code: Option<i32>,
    /// AWS's words, for example `OutOfMemoryError: …`.
    pub reason: Option<String>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// ARN.
    pub arn: String,
    /// Task definition ARN.
    pub task_definition: String,
    /// `PROVISIONING`, `PENDING`, `ACTIVATING`, `RUNNING`, `DEACTIVATING`, `STOPPING`, `STOPPED`, …
    pub last_status: String,
    /// `RUNNING` or `STOPPED`.
    pub desired_status: String,
    /// Container health: `HEALTHY`, `UNHEALTHY`, `UNKNOWN`.
    pub health: String,
    /// `TaskFailedToStart`, `EssentialContainerExited`, `ServiceSchedulerInitiated`, …
    pub stop_code: Option<String>,
    /// AWS's words.
    pub stopped_reason: Option<String>,
    /// Zone name.
    pub zone: Option<String>,
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Network interface.
    pub network_interface_id: Option<String>,
    /// Private address.
    pub private_ip: Option<String>,
    /// Containers.
    pub containers: Vec<TaskContainer>,
    /// When it was asked for.
    pub created_at: Option<Timestamp>,
    /// When it was RUNNING.
    pub started_at: Option<Timestamp>,
    /// When it was STOPPED.
    pub stopped_at: Option<Timestamp>,
}

/// Which tasks to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskFilter {
    /// Desired status RUNNING.
    Running,
    /// Stopped ones, as long as AWS remembers them (about an hour).
    Stopped,
}

/// ECS.
#[async_trait]
pub trait Compute: Send + Sync {
    /// `ecs:DescribeClusters` (with tags). An INACTIVE cluster answers with `active: false`.
    async fn cluster(&self, name: &str) -> Result<Option<Cluster>>;
    /// `ecs:CreateCluster`.
    async fn create_cluster(&self, name: &str, tags: Tags) -> Result<Cluster>;
    /// `ecs:DeleteCluster`.
    async fn delete_cluster(&self, name: &str) -> Result<()>;
    /// `ecs:DescribeTaskDefinition` (with tags). `reference` is a family (its newest active revision) or an ARN.
    async fn task_definition(&self, reference: &str) -> Result<Option<TaskDefinition>>;
    /// `ecs:ListTaskDefinitions`: ARNs of the active revisions of exactly this family, newest first.
    async fn task_definition_arns(&self, family: &str) -> Result<Vec<String>>;
    /// `ecs:ListTaskDefinitions`: every family of the account that has an active revision, by name.
    async fn families(&self) -> Result<Vec<String>>;
    /// `ecs:RegisterTaskDefinition` (needs `iam:PassRole`).
    async fn register_task_definition(&self, definition: RegisterTaskDefinition) -> Result<TaskDefinition>;
    /// `ecs:DeregisterTaskDefinition`.
    async fn deregister_task_definition(&self, arn: &str) -> Result<()>;
    /// `ecs:DescribeServices` (with tags).
    async fn service(&self, cluster: &str, name: &str) -> Result<Option<Service>>;
    /// `ecs:CreateService`.
    async fn create_service(&self, service: CreateService) -> Result<Service>;
    /// `ecs:UpdateService`.
    async fn update_service(&self, cluster: &str, name: &str, update: UpdateService) -> Result<Service>;
    /// `ecs:DeleteService`; `force` stops its tasks too.
    async fn delete_service(&self, cluster: &str, name: &str, force: bool) -> Result<()>;
    /// `ecs:ListServiceDeployments`, `ecs:DescribeServiceDeployments`, `ecs:DescribeServiceRevisions`: newest first, at most 10.
    async fn service_deployments(&self, cluster: &str, service: &str) -> Result<Vec<ServiceDeployment>>;
    /// `ecs:ListTasks`, `ecs:DescribeTasks`.
    async fn tasks(&self, cluster: &str, service: &str, filter: TaskFilter) -> Result<Vec<Task>>;
}
