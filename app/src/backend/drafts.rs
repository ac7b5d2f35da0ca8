//! Drafts: the wizard's pages, saved step by step. A draft keeps what was typed, right or wrong.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::cloud::AwsFault;
use engine::cloud::registry::ImageFacts;
use engine::plan::{Plan, StepId};
use engine::spec::problem::Problem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::connections::ConnectionView;

/// The wizard's pages, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WizardStep {
    /// Connection, name, environment.
    Account,
    /// Image.
    Image,
    /// Network.
    Network,
    /// Service.
    Service,
    /// Frontend.
    Frontend,
    /// Review: the plan.
    Review,
}

impl WizardStep {
    /// All pages in order.
    pub const ALL: [Self; 6] = [
        Self::Account,
        Self::Image,
        Self::Network,
        Self::Service,
        Self::Frontend,
        Self::Review,
    ];

    /// The word in the URL.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Image => "image",
            Self::Network => "network",
            Self::Service => "service",
            Self::Frontend => "frontend",
            Self::Review => "review",
        }
    }

    /// From the word in the URL.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.slug() == slug)
    }

    /// The page after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|step| *step > self)
    }

    /// The page before this one.
    pub fn back(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|step| *step < self)
    }
}

/// What was typed: field name → values (several for checkboxes). Field names are those of the spec, for example
/// `container.port`, `network.subnets`; the list stands in `server/src/backend/drafts`.
pub type FormValues = BTreeMap<String, Vec<String>>;

/// What every wizard page needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftView {
    /// Id.
    pub id: String,
    /// What was typed so far, defaults filled in.
    pub values: FormValues,
    /// Pages that were saved without a problem.
    pub done: Vec<WizardStep>,
    /// Problems of what was typed, page by page.
    pub problems: Vec<(WizardStep, Problem)>,
    /// The connection, once chosen.
    pub connection: Option<ConnectionView>,
    /// When it was saved last (UTC).
    pub saved_at: Timestamp,
    /// Who saved it last.
    pub saved_by: String,
    /// The stack this draft edits, when it is not a new one. Its name and connection can't be changed.
    pub stack_id: Option<String>,
    /// The stack that has the name already, when it is a new one.
    pub taken_by: Option<String>,
    /// What is stored of this page, as a digest: the form carries it back, so that a colleague's newer save of the same
    /// page is not overwritten unseen.
    pub seen: String,
}

impl DraftView {
    /// The first value of a field, or nothing.
    pub fn value(&self, field: &str) -> &str {
        self.values
            .get(field)
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftLine {
    /// Id.
    pub id: String,
    /// Stack name, as far as it is typed.
    pub name: String,
    /// The page to go on with.
    pub step: WizardStep,
    /// When it was saved last (UTC).
    pub saved_at: Timestamp,
    /// Who saved it last.
    pub saved_by: String,
}

/// A repository to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryChoice {
    /// Name.
    pub name: String,
    /// URI without tag.
    pub uri: String,
    /// Newest first: tag (or digest), when pushed, bytes.
    pub images: Vec<ImageChoice>,
}

/// An image to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageChoice {
    /// Tag, or digest when it has none.
    pub reference: String,
    /// When it arrived (UTC).
    pub pushed_at: Option<Timestamp>,
    /// Compressed size in bytes.
    pub size_bytes: u64,
}

/// The image page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImagePage {
    /// The draft.
    pub draft: DraftView,
    /// Repositories of the account; none when AWS would not say.
    pub repositories: Vec<RepositoryChoice>,
    /// Why something of the page is missing: an image from elsewhere needs none of it.
    pub trouble: Option<AwsFault>,
    /// The new repository the draft names exists already (made by Slipway a moment ago, or before).
    pub repository_ready: bool,
    /// `docker build`, login, tag, push: one command a line, with real values.
    pub push_commands: Vec<String>,
    /// What the chosen image says about itself; `None`: not there yet, or outside ECR.
    pub facts: Option<ImageFacts>,
    /// A practice account: the panel can play the push.
    pub can_play_push: bool,
}

/// Why a subnet can or can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubnetFitness {
    /// Public, enough addresses, the first of its zone.
    Usable,
    /// Public, but its zone has a better one already (an ALB takes one per zone).
    SameZone,
    /// No route to an internet gateway.
    Private,
    /// Fewer than 8 free addresses.
    Full,
    /// Made by Slipway for this stack: it is used in any case, and is not chosen.
    Own,
}

/// A subnet to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetChoice {
    /// `subnet-…`.
    pub id: String,
    /// Name tag, if any.
    pub name: Option<String>,
    /// Range.
    pub cidr: String,
    /// Zone name and id.
    pub zone: engine::cloud::network::Zone,
    /// Free addresses.
    pub free_addresses: u32,
    /// Fit or not.
    pub fitness: SubnetFitness,
    /// Proposed or chosen.
    pub checked: bool,
}

/// A subnet that will be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedSubnet {
    /// Range.
    pub cidr: String,
    /// Zone.
    pub zone: engine::cloud::network::Zone,
}

/// A VPC to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcChoiceView {
    /// `vpc-…`.
    pub id: String,
    /// Name tag, if any.
    pub name: Option<String>,
    /// Primary range.
    pub cidr: String,
    /// The default VPC.
    pub is_default: bool,
}

/// A security group that the tasks could go on using.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChoice {
    /// `sg-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// It lets the whole world reach the container's port.
    pub open_to_world: bool,
}

/// The network page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkPage {
    /// The draft.
    pub draft: DraftView,
    /// VPCs of the region.
    pub vpcs: Vec<VpcChoiceView>,
    /// The chosen or proposed VPC; `None`: a new one.
    pub vpc_id: Option<String>,
    /// Its subnets.
    pub subnets: Vec<SubnetChoice>,
    /// What will be created so that there are two zones.
    pub proposed: Vec<ProposedSubnet>,
    /// The range that the draft names for a new subnet, when none has to be made any more.
    pub kept_range: Option<String>,
    /// Its security groups, without `default`; none when AWS would not say.
    pub groups: Vec<GroupChoice>,
    /// Why the groups are missing.
    pub trouble: Option<AwsFault>,
    /// Every zone that ALB and tasks will be in.
    pub zones: Vec<engine::cloud::network::Zone>,
}

/// The service page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServicePage {
    /// The draft.
    pub draft: DraftView,
    /// What the image says about itself, so that the page can explain its proposals.
    pub facts: Option<ImageFacts>,
    /// Memory sizes in MiB for each CPU size.
    pub sizes: Vec<(u32, Vec<u32>)>,
    /// US dollars a month of one task of the chosen size, and the date of the price list (`2026-11`).
    pub task_monthly_usd: f64,
    /// Yen for a dollar.
    pub yen_per_usd: f64,
    /// Date of the price list.
    pub prices_of: String,
}

/// An Amplify app to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppChoice {
    /// App id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Default domain.
    pub domain: String,
    /// Branch names.
    pub branches: Vec<String>,
    /// Names of the variables that it has.
    pub variables: Vec<String>,
}

/// The frontend page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrontendPage {
    /// The draft.
    pub draft: DraftView,
    /// Apps of the account and region; `Err`: why Amplify could not be asked.
    pub apps: Result<Vec<AppChoice>, String>,
    /// The app in the draft is a proposal: nobody chose it yet.
    pub proposed: bool,
}

/// A plan with what a person needs to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    /// The plan.
    pub plan: Plan,
    /// Proof of what was shown: `apply` refuses when the account or the draft has changed since.
    pub digest: String,
    /// When each step is expected: start and length in seconds, and whether it decides the end.
    pub schedule: Vec<PlannedBar>,
    /// Expected seconds in all.
    pub makespan_s: u32,
    /// US dollars a month in all.
    pub monthly_usd: f64,
    /// Yen for a dollar, and the date of the price list.
    pub yen_per_usd: f64,
    /// Date of the price list.
    pub prices_of: String,
    /// The commands of each step.
    pub commands: Vec<(StepId, Vec<String>)>,
    /// The IAM actions of each step.
    pub actions: Vec<(StepId, Vec<String>)>,
    /// Seconds in which a rehearsal of this plan on a simulator became healthy. `None`: not rehearsed.
    pub rehearsed_s: Option<u32>,
}

/// One bar of the expected schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBar {
    /// Step.
    pub step: StepId,
    /// Seconds after the start.
    pub start_s: u32,
    /// Seconds.
    pub len_s: u32,
    /// On the critical path.
    pub critical: bool,
}

/// The review page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewPage {
    /// The draft.
    pub draft: DraftView,
    /// The plan; `None` while the draft has problems.
    pub plan: Option<PlanView>,
}

/// Export formats of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Bash with the AWS CLI.
    Cli,
    /// HCL.
    Terraform,
    /// The spec itself.
    Spec,
}

/// Drafts.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// Unfinished drafts, newest first.
    async fn drafts(&self) -> Answer<Vec<DraftLine>>;
    /// A new draft; answers its id. With a stack: a draft that edits it. An own one that nobody touched serves again.
    async fn create_draft(&self, stack_id: Option<&str>) -> Answer<String>;
    /// A draft that edits a run's stack, from what the run was to bring about; answers its id.
    async fn change_run(&self, run_id: &str) -> Answer<String>;
    /// Throw one away.
    async fn discard_draft(&self, id: &str) -> Answer<()>;
    /// One draft and the connections to choose from.
    async fn account_page(&self, id: &str) -> Answer<(DraftView, Vec<ConnectionView>)>;
    /// The image page.
    async fn image_page(&self, id: &str) -> Answer<ImagePage>;
    /// The network page.
    async fn network_page(&self, id: &str) -> Answer<NetworkPage>;
    /// The service page.
    async fn service_page(&self, id: &str) -> Answer<ServicePage>;
    /// The frontend page.
    async fn frontend_page(&self, id: &str) -> Answer<FrontendPage>;
    /// The review page: takes a snapshot and plans.
    async fn review_page(&self, id: &str) -> Answer<ReviewPage>;
    /// Digest of the image the draft names, once it is in the repository. `GET /drafts/{id}/image/events` asks every few
    /// seconds and sends event `image` when there is one.
    async fn image_digest(&self, id: &str) -> Answer<Option<String>>;
    /// Keep what was typed on one page, right or wrong; answers that page's problems. Other pages stay as they are.
    async fn save_page(&self, id: &str, step: WizardStep, values: FormValues) -> Answer<Vec<Problem>>;
    /// Make the repository the draft names, so that an image can be pushed; answers the run's id once it is over.
    async fn create_repository(&self, id: &str) -> Answer<String>;
    /// Practice account: play the push of an image into the repository.
    async fn play_push(&self, id: &str) -> Answer<()>;
    /// Start the run of the plan that was shown; answers the run's id. A draft that became a run answers that one.
    async fn apply(&self, id: &str, digest: &str) -> Answer<String>;
    /// The plan in another form.
    async fn export(&self, id: &str, format: ExportFormat) -> Answer<String>;
}
