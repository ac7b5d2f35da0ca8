//! `slipway destroy`.

use clap::Args;
use engine::plan::{Purpose, Weight};
use engine::run::RunOptions;
use store::connections::Connection;
use store::runs::{self, Run};
use store::stacks::Stack;

use super::failure::{Exit, Failure};
use super::report::Report;
use super::{Context, account, apply, confirm, follow, output, plan, storage};
use crate::panel::Panel;
use crate::runs::start::{self, StartError};

/// The account may change between plan and start: plan again so many times.
const PLANS: u32 = 5;

/// Remove what Slipway created for a stack, and nothing else.
///
/// The plan is shown first. Without --yes the stack's name has to be typed.
#[derive(Debug, Args)]
pub(super) struct DestroyCommand {
    /// The stack's name
    #[arg(long, value_name = "NAME")]
    stack: String,
    /// The connection, when several have a stack of that name
    #[arg(long, value_name = "CONNECTION")]
    connection: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(context: &Context, command: DestroyCommand) -> Result<Exit, Failure> {
    let report = storage::with_panel(&context.storage, async |panel| {
        let (connection, stack) =
            account::stack(&panel.db, &command.stack, command.connection.as_deref()).await?;
        let Some((run, taken_over)) = begin(&panel, &connection, &stack, &command).await? else {
            return Ok(None);
        };
        follow::to_the_end(&panel, &run).await?;
        Ok(Some(
            Report::of(&panel.db, &run, &connection.name, taken_over).await?,
        ))
    })
    .await?;
    Ok(apply::finish(context, report))
}

async fn begin(
    panel: &Panel,
    connection: &Connection,
    stack: &Stack,
    command: &DestroyCommand,
) -> Result<Option<(Run, bool)>, Failure> {
    let mut confirmed = command.yes;
    for _ in 0..PLANS {
        match runs::unfinished(&panel.db, stack.id).await? {
            Some(run) if run.purpose == Purpose::Destroy => {
                output::note(&format!(
                    "run {} is taking {} down already: taking it over",
                    run.number, stack.name
                ));
                return Ok(Some((run, true)));
            }
            Some(run) => {
                return Err(Failure::Other(format!(
                    "run {} of {} is not over: finish it with `slipway apply`, or stop it, first",
                    run.number, stack.name
                )));
            }
            None => {}
        }
        let open = panel.clouds.open(connection).await?;
        let planned = start::plan_destroy(&panel.db, &open, stack).await?;
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
            &format!("This is removed from {}.", connection.name),
            &stack.name,
        )?;
        if !confirmed {
            return Ok(None);
        }
        match start::start(panel, connection, &planned, &RunOptions { wait: true }, None).await {
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
