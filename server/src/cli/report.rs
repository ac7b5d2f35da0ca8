//! The document that `apply` and `destroy` answer.

use std::collections::BTreeMap;

use app::backend::error::PanelError;
use engine::cloud::AwsFault;
use engine::plan::action::{Action, OutputName, Removal};
use engine::plan::{Plan, Purpose};
use engine::run::{RunState, StepRecord, StepState};
use engine::step::{Diagnosis, Outcome, Waiting};
use serde::Serialize;
use store::Database;
use store::runs::{self, Run};

use super::failure::Exit;
use super::follow::End;
use crate::runs::outcome;

/// What came of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// `succeeded`, `failed`, `waiting`, `cancelled`.
    pub(super) state: RunState,
    pub(super) url: Option<String>,
    pub(super) stack: String,
    pub(super) connection: String,
    pub(super) region: String,
    pub(super) purpose: Purpose,
    pub(super) run: RunFacts,
    /// What the run did or looked at, step by step.
    pub(super) steps: Vec<StepReport>,
    /// Ids of the steps that it did not come to.
    pub(super) not_reached: Vec<String>,
    /// Why the run as a whole failed, when no step says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<serde_json::Value>,
}

/// Which run.
#[derive(Debug, Serialize)]
pub(super) struct RunFacts {
    id: String,
    number: u32,
    /// It was under way already when the command came.
    taken_over: bool,
    /// Account time from the first step's begin to the last one's end.
    duration_ms: u64,
}

/// What came of a step.
#[derive(Debug, Serialize)]
pub(super) struct StepReport {
    id: String,
    kind: String,
    outcome: Outcome,
    duration_ms: u64,
    /// Ids, ARNs, names.
    aws: BTreeMap<OutputName, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<Diagnosis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<AwsFault>,
}

impl Report {
    /// Puts it together from the ledger.
    pub(super) async fn of(
        db: &Database,
        run: &Run,
        connection: &str,
        taken_over: bool,
        end: End,
    ) -> Result<Self, store::Error> {
        let run = runs::get(db, run.id).await?;
        let plan = runs::plan(db, run.id).await?;
        let records = runs::steps(db, run.id).await?;
        let summary = engine::run::summary(&plan, &records);
        let (steps, not_reached) = steps(&plan, records.clone());
        Ok(Self {
            state: match (end, run.state) {
                // For whoever did not want to wait, it is as if the run had been told so.
                (End::OnlyWaits, state) if !state.is_over() => RunState::Waiting,
                (_, state) => state,
            },
            url: match run.purpose {
                Purpose::Apply => outcome::url(&plan, &records),
                Purpose::Prepare | Purpose::Destroy => None,
            },
            stack: plan.spec.name.clone(),
            connection: connection.to_owned(),
            region: plan.region.clone(),
            purpose: run.purpose,
            run: RunFacts {
                id: run.id.to_string(),
                number: run.number,
                taken_over,
                duration_ms: summary.makespan_ms,
            },
            steps,
            not_reached,
            error: run.error,
        })
    }

    /// The result in words: how it ended, why it failed as a whole, and the address.
    pub(super) fn lines(&self) -> Vec<String> {
        let state = app::words::run::run_state(app::i18n::Locale::en, self.state).1;
        let mut lines = vec![format!("{} {state}", self.stack)];
        let error: Option<PanelError> = self
            .error
            .as_ref()
            .and_then(|error| serde_json::from_value(error.clone()).ok());
        lines.extend(error.map(|error| match &error.fault {
            Some(fault) => fault.to_string(),
            None => app::words::error::title(app::i18n::Locale::en, &error),
        }));
        lines.extend(self.url.clone());
        lines
    }

    /// The exit code of a command that ends with this.
    pub(super) fn exit(&self) -> Exit {
        match self.state {
            RunState::Succeeded => Exit::Done,
            RunState::Waiting => Exit::Waiting,
            RunState::Cancelled => Exit::Cancelled,
            RunState::Failed | RunState::Queued | RunState::Running => Exit::Failed,
        }
    }
}

/// The steps that something came of, and the ids of the others.
fn steps(plan: &Plan, records: Vec<StepRecord>) -> (Vec<StepReport>, Vec<String>) {
    let mut records: BTreeMap<_, _> = records
        .into_iter()
        .map(|record| (record.step.clone(), record))
        .collect();
    let (mut reached, mut not_reached) = (Vec::new(), Vec::new());
    for planned in &plan.steps {
        let found = records.remove(&planned.id);
        let Some((record, outcome)) = found.and_then(|record| outcome(&record).map(|it| (record, it))) else {
            not_reached.push(planned.id.to_string());
            continue;
        };
        let duration = record
            .started_at
            .zip(record.finished_at)
            .map_or(0, |(from, to)| to.duration_since(from).as_millis());
        reached.push(StepReport {
            id: planned.id.to_string(),
            kind: kind(&planned.action),
            outcome,
            duration_ms: u64::try_from(duration).unwrap_or(0),
            aws: record.outputs,
            waiting: record.waiting,
            diagnosis: record.diagnosis,
            fault: record.fault,
        });
    }
    (reached, not_reached)
}

/// What came of a step; `None`: nothing did.
fn outcome(record: &StepRecord) -> Option<Outcome> {
    match record.state {
        StepState::Blocked => Some(Outcome::Blocked),
        StepState::Waiting => Some(Outcome::Waiting),
        StepState::Done | StepState::Running | StepState::Pending | StepState::Skipped => record.outcome,
    }
}

/// The kind of a step in one word, as it stands in plans: `service`, `remove_service`.
pub(super) fn kind(action: &Action) -> String {
    let tag = |value: serde_json::Value, name: &str| {
        value.get(name).and_then(|tag| tag.as_str()).map(str::to_owned)
    };
    let removed = |target: &Removal| {
        serde_json::to_value(target)
            .ok()
            .and_then(|value| tag(value, "what"))
    };
    match action {
        Action::Remove { target } => format!("remove_{}", removed(target).unwrap_or_default()),
        other => serde_json::to_value(other)
            .ok()
            .and_then(|value| tag(value, "kind"))
            .unwrap_or_default(),
    }
}
