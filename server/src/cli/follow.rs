//! Executing a run here, or following it where it is executed, until it is over. Ctrl-C asks our own run to stop; a second
//! one leaves it to others. A run that others began is never stopped by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::i18n::Locale;
use app::words;
use engine::plan::{Change, Plan, StepId};
use engine::run::{RunOptions, StepRecord, StepState};
use engine::step::Outcome;
use indicatif::{ProgressBar, ProgressStyle};
use store::runs::{self, Run};

use super::failure::Failure;
use super::interrupt::Interrupts;
use super::output;
use crate::panel::Panel;
use crate::runs::execute::{Driven, drive_with};
use crate::runs::watch;

/// A word from the database may get lost, and a lease may run out: look anyway this often.
const LOOK_ANYWAY: Duration = Duration::from_secs(1);

/// How following a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The run is over.
    Over,
    /// Another process goes on with it, and everything is made: only waits are left, and nobody wanted to wait.
    OnlyWaits,
}

/// Brings our own run to its end, telling what happens on standard error.
pub(super) async fn to_the_end(
    panel: &Arc<Panel>,
    run: &Run,
    options: &RunOptions,
    interrupts: &Interrupts,
) -> Result<End, Failure> {
    interrupts.take_care();
    told(panel, run, async {
        tokio::select! {
            done = execute_or_wait(panel, run, Some(options)) => done,
            left = stop_on_request(panel, run, interrupts) => left,
        }
    })
    .await
}

/// Helps a run of somebody else to its end. Ctrl-C leaves it as it is.
pub(super) async fn another(panel: &Arc<Panel>, run: &Run, interrupts: &Interrupts) -> Result<(), Failure> {
    interrupts.take_care();
    told(panel, run, async {
        tokio::select! {
            done = execute_or_wait(panel, run, None) => done,
            () = interrupts.asked(1) => {
                runs::release(&panel.db, run.id, &panel.process).await?;
                Err(Failure::Interrupted)
            }
        }
    })
    .await
    .map(drop)
}

async fn told(
    panel: &Arc<Panel>,
    run: &Run,
    work: impl Future<Output = Result<End, Failure>>,
) -> Result<End, Failure> {
    let plan = runs::plan(&panel.db, run.id).await?;
    let teller = tokio::spawn(tell(Arc::clone(panel), run.clone(), plan));
    let done = work.await;
    // The last lines are told before the result.
    if done.is_ok() {
        let _told = tokio::time::timeout(Duration::from_secs(2), teller).await;
    } else {
        teller.abort();
    }
    done
}

async fn execute_or_wait(
    panel: &Arc<Panel>,
    run: &Run,
    options: Option<&RunOptions>,
) -> Result<End, Failure> {
    let mut words = panel.signals.subscribe();
    let wait = options.is_none_or(|options| options.wait);
    loop {
        match Box::pin(drive_with(panel, run.id, options)).await? {
            Driven::Over(_) => return Ok(End::Over),
            Driven::LetGo => return Err(Failure::Other("the run was left to the next process".to_owned())),
            // A running panel has it. If that dies, its lease runs out and the run is ours.
            Driven::Elsewhere => {}
        }
        if runs::get(&panel.db, run.id).await?.state.is_over() {
            return Ok(End::Over);
        }
        if !wait && only_waits(panel, run).await? {
            return Ok(End::OnlyWaits);
        }
        tokio::select! {
            _ = watch::word_about(&mut words, run.id) => tokio::time::sleep(Duration::from_millis(100)).await,
            () = tokio::time::sleep(LOOK_ANYWAY) => {}
        }
    }
}

/// Whether everything is made, and what is left only waits: for an image, for health, for a build.
async fn only_waits(panel: &Panel, run: &Run) -> Result<bool, Failure> {
    let plan = runs::plan(&panel.db, run.id).await?;
    let done: Vec<StepId> = runs::steps(&panel.db, run.id)
        .await?
        .into_iter()
        .filter(|record| record.state == StepState::Done)
        .map(|record| record.step)
        .collect();
    Ok(plan
        .steps
        .iter()
        .all(|step| step.change == Change::Wait || done.contains(&step.id)))
}

async fn stop_on_request(panel: &Arc<Panel>, run: &Run, interrupts: &Interrupts) -> Result<End, Failure> {
    interrupts.asked(1).await;
    output::note("stopping: what was made stays (Ctrl-C again leaves the run to a panel)");
    runs::request_cancel(&panel.db, run.id).await?;
    interrupts.asked(2).await;
    runs::release(&panel.db, run.id, &panel.process).await?;
    Err(Failure::Other(format!(
        "left before the end: run {} ends as soon as a panel, or the next command for this stack, takes it up",
        run.number
    )))
}

/// Says what changes, as lines or as a bar.
async fn tell(panel: Arc<Panel>, run: Run, plan: Plan) {
    let bar = output::is_watched().then(|| {
        let bar = ProgressBar::new(plan.steps.len() as u64);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    });
    let say = |line: &str| match &bar {
        Some(bar) => bar.println(line),
        None => output::note(line),
    };
    let mut words = panel.signals.subscribe();
    let mut told: BTreeMap<StepId, String> = BTreeMap::new();
    loop {
        let Ok(records) = runs::steps(&panel.db, run.id).await else {
            break;
        };
        let over = runs::get(&panel.db, run.id)
            .await
            .map_or(true, |run| run.state.is_over());
        let mut records: BTreeMap<StepId, StepRecord> = records
            .into_iter()
            .map(|record| (record.step.clone(), record))
            .collect();
        let mut done = 0;
        let mut waiting = String::new();
        for planned in &plan.steps {
            let Some(record) = records.remove(&planned.id) else {
                continue;
            };
            done += u64::from(record.state == StepState::Done);
            if let Some(why) = &record.waiting {
                waiting = words::waiting::waiting(Locale::en, why);
            }
            if let Some(line) = line(&record)
                && told.get(&planned.id) != Some(&line)
            {
                say(&format!("{:<28} {line}", planned.id.to_string()));
                told.insert(planned.id.clone(), line);
            }
        }
        if let Some(bar) = &bar {
            bar.set_position(done);
            bar.set_message(waiting);
        }
        if over {
            break;
        }
        tokio::select! {
            _ = watch::word_about(&mut words, run.id) => tokio::time::sleep(Duration::from_millis(50)).await,
            () = tokio::time::sleep(LOOK_ANYWAY) => {}
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// What is worth a line: waits by their reason, ends by their outcome.
fn line(record: &StepRecord) -> Option<String> {
    let l = Locale::en;
    match record.state {
        StepState::Pending | StepState::Running | StepState::Skipped => None,
        StepState::Waiting => record
            .waiting
            .as_ref()
            .map(|why| format!("… {}", words::waiting::waiting(l, why))),
        StepState::Done => record.outcome.map(|outcome| word(outcome).to_owned()),
        StepState::Blocked => Some(match &record.diagnosis {
            Some(diagnosis) => format!(
                "blocked: {} {}",
                words::diagnosis::cause(l, diagnosis),
                words::diagnosis::fix(l, diagnosis)
            ),
            None => "blocked".to_owned(),
        }),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Kept => "kept",
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Adopted => "adopted",
        Outcome::Deleted => "deleted",
        Outcome::Unseen => "not seen from here; its targets are healthy",
        Outcome::Waiting => "left waiting",
        Outcome::Blocked => "blocked",
    }
}
