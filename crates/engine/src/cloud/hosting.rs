//! Amplify Hosting: apps, branches, environment variables, release jobs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Result;

/// Environment variables of an app or branch. Values may be secrets, so it prints names only and never serialises.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(pub BTreeMap<String, String>);

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// An Amplify app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// `d…`.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `d….amplifyapp.com`.
    pub default_domain: String,
    /// App-wide variables.
    pub variables: Variables,
    /// When it was changed last: its variables, or anything else of it.
    pub updated_at: Option<Timestamp>,
}

/// A branch of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Name.
    pub name: String,
    /// Variables of the branch: they win over the app's.
    pub variables: Variables,
    /// When it was changed last.
    pub updated_at: Option<Timestamp>,
}

/// Status of a job or of one of its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    /// Made, not queued.
    Created,
    /// Queued.
    Pending,
    /// Machine being made ready.
    Provisioning,
    /// Running.
    Running,
    /// Done.
    Succeed,
    /// Failed.
    Failed,
    /// Being cancelled.
    Cancelling,
    /// Cancelled.
    Cancelled,
}

impl JobStatus {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeed | Self::Failed | Self::Cancelled)
    }
}

/// What started a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobKind {
    /// `StartJob`, for the newest commit.
    Release,
    /// `StartJob`, for the commit of a job before.
    Retry,
    /// Files that somebody uploaded.
    Manual,
    /// A push to the repository.
    WebHook,
}

/// One step of a job (`PROVISION`, `BUILD`, `DEPLOY`, `VERIFY`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    /// Name.
    pub name: String,
    /// Status.
    pub status: JobStatus,
    /// Start.
    pub started_at: Option<Timestamp>,
    /// End.
    pub ended_at: Option<Timestamp>,
}

/// A build-and-deploy job of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Number, as text.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Status.
    pub status: JobStatus,
    /// What started it. The reason given to `StartJob` is in no answer of AWS.
    pub kind: JobKind,
    /// Start.
    pub started_at: Option<Timestamp>,
    /// End.
    pub ended_at: Option<Timestamp>,
    /// Steps; empty in lists.
    pub steps: Vec<JobStep>,
}

/// Where variables are set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum VariableScope {
    /// All branches.
    App,
    /// One branch.
    Branch {
        /// Its name.
        branch: String,
    },
}

/// Tells a job that is looked for. It gets jobs as lists have them, without steps.
pub type WantedJob<'a> = dyn Fn(&Job) -> bool + Send + Sync + 'a;

/// Amplify Hosting.
#[async_trait]
pub trait Hosting: Send + Sync {
    /// `amplify:ListApps`.
    async fn apps(&self) -> Result<Vec<App>>;
    /// `amplify:GetApp`.
    async fn app(&self, app_id: &str) -> Result<Option<App>>;
    /// `amplify:ListBranches`.
    async fn branches(&self, app_id: &str) -> Result<Vec<Branch>>;
    /// `amplify:UpdateApp` / `amplify:UpdateBranch`. AWS replaces the whole map, so read, merge and write it whole. After
    /// an empty one there are no variables.
    async fn set_variables(&self, app_id: &str, scope: &VariableScope, variables: &Variables) -> Result<()>;
    /// `amplify:StartJob` of type RELEASE. AWS refuses it while the branch has a job that is not over.
    async fn start_release(&self, app_id: &str, branch: &str, reason: &str) -> Result<Job>;
    /// `amplify:GetJob`.
    async fn job(&self, app_id: &str, branch: &str, job_id: &str) -> Result<Option<Job>>;
    /// `amplify:ListJobs`: the newest job of which this is true. Older ones are not asked for.
    async fn find_job(&self, app_id: &str, branch: &str, wanted: &WantedJob<'_>) -> Result<Option<Job>>;
}
