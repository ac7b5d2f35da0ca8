//! `slipway destroy`.

use std::sync::Arc;

use clap::Args;
use engine::plan::{Purpose, Weight};
use engine::run::RunOptions;
use store::connections::Connection;
use store::runs::{self, Run};
use store::stacks::Stack;

use super::confirm::Consent;
use super::failure::{Exit, Failure};
use super::interrupt::Interrupts;
use super::report::Report;
use super::{Context, account, apply, follow, output, plan, storage};
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

/// Everything is waited for: what is half removed can't be called removed.
const OPTIONS: RunOptions = RunOptions { wait: true };

pub(super) async fn run(context: &Context, command: DestroyCommand) -> Result<Exit, Failure> {
    let report = storage::with_interrupts(&context.storage, async |panel, interrupts| {
        let (connection, stack) =
            account::stack(&panel.db, &command.stack, command.connection.as_deref()).await?;
        let mut consent = Consent::new(command.yes);
        let (run, taken_over) = begin(&panel, &connection, &stack, &mut consent, interrupts).await?;
        let end = follow::to_the_end(&panel, &run, &OPTIONS, interrupts).await?;
        Ok(Report::of(&panel.db, &run, &connection.name, taken_over, end).await?)
    })
    .await?;
    Ok(apply::finish(context, &report))
}

async fn begin(
    panel: &Arc<Panel>,
    connection: &Connection,
    stack: &Stack,
    consent: &mut Consent,
    interrupts: &Interrupts,
) -> Result<(Run, bool), Failure> {
    let mut plans = 0;
    loop {
        match runs::unfinished(&panel.db, stack.id).await? {
            Some(run) if run.purpose == Purpose::Destroy && run.cancel_requested_at.is_none() => {
                output::note(&format!(
                    "run {} is taking {} down already: taking it over",
                    run.number, stack.name
                ));
                return Ok((run, true));
            }
            // Somebody has asked it to stop: it does, and what it left is planned for.
            Some(run) if run.cancel_requested_at.is_some() => {
                follow::another(panel, &run, interrupts).await?;
                continue;
            }
            Some(run) => {
                return Err(Failure::InTheWay(format!(
                    "run {} of {name} is not over: let it end, or stop it with `slipway cancel --stack {name}`, and \
                     destroy again",
                    run.number,
                    name = stack.name
                )));
            }
            None => {}
        }
        plans += 1;
        if plans > PLANS {
            return Err(Failure::Other(format!(
                "the account changed {PLANS} times while it was planned for; try again"
            )));
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
        let question = format!("This is removed from {}.", connection.name);
        consent.to(&planned, &question, &stack.name).await?;
        match start::start_here(panel, connection, &planned, &OPTIONS).await {
            Ok(run) => return Ok((run, false)),
            Err(StartError::Unfinished { .. }) => {}
            Err(StartError::Stale) => output::note("the account changed in between: planning again"),
            Err(error) => return Err(error.into()),
        }
    }
}
