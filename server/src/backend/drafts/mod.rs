//! The wizard: drafts as they are typed, the pages that propose, and the plan at the end.

mod form;
mod image;
mod network;
pub(super) mod plan_view;
mod proposal;

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
use engine::cloud::registry::{Architecture, ImageFacts};
use engine::plan::export;
use engine::run::RunOptions;
use engine::snapshot::discover;
use engine::spec::problem::Problem;
use engine::spec::{StackSpec, fargate};
use engine::{prices, spec};
use store::connections::{self, Connection};
use store::drafts::{self as rows, Content, Draft};
use store::stacks;
use uuid::Uuid;

use super::{RequestBackend, cloud_error, connections::region, id, open_error, store_error, unexpected};
use crate::clouds::OpenCloud;
use crate::runs::start::{self, StartError};

/// A draft with everything its pages need: the row, what was typed over the proposals, and what that comes to.
struct Opened {
    row: Draft,
    values: FormValues,
    connection: Option<Connection>,
    reading: form::Reading,
}

impl Opened {
    fn one(&self, field: &str) -> &str {
        self.values
            .get(field)
            .and_then(|values| values.first())
            .map_or("", |value| value.trim())
    }

    /// Pages that were saved: those before the page to go on with.
    fn done(&self) -> Vec<WizardStep> {
        let reached = WizardStep::from_slug(&self.row.step).unwrap_or(WizardStep::Account);
        WizardStep::ALL
            .into_iter()
            .filter(|step| *step < reached)
            .collect()
    }

    /// The spec, or which page has to be looked at first.
    fn spec(&self) -> Answer<&StackSpec> {
        self.reading.spec.as_ref().ok_or_else(|| {
            let page = self
                .reading
                .problems
                .first()
                .map_or(WizardStep::Account, |(page, _)| *page);
            let problems = self
                .reading
                .problems
                .iter()
                .map(|(_, problem)| problem.clone())
                .collect();
            let href = format!("{}?checked=1", routes::draft(self.row.id, page));
            PanelError {
                problems,
                ..PanelError::new(PanelErrorCode::Form)
            }
            .next(NextLabel::Correct, href)
        })
    }
}

impl RequestBackend {
    async fn draft(&self, id_text: &str) -> Answer<Opened> {
        self.actor()?;
        let db = &self.panel.db;
        let row = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let connection = match row.connection_id {
            Some(connection) => Some(connections::get(db, connection).await.map_err(store_error)?),
            None => None,
        };
        let mut values = form::defaults();
        values.extend(row.values_as::<FormValues>().map_err(store_error)?);
        let place = connection
            .as_ref()
            .map_or("", |connection| region(&connection.settings));
        let reading = form::read(&values, place);
        Ok(Opened {
            row,
            values,
            connection,
            reading,
        })
    }

    async fn draft_view(&self, draft: Opened) -> Answer<DraftView> {
        let connection = match &draft.connection {
            Some(connection) => Some(self.connection(&connection.id.to_string()).await?),
            None => None,
        };
        Ok(DraftView {
            id: draft.row.id.to_string(),
            done: draft.done(),
            values: draft.values,
            problems: draft.reading.problems,
            connection,
            saved_at: draft.row.updated_at,
            saved_by: draft.row.saved_by,
            stack_id: draft.row.stack_id.map(|stack| stack.to_string()),
        })
    }

    /// The account of a draft; without one the first page has to be filled in.
    async fn account_of(&self, draft: &Opened) -> Answer<OpenCloud> {
        let Some(connection) = &draft.connection else {
            let page = format!("{}?checked=1", routes::draft(draft.row.id, WizardStep::Account));
            return Err(PanelError::new(PanelErrorCode::Form).next(NextLabel::Correct, page));
        };
        self.panel.clouds.open(connection).await.map_err(open_error)
    }

    /// What the chosen image says about itself; `None` when it is elsewhere, or not there yet.
    async fn image_facts(&self, draft: &Opened, open: &OpenCloud) -> Answer<Option<ImageFacts>> {
        let Some((repository, reference)) = image::chosen(&draft.values) else {
            return Ok(None);
        };
        open.cloud
            .registry
            .image(&repository, &reference)
            .await
            .map_err(|error| cloud_error(&error))
    }

    async fn save_draft(
        &self,
        row: &Draft,
        connection: Option<Uuid>,
        values: &FormValues,
        step: WizardStep,
    ) -> Answer<()> {
        let reached = WizardStep::from_slug(&row.step)
            .unwrap_or(WizardStep::Account)
            .max(step);
        let content = Content {
            by: Some(self.actor_id()?),
            connection_id: connection,
            values,
            step: reached.slug(),
        };
        rows::save(&self.panel.db, row.id, None, content)
            .await
            .map(drop)
            .map_err(store_error)
    }

    /// The plan of a draft as it and the account are now.
    async fn plan_of(&self, draft: &Opened) -> Answer<engine::plan::Plan> {
        let spec = draft.spec()?;
        let open = self.account_of(draft).await?;
        start::plan_apply(&open, spec)
            .await
            .map_err(|error| cloud_error(&error))
    }
}

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
        let by = self.actor_id()?;
        let db = &self.panel.db;
        let (stack, connection, values, step) = match stack_id {
            None => {
                // With only one connection there is nothing to choose.
                let all = connections::list(db).await.map_err(store_error)?;
                let only = if let [only] = all.as_slice() {
                    Some(only.id)
                } else {
                    None
                };
                let values = only
                    .map(|only| ("connection".to_owned(), vec![only.to_string()]))
                    .into_iter()
                    .collect();
                (None, only, values, WizardStep::Account)
            }
            Some(stack) => {
                let stack = stacks::get(db, id(stack)?).await.map_err(store_error)?;
                let values = form::from_spec(
                    &stack.spec().map_err(store_error)?,
                    &stack.connection_id.to_string(),
                );
                (
                    Some(stack.id),
                    Some(stack.connection_id),
                    values,
                    WizardStep::Review,
                )
            }
        };
        let content = Content {
            by: Some(by),
            connection_id: connection,
            values: &values,
            step: step.slug(),
        };
        let row = rows::create(db, content, stack).await.map_err(store_error)?;
        Ok(row.id.to_string())
    }

    async fn discard_draft(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        rows::remove(&self.panel.db, id(id_text)?)
            .await
            .map_err(store_error)
    }

    async fn account_page(&self, id_text: &str) -> Answer<(DraftView, Vec<ConnectionView>)> {
        let draft = self.draft(id_text).await?;
        Ok((self.draft_view(draft).await?, self.connections().await?))
    }

    async fn image_page(&self, id_text: &str) -> Answer<ImagePage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        let repositories = discover::repositories(&open.cloud)
            .await
            .map_err(|error| cloud_error(&error))?;
        image::propose(&mut draft.values, &repositories);
        let facts = self.image_facts(&draft, &open).await?;
        let caller = open
            .cloud
            .identity
            .caller()
            .await
            .map_err(|error| cloud_error(&error))?;
        let push_commands = image::push_commands(&draft.values, &caller.account_id, &open.cloud.region);
        let named = draft.one("image.new_repository").to_owned();
        let repository_ready = repositories.iter().any(|view| view.repository.name == named);
        Ok(ImagePage {
            draft: self.draft_view(draft).await?,
            repositories: repositories.into_iter().map(image::repository_choice).collect(),
            repository_ready,
            push_commands,
            facts,
            can_play_push: open.practice.is_some(),
        })
    }

    async fn network_page(&self, id_text: &str) -> Answer<NetworkPage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        let facts = self.image_facts(&draft, &open).await?;
        proposal::port(&mut draft.values, facts.as_ref());
        let found = network::discover(&open.cloud, &draft.values)
            .await
            .map_err(|error| cloud_error(&error))?;
        let port = draft.one("container.port").parse().unwrap_or(8080);
        let groups = match &found.vpc_id {
            Some(vpc) => discover::security_groups(&open.cloud, vpc, port)
                .await
                .map_err(|error| cloud_error(&error))?,
            None => Vec::new(),
        };
        Ok(found.page(self.draft_view(draft).await?, groups))
    }

    async fn service_page(&self, id_text: &str) -> Answer<ServicePage> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        let facts = self.image_facts(&draft, &open).await?;
        let typed = draft.row.values_as::<FormValues>().map_err(store_error)?;
        proposal::architecture(&mut draft.values, &typed, facts.as_ref());
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
            draft: self.draft_view(draft).await?,
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
            draft: self.draft_view(draft).await?,
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
            draft: self.draft_view(draft).await?,
            plan,
        })
    }

    async fn image_digest(&self, id_text: &str) -> Answer<Option<String>> {
        let mut draft = self.draft(id_text).await?;
        let open = self.account_of(&draft).await?;
        image::propose(&mut draft.values, &[]);
        Ok(self.image_facts(&draft, &open).await?.map(|facts| facts.digest))
    }

    async fn save_page(&self, id_text: &str, step: WizardStep, typed: FormValues) -> Answer<Vec<Problem>> {
        let draft = self.draft(id_text).await?;
        let mut values = draft.row.values_as::<FormValues>().map_err(store_error)?;
        // A box that is not ticked is not posted: what belongs to the page goes first.
        values.retain(|field, _| form::page_of(field) != step);
        values.extend(
            typed
                .into_iter()
                .filter(|(field, _)| form::page_of(field) == step),
        );
        match step {
            WizardStep::Network => network::forget_other_vpc(&mut values),
            WizardStep::Service => {
                values
                    .entry("service.rollback".to_owned())
                    .or_insert_with(|| vec![String::new()]);
            }
            _ => {}
        }
        let chosen = values
            .get("connection")
            .and_then(|all| all.first())
            .cloned()
            .unwrap_or_default();
        let connection = match chosen.parse::<Uuid>() {
            Ok(chosen) => Some(
                connections::get(&self.panel.db, chosen)
                    .await
                    .map_err(store_error)?,
            ),
            Err(_) => None,
        };
        let place = connection
            .as_ref()
            .map_or("", |connection| region(&connection.settings));
        let mut whole = form::defaults();
        whole.extend(values.clone());
        let found = form::read(&whole, place).problems;
        let problems: Vec<Problem> = found
            .into_iter()
            .filter(|(page, _)| *page == step)
            .map(|(_, problem)| problem)
            .collect();
        let reached = if problems.is_empty() {
            step.next().unwrap_or(step)
        } else {
            step
        };
        self.save_draft(
            &draft.row,
            connection.map(|connection| connection.id),
            &values,
            reached,
        )
        .await?;
        Ok(problems)
    }

    async fn create_repository(&self, id_text: &str) -> Answer<String> {
        let draft = self.draft(id_text).await?;
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
        let Some(practice) = &open.practice else {
            return Err(PanelError::new(PanelErrorCode::PracticeOnly));
        };
        let spec = image::spec_for_repository(&draft.values, &open.cloud.region)
            .ok_or_else(|| PanelError::new(PanelErrorCode::Form))?;
        let Some((repository, tag)) = image::chosen(&draft.values) else {
            return Err(PanelError::new(PanelErrorCode::Form));
        };
        let profile = crate::practice::image_for(&spec);
        let pushed = practice
            .look(move |world, _| world.push_image(&repository, &tag, profile))
            .await;
        match pushed {
            Ok(Ok(_digest)) => Ok(()),
            Ok(Err(error)) => Err(cloud_error(&error)),
            Err(error) => Err(unexpected(&error)),
        }
    }

    async fn apply(&self, id_text: &str, digest: &str) -> Answer<String> {
        let draft = self.draft(id_text).await?;
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
        // The stack has its spec now; the draft has served its purpose.
        rows::remove(&self.panel.db, draft.row.id)
            .await
            .map_err(store_error)?;
        Ok(run.id.to_string())
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
