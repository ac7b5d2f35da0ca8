//! Deployments of a service, as ECS tells them: with the task definitions that they bring.

use std::collections::HashMap;

use aws_sdk_ecs::types;
use engine::cloud::Result;
use engine::cloud::compute::{ServiceDeployment, ServiceDeploymentStatus};

use super::Ecs;
use crate::moment::timestamp;

/// Service deployments that are looked at; `DescribeServiceDeployments` takes 20.
const DEPLOYMENTS: usize = 10;

impl Ecs {
    pub(super) async fn deployments_of(
        &self,
        cluster: &str,
        service: &str,
    ) -> Result<Vec<ServiceDeployment>> {
        // The list has no paginator of the SDK's own and no documented order.
        let mut briefs = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self
                .client
                .list_service_deployments()
                .cluster(cluster)
                .service(service)
                .set_next_token(token);
            let page = self
                .gate
                .call("ecs:ListServiceDeployments", request.send())
                .await?;
            briefs.extend(page.service_deployments.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        briefs.sort_by_key(|brief| std::cmp::Reverse(brief.created_at));
        briefs.truncate(DEPLOYMENTS);
        let arns: Vec<String> = briefs
            .into_iter()
            .filter_map(|brief| brief.service_deployment_arn)
            .collect();
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        let request = self
            .client
            .describe_service_deployments()
            .set_service_deployment_arns(Some(arns));
        let answer = self
            .gate
            .call("ecs:DescribeServiceDeployments", request.send())
            .await?;
        let found = answer.service_deployments();
        let revisions = found
            .iter()
            .filter_map(|deployment| deployment.target_service_revision()?.arn().map(str::to_owned))
            .collect();
        let task_definitions = self.revisions(revisions).await?;
        let mut deployments: Vec<ServiceDeployment> = found
            .iter()
            .filter_map(|each| service_deployment(each, &task_definitions))
            .collect();
        deployments.sort_by_key(|deployment| std::cmp::Reverse(deployment.created_at));
        Ok(deployments)
    }

    /// Task definition by service revision ARN. Revisions that are gone are left out.
    async fn revisions(&self, arns: Vec<String>) -> Result<HashMap<String, String>> {
        if arns.is_empty() {
            return Ok(HashMap::new());
        }
        let request = self
            .client
            .describe_service_revisions()
            .set_service_revision_arns(Some(arns));
        let answer = self
            .gate
            .call("ecs:DescribeServiceRevisions", request.send())
            .await?;
        let pairs = answer.service_revisions().iter();
        Ok(pairs
            .filter_map(|each| {
                Some((
                    each.service_revision_arn()?.to_owned(),
                    each.task_definition()?.to_owned(),
                ))
            })
            .collect())
    }
}

fn deployment_status(from: Option<&types::ServiceDeploymentStatus>) -> ServiceDeploymentStatus {
    use types::ServiceDeploymentStatus as Aws;
    match from {
        Some(Aws::Pending) => ServiceDeploymentStatus::Pending,
        Some(Aws::Successful) => ServiceDeploymentStatus::Successful,
        Some(Aws::Stopped) => ServiceDeploymentStatus::Stopped,
        Some(Aws::StopRequested) => ServiceDeploymentStatus::StopRequested,
        Some(Aws::RollbackRequested) => ServiceDeploymentStatus::RollbackRequested,
        Some(Aws::RollbackInProgress) => ServiceDeploymentStatus::RollbackInProgress,
        Some(Aws::RollbackSuccessful) => ServiceDeploymentStatus::RollbackSuccessful,
        Some(Aws::RollbackFailed) => ServiceDeploymentStatus::RollbackFailed,
        // `IN_PROGRESS`, and whatever AWS may invent: it is not over, so it is looked at again.
        _ => ServiceDeploymentStatus::InProgress,
    }
}

fn service_deployment(
    from: &types::ServiceDeployment,
    task_definitions: &HashMap<String, String>,
) -> Option<ServiceDeployment> {
    let revision = from.target_service_revision().and_then(|revision| revision.arn());
    Some(ServiceDeployment {
        arn: from.service_deployment_arn()?.to_owned(),
        status: deployment_status(from.status()),
        status_reason: from.status_reason().map(str::to_owned),
        task_definition: revision.and_then(|arn| task_definitions.get(arn).cloned()),
        created_at: from.created_at().and_then(timestamp),
        finished_at: from.finished_at().and_then(timestamp),
    })
}
