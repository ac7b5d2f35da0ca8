//! Amplify Hosting over the SDK.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_amplify::Client;
use aws_sdk_amplify::types;
use engine::cloud::Result;
use engine::cloud::hosting::{
    App, Branch, Hosting, Job, JobKind, JobStatus, JobStep, VariableScope, Variables, WantedJob,
};

use crate::calls::Gate;
use crate::error::incomplete;
use crate::moment::timestamp;

/// Jobs in a page of a list; Amplify's own limit.
const JOBS: i32 = 50;
/// Amplify ignores an empty map and refuses an empty name. This one name, with an empty value, takes all variables away
/// and is not kept: the way that AWS gave to Terraform's provider, which does it so for apps and branches.
const NO_VARIABLES: &str = " ";

/// Amplify of one account and region.
#[derive(Debug)]
pub(crate) struct Amplify {
    client: Client,
    gate: Gate,
}

impl Amplify {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            gate: Gate::default(),
        }
    }
}

fn app(from: types::App) -> App {
    App {
        id: from.app_id,
        arn: from.app_arn,
        name: from.name,
        default_domain: from.default_domain,
        variables: Variables(from.environment_variables.into_iter().collect()),
        updated_at: timestamp(&from.update_time),
    }
}

fn status(from: &types::JobStatus) -> JobStatus {
    match from {
        types::JobStatus::Created => JobStatus::Created,
        types::JobStatus::Pending => JobStatus::Pending,
        types::JobStatus::Provisioning => JobStatus::Provisioning,
        types::JobStatus::Succeed => JobStatus::Succeed,
        types::JobStatus::Failed => JobStatus::Failed,
        types::JobStatus::Cancelling => JobStatus::Cancelling,
        types::JobStatus::Cancelled => JobStatus::Cancelled,
        // `RUNNING`, and whatever AWS may invent: it is not over, so it is looked at again.
        _ => JobStatus::Running,
    }
}

fn kind(from: &types::JobType) -> JobKind {
    match from {
        types::JobType::Release => JobKind::Release,
        types::JobType::Retry => JobKind::Retry,
        types::JobType::WebHook => JobKind::WebHook,
        // `MANUAL`, and whatever AWS may invent: nothing that was started here.
        _ => JobKind::Manual,
    }
}

fn job(from: &types::JobSummary, steps: Vec<JobStep>) -> Job {
    Job {
        id: from.job_id.clone(),
        arn: from.job_arn.clone(),
        status: status(&from.status),
        kind: kind(&from.job_type),
        started_at: timestamp(&from.start_time),
        ended_at: from.end_time.as_ref().and_then(timestamp),
        steps,
    }
}

fn step(from: &types::Step) -> JobStep {
    JobStep {
        name: from.step_name.clone(),
        status: status(&from.status),
        started_at: timestamp(&from.start_time),
        ended_at: timestamp(&from.end_time),
    }
}

/// The whole map as Amplify takes it.
fn map(from: &Variables) -> HashMap<String, String> {
    if from.0.is_empty() {
        return HashMap::from([(NO_VARIABLES.to_owned(), String::new())]);
    }
    from.0
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[async_trait]
impl Hosting for Amplify {
    async fn apps(&self) -> Result<Vec<App>> {
        let mut pages = self.client.list_apps().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call("amplify:ListApps", pages.try_next()).await? {
            found.extend(page.apps.into_iter().map(app));
        }
        Ok(found)
    }

    async fn app(&self, app_id: &str) -> Result<Option<App>> {
        match self
            .gate
            .call("amplify:GetApp", self.client.get_app().app_id(app_id).send())
            .await
        {
            Ok(answer) => Ok(answer.app.map(app)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn branches(&self, app_id: &str) -> Result<Vec<Branch>> {
        let mut pages = self.client.list_branches().app_id(app_id).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call("amplify:ListBranches", pages.try_next()).await? {
            found.extend(page.branches.into_iter().map(|branch| Branch {
                name: branch.branch_name,
                variables: Variables(branch.environment_variables.into_iter().collect()),
                updated_at: timestamp(&branch.update_time),
            }));
        }
        Ok(found)
    }

    async fn set_variables(&self, app_id: &str, scope: &VariableScope, variables: &Variables) -> Result<()> {
        let map = map(variables);
        match scope {
            VariableScope::App => {
                let request = self
                    .client
                    .update_app()
                    .app_id(app_id)
                    .set_environment_variables(Some(map));
                self.gate.call("amplify:UpdateApp", request.send()).await?;
            }
            VariableScope::Branch { branch } => {
                let request = self.client.update_branch().app_id(app_id).branch_name(branch);
                let request = request.set_environment_variables(Some(map));
                self.gate.call("amplify:UpdateBranch", request.send()).await?;
            }
        }
        Ok(())
    }

    async fn start_release(&self, app_id: &str, branch: &str, reason: &str) -> Result<Job> {
        const OPERATION: &str = "amplify:StartJob";
        let request = self
            .client
            .start_job()
            .app_id(app_id)
            .branch_name(branch)
            .job_type(types::JobType::Release)
            .job_reason(reason);
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let summary = answer
            .job_summary
            .ok_or_else(|| incomplete(OPERATION, "jobSummary"))?;
        Ok(job(&summary, Vec::new()))
    }

    async fn job(&self, app_id: &str, branch: &str, job_id: &str) -> Result<Option<Job>> {
        let request = self
            .client
            .get_job()
            .app_id(app_id)
            .branch_name(branch)
            .job_id(job_id);
        match self.gate.call("amplify:GetJob", request.send()).await {
            Ok(answer) => Ok(answer.job.and_then(|found| {
                let steps = found.steps.iter().map(step).collect();
                found.summary.as_ref().map(|summary| job(summary, steps))
            })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn find_job(&self, app_id: &str, branch: &str, wanted: &WantedJob<'_>) -> Result<Option<Job>> {
        let request = self.client.list_jobs().app_id(app_id).branch_name(branch);
        let mut pages = request.into_paginator().page_size(JOBS).send();
        while let Some(page) = self.gate.call("amplify:ListJobs", pages.try_next()).await? {
            let mut jobs = page.job_summaries.iter().map(|summary| job(summary, Vec::new()));
            if let Some(found) = jobs.find(|job| wanted(job)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
