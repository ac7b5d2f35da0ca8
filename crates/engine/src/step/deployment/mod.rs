//! Waits until the deployment is truly successful: AWS calls it so, the revision asked for is what runs, and its
//! targets are healthy. "Stable" is not "deployed" (G2).

mod failure;
mod ports;
mod trust;

use async_trait::async_trait;

use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::balancing::{TargetHealth, TargetState};
use crate::cloud::compute::{
    Deployment as Rollout, Service, ServiceDeployment, ServiceDeploymentStatus, ServiceStatus, Task,
    TaskFilter, UpdateService,
};
use crate::plan::action::Ref;

pub(crate) struct Deployment {
    pub(crate) cluster: String,
    pub(crate) service: String,
    pub(crate) task_definition: Ref,
    pub(crate) target_group: Ref,
    pub(crate) desired: u32,
}

/// How long AWS may take to show a service or deployment that was just asked for, seconds.
const APPEARING_S: i64 = 60;
/// Seconds between looks.
const POLL_S: u32 = 3;

/// What one look at a deployment saw.
struct Sight {
    service: Service,
    wanted: String,
    target_group: String,
    deployment: Option<ServiceDeployment>,
    /// Somebody asked for another task definition since: ours will not come (G9).
    superseded_by: Option<String>,
    running: Vec<Task>,
    stopped: Vec<Task>,
    targets: Vec<TargetHealth>,
}

impl Sight {
    fn primary(&self) -> Option<&Rollout> {
        self.service
            .deployments
            .iter()
            .find(|one| one.status == "PRIMARY")
    }

    fn healthy(&self) -> u32 {
        let healthy = self
            .targets
            .iter()
            .filter(|one| one.state == TargetState::Healthy)
            .count();
        u32::try_from(healthy).unwrap_or(u32::MAX)
    }

    /// The deployment asked for is over, and not as asked.
    fn lost(&self) -> bool {
        let called_off = self.deployment.as_ref().is_some_and(|deployment| {
            !matches!(
                deployment.status,
                ServiceDeploymentStatus::Pending
                    | ServiceDeploymentStatus::InProgress
                    | ServiceDeploymentStatus::Successful
            )
        });
        let failed = self.service.deployments.iter().any(|one| {
            one.task_definition == self.wanted
                && one.status == "PRIMARY"
                && one.rollout_state.as_deref() == Some("FAILED")
        });
        called_off || failed || self.superseded_by.is_some()
    }

    /// ECS shows service deployments for 90 days. What has run for longer is known by the service alone: one deployment,
    /// completed. One that has only begun is in progress there.
    fn is_forgotten(&self) -> bool {
        matches!(self.service.deployments.as_slice(), [only] if only.rollout_state.as_deref() == Some("COMPLETED"))
    }

    fn succeeded(&self, desired: u32) -> bool {
        let called_so = match &self.deployment {
            Some(one) => one.status == ServiceDeploymentStatus::Successful,
            None => self.is_forgotten(),
        };
        let rolled_out = self.primary().is_some_and(|primary| {
            primary.task_definition == self.wanted
                && primary
                    .rollout_state
                    .as_deref()
                    .is_none_or(|state| state == "COMPLETED")
                && primary.running == desired
        });
        called_so && rolled_out && self.service.running == desired && self.healthy() >= desired
    }

    fn why(&self, desired: u32) -> Waiting {
        let running = self.primary().map_or(0, |primary| primary.running);
        if running < desired {
            let ours = self
                .running
                .iter()
                .filter(|task| task.task_definition == self.wanted);
            let youngest = ours
                .max_by_key(|task| task.created_at)
                .map(|task| task.last_status.clone());
            return Waiting::new(WaitingCode::TasksStarting)
                .with("running", running)
                .with("desired", desired)
                .with("status", youngest.unwrap_or_default());
        }
        if self.healthy() < desired {
            let waiting = self
                .targets
                .iter()
                .find(|one| matches!(one.state, TargetState::Initial | TargetState::Unhealthy));
            let state = match waiting.map(|one| one.state) {
                Some(TargetState::Unhealthy) => "unhealthy",
                _ => "initial",
            };
            return Waiting::new(WaitingCode::TargetsInitial)
                .with("healthy", self.healthy())
                .with("desired", desired)
                .with("state", state)
                .with(
                    "reason",
                    waiting.and_then(|one| one.reason.clone()).unwrap_or_default(),
                );
        }
        let status = self.deployment.as_ref().map(|one| one.status);
        let status = status.and_then(|status| serde_json::to_value(status).ok());
        let status = status.and_then(|status| status.as_str().map(str::to_owned));
        Waiting::new(WaitingCode::DeploymentSettling).with("status", status.unwrap_or_default())
    }
}

impl Deployment {
    async fn look(&self, context: &Context<'_>) -> Result<Option<Sight>, StepError> {
        let compute = &context.cloud.compute;
        let wanted = context.value(&self.task_definition)?;
        let target_group = context.value(&self.target_group)?;
        let service = compute.service(&self.cluster, &self.service).await?;
        let Some(service) = service.filter(|found| found.status == ServiceStatus::Active) else {
            return Ok(None);
        };
        let deployments = compute.service_deployments(&self.cluster, &self.service).await?;
        let newest = deployments.first().and_then(|one| one.task_definition.clone());
        let deployment = deployments
            .into_iter()
            .find(|one| one.task_definition.as_deref() == Some(wanted.as_str()));
        let superseded_by = newest
            .filter(|newest| deployment.is_some() && *newest != wanted && service.task_definition != wanted);
        let running = compute
            .tasks(&self.cluster, &self.service, TaskFilter::Running)
            .await?;
        let mut stopped = compute
            .tasks(&self.cluster, &self.service, TaskFilter::Stopped)
            .await?;
        let asked_at = deployment.as_ref().and_then(|one| one.created_at);
        stopped.retain(|task| {
            task.task_definition == wanted
                && task
                    .created_at
                    .zip(asked_at)
                    .is_none_or(|(created, asked)| created >= asked)
        });
        let targets = context.cloud.balancing.target_health(&target_group).await?;
        Ok(Some(Sight {
            service,
            wanted,
            target_group,
            deployment,
            superseded_by,
            running,
            stopped,
            targets,
        }))
    }

    /// Somebody asked to try again after this deployment failed: ECS starts no new one by itself.
    fn to_be_retried(&self, context: &Context<'_>, sight: &Sight) -> bool {
        let asked_at = sight.deployment.as_ref().and_then(|one| one.created_at);
        context.did != Some(Outcome::Updated)
            && asked_at.is_some_and(|asked| asked < context.execution_since)
            && sight.lost()
    }
}

#[async_trait]
impl Step for Deployment {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecs:DescribeServices",
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
            "ecs:ListTasks",
            "ecs:DescribeTasks",
            "ecs:UpdateService",
            "ecs:DescribeTaskDefinition",
            "iam:PassRole",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "ec2:DescribeSecurityGroups",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:DescribeImages",
            "logs:DescribeLogGroups",
            "logs:ListTagsForResource",
            "logs:FilterLogEvents",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let Some(sight) = self.look(context).await? else {
            if context.waited_s() < APPEARING_S {
                return Ok(Waiting::new(WaitingCode::Appearing)
                    .with("what", &self.service)
                    .poll(POLL_S));
            }
            return Ok(context.vanished(&self.service, "ecs:DescribeServices").into());
        };
        if self.to_be_retried(context, &sight) {
            let update = UpdateService {
                task_definition: Some(sight.wanted.clone()),
                force_new_deployment: true,
                ..UpdateService::default()
            };
            context
                .cloud
                .compute
                .update_service(&self.cluster, &self.service, update)
                .await?;
            let why = Waiting::new(WaitingCode::DeploymentSettling).with("status", "PENDING");
            return Ok(why.poll(POLL_S).having(Some(Outcome::Updated)));
        }
        if sight.succeeded(self.desired) {
            return Ok(Progress::done(context.did.unwrap_or(Outcome::Kept), []));
        }
        if let Some(diagnosis) = failure::find(context, &sight).await? {
            return Ok(diagnosis.into());
        }
        Ok(sight.why(self.desired).poll(POLL_S))
    }
}
