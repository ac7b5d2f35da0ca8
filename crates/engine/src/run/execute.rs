//! Executes a plan: everything that depends on nothing unfinished at once, every change in the ledger before anything
//! relies on it. It makes no choices; those are in the plan.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::ledger::{Ledger, LedgerError};
use super::live::{Live, news};
use super::{RunOptions, RunState, StepRecord, StepState};
use crate::clock::{Chance, Clock};
use crate::cloud::{Cloud, TAG_RUN, TAG_STACK, Tags};
use crate::plan::action::Outputs;
use crate::plan::{Plan, StepId};
use crate::step::{Context, Outcome, Progress, StepError};

/// How often it is asked whether somebody wants to stop, in account time.
const CANCEL_EVERY: Duration = Duration::from_secs(1);

/// Something that happened.
enum Event {
    /// A step's pause is over.
    Rested(usize),
    /// A step answered.
    Answered(usize, Box<Result<Progress, StepError>>),
    /// Time to ask whether somebody wants to stop.
    Tick,
}

struct Execution<'p> {
    plan: &'p Plan,
    cloud: &'p Cloud,
    ledger: &'p dyn Ledger,
    clock: &'p dyn Clock,
    chance: &'p dyn Chance,
    run_id: &'p str,
    tags: Arc<Tags>,
    wait: bool,
    since: Timestamp,
    steps: Vec<Live<'p>>,
    outputs: Arc<BTreeMap<StepId, Outputs>>,
    stopping: bool,
}

/// Execute a plan, or go on with it where the ledger says that it stopped. Answers the state it ended in, which is in
/// the ledger too.
///
/// # Errors
/// [`LedgerError`] when the ledger can't be written. Nothing is lost then: the next execution goes on.
pub async fn execute(
    plan: &Plan,
    cloud: &Cloud,
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    chance: &dyn Chance,
    run_id: &str,
    options: &RunOptions,
) -> Result<RunState, LedgerError> {
    let mut known: BTreeMap<StepId, StepRecord> = ledger
        .steps()
        .await?
        .into_iter()
        .map(|record| (record.step.clone(), record))
        .collect();
    let now = clock.now();
    let steps = plan
        .steps
        .iter()
        .map(|planned| Live::load(planned, known.remove(&planned.id), now))
        .collect();
    let mut tags: Tags = plan.spec.tags.clone();
    tags.insert(TAG_STACK.to_owned(), plan.spec.name.clone());
    tags.insert(TAG_RUN.to_owned(), run_id.to_owned());
    let mut execution = Execution {
        plan,
        cloud,
        ledger,
        clock,
        chance,
        run_id,
        tags: Arc::new(tags),
        wait: options.wait,
        since: now,
        steps,
        outputs: Arc::default(),
        stopping: false,
    };
    execution.run().await
}

impl<'p> Execution<'p> {
    async fn run(&mut self) -> Result<RunState, LedgerError> {
        let done = self
            .steps
            .iter()
            .filter(|live| live.record.state == StepState::Done);
        self.outputs = Arc::new(
            done.map(|live| (live.record.step.clone(), live.record.outputs.clone()))
                .collect(),
        );
        if self.ledger.cancel_requested().await? {
            return self.end(RunState::Cancelled).await;
        }
        self.ledger.run_state(RunState::Running).await?;
        let mut events: FuturesUnordered<BoxFuture<'p, Event>> = FuturesUnordered::new();
        events.push(self.tick());
        // Calls on their way. Pauses are dropped when the run stops; calls are heard out, so that their news is kept.
        let mut calls = self.start_ready(&mut events).await?;
        while calls > 0 || (!self.stopping && self.in_work() > 0) {
            match events.next().await {
                None => break,
                Some(Event::Tick) => {
                    self.stopping = self.stopping || self.ledger.cancel_requested().await?;
                    events.push(self.tick());
                }
                Some(Event::Rested(index)) => {
                    if !self.stopping {
                        events.push(self.call(index));
                        calls += 1;
                    }
                }
                Some(Event::Answered(index, answer)) => {
                    calls -= 1;
                    let before = self.steps.get(index).map(|live| live.record.state);
                    if let Some(pause) = self.take(index, *answer).await? {
                        events.push(self.rest(index, pause));
                    }
                    let after = self.steps.get(index).map(|live| live.record.state);
                    if before != after && after == Some(StepState::Done) && !self.stopping {
                        calls += self.start_ready(&mut events).await?;
                    }
                }
            }
        }
        let blocked = self
            .steps
            .iter()
            .any(|live| live.record.state == StepState::Blocked);
        let left_waiting = self
            .steps
            .iter()
            .any(|live| live.record.outcome == Some(Outcome::Waiting));
        let all_done = self.steps.iter().all(|live| live.record.state == StepState::Done);
        let state = match (all_done, blocked) {
            (true, _) if left_waiting => RunState::Waiting,
            (true, _) => RunState::Succeeded,
            (false, false) if self.stopping => RunState::Cancelled,
            (false, _) => RunState::Failed,
        };
        self.end(state).await
    }

    /// Steps begun and not finished.
    fn in_work(&self) -> usize {
        let open = |state| matches!(state, StepState::Running | StepState::Waiting);
        self.steps.iter().filter(|live| open(live.record.state)).count()
    }

    fn tick(&self) -> BoxFuture<'p, Event> {
        let clock = self.clock;
        Box::pin(async move {
            clock.sleep(CANCEL_EVERY).await;
            Event::Tick
        })
    }

    fn rest(&self, index: usize, pause: Duration) -> BoxFuture<'p, Event> {
        let clock = self.clock;
        Box::pin(async move {
            clock.sleep(pause).await;
            Event::Rested(index)
        })
    }

    /// One call of a step.
    fn call(&self, index: usize) -> BoxFuture<'p, Event> {
        let Some(live) = self.steps.get(index) else {
            return Box::pin(std::future::pending());
        };
        let (cloud, clock, run, stack) = (self.cloud, self.clock, self.run_id, self.plan.spec.name.as_str());
        let (tags, outputs, own) = (
            self.tags.clone(),
            self.outputs.clone(),
            live.record.outputs.clone(),
        );
        let (did, since, execution_since) = (live.did, live.since, self.since);
        let began = live.record.started_at.unwrap_or(since);
        let change = live.planned.change;
        let step = live.step.clone();
        Box::pin(async move {
            let context = Context {
                cloud,
                outputs: &outputs,
                tags: &tags,
                stack,
                run,
                did,
                own: &own,
                now: clock.now(),
                began,
                since,
                execution_since,
                change,
            };
            let answer = step.advance(&context).await;
            Event::Answered(index, Box::new(answer))
        })
    }

    /// Begin every step whose predecessors are done. Answers how many calls are on their way because of it.
    async fn start_ready(
        &mut self,
        events: &mut FuturesUnordered<BoxFuture<'p, Event>>,
    ) -> Result<usize, LedgerError> {
        let ready: Vec<usize> = {
            let done: std::collections::BTreeSet<&StepId> = self
                .steps
                .iter()
                .filter(|live| live.record.state == StepState::Done)
                .map(|live| &live.planned.id)
                .collect();
            let pending = self
                .steps
                .iter()
                .enumerate()
                .filter(|(_, live)| live.record.state == StepState::Pending);
            pending
                .filter(|(_, live)| live.planned.after.iter().all(|before| done.contains(before)))
                .map(|(index, _)| index)
                .collect()
        };
        for index in &ready {
            let now = self.clock.now();
            if let Some(live) = self.steps.get_mut(*index) {
                live.since = now;
                live.record.state = StepState::Running;
                live.record.started_at.get_or_insert(now);
                self.ledger.record(&live.record).await?;
            }
            events.push(self.call(*index));
        }
        Ok(ready.len())
    }

    /// Take in a step's answer. Answers how long to pause before it is asked again, if it is.
    async fn take(
        &mut self,
        index: usize,
        answer: Result<Progress, StepError>,
    ) -> Result<Option<Duration>, LedgerError> {
        let now = self.clock.now();
        let Some(live) = self.steps.get_mut(index) else {
            return Ok(None);
        };
        let before = live.record.clone();
        let pause = live.take(answer, now, self.wait, self.chance);
        if live.record.state == StepState::Done {
            let outputs = live.record.outputs.clone();
            Arc::make_mut(&mut self.outputs).insert(live.record.step.clone(), outputs);
        }
        if news(&before, &live.record) {
            self.ledger.record(&live.record).await?;
        }
        Ok(pause)
    }

    /// Write down how the run ended.
    async fn end(&mut self, state: RunState) -> Result<RunState, LedgerError> {
        for live in self
            .steps
            .iter_mut()
            .filter(|live| live.record.state == StepState::Pending)
        {
            live.record.state = StepState::Skipped;
            self.ledger.record(&live.record).await?;
        }
        self.ledger.run_state(state).await?;
        Ok(state)
    }
}
