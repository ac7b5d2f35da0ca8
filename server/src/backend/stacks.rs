//! Stacks as people see them: the dashboard, one stack, taking one down.

mod handy;
mod resources;

use std::collections::{BTreeMap, HashMap};

use app::backend::Answer;
use app::backend::drafts::{Drafts as _, PlanView};
use app::backend::error::{NextLabel, PanelError, PanelErrorCode};
use app::backend::stacks::{
    ActivityLine, Dashboard, HealthNow, HealthState, HistorySlot, PreparedLine, StackLine, StackPage, Stacks,
};
use app::routes;
use async_trait::async_trait;
use engine::plan::Purpose;
use engine::prices;
use engine::run::{RunOptions, RunState};
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::{ImageSource, StackSpec};
use jiff::{SignedDuration, Timestamp};
use store::connections::{self, Connection};
use store::health::{self, Monitor};
use store::runs::{self, RunSummary};
use store::stacks::{self as rows, Stack};
use uuid::Uuid;

use super::connections::region;
use super::drafts::{plan_view, start_error};
use super::{RequestBackend, id, open_error, runs as run_pages, store_error};
use crate::health::{history, now};
use crate::runs::outcome::StackOutputs;
use crate::runs::start;

/// Rows of activity on the dashboard.
const ACTIVITY: u32 = 12;
/// Runs on a stack's page.
const RUNS: u32 = 10;

fn day_ago(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What is read once for all stacks of a page.
struct Around {
    connections: HashMap<Uuid, Connection>,
    monitors: HashMap<Uuid, Vec<Monitor>>,
    latest: HashMap<Uuid, RunSummary>,
    history: BTreeMap<Uuid, Vec<HistorySlot>>,
    uptime: BTreeMap<Uuid, Option<f64>>,
}

impl RequestBackend {
    /// The image of the last run that succeeded, for a stack at which nobody looked yet.
    async fn image_before_looks(&self, found: &[RunSummary]) -> Answer<Option<String>> {
        let good = found.iter().find(|summary| {
            summary.run.purpose == Purpose::Apply && summary.run.state == RunState::Succeeded
        });
        match good {
            Some(summary) => {
                let plan = runs::plan(&self.panel.db, summary.run.id)
                    .await
                    .map_err(store_error)?;
                Ok(Some(image_text(&plan.spec)))
            }
            None => Ok(None),
        }
    }

    async fn around(&self, slot_s: u32, only: Option<Uuid>) -> Answer<Around> {
        let db = &self.panel.db;
        let all = connections::list(db).await.map_err(store_error)?;
        let watched = match only {
            Some(stack) => health::of_stack(db, stack).await.map_err(store_error)?,
            None => health::all(db).await.map_err(store_error)?,
        };
        let latest = match only {
            Some(stack) => runs::of_stack(db, stack, 1).await.map_err(store_error)?,
            None => runs::latest(db).await.map_err(store_error)?,
        };
        let until = Timestamp::now();
        let history = history::last_day(db, &watched, until, slot_s)
            .await
            .map_err(store_error)?;
        let uptime = history::uptime(db, &watched, until).await.map_err(store_error)?;
        let mut monitors = HashMap::<Uuid, Vec<Monitor>>::new();
        for monitor in watched {
            monitors.entry(monitor.stack_id).or_default().push(monitor);
        }
        Ok(Around {
            connections: all
                .into_iter()
                .map(|connection| (connection.id, connection))
                .collect(),
            monitors,
            latest: latest
                .into_iter()
                .map(|summary| (summary.run.stack_id, summary))
                .collect(),
            history,
            uptime,
        })
    }
}

fn line(stack: &Stack, spec: Option<&StackSpec>, around: &mut Around) -> StackLine {
    let connection = around.connections.get(&stack.connection_id);
    let monitors = around.monitors.remove(&stack.id).unwrap_or_default();
    StackLine {
        id: stack.id.to_string(),
        name: stack.name.clone(),
        environment: stack.environment.clone(),
        connection: connection
            .map(|connection| connection.name.clone())
            .unwrap_or_default(),
        region: connection
            .map(|connection| region(&connection.settings).to_owned())
            .unwrap_or_default(),
        url: StackOutputs::of(stack).url.filter(|_| stack.removed_at.is_none()),
        health: now::of(&monitors, Timestamp::now()),
        history: around.history.remove(&stack.id).unwrap_or_default(),
        uptime_24h: around.uptime.get(&stack.id).copied().flatten(),
        last_run: around.latest.remove(&stack.id).map(run_pages::line),
        monthly_usd: spec.map_or(0.0, prices::stack_monthly_usd),
    }
}

/// Stacks that need somebody come first.
fn urgency(line: &StackLine) -> u8 {
    let state = line.health.as_ref().map(|health: &HealthNow| health.state);
    match (line.last_run.as_ref().map(|run| run.state), state) {
        (Some(RunState::Failed), _) | (_, Some(HealthState::Down)) => 0,
        (Some(RunState::Queued | RunState::Running), _) => 1,
        (_, Some(HealthState::Degraded)) => 2,
        _ => 3,
    }
}

#[async_trait]
impl Stacks for RequestBackend {
    async fn dashboard(&self) -> Answer<Dashboard> {
        self.actor()?;
        let db = &self.panel.db;
        let mut around = self.around(history::DASHBOARD_SLOT_S, None).await?;
        let all = rows::list(db).await.map_err(store_error)?;
        // Of the others there is only a repository that waits for its first image.
        let applied = runs::applied(db).await.map_err(store_error)?;
        let (built, prepared): (Vec<Stack>, Vec<Stack>) =
            all.into_iter().partition(|stack| applied.contains(&stack.id));
        let prepared = prepared
            .iter()
            .map(|stack| PreparedLine {
                id: stack.id.to_string(),
                name: stack.name.clone(),
                connection: around
                    .connections
                    .get(&stack.connection_id)
                    .map(|connection| connection.name.clone())
                    .unwrap_or_default(),
                image: stack.spec().map(|spec| image_text(&spec)).unwrap_or_default(),
            })
            .collect();
        let mut stacks: Vec<StackLine> = built
            .iter()
            .map(|stack| {
                // A spec of another version costs an unknown sum; the stack is shown all the same.
                let spec = stack.spec().ok();
                line(stack, spec.as_ref(), &mut around)
            })
            .collect();
        stacks.sort_by(|one, other| (urgency(one), &one.name).cmp(&(urgency(other), &other.name)));
        let activity = runs::recent(db, ACTIVITY).await.map_err(store_error)?;
        Ok(Dashboard {
            stacks,
            prepared,
            drafts: self.drafts().await?,
            activity: activity.into_iter().map(activity_line).collect(),
            yen_per_usd: prices::prices().usd_jpy,
            has_connections: !around.connections.is_empty(),
            now: Timestamp::now(),
        })
    }

    async fn stack(&self, id_text: &str) -> Answer<StackPage> {
        self.actor()?;
        let db = &self.panel.db;
        let stack = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let spec = stack.spec().map_err(store_error)?;
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        let speed_known = matches!(connection.settings, connections::Settings::Practice { .. });
        let mut around = self.around(history::PAGE_SLOT_S, Some(stack.id)).await?;
        let found = runs::of_stack(db, stack.id, RUNS).await.map_err(store_error)?;
        let line = line(&stack, Some(&spec), &mut around);
        let now = Timestamp::now();
        let deploys = found
            .iter()
            .filter(|summary| {
                summary.run.purpose == Purpose::Apply && summary.run.state == RunState::Succeeded
            })
            .filter_map(|summary| summary.run.finished_at)
            .filter(|at| *at >= day_ago(now))
            .collect();
        let applied = found
            .iter()
            .find(|summary| summary.run.purpose == Purpose::Apply)
            .map(|summary| summary.run.id);
        let outputs = StackOutputs::of(&stack);
        // Of a stack that was taken down there is nothing left to show or to ask.
        let gone = stack.removed_at.is_some();
        let resources = match applied.filter(|_| !gone) {
            Some(run) => {
                let plan = runs::plan(db, run).await.map_err(store_error)?;
                resources::of(&plan, &outputs.steps)
            }
            None => Vec::new(),
        };
        let running = line.health.as_ref().and_then(|health| health.running.clone());
        let image = match running.as_ref().map(|running| running.image.clone()) {
            Some(image) => image,
            None if line.health.as_ref().is_some_and(|health| health.tasks.is_some()) => None,
            None => self.image_before_looks(&found).await?,
        };
        Ok(StackPage {
            connection_id: connection.id.to_string(),
            practice: speed_known,
            image: image.filter(|_| !gone),
            task_definition: running.map(|running| running.definition),
            removed_at: stack.removed_at,
            history: line.history.clone(),
            deploys,
            resources,
            handy: if gone {
                Vec::new()
            } else {
                handy::commands(&spec, &outputs)
            },
            runs: found.into_iter().map(run_pages::line).collect(),
            yen_per_usd: prices::prices().usd_jpy,
            spec,
            line,
        })
    }

    async fn destroy_plan(&self, id_text: &str) -> Answer<PlanView> {
        self.actor()?;
        let db = &self.panel.db;
        let stack = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        refuse_gone(&stack)?;
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        let open = self.panel.clouds.open(&connection).await.map_err(open_error)?;
        let page = routes::destroy_stack(stack.id);
        let plan = start::plan_destroy(db, &open, &stack)
            .await
            .map_err(|error| start_error(error, page))?;
        Ok(plan_view(plan))
    }

    async fn destroy(&self, id_text: &str, digest: &str, typed_name: &str) -> Answer<String> {
        let actor = self.actor_id()?;
        let db = &self.panel.db;
        let stack = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        refuse_gone(&stack)?;
        if typed_name != stack.name {
            let code = ProblemCode::NotOneOf {
                choices: vec![stack.name.clone()],
            };
            let problem = Problem {
                field: "name".to_owned(),
                code,
                given: typed_name.to_owned(),
            };
            return Err(PanelError {
                problems: vec![problem],
                ..PanelError::new(PanelErrorCode::Form)
            });
        }
        let page = routes::destroy_stack(stack.id);
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        let open = self.panel.clouds.open(&connection).await.map_err(open_error)?;
        let plan = start::plan_destroy(db, &open, &stack)
            .await
            .map_err(|error| start_error(error, page.clone()))?;
        if super::drafts::plan_view::digest(&plan) != digest {
            return Err(PanelError::new(PanelErrorCode::StalePlan).next(NextLabel::ReviewAgain, page));
        }
        let run = start::start(
            &self.panel,
            &connection,
            &plan,
            &RunOptions { wait: true },
            Some(actor),
        )
        .await
        .map_err(|error| start_error(error, page))?;
        Ok(run.id.to_string())
    }
}

/// What was taken down can't be taken down again.
fn refuse_gone(stack: &Stack) -> Answer<()> {
    match stack.removed_at {
        Some(_) => {
            Err(PanelError::new(PanelErrorCode::StackGone)
                .next(NextLabel::OpenStack, routes::stack(stack.id)))
        }
        None => Ok(()),
    }
}

fn image_text(spec: &StackSpec) -> String {
    match &spec.image {
        ImageSource::Repository { repository, tag } => format!("{repository}:{tag}"),
        ImageSource::Uri { uri } => uri.clone(),
    }
}

fn activity_line(summary: RunSummary) -> ActivityLine {
    let stack = summary.stack.clone();
    let line = run_pages::line(summary);
    ActivityLine {
        at: line.created_at,
        who: line.started_by,
        stack,
        run_id: line.id,
        number: line.number,
        purpose: line.purpose,
        state: line.state,
    }
}
