//! A run as its page shows it, already in the reader's words: what stands still, and what moves.
//!
//! The live part of the page gets this instead of the plan and the ledger. So the browser carries neither the engine's
//! types nor the sentences for every failure, and a stream of events brings finished words.

use std::collections::BTreeMap;

use engine::plan::action::OutputName;
use engine::plan::{Change, PlannedStep, StepId};
use engine::run::{RunState, StepRecord, StepState};
use engine::step::{Diagnosis, Evidence, Outcome};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::run_fix;
use crate::backend::drafts::{PlannedBar, WizardStep};
use crate::backend::runs::{PushView, RunView};
use crate::charts::BarState;
use crate::components::Tone;
use crate::i18n::Locale;
use crate::{console, routes, words};

/// A run's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSheet {
    /// Its own address.
    pub page: String,
    /// Address of its stack.
    pub stack_page: String,
    /// Address of its connection.
    pub connection_page: String,
    /// What it is for.
    pub purpose: String,
    /// Expected seconds in all.
    pub makespan_s: u32,
    /// Seconds of account time per second of the wall: 1, or a practice account's speed.
    pub speed: u32,
    /// One line per step, in the plan's order.
    pub steps: Vec<SheetStep>,
    /// How the image gets to where the run waits for it; `None`: it waits for none.
    pub push: Option<PushView>,
    /// The stack's newest run, when this is an older one: address and number.
    pub newer: Option<(String, u32)>,
    /// What moves.
    pub moment: RunMoment,
}

/// What stands still of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SheetStep {
    /// Id.
    pub id: String,
    /// Kind of thing.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Ids of the steps before it.
    pub after: Vec<String>,
    /// Expected to begin: seconds after the start.
    pub start_s: u32,
    /// Expected to take: seconds.
    pub len_s: u32,
    /// One of those that decide the shortest time.
    pub critical: bool,
    /// IAM actions.
    pub permissions: String,
    /// How it is undone.
    pub undo: String,
}

/// What moves of a run. `GET /runs/{id}/events` sends one as event `run` (id: `last_event`) whenever something changed,
/// at most four times a second, and one at once when the stream opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunMoment {
    /// State.
    pub state: RunState,
    /// Somebody asked to stop, and it has not stopped yet.
    pub cancelling: bool,
    /// When it was started (account time).
    pub started_at: Option<Timestamp>,
    /// When it ended (account time).
    pub finished_at: Option<Timestamp>,
    /// Now (account time).
    pub now: Timestamp,
    /// Why it failed as a whole, when no step says it.
    pub error: Option<words::error::Said>,
    /// The address, once it is known.
    pub url: Option<String>,
    /// What it was to bring about can be changed.
    pub can_change: bool,
    /// It waits for the image.
    pub awaits_push: bool,
    /// One per step, in the plan's order.
    pub steps: Vec<StepMoment>,
    /// Id of the newest event in it.
    pub last_event: i64,
}

/// What moves of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepMoment {
    /// State.
    pub state: StepState,
    /// How the word is meant.
    pub tone: Tone,
    /// How it stands.
    pub word: String,
    /// How its bar is drawn.
    pub bar: BarState,
    /// First tried (account time).
    pub started_at: Option<Timestamp>,
    /// Done or blocked (account time).
    pub finished_at: Option<Timestamp>,
    /// What it waits for, while it does.
    pub waits_for: Option<String>,
    /// What it answered that a person may want, most useful first.
    pub ids: Vec<AwsAddress>,
    /// The commands that do the same, with real values as far as they are known.
    pub commands: String,
    /// Calls so far.
    pub attempts: u32,
    /// Calls that had to be repeated.
    pub retries: u32,
    /// Why it is blocked.
    pub failure: Option<Failure>,
}

/// An id, ARN or address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAddress {
    /// The whole of it.
    pub id: String,
    /// Its page in AWS's console.
    pub console: Option<String>,
}

/// Why a step is blocked, and the next click.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Cause.
    pub why: String,
    /// Fix.
    pub fix: String,
    /// Entry of the catalogue.
    pub rule: String,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// AWS's own code.
    pub code: Option<String>,
    /// AWS's own message.
    pub message: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// The click that leads to where it is put right.
    pub click: Option<FixClick>,
}

/// Where a cause is put right, in one click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixClick {
    /// A draft of what the run was to bring about, on this page.
    Change {
        /// Page of the wizard.
        page: WizardStep,
        /// What the button says.
        label: String,
    },
    /// The connection's test.
    TestConnection,
}

impl RunSheet {
    /// The whole page of a run.
    pub fn of(l: Locale, run: &RunView) -> Self {
        let bars: BTreeMap<_, _> = run.schedule.iter().map(|bar| (&bar.step, bar)).collect();
        let actions: BTreeMap<_, _> = run.actions.iter().map(|(step, all)| (step, all)).collect();
        let steps = run.plan.steps.iter().map(|step| {
            let permissions = actions
                .get(&step.id)
                .map(|all| all.join(", "))
                .unwrap_or_default();
            sheet_step(l, step, bars.get(&step.id).copied(), permissions)
        });
        Self {
            page: routes::run(&run.id),
            stack_page: routes::stack(&run.stack_id),
            connection_page: routes::connection(&run.connection_id),
            purpose: words::run::purpose(l, run.plan.purpose).to_owned(),
            makespan_s: run.makespan_s,
            speed: run.speed,
            steps: steps.collect(),
            push: run.push.clone(),
            newer: run.newer.as_ref().map(|(id, number)| (routes::run(id), *number)),
            moment: RunMoment::of(l, run),
        }
    }
}

fn sheet_step(l: Locale, step: &PlannedStep, bar: Option<&PlannedBar>, permissions: String) -> SheetStep {
    SheetStep {
        id: step.id.0.clone(),
        kind: words::step::kind(l, &step.action).to_owned(),
        name: words::step::name(&step.action),
        after: step.after.iter().map(|after| after.0.clone()).collect(),
        start_s: bar.map_or(0, |bar| bar.start_s),
        len_s: bar.map_or(0, |bar| bar.len_s),
        critical: bar.is_some_and(|bar| bar.critical),
        permissions,
        undo: words::undo::undo(l, step.undo()).to_owned(),
    }
}

impl RunMoment {
    /// What moves of a run, as it stands now.
    pub fn of(l: Locale, run: &RunView) -> Self {
        let records: BTreeMap<&StepId, &StepRecord> =
            run.steps.iter().map(|record| (&record.step, record)).collect();
        let commands: BTreeMap<&StepId, &Vec<String>> =
            run.commands.iter().map(|(step, lines)| (step, lines)).collect();
        let steps = run.plan.steps.iter().map(|step| {
            let untouched = StepRecord::pending(step.id.clone());
            let record = records.get(&step.id).copied().unwrap_or(&untouched);
            let commands = commands
                .get(&step.id)
                .map(|lines| lines.join("\n"))
                .unwrap_or_default();
            step_moment(l, run, step, record, commands)
        });
        Self {
            state: run.state,
            cancelling: run.cancelling,
            started_at: run.started_at,
            finished_at: run.finished_at,
            now: run.now,
            error: run.error.as_ref().map(|error| words::error::Said::of(l, error)),
            url: run.url.clone(),
            can_change: run_fix::can_change(run),
            awaits_push: run_fix::awaits_push(run),
            steps: steps.collect(),
            last_event: run.last_event,
        }
    }
}

fn step_moment(
    l: Locale,
    run: &RunView,
    step: &PlannedStep,
    record: &StepRecord,
    commands: String,
) -> StepMoment {
    let (tone, word) = words::run::step_state(l, step.change, record);
    let waits = record
        .waiting
        .as_ref()
        .filter(|_| record.state == StepState::Waiting);
    let blocked = record
        .diagnosis
        .as_ref()
        .filter(|_| record.state == StepState::Blocked);
    StepMoment {
        state: record.state,
        tone,
        word: word.to_owned(),
        bar: bar_state(step.change, record),
        started_at: record.started_at,
        finished_at: record.finished_at,
        waits_for: waits.map(|waiting| words::waiting::waiting(l, waiting)),
        ids: ids(step, record, &run.plan.region),
        commands,
        attempts: record.attempts,
        retries: record.retries,
        failure: blocked.map(|diagnosis| failure(l, run, record, diagnosis)),
    }
}

fn bar_state(change: Change, record: &StepRecord) -> BarState {
    match (record.state, record.outcome) {
        (StepState::Pending | StepState::Skipped, _) => BarState::Expected,
        (StepState::Running, _) => BarState::Running,
        (StepState::Waiting, _) | (StepState::Done, Some(Outcome::Waiting)) => BarState::Waiting,
        (StepState::Blocked, _) => BarState::Failed,
        (StepState::Done, Some(Outcome::Kept)) if change != Change::Wait => BarState::Kept,
        (StepState::Done, Some(Outcome::Adopted)) => BarState::Kept,
        (StepState::Done, _) => BarState::Ok,
    }
}

/// Ids, ARNs and addresses, most useful first.
fn ids(step: &PlannedStep, record: &StepRecord, region: &str) -> Vec<AwsAddress> {
    const SHOWN: [OutputName; 6] = [
        OutputName::Id,
        OutputName::Arn,
        OutputName::DnsName,
        OutputName::Uri,
        OutputName::Url,
        OutputName::Digest,
    ];
    let found = SHOWN.iter().filter_map(|name| record.outputs.get(name));
    found
        .map(|id| AwsAddress {
            console: console::link(&step.action, id, region),
            id: id.clone(),
        })
        .collect()
}

fn failure(l: Locale, run: &RunView, record: &StepRecord, diagnosis: &Diagnosis) -> Failure {
    let fault = record.fault.as_ref();
    Failure {
        why: words::diagnosis::cause(l, diagnosis),
        fix: words::diagnosis::fix(l, diagnosis),
        rule: diagnosis.rule.clone(),
        evidence: diagnosis.evidence.clone(),
        code: fault.map(|fault| fault.code.clone()),
        message: fault.map(|fault| fault.message.clone()),
        request_id: fault.and_then(|fault| fault.request_id.clone()),
        click: run_fix::click(l, run, diagnosis.code),
    }
}
