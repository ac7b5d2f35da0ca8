//! Scales a service to nothing, deletes it, and waits until it is INACTIVE and its tasks are gone.

use async_trait::async_trait;

use super::super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use super::settled;
use crate::cloud::compute::{ServiceStatus, TaskFilter, UpdateService};

pub(super) struct Service {
    pub(super) cluster: String,
    pub(super) name: String,
}

#[async_trait]
impl Step for Service {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecs:DescribeServices",
            "ecs:UpdateService",
            "ecs:DeleteService",
            "ecs:ListTasks",
            "ecs:DescribeTasks",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let compute = &context.cloud.compute;
        let found = match compute.service(&self.cluster, &self.name).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(context.gone()),
            // The cluster is gone, and a cluster with services in it can't go.
            Err(error) if error.is_not_found() => return Ok(context.gone()),
            Err(error) => return Err(error.into()),
        };
        let stopping = |running: u32| {
            Waiting::new(WaitingCode::TasksStopping)
                .with("running", running)
                .poll(3)
                .having(Some(Outcome::Deleted))
        };
        match found.status {
            ServiceStatus::Active => {
                if let Some(refusal) =
                    context.refuse(&found.tags, "service", &self.name, "ecs:DescribeServices")
                {
                    return Ok(refusal);
                }
                if found.desired > 0 {
                    let update = UpdateService {
                        desired: Some(0),
                        ..UpdateService::default()
                    };
                    compute.update_service(&self.cluster, &self.name, update).await?;
                }
                settled(compute.delete_service(&self.cluster, &self.name, true).await)?;
                Ok(stopping(found.running))
            }
            ServiceStatus::Draining => Ok(stopping(found.running)),
            ServiceStatus::Inactive => {
                let running = match compute
                    .tasks(&self.cluster, &self.name, TaskFilter::Running)
                    .await
                {
                    Ok(tasks) => tasks.len(),
                    Err(error) if error.is_not_found() => 0,
                    Err(error) => return Err(error.into()),
                };
                match u32::try_from(running) {
                    Ok(0) => Ok(context.gone()),
                    Ok(running) => Ok(stopping(running)),
                    Err(_) => Ok(stopping(u32::MAX)),
                }
            }
        }
    }
}
