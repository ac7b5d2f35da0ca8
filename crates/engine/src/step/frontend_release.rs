//! Release job of a branch, waited for. AWS shows no job's reason, so the ledger's job number finds it again, and after
//! a crash before that is written, the time at which the step began.

use async_trait::async_trait;

use super::{Context, Diagnosis, DiagnosisCode, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::CloudError;
use crate::cloud::hosting::{Job, JobKind, JobStatus};
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

/// Whether AWS may have refused a job because of another one. The words are AWS's to change, so its jobs are looked at.
fn may_be_busy(error: &CloudError) -> bool {
    matches!(
        error,
        CloudError::Invalid { .. }
            | CloudError::InUse { .. }
            | CloudError::AlreadyExists { .. }
            | CloudError::Throttled { .. }
    )
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
    /// The job this step waits for: the one in the ledger; else, after a crash between AWS's answer and the ledger, the
    /// newest release since the step began. One that failed before this try is what is tried again.
    async fn ours(&self, context: &Context<'_>) -> Result<Option<Job>, StepError> {
        let hosting = &context.cloud.hosting;
        let noted = context.own.get(&OutputName::Id);
        if let Some(id) = noted
            && let Some(job) = hosting.job(&self.app_id, &self.branch, id).await?
        {
            let lost = matches!(job.status, JobStatus::Failed | JobStatus::Cancelled);
            if !lost || context.did.is_some() {
                return Ok(Some(job));
            }
        }
        let began = context.began.as_second();
        let wanted = |job: &Job| {
            job.kind == JobKind::Release
                && noted != Some(&job.id)
                && job.started_at.is_some_and(|at| at.as_second() >= began)
        };
        Ok(hosting.find_job(&self.app_id, &self.branch, &wanted).await?)
    }

    /// The branch's job that is not over: AWS starts no second one beside it.
    async fn in_the_way(&self, context: &Context<'_>) -> Result<Option<Job>, StepError> {
        let hosting = &context.cloud.hosting;
        let running = |job: &Job| !job.status.is_over();
        Ok(hosting.find_job(&self.app_id, &self.branch, &running).await?)
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
                let hosting = &context.cloud.hosting;
                match hosting.start_release(&self.app_id, &self.branch, &reason).await {
                    Ok(job) => job,
                    Err(error) if may_be_busy(&error) => match self.in_the_way(context).await? {
                        Some(other) => {
                            return Ok(Waiting::new(WaitingCode::ReleaseQueued)
                                .with("job", &other.id)
                                .with("status", word(other.status))
                                .with("reason", &error.fault().message)
                                .poll(5));
                        }
                        None => return Err(error.into()),
                    },
                    Err(error) => return Err(error.into()),
                }
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
