//! Stacks: the dashboard, one stack's page, taking a stack down.

use async_trait::async_trait;
use engine::run::RunState;
use engine::spec::StackSpec;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::drafts::{DraftLine, PlanView};
use super::runs::RunLine;

/// State of a stack's monitor, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Not looked at yet, or nobody could look.
    Unknown,
    /// Answers, all targets healthy.
    Up,
    /// Answers, but not all is well.
    Degraded,
    /// Does not answer.
    Down,
}

/// Health of a stack now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthNow {
    /// State.
    pub state: HealthState,
    /// Since when (UTC).
    pub since: Timestamp,
    /// Last look (UTC).
    pub last_at: Option<Timestamp>,
    /// Last latency, microseconds.
    pub last_latency_us: Option<u64>,
    /// Healthy targets and all targets, as last seen.
    pub targets: Option<(u32, u32)>,
    /// Running and desired tasks, as last seen.
    pub tasks: Option<(u32, u32)>,
    /// What the running tasks are made of, as last seen; `None`: none run, or nobody looked.
    pub running: Option<RunningNow>,
    /// What the last look that was not good saw.
    pub last_trouble: Option<HealthTrouble>,
}

/// What was wrong at a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthTrouble {
    /// What.
    pub code: TroubleCode,
    /// Where, with what values, and in AWS's own words; may be empty.
    pub detail: String,
}

/// What can be wrong at a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleCode {
    /// The name does not resolve.
    Dns,
    /// No connection.
    Connect,
    /// No TLS.
    Tls,
    /// No answer in time.
    Timeout,
    /// Not an HTTP answer.
    Protocol,
    /// Our own guard forbids the address.
    Forbidden,
    /// A status that the spec does not accept.
    Status,
    /// The right answer, too late.
    Slow,
    /// Targets that are not healthy.
    Targets,
    /// A target group without targets.
    NoTargets,
    /// Fewer tasks than wanted.
    Tasks,
    /// The thing itself is not there.
    Gone,
    /// The account did not let us look.
    Denied,
    /// Our own side failed.
    OwnSide,
}

/// What the running tasks are made of, whatever was asked for last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningNow {
    /// Task definition (`family:revision`).
    pub definition: String,
    /// Image with tag or digest, without the name of the account's own registry.
    pub image: Option<String>,
}

/// One slot of the history: how the time was spent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HistorySlot {
    /// Start (UTC).
    pub at: Timestamp,
    /// Looks that were up, degraded, down; all zero: nothing known.
    pub up: u32,
    /// Degraded.
    pub degraded: u32,
    /// Down.
    pub down: u32,
    /// Median latency, microseconds.
    pub p50_us: Option<u64>,
    /// 95th percentile, microseconds.
    pub p95_us: Option<u64>,
    /// 99th percentile, microseconds.
    pub p99_us: Option<u64>,
}

/// A stack on the dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackLine {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// Name of the connection.
    pub connection: String,
    /// Region.
    pub region: String,
    /// The address, once it is known.
    pub url: Option<String>,
    /// Health, once it is watched.
    pub health: Option<HealthNow>,
    /// The last 24 hours in hours, oldest first.
    pub history: Vec<HistorySlot>,
    /// Share of the watched time of the last 24 hours that was up, 0–1.
    pub uptime_24h: Option<f64>,
    /// The newest run.
    pub last_run: Option<RunLine>,
    /// US dollars a month, estimated.
    pub monthly_usd: f64,
}

/// The dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Stacks: those that need somebody first, then by name.
    pub stacks: Vec<StackLine>,
    /// Repositories that were made for a first image, and no stack around them yet.
    pub prepared: Vec<PreparedLine>,
    /// Unfinished drafts.
    pub drafts: Vec<DraftLine>,
    /// What happened lately, newest first.
    pub activity: Vec<ActivityLine>,
    /// Yen for a dollar.
    pub yen_per_usd: f64,
    /// Whether any connection exists.
    pub has_connections: bool,
    /// When this was read (UTC).
    pub now: Timestamp,
}

/// A stack of which there is only the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedLine {
    /// The stack's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Name of the connection.
    pub connection: String,
    /// Repository and tag that an image is awaited at.
    pub image: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActivityLine {
    /// When (UTC).
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// Stack.
    pub stack: String,
    /// The run.
    pub run_id: String,
    /// Its number.
    pub number: u32,
    /// What for.
    pub purpose: engine::plan::Purpose,
    /// State.
    pub state: RunState,
}

/// An AWS resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLine {
    /// Kind of the step that made it (the variant name of `engine::plan::action::Action`, snake case).
    pub kind: String,
    /// Name or id a person knows it by.
    pub label: String,
    /// Ids, ARNs and addresses, most useful first, each with its page in AWS's console where there is one.
    pub ids: Vec<(String, Option<String>)>,
    /// Adopted: used, never deleted.
    pub adopted: bool,
}

/// A handy command of the runbook with real values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandyCommand {
    /// Which, from `handy.CODE` of the locale files: `service_counts`, `task_address`, `target_health`, `listeners`,
    /// `logs`, `answer`, `redeploy`, `scale`.
    pub code: String,
    /// The command.
    pub command: String,
}

/// One stack's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackPage {
    /// The dashboard's line.
    pub line: StackLine,
    /// Connection id.
    pub connection_id: String,
    /// A practice account.
    pub practice: bool,
    /// The spec as it was asked for last, whether or not that run succeeded.
    pub spec: StackSpec,
    /// Image that runs, with tag, as last seen. Before the first look: that of the last run that succeeded.
    pub image: Option<String>,
    /// Task definition that runs (`family:revision`), as last seen.
    pub task_definition: Option<String>,
    /// When it was taken down (UTC): what is left are its spec and its runs.
    pub removed_at: Option<Timestamp>,
    /// The last 24 hours in slots of 15 minutes, oldest first.
    pub history: Vec<HistorySlot>,
    /// Times of finished apply runs within that day (UTC).
    pub deploys: Vec<Timestamp>,
    /// Every resource.
    pub resources: Vec<ResourceLine>,
    /// Handy commands.
    pub handy: Vec<HandyCommand>,
    /// Runs, newest first, at most 10.
    pub runs: Vec<RunLine>,
    /// Yen for a dollar.
    pub yen_per_usd: f64,
}

/// Stacks.
#[async_trait]
pub trait Stacks: Send + Sync {
    /// The dashboard.
    async fn dashboard(&self) -> Answer<Dashboard>;
    /// One stack.
    async fn stack(&self, id: &str) -> Answer<StackPage>;
    /// What taking it down would remove.
    async fn destroy_plan(&self, id: &str) -> Answer<PlanView>;
    /// Take it down, as shown; answers the run's id. `typed_name` must be the stack's name.
    async fn destroy(&self, id: &str, digest: &str, typed_name: &str) -> Answer<String>;
}
