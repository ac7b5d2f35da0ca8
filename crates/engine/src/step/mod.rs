//! Steps: `read → compare → apply → read again`, one file per kind.
//!
//! [`Step::advance`] is called again and again until it answers [`Progress::Done`] or [`Progress::Blocked`]. It never
//! sleeps and never remembers: everything it needs to go on after a crash is in AWS (names, tags) or in the outputs
//! of earlier steps. So calling it twice, or after a crash at any point, is always safe.

mod answer;
mod closed_ports;
mod cluster;
mod deployment;
mod execution_role;
mod frontend_release;
mod frontend_variables;
mod health_check;
mod image_pushed;
mod internet_gateway;
pub mod kinds;
mod linked_role;
mod listener;
mod load_balancer;
mod log_group;
mod ownership;
mod reachable;
mod removal;
mod repository;
mod route_table;
mod security_group;
mod service;
mod subnet;
mod target_group;
mod task_definition;
mod vpc;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{AwsFault, Cloud, CloudError, Tags};
use crate::plan::action::{OutputName, Outputs, Ref};
use crate::plan::{Change, StepId};
pub use execution_role::secrets_policy_name;
pub use kinds::step;
pub use reachable::accepts;
pub use security_group::{grant_mark, rule_description};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was as it should be.
    Kept,
    /// Made by this run.
    Created,
    /// Changed by this run.
    Updated,
    /// Somebody else's, used as the user chose.
    Adopted,
    /// Removed by this run.
    Deleted,
    /// Taken as done without being seen: the targets are healthy, and the panel is not allowed to ask.
    Unseen,
    /// Left waiting: the run was asked not to wait.
    Waiting,
    /// Can't go on until somebody changes something.
    Blocked,
}

/// What one call of [`Step::advance`] led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Done.
    Done {
        /// How.
        outcome: Outcome,
        /// What later steps and people need.
        outputs: Outputs,
    },
    /// Nothing to do but wait. Ask again after `poll_s` seconds.
    Waiting {
        /// What for.
        why: Waiting,
        /// Seconds until it is worth asking again.
        poll_s: u32,
        /// What the step did so far, so that the end says `Created` and not `Kept`.
        did: Option<Outcome>,
        /// What is known already (ids to show while waiting).
        outputs: Outputs,
    },
    /// Can't go on.
    Blocked(Diagnosis),
}

/// What a step waits for: a code the panel translates, with the values it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Code.
    pub code: WaitingCode,
    /// Values for the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// Waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingCode {
    /// The image is not in the repository yet: `image`.
    ImagePush,
    /// IAM has not spread a new role yet: `role`.
    RoleSpreading,
    /// The ALB is being set up: `name`.
    LoadBalancerProvisioning,
    /// Tasks are starting: `running`, `desired`, `status` (of the youngest task).
    TasksStarting,
    /// Targets are in their first checks: `healthy`, `desired`, `state`, `reason`.
    TargetsInitial,
    /// All tasks run, AWS has not called the deployment successful yet: `status`.
    DeploymentSettling,
    /// The name does not resolve yet: `host`.
    NameResolution,
    /// The name resolves, the answer is not right yet: `url`, `answer`.
    FirstAnswer,
    /// Amplify is building: `job`, `status`, `step`.
    Release,
    /// Amplify builds something else of the branch first: `job`, `status`, `reason`.
    ReleaseQueued,
    /// A service of that name is leaving: `service`.
    ServiceDraining,
    /// Tasks are leaving: `running`.
    TasksStopping,
    /// Network interfaces still use it: `group`, `count`.
    InterfacesReleasing,
    /// The ALB is going away: `name`.
    LoadBalancerDeleting,
    /// AWS does not show yet what was just made: `what`.
    Appearing,
    /// AWS has not learned yet that what was just made is ours to change: `action`.
    RightsSpreading,
    /// AWS asked for a pause: `operation`.
    Throttled,
    /// AWS did not answer; trying again: `operation`.
    Retrying,
}

/// Why something failed: cause, evidence, and what would fix it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Cause.
    pub code: DiagnosisCode,
    /// Entry of the catalogue, for example `F13`.
    pub rule: String,
    /// Values for the sentences, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// What was seen.
    pub evidence: Vec<Evidence>,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When it happened or was read.
    pub at: Timestamp,
    /// Where: the call or the place, for example `ecs:DescribeTasks`.
    pub source: String,
    /// AWS's own words.
    pub text: String,
}

/// Causes this version can name. Each has a cause sentence and a fix sentence in the panel's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisCode {
    /// A resource of that name exists and is not ours: `kind`, `name`.
    NameTaken,
    /// A permission is missing: `action`, `resource`.
    Denied,
    /// The role does not trust `ecs-tasks.amazonaws.com`: `role`.
    RoleTrust,
    /// The log group is missing (H2-like): `group`.
    LogGroupMissing,
    /// No route from the subnet to ECR, Logs or Secrets Manager: `subnet`.
    NoRoute,
    /// The image is not there: `image`.
    ImageMissing,
    /// The image has no such platform: `wanted`, `found`.
    ImagePlatform,
    /// The image can't be pulled: `reason`.
    ImagePull,
    /// The process ended: `exit_code`.
    ContainerExited,
    /// Killed for memory: `memory_mib`.
    OutOfMemory,
    /// The container's own health check failed.
    ContainerCheck,
    /// The ALB gets no answer from the target: port closed by a security group: `port`.
    TargetTimeout,
    /// The target refuses the connection: wrong port: `port`.
    TargetRefused,
    /// The target answers another code than expected: `path`, `answer`, `matcher`.
    TargetWrongCode,
    /// The deployment failed, and AWS gave this reason: `reason`.
    DeploymentFailed,
    /// AWS went back to the revision before: `reason`.
    RolledBack,
    /// The ALB could not be set up: `reason`.
    LoadBalancerFailed,
    /// The Amplify build failed: `job`, `step`.
    ReleaseFailed,
    /// The ALB answers, but not as wanted: `url`, `answer`.
    WrongAnswer,
    /// Something the plan relies on is gone: `what`.
    Vanished,
    /// A quota is full: `reason`.
    Quota,
    /// AWS refused the request: `reason`.
    Refused,
    /// The credentials do not work: `reason`.
    Credentials,
    /// AWS did not answer after all retries: `reason`.
    Unreachable,
    /// Nothing changed for far longer than expected: `what`, `waited_s`.
    TookTooLong,
}

/// What a step needs to know while it runs.
pub struct Context<'a> {
    /// The account.
    pub cloud: &'a Cloud,
    /// Outputs of the steps that are done.
    pub outputs: &'a BTreeMap<StepId, Outputs>,
    /// Tags for everything that is created: the spec's, [`TAG_STACK`](crate::cloud::TAG_STACK), [`TAG_RUN`](crate::cloud::TAG_RUN).
    pub tags: &'a Tags,
    /// The stack's name: what [`TAG_STACK`](crate::cloud::TAG_STACK) must say for a resource to be ours.
    pub stack: &'a str,
    /// The run's id: what [`TAG_RUN`](crate::cloud::TAG_RUN) says on things this run made, also before a crash.
    pub run: &'a str,
    /// What this step did in earlier calls of this run, as far as the ledger knows.
    pub did: Option<Outcome>,
    /// This step's own outputs so far.
    pub own: &'a Outputs,
    /// Now.
    pub now: Timestamp,
    /// When the step began, by the ledger: before a crash too. A step that failed begins anew when it is tried again.
    pub began: Timestamp,
    /// When the step was first tried in this execution.
    pub since: Timestamp,
    /// When this execution of the run began. What failed before it is what somebody asks to try again.
    pub execution_since: Timestamp,
    /// What the plan says about this step. `Adopt`, or `Keep` of what is not ours: the user chose somebody else's
    /// resource; it is used, and never changed or deleted.
    pub change: Change,
}

/// A reference whose step gave no such output: `plan::lint` forbids it, so it means a damaged ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step} has no output {name:?}")]
pub struct MissingOutput {
    /// The step.
    pub step: StepId,
    /// The output.
    pub name: OutputName,
}

/// Why a call of [`Step::advance`] failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// AWS said no, or nothing.
    #[error(transparent)]
    Cloud(Box<CloudError>),
    /// A damaged plan or ledger.
    #[error(transparent)]
    MissingOutput(#[from] MissingOutput),
}

impl From<CloudError> for StepError {
    fn from(error: CloudError) -> Self {
        Self::Cloud(Box::new(error))
    }
}

impl StepError {
    /// AWS's own words, where it was AWS.
    pub fn fault(&self) -> Option<&AwsFault> {
        match self {
            Self::Cloud(error) => Some(error.fault()),
            Self::MissingOutput(_) => None,
        }
    }
}

impl Context<'_> {
    /// The value of a reference.
    ///
    /// # Errors
    /// [`MissingOutput`] when the step it names has not answered it.
    pub fn value(&self, reference: &Ref) -> Result<String, MissingOutput> {
        match reference {
            Ref::Known(value) => Ok(value.clone()),
            Ref::Output { step, name } => self
                .outputs
                .get(step)
                .and_then(|outputs| outputs.get(name))
                .cloned()
                .ok_or_else(|| MissingOutput {
                    step: step.clone(),
                    name: *name,
                }),
        }
    }
}

/// A step kind.
#[async_trait]
pub trait Step: Send + Sync {
    /// The IAM actions it may call.
    fn iam_actions(&self) -> &'static [&'static str];

    /// Go on: read, compare, do the next thing, read again.
    ///
    /// # Errors
    /// What AWS said. The executor decides whether to try again ([`CloudError::is_transient`]).
    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError>;
}
