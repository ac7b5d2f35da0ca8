//! `slipway apply`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use engine::plan::Weight;
use engine::run::RunOptions;
use engine::spec::StackSpec;
use store::connections::Connection;
use store::runs::{self, Run};
use store::stacks;

use super::failure::{Exit, Failure};
use super::report::Report;
use super::{ConnectionArg, Context, account, confirm, follow, output, plan, spec_file, storage};
use crate::panel::Panel;
use crate::runs::start::{self, StartError};

/// The account may change between plan and start (another `apply`, a person): plan again so many times.
const PLANS: u32 = 5;

/// Bring a stack to its spec.
///
/// An unfinished run of the stack is taken over and finished instead of starting another.
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
    let report = storage::with_panel(&context.storage, async |panel| {
        let connection = account::resolve(&panel.db, &command.connection.connection).await?;
        account::check_region(&connection, &spec.region)?;
        let Some((run, taken_over)) = begin(&panel, &connection, &spec, &command).await? else {
            return Ok(None);
        };
        follow::to_the_end(&panel, &run).await?;
        Ok(Some(
            Report::of(&panel.db, &run, &connection.name, taken_over).await?,
        ))
    })
    .await?;
    Ok(finish(context, report))
}

/// Prints what came of a run, and says how the command ends.
pub(super) fn finish(context: &Context, report: Option<Report>) -> Exit {
    let Some(report) = report else {
        output::note("nothing was changed");
        return Exit::Cancelled;
    };
    if context.json {
        output::json(&report);
    } else {
        let state = app::words::run::run_state(app::i18n::Locale::en, report.state).1;
        output::line(&format!("{} {}", report.stack, state));
        if let Some(url) = &report.url {
            output::line(url);
        }
    }
    report.exit()
}

/// The run to follow: the unfinished one, or a new one. `None`: the person said no.
async fn begin(
    panel: &Arc<Panel>,
    connection: &Connection,
    spec: &StackSpec,
    command: &ApplyCommand,
) -> Result<Option<(Run, bool)>, Failure> {
    let options = RunOptions {
        wait: !command.no_wait,
    };
    let mut confirmed = command.yes;
    for _ in 0..PLANS {
        if let Some(run) = unfinished(panel, connection, &spec.name).await? {
            return Ok(Some((run, true)));
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
        confirmed = confirm::go_on(
            confirmed,
            &format!("This is what happens to {}.", connection.name),
            "yes",
        )?;
        if !confirmed {
            return Ok(None);
        }
        if let Some(practice) = open.practice.as_ref().filter(|_| options.wait) {
            practice
                .play_push(&planned)
                .await
                .map_err(|error| Failure::Other(error.to_string()))?;
        }
        match start::start(panel, connection, &planned, &options, None).await {
            Ok(run) => return Ok(Some((run, false))),
            Err(StartError::Unfinished { .. }) => {}
            Err(StartError::Stale) => output::note("the account changed in between: planning again"),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::Other(format!(
        "the account changed {PLANS} times while it was planned for; try again"
    )))
}

/// The run of the stack that is not over, if any.
pub(super) async fn unfinished(
    panel: &Panel,
    connection: &Connection,
    stack: &str,
) -> Result<Option<Run>, Failure> {
    let stack = match stacks::by_name(&panel.db, connection.id, stack).await {
        Ok(stack) => stack,
        Err(store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let run = runs::unfinished(&panel.db, stack.id).await?;
    if let Some(run) = &run {
        output::note(&format!(
            "run {} of {} is not over: taking it over",
            run.number, stack.name
        ));
    }
    Ok(run)
}
