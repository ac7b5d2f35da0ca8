//! Release job of a branch, waited for. The run's id in the job's reason finds it again after a crash.

use async_trait::async_trait;

use super::{Context, Diagnosis, DiagnosisCode, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::hosting::{Job, JobStatus};
use crate::plan::action::OutputName;

pub(crate) struct FrontendRelease {
    pub(crate) app_id: String,
    pub(crate) branch: String,
}

/// AWS's spelling of a status.
fn word(status: JobStatus) -> String {
    serde_json::to_value(status)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The step that runs, failed, or ran last.
fn current_step(job: &Job) -> String {
    let telling = |status: JobStatus| {
        !matches!(
            status,
            JobStatus::Succeed | JobStatus::Created | JobStatus::Pending
        )
    };
    let step = job
        .steps
        .iter()
        .find(|step| telling(step.status))
        .or(job.steps.last());
    step.map(|step| step.name.clone()).unwrap_or_default()
}

impl FrontendRelease {
    /// The newest job of this run that still counts: one that was lost before this try is what is tried again.
    async fn ours(&self, context: &Context<'_>) -> Result<Option<Job>, StepError> {
        let hosting = &context.cloud.hosting;
        let jobs = hosting.jobs(&self.app_id, &self.branch).await?;
        let Some(job) = jobs.into_iter().find(|job| job.reason.contains(context.run)) else {
            return Ok(None);
        };
        let lost = matches!(job.status, JobStatus::Failed | JobStatus::Cancelled);
        if lost && context.did.is_none() {
            return Ok(None);
        }
        Ok(Some(
            hosting
                .job(&self.app_id, &self.branch, &job.id)
                .await?
                .unwrap_or(job),
        ))
    }
}

#[async_trait]
impl Step for FrontendRelease {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["amplify:ListJobs", "amplify:GetJob", "amplify:StartJob"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let job = match self.ours(context).await? {
            Some(job) => job,
            None => {
                let reason = format!("Slipway stack {} run {}", context.stack, context.run);
                context
                    .cloud
                    .hosting
                    .start_release(&self.app_id, &self.branch, &reason)
                    .await?
            }
        };
        let known = [
            (OutputName::Id, job.id.clone()),
            (OutputName::Arn, job.arn.clone()),
        ];
        let step = current_step(&job);
        match job.status {
            JobStatus::Succeed => Ok(Progress::done(Outcome::Created, known)),
            JobStatus::Failed | JobStatus::Cancelled => {
                Ok(Diagnosis::new(DiagnosisCode::ReleaseFailed, "K11")
                    .with("job", &job.id)
                    .with("step", &step)
                    .with("status", word(job.status))
                    .seen(
                        job.ended_at.unwrap_or(context.now),
                        "amplify:GetJob",
                        format!("{} {}: {step} {}", self.branch, job.id, word(job.status)),
                    )
                    .into())
            }
            running => Ok(Waiting::new(WaitingCode::Release)
                .with("job", &job.id)
                .with("status", word(running))
                .with("step", step)
                .poll(5)
                .having(Some(Outcome::Created))
                .knowing(known)),
        }
    }
}
