//! Runs as people see them.

use std::collections::BTreeMap;
use std::time::Duration;

use app::backend::Answer;
use app::backend::error::{NextLabel, PanelError, PanelErrorCode};
use app::backend::runs::{PushView, RunLine, RunProgress, RunView, Runs};
use app::routes;
use async_trait::async_trait;
use engine::plan::action::Action;
use engine::plan::{Plan, PlannedStep};
use engine::run::{RunState, StepRecord};
use engine::spec::ImageSource;
use jiff::Timestamp;
use serde::Deserialize as _;
use store::runs::{self as rows, Run, RunSummary, Standing};
use store::{Conflict, connections, stacks, users};
use uuid::Uuid;

use super::drafts::{plan_view, play_push, push_to};
use super::{RequestBackend, id, open_error, store_error};
use crate::runs::outcome;

/// Who started a run that no person started.
const COMMAND_LINE: &str = "CLI";
/// How long a person waits for a run of a few calls.
const PATIENCE: Duration = Duration::from_secs(30);

impl RequestBackend {
    /// Waits until a short run is over; answers its id.
    pub(super) async fn until_over(&self, run: Uuid) -> Answer<String> {
        let mut signals = self.panel.signals.subscribe();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let row = rows::get(&self.panel.db, run).await.map_err(store_error)?;
            match row.state {
                RunState::Succeeded | RunState::Waiting => return Ok(run.to_string()),
                RunState::Failed | RunState::Cancelled => return Err(self.why_not(&row).await?),
                RunState::Queued | RunState::Running => {}
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(
                    PanelError::new(PanelErrorCode::RunUnfinished).next(NextLabel::OpenRun, routes::run(run))
                );
            }
            // A word about the run, or a second: words may get lost.
            let word = crate::runs::watch::word_about(&mut signals, run);
            let _either = tokio::time::timeout(Duration::from_secs(1), word).await;
        }
    }

    /// Why a short run did not succeed: as a whole, or at the step that AWS refused.
    async fn why_not(&self, row: &Run) -> Answer<PanelError> {
        let steps = rows::steps(&self.panel.db, row.id).await.map_err(store_error)?;
        let fault = steps.into_iter().find_map(|step| step.fault);
        let error = match (row.error.as_ref(), fault) {
            (Some(stored), _) => failure(stored),
            (None, Some(fault)) => PanelError {
                fault: Some(fault),
                ..PanelError::new(PanelErrorCode::Aws)
            },
            (None, None) => PanelError::new(PanelErrorCode::RunFailed).with("run", row.number),
        };
        Ok(error.next(NextLabel::OpenRun, routes::run(row.id)))
    }

    async fn moving_part(&self, run: Uuid, plan: &Plan) -> Answer<RunProgress> {
        let db = &self.panel.db;
        let Standing {
            last_event,
            run: row,
            steps: found,
        } = rows::standing(db, run).await.map_err(store_error)?;
        let stack = stacks::get(db, row.stack_id).await.map_err(store_error)?;
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        let now = match self.panel.clouds.open(&connection).await {
            Ok(open) => open.clock.now(),
            // The history of an account that can't be opened can still be read.
            Err(_) => Timestamp::now(),
        };
        let steps = in_order(plan, found);
        let outputs = steps
            .iter()
            .map(|record| (record.step.clone(), record.outputs.clone()))
            .collect::<BTreeMap<_, _>>();
        let over = row.state.is_over();
        Ok(RunProgress {
            state: row.state,
            cancelling: row.cancel_requested_at.is_some() && !over,
            commands: plan_view::commands(plan, &outputs),
            started_at: steps.iter().filter_map(|record| record.started_at).min(),
            finished_at: if over {
                steps.iter().filter_map(|record| record.finished_at).max()
            } else {
                None
            },
            now,
            error: row.error.as_ref().map(failure),
            url: outcome::url(plan, &steps),
            last_event,
            steps,
        })
    }
}

/// How to push the image that a plan waits for.
fn push_view(plan: &Plan, practice: bool) -> Option<PushView> {
    let waits = |step: &PlannedStep| matches!(step.action, Action::ImagePushed { .. });
    let ImageSource::Repository { repository, tag } = &plan.spec.image else {
        return None;
    };
    plan.steps.iter().any(waits).then(|| PushView {
        commands: push_to(
            repository,
            tag,
            plan.spec.container.architecture,
            &plan.account_id,
            &plan.region,
        ),
        can_play: practice,
    })
}

/// Why a run failed as a whole, as the worker wrote it. What another version wrote is at least said to be there.
fn failure(stored: &serde_json::Value) -> PanelError {
    PanelError::deserialize(stored).unwrap_or_else(|_| PanelError::new(PanelErrorCode::Unexpected))
}

/// One record per step of the plan, in its order; steps nobody touched are pending.
fn in_order(plan: &Plan, found: Vec<StepRecord>) -> Vec<StepRecord> {
    let mut found: BTreeMap<_, _> = found
        .into_iter()
        .map(|record| (record.step.clone(), record))
        .collect();
    plan.steps
        .iter()
        .map(|step| {
            found
                .remove(&step.id)
                .unwrap_or_else(|| StepRecord::pending(step.id.clone()))
        })
        .collect()
}

/// A run in a list.
pub(super) fn line(summary: RunSummary) -> RunLine {
    let took = summary
        .began_at
        .zip(summary.ended_at)
        .filter(|_| summary.run.state.is_over());
    let who = if summary.started_by.is_empty() {
        COMMAND_LINE.to_owned()
    } else {
        summary.started_by
    };
    RunLine {
        id: summary.run.id.to_string(),
        number: summary.run.number,
        purpose: summary.run.purpose,
        state: summary.run.state,
        started_by: who,
        created_at: summary.run.created_at,
        took_s: took.and_then(|(began, ended)| u32::try_from(ended.as_second() - began.as_second()).ok()),
        changed: (summary.created, summary.updated, summary.deleted),
    }
}

#[async_trait]
impl Runs for RequestBackend {
    async fn run(&self, id_text: &str) -> Answer<RunView> {
        self.actor()?;
        let db = &self.panel.db;
        let row = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let plan = rows::plan(db, row.id).await.map_err(store_error)?;
        let stack = stacks::get(db, row.stack_id).await.map_err(store_error)?;
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        let (speed, practice) = self
            .panel
            .clouds
            .open(&connection)
            .await
            .map_or((1, false), |open| (open.speed(), open.practice.is_some()));
        let push = push_view(&plan, practice);
        let started_by = match row.created_by {
            Some(person) => users::get(db, person)
                .await
                .map_or_else(|_| String::new(), |user| user.display_name),
            None => COMMAND_LINE.to_owned(),
        };
        let newest = rows::newest(db, row.stack_id).await.map_err(store_error)?;
        let (schedule, makespan_s) = plan_view::schedule(&plan);
        let progress = self.moving_part(row.id, &plan).await?;
        let actions = plan_view::actions(&plan);
        Ok(RunView {
            id: row.id.to_string(),
            number: row.number,
            stack_id: stack.id.to_string(),
            stack: stack.name,
            state: progress.state,
            cancelling: progress.cancelling,
            plan,
            schedule,
            makespan_s,
            steps: progress.steps,
            commands: progress.commands,
            actions,
            started_at: progress.started_at,
            finished_at: progress.finished_at,
            now: progress.now,
            speed,
            started_by,
            created_at: row.created_at,
            error: progress.error,
            newer: newest
                .filter(|newest| newest.id != row.id)
                .map(|newest| (newest.id.to_string(), newest.number)),
            stack_gone: stack.removed_at.is_some(),
            connection_id: connection.id.to_string(),
            push,
            url: progress.url,
            last_event: progress.last_event,
        })
    }

    async fn run_progress(&self, id_text: &str) -> Answer<RunProgress> {
        self.actor()?;
        let db = &self.panel.db;
        let run = id(id_text)?;
        let plan = rows::plan(db, run).await.map_err(store_error)?;
        self.moving_part(run, &plan).await
    }

    async fn runs(&self, stack_id: &str) -> Answer<Vec<RunLine>> {
        self.actor()?;
        let db = &self.panel.db;
        let stack = stacks::get(db, id(stack_id)?).await.map_err(store_error)?;
        let found = rows::of_stack(db, stack.id, 200).await.map_err(store_error)?;
        Ok(found.into_iter().map(line).collect())
    }

    async fn cancel_run(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        let row = rows::get(&self.panel.db, id(id_text)?)
            .await
            .map_err(store_error)?;
        if row.state.is_over() {
            return Err(PanelError::new(PanelErrorCode::RunOver));
        }
        rows::request_cancel(&self.panel.db, row.id)
            .await
            .map(drop)
            .map_err(store_error)
    }

    async fn push_for_run(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        let db = &self.panel.db;
        let row = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let plan = rows::plan(db, row.id).await.map_err(store_error)?;
        let stack = stacks::get(db, row.stack_id).await.map_err(store_error)?;
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        let open = self.panel.clouds.open(&connection).await.map_err(open_error)?;
        play_push(&open, &plan.spec).await
    }

    async fn resume_run(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        let db = &self.panel.db;
        let row = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let stack = stacks::get(db, row.stack_id).await.map_err(store_error)?;
        let connection = connections::get(db, stack.connection_id)
            .await
            .map_err(store_error)?;
        // Credentials that were renewed meanwhile are looked at again.
        self.panel.clouds.forget(connection.id);
        self.panel.clouds.open(&connection).await.map_err(open_error)?;
        let options = engine::run::RunOptions { wait: true };
        match rows::resume(db, row.id, &options).await {
            Ok(_) => Ok(()),
            Err(error) if error.conflict() == Some(Conflict::RunUnfinished) => {
                Err(PanelError::new(PanelErrorCode::RunUnfinished))
            }
            Err(error) => Err(store_error(error)),
        }
    }
}
