//! The immutable difference between a spec and a snapshot: a DAG of steps with nothing left to choose.
//!
//! A plan is never edited. It names the snapshot it was made from; when the account has changed since, it is stale and
//! can't be applied.

pub mod action;
mod apply;
mod builder;
pub mod cidr;
mod destroy;
mod difference;
pub mod differing;
pub mod documents;
pub mod export;
pub mod lint;
mod lint_removal;
mod memory;
mod prepare;
mod reference;
mod removal;
mod schedule;
mod summary;
pub mod timing;
mod undo;
mod zones;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::snapshot::SnapshotDigest;
use crate::spec::StackSpec;
use action::{Action, Outputs};

pub use apply::apply;
pub use destroy::destroy;
pub use difference::Difference;
pub use lint::lint;
pub use lint_removal::lint_against;
pub use memory::{FrontendMemory, Granted, Made, Memory};
pub use prepare::prepare;
pub use reference::ports;
pub use schedule::{Bar, Schedule, schedule};
pub use summary::Counts;
pub use undo::Undo;

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Bring the stack to its spec.
    Apply,
    /// Only the repository, so that an image can be pushed before the rest is planned.
    Prepare,
    /// Remove what Slipway created.
    Destroy,
}

/// Identifies a step inside its plan, for example `load_balancer` or `subnet.apne1-az1`. Stable between plans.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl std::fmt::Display for StepId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for StepId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// What a step will do, as far as the snapshot tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Make it.
    Create,
    /// Change what is there.
    Update,
    /// It is as it should be: ours, or somebody else's that the stack uses already (adopted by an earlier run).
    Keep,
    /// It is somebody else's, chosen by the user: used, never deleted.
    Adopt,
    /// Remove it.
    Delete,
    /// Make nothing, wait for something to come true.
    Wait,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Its id.
    pub id: StepId,
    /// What it does, with every value that is known.
    pub action: Action,
    /// What it will change.
    pub change: Change,
    /// Why it is in the plan.
    pub reason: Reason,
    /// What it changes on something that is there already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Steps that must be done before.
    pub after: Vec<StepId>,
    /// Seconds it is expected to take (AWS's own times; 1 for a `Keep`).
    pub expected_s: u32,
    /// US dollars a month that exist because of it; 0 for what costs nothing or was there before.
    pub monthly_usd: f64,
}

/// Why a step is in the plan: a code the panel translates, with the values it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Code.
    pub code: ReasonCode,
    /// Values for the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// Reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Not there yet.
    Missing,
    /// There, ours, and as it should be.
    AsWanted,
    /// There, ours, but different: `fields`.
    Differs,
    /// There, chosen by the user, checked: `checked`.
    ChosenByUser,
    /// Tasks stop at once when the log group is missing: `retention_days`.
    LogGroupFirst,
    /// An ALB needs a second zone: `zone`, `cidr`.
    SecondZone,
    /// Only the ALB reaches the container: `port`.
    OnlyFromLoadBalancer,
    /// The public door: `port`, `from`.
    PublicDoor,
    /// Registered with the target group from the start: `desired`, `threshold`.
    RegisteredWithTargetGroup,
    /// The image has not arrived: `image`.
    ImageNotPushed,
    /// The deployment counts when AWS says so and the asked-for revision runs: `desired`.
    TrulyDeployed,
    /// A new ALB's name takes a moment to resolve: `path`.
    NameAndHealth,
    /// Full URL with scheme: `variables`.
    FullUrl,
    /// Values are compiled in at build time, so a release is needed: `branch`.
    RebuildNeeded,
    /// The frontend already has the value.
    FrontendUpToDate,
    /// No container health check: the image can't run one: `port`, `path`.
    NoContainerCheck,
    /// Created by Slipway, so it is removed.
    OwnedByStack,
    /// The value from before is put back: `variables`.
    RestoreBefore,
    /// AWS makes it once per account.
    AccountOnce,
    /// The tasks that are being replaced needed them: `ports`.
    OldPorts,
    /// Only after what runs has answered there: `path`.
    AnsweredFirst,
}

/// How much a preflight finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Checked and fine.
    Pass,
    /// Works, but the user should know.
    Warn,
    /// The plan can't succeed.
    Block,
}

/// One answer of the preflight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub code: FindingCode,
    /// Weight.
    pub weight: Weight,
    /// Values for the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// What the preflight looks at. Each has a pass, warn or block sentence in the panel's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// Two zones by id: `zones`.
    TwoZones,
    /// The VPC was found without doubt: `vpc`.
    VpcChosen,
    /// Every subnet has a route to the internet gateway: `subnets`.
    RouteToInternet,
    /// Every subnet has 8 free addresses (ALB's minimum): `subnets`.
    FreeAddresses,
    /// VPC DNS is on.
    VpcDns,
    /// The image exists: `image`.
    ImageExists,
    /// The image has the platform asked for: `wanted`, `found`.
    ImagePlatform,
    /// The image says it listens on the port: `port`, `exposed`.
    ImagePort,
    /// The image is outside ECR: nobody checked it.
    ImageUnchecked,
    /// The execution role trusts ECS tasks and may pull and log: `role`, `lacks`.
    ExecutionRole,
    /// Names are free or ours: `kind`, `name`.
    NameFree,
    /// A leftover service is DRAINING: `service`.
    ServiceDraining,
    /// The existing task security group is open to the world on the port: `group`, `port`.
    TaskGroupOpen,
    /// Frontend on HTTPS, API on HTTP: the browser blocks it as mixed content: `app`.
    MixedContent,
    /// The Amplify app is there: `app`.
    FrontendFound,
    /// A branch variable hides the app's: `variables`.
    BranchOverrides,
    /// The frontend is left out, as the spec allows: `app`, `why`.
    FrontendSkipped,
    /// The account is the one the image URI names: `account`.
    SameAccount,
    /// A single task: a deployment or a zone failure is felt: `desired`.
    SingleTask,
    /// The spec has its own subnets in the same zone: `subnets`.
    SubnetsSameZone,
    /// The new subnet's range is free: `cidr`.
    SubnetRange,
    /// The subnets and the security group that the spec names are in the VPC: `missing`.
    ChosenFound,
    /// Something of the stack's stays, because somebody else uses it: `kind`, `name`, `by`.
    KeptForOthers,
    /// The account was read in the region the spec names: `wanted`, `found`.
    SameRegion,
    /// Secrets under a customer's key need a right that nobody can see from here: `role`.
    SecretsKey,
    /// Only some may reach the ALB, and whether the panel may: `from`, `address`.
    PanelShutOut,
    /// A live stack is asked at another path or for other codes: `before`, `after`.
    HealthCheckMoves,
    /// Runs of the stack that can't be read any more, so that what they lent is not put back: `runs`.
    PastUnreadable,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What it is for.
    pub purpose: Purpose,
    /// The spec it comes from.
    pub spec: StackSpec,
    /// Account.
    pub account_id: String,
    /// Region.
    pub region: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The snapshot it was made from.
    pub parent: SnapshotDigest,
    /// Steps, in an order in which each comes after all it depends on.
    pub steps: Vec<PlannedStep>,
    /// Preflight.
    pub findings: Vec<Finding>,
    /// What steps would answer if they ran now, because their thing was there when the plan was made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub known: BTreeMap<StepId, Outputs>,
}
