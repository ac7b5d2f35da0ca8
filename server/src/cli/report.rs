//! The document that `apply` and `destroy` answer.

use std::collections::BTreeMap;

use engine::cloud::AwsFault;
use engine::plan::action::{Action, OutputName, Removal};
use engine::plan::{Plan, Purpose};
use engine::run::{RunState, StepRecord};
use engine::step::{Diagnosis, Outcome, Waiting};
use serde::Serialize;
use store::Database;
use store::runs::{self, Run};

use super::failure::Exit;
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
    pub(super) steps: Vec<StepReport>,
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
    /// `null`: not reached.
    outcome: Option<Outcome>,
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
    ) -> Result<Self, store::Error> {
        let run = runs::get(db, run.id).await?;
        let plan = runs::plan(db, run.id).await?;
        let records = runs::steps(db, run.id).await?;
        let summary = engine::run::summary(&plan, &records);
        Ok(Self {
            state: run.state,
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
            steps: steps(&plan, records),
            error: run.error,
        })
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

fn steps(plan: &Plan, records: Vec<StepRecord>) -> Vec<StepReport> {
    let mut records: BTreeMap<_, _> = records
        .into_iter()
        .map(|record| (record.step.clone(), record))
        .collect();
    plan.steps
        .iter()
        .map(|planned| {
            let record = records
                .remove(&planned.id)
                .unwrap_or_else(|| StepRecord::pending(planned.id.clone()));
            let duration = record
                .started_at
                .zip(record.finished_at)
                .map_or(0, |(from, to)| to.duration_since(from).as_millis());
            StepReport {
                id: planned.id.to_string(),
                kind: kind(&planned.action),
                outcome: record
                    .outcome
                    .or_else(|| record.diagnosis.is_some().then_some(Outcome::Blocked)),
                duration_ms: u64::try_from(duration).unwrap_or(0),
                aws: record.outputs,
                waiting: record.waiting,
                diagnosis: record.diagnosis,
                fault: record.fault,
            }
        })
        .collect()
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
