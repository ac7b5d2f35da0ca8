//! The wizard: drafts as they are typed, the pages that propose, and the plan at the end.

mod begin;
mod form;
mod image;
mod network;
mod opened;
pub(super) mod plan_view;
mod proposal;
mod save;

pub(super) use image::{play_push, push_to};
pub use opened::drafted;
pub(super) use plan_view::plan_view;

use app::backend::Answer;
use app::backend::connections::{ConnectionView, Connections as _};
use app::backend::drafts::{
    AppChoice, DraftLine, DraftView, Drafts, ExportFormat, FormValues, FrontendPage, ImagePage, NetworkPage,
    ReviewPage, ServicePage, WizardStep,
};
use app::backend::error::{NextLabel, PanelError, PanelErrorCode};
use app::routes;
use async_trait::async_trait;
use engine::cloud::registry::Architecture;
use engine::cloud::{AwsFault, CloudError};
use engine::plan::export;
use engine::run::RunOptions;
use engine::snapshot::discover;
use engine::spec::fargate;
use engine::spec::problem::Problem;
use engine::{prices, spec};
use store::drafts::{self as rows, Draft};
use uuid::Uuid;

use super::{RequestBackend, cloud_error, id, open_error, store_error, unexpected};
use crate::runs::start::{self, StartError};

/// What it means to a person that a run was not started.
pub(super) fn start_error(error: StartError, review: String) -> PanelError {
    match error {
        StartError::Open(error) => open_error(error),
        StartError::Cloud(error) => cloud_error(&error),
        StartError::Store(error) => store_error(error),
        StartError::Blocked(_) => PanelError::new(PanelErrorCode::BlockedPlan),
        StartError::Stale => PanelError::new(PanelErrorCode::StalePlan).next(NextLabel::ReviewAgain, review),
        StartError::Unfinished { run, number } => PanelError::new(PanelErrorCode::RunUnfinished)
            .with("run", number)
            .next(NextLabel::OpenRun, routes::run(run)),
    }
}

#[async_trait]
impl Drafts for RequestBackend {
    async fn drafts(&self) -> Answer<Vec<DraftLine>> {
        self.actor()?;
        let all = rows::list(&self.panel.db).await.map_err(store_error)?;
        Ok(all
            .into_iter()
            .map(|row| {
                let values = row.values_as::<FormValues>().unwrap_or_default();
                let name = values
                    .get("name")
                    .and_then(|names| names.first())
                    .cloned()
                    .unwrap_or_default();
                let step = WizardStep::from_slug(&row.step).unwrap_or(WizardStep::Account);
                DraftLine {
                    id: row.id.to_string(),
                    name,
                    step,
                    saved_at: row.updated_at,
                    saved_by: row.saved_by,
                }
            })
            .collect())
    }

    async fn create_draft(&self, stack_id: Option<&str>) -> Answer<String> {
        self.actor()?;
        match stack_id {
            None => self.begin_new().await,
            Some(stack) => self.begin_change(stack).await,
        }
    }

    async fn change_run(&self, run_id: &str) -> Answer<String> {
        self.actor()?;
        self.begin_again(run_id).await
    }

    async fn discard_draft(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        rows::remove(&self.panel.db, id(id_text)?)
            .await
            .map_err(store_error)
    }

    async fn account_page(&self, id_text: &str) -> Answer<(DraftView, Vec<ConnectionView>)> {
        let draft = self.draft(id_text).await?;
        Ok((
            self.draft_view(draft, WizardStep::Account).await?,
            self.connections().await?,
        ))
    }

    async fn image_page(&self, id_text: &str) -> Answer<ImagePage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        // An image from elsewhere needs no look into the registry: what can't be seen is left out.
        let mut trouble = None;
        let repositories =
            degrade(discover::repositories(&open.cloud).await, &mut trouble)?.unwrap_or_default();
        image::propose(&mut draft.values, &repositories);
        let facts = degrade(image::facts(&draft.values, &open).await, &mut trouble)?.flatten();
        let caller = degrade(open.cloud.identity.caller().await, &mut trouble)?;
        let push_commands = caller
            .map(|caller| image::push_commands(&draft.values, &caller.account_id, &open.cloud.region))
            .unwrap_or_default();
        let named = draft.one("image.new_repository").to_owned();
        let repository_ready = repositories.iter().any(|view| view.repository.name == named);
        Ok(ImagePage {
            draft: self.draft_view(draft, WizardStep::Image).await?,
            repositories: repositories.into_iter().map(image::repository_choice).collect(),
            trouble,
            repository_ready,
            push_commands,
            facts,
            can_play_push: open.practice.is_some(),
        })
    }

    async fn network_page(&self, id_text: &str) -> Answer<NetworkPage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        let mut trouble = None;
        let facts = degrade(image::facts(&draft.values, &open).await, &mut trouble)?.flatten();
        proposal::port(&mut draft.values, facts.as_ref());
        let found = network::discover(&open.cloud, &draft.values)
            .await
            .map_err(|error| cloud_error(&error))?;
        let port = draft.one("container.port").parse().unwrap_or(8080);
        let mut trouble = None;
        let groups = match &found.vpc_id {
            Some(vpc) => degrade(
                discover::security_groups(&open.cloud, vpc, port).await,
                &mut trouble,
            )?
            .unwrap_or_default(),
            None => Vec::new(),
        };
        let draft = self.draft_view(draft, WizardStep::Network).await?;
        Ok(found.page(draft, groups, trouble))
    }

    async fn service_page(&self, id_text: &str) -> Answer<ServicePage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        let facts = degrade(image::facts(&draft.values, &open).await, &mut None)?.flatten();
        proposal::architecture(&mut draft.values, &draft.typed, facts.as_ref());
        proposal::service(&mut draft.values, facts.as_ref(), &open).await;
        let (cpu, memory) = draft
            .one("container.size")
            .split_once('/')
            .unwrap_or(("256", "512"));
        let (cpu, memory) = (cpu.parse().unwrap_or(256), memory.parse().unwrap_or(512));
        let architecture = if draft.one("container.architecture") == "arm64" {
            Architecture::Arm64
        } else {
            Architecture::X86_64
        };
        Ok(ServicePage {
            task_monthly_usd: prices::task_monthly_usd(&open.cloud.region, cpu, memory, architecture),
            draft: self.draft_view(draft, WizardStep::Service).await?,
            facts,
            sizes: fargate::CPU_CHOICES
                .iter()
                .map(|cpu| (*cpu, fargate::memory_choices(*cpu)))
                .collect(),
            yen_per_usd: prices::prices().usd_jpy,
            prices_of: prices::prices().as_of.clone(),
        })
    }

    async fn frontend_page(&self, id_text: &str) -> Answer<FrontendPage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        // A region without Amplify is no reason not to go on.
        let apps = match discover::frontends(&open.cloud).await {
            Ok(apps) => Ok(apps
                .into_iter()
                .map(|app| AppChoice {
                    id: app.id,
                    name: app.name,
                    domain: app.default_domain,
                    branches: app.branches,
                    variables: app.variables,
                })
                .collect()),
            Err(error) => Err(error.fault().to_string()),
        };
        let is_new = draft.row.stack_id.is_none();
        let proposed = match apps.as_deref() {
            Ok(apps) if is_new => proposal::frontend(&mut draft.values, apps),
            _ => false,
        };
        Ok(FrontendPage {
            draft: self.draft_view(draft, WizardStep::Frontend).await?,
            apps,
            proposed,
        })
    }

    async fn review_page(&self, id_text: &str) -> Answer<ReviewPage> {
        let draft = self.draft(id_text).await?;
        let plan = match draft.spec() {
            Ok(_) => Some(plan_view(self.plan_of(&draft).await?)),
            Err(_) => None,
        };
        Ok(ReviewPage {
            draft: self.draft_view(draft, WizardStep::Review).await?,
            plan,
        })
    }

    async fn image_digest(&self, id_text: &str) -> Answer<Option<String>> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        image::propose(&mut draft.values, &[]);
        let facts = image::facts(&draft.values, &open).await;
        let facts = facts.map_err(|error| cloud_error(&error))?;
        Ok(facts.map(|facts| facts.digest))
    }

    async fn save_page(&self, id_text: &str, step: WizardStep, typed: FormValues) -> Answer<Vec<Problem>> {
        self.actor()?;
        self.keep(id_text, step, typed).await
    }

    async fn create_repository(&self, id_text: &str) -> Answer<String> {
        let draft = self.draft(id_text).await?;
        draft.refuse_taken_name()?;
        let open = self.account_of(&draft).await?;
        let spec = image::spec_for_repository(&draft.values, &open.cloud.region)
            .ok_or_else(|| PanelError::new(PanelErrorCode::Form))?;
        let plan = start::plan_prepare(&open, &spec)
            .await
            .map_err(|error| cloud_error(&error))?;
        let Some(connection) = &draft.connection else {
            return Err(PanelError::new(PanelErrorCode::Form));
        };
        let options = RunOptions { wait: true };
        let page = routes::draft(draft.row.id, WizardStep::Image);
        let run = start::start(&self.panel, connection, &plan, &options, Some(self.actor_id()?))
            .await
            .map_err(|error| start_error(error, page))?;
        self.until_over(run.id).await
    }

    async fn play_push(&self, id_text: &str) -> Answer<()> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        image::propose(&mut draft.values, &[]);
        let spec = image::spec_for_repository(&draft.values, &open.cloud.region)
            .ok_or_else(|| PanelError::new(PanelErrorCode::Form))?;
        image::play_push(&open, &spec).await
    }

    async fn apply(&self, id_text: &str, digest: &str) -> Answer<String> {
        self.actor()?;
        let db = &self.panel.db;
        let row = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        if let Some(run) = row.run_id {
            return Ok(run.to_string());
        }
        let draft = row.id;
        match self.become_run(row, digest).await {
            Ok(run) => Ok(run.to_string()),
            Err(error) => {
                // The other click of two, or a colleague, was quicker.
                let row = rows::get(db, draft).await.map_err(store_error)?;
                row.run_id.map(|run| run.to_string()).ok_or(error)
            }
        }
    }

    async fn export(&self, id_text: &str, format: ExportFormat) -> Answer<String> {
        let draft = self.draft(id_text).await?;
        let plan = self.plan_of(&draft).await?;
        match format {
            ExportFormat::Cli => Ok(export::cli::script(&plan, &Default::default())),
            ExportFormat::Terraform => Ok(export::terraform::hcl(&plan)),
            ExportFormat::Spec => spec::read::to_toml(&plan.spec).map_err(|error| unexpected(&error)),
        }
    }
}

impl RequestBackend {
    /// Starts the run of a draft. The draft stays, as the way to its run.
    async fn become_run(&self, row: Draft, digest: &str) -> Answer<Uuid> {
        let draft = self.opened(row).await?;
        let plan = self.plan_of(&draft).await?;
        let review = routes::draft(draft.row.id, WizardStep::Review);
        if plan_view::digest(&plan) != digest {
            return Err(PanelError::new(PanelErrorCode::StalePlan).next(NextLabel::ReviewAgain, review));
        }
        let Some(connection) = &draft.connection else {
            return Err(PanelError::new(PanelErrorCode::Form));
        };
        let options = RunOptions { wait: true };
        let run = start::start(&self.panel, connection, &plan, &options, Some(self.actor_id()?))
            .await
            .map_err(|error| start_error(error, review))?;
        rows::became_run(&self.panel.db, draft.row.id, run.id)
            .await
            .map_err(store_error)?;
        Ok(run.id)
    }
}

/// A part of a page that AWS does not let us see is left out, and the page says why. An account that does not answer at
/// all is another matter: then there is no page.
fn degrade<T>(answer: Result<T, CloudError>, trouble: &mut Option<AwsFault>) -> Answer<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(CloudError::Denied { fault, .. }) => {
            trouble.get_or_insert(fault);
            Ok(None)
        }
        Err(error) => Err(cloud_error(&error)),
    }
}
