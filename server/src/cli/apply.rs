//! `slipway apply`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use engine::plan::{Purpose, Weight};
use engine::run::RunOptions;
use engine::spec::StackSpec;
use store::connections::Connection;
use store::runs::{self, Run};
use store::stacks;

use super::confirm::Consent;
use super::failure::{Exit, Failure};
use super::interrupt::Interrupts;
use super::report::Report;
use super::{ConnectionArg, Context, account, follow, output, plan, spec_file, storage};
use crate::panel::Panel;
use crate::runs::start::{self, StartError};

/// The account may change between plan and start (another `apply`, a person): plan again so many times.
const PLANS: u32 = 5;

/// Bring a stack to its spec.
///
/// An unfinished run of the same spec is taken over and finished instead of starting another. Of another spec, it is
/// brought to its end first. While a run takes the stack down, nothing is applied.
#[derive(Debug, Args)]
pub(super) struct ApplyCommand {
    #[command(flatten)]
    connection: ConnectionArg,
    /// The spec, TOML or JSON; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Make everything, and do not wait for images, health or builds
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn run(context: &Context, command: ApplyCommand) -> Result<Exit, Failure> {
    let spec = spec_file::load(&command.spec)?;
    let report = storage::with_interrupts(&context.storage, async |panel, interrupts| {
        let connection = account::resolve(&panel.db, &command.connection.connection).await?;
        account::check_region(&connection, &spec.region)?;
        let options = RunOptions {
            wait: !command.no_wait,
        };
        let mut consent = Consent::new(command.yes);
        let (run, taken_over) = begin(&panel, &connection, &spec, &options, &mut consent, interrupts).await?;
        let end = follow::to_the_end(&panel, &run, &options, interrupts).await?;
        Ok(Report::of(&panel.db, &run, &connection.name, taken_over, end).await?)
    })
    .await?;
    Ok(finish(context, &report))
}

/// Prints what came of a run, and says how the command ends.
pub(super) fn finish(context: &Context, report: &Report) -> Exit {
    if context.json {
        output::json(report);
    } else {
        for line in report.lines() {
            output::line(&line);
        }
    }
    report.exit()
}

/// The run to follow: one of this very spec that is not over, or a new one. `true`: it was there already.
async fn begin(
    panel: &Arc<Panel>,
    connection: &Connection,
    spec: &StackSpec,
    options: &RunOptions,
    consent: &mut Consent,
    interrupts: &Interrupts,
) -> Result<(Run, bool), Failure> {
    let mut plans = 0;
    loop {
        if let Some(run) = unfinished(panel, connection, spec).await? {
            match run {
                Found::Ours(run) => return Ok((run, true)),
                Found::Another(run) => {
                    follow::another(panel, &run, interrupts).await?;
                    continue;
                }
            }
        }
        plans += 1;
        if plans > PLANS {
            return Err(Failure::Other(format!(
                "the account changed {PLANS} times while it was planned for; try again"
            )));
        }
        let open = panel.clouds.open(connection).await?;
        let planned = start::plan_apply(&open, spec).await?;
        if planned.is_blocked() {
            return Err(Failure::Blocked(
                planned.findings_of(Weight::Block).cloned().collect(),
            ));
        }
        for line in plan::describe(&planned) {
            output::note(&line);
        }
        let question = format!("This is what happens to {}.", connection.name);
        consent.to(&planned, &question, "yes").await?;
        if let Some(practice) = open.practice.as_ref().filter(|_| options.wait) {
            practice
                .play_push(&planned)
                .await
                .map_err(|error| Failure::Other(error.to_string()))?;
        }
        match start::start_here(panel, connection, &planned, options).await {
            Ok(run) => return Ok((run, false)),
            Err(StartError::Unfinished { .. }) => {}
            Err(StartError::Stale) => output::note("the account changed in between: planning again"),
            Err(error) => return Err(error.into()),
        }
    }
}

/// A run of the stack that is not over.
enum Found {
    /// It does what is asked for.
    Ours(Run),
    /// It does something else; afterwards there is still something to do.
    Another(Run),
}

async fn unfinished(
    panel: &Panel,
    connection: &Connection,
    spec: &StackSpec,
) -> Result<Option<Found>, Failure> {
    let stack = match stacks::by_name(&panel.db, connection.id, &spec.name).await {
        Ok(stack) => stack,
        Err(store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(run) = runs::unfinished(&panel.db, stack.id).await? else {
        return Ok(None);
    };
    let number = run.number;
    match run.purpose {
        Purpose::Destroy => Err(Failure::InTheWay(format!(
            "run {number} is taking {name} down: let it end, or stop it with `slipway cancel --stack {name}`, and \
             apply again",
            name = stack.name
        ))),
        Purpose::Apply
            if run.cancel_requested_at.is_none() && runs::plan(&panel.db, run.id).await?.spec == *spec =>
        {
            output::note(&format!(
                "run {number} of {} is not over: taking it over",
                stack.name
            ));
            Ok(Some(Found::Ours(run)))
        }
        Purpose::Apply | Purpose::Prepare => {
            output::note(&format!(
                "run {number} of {} does something else: planning after its end",
                stack.name
            ));
            Ok(Some(Found::Another(run)))
        }
    }
}
