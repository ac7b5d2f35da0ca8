//! `slipway cancel`.

use clap::Args;
use engine::run::RunState;
use store::runs;

use super::failure::{Exit, Failure};
use super::report::Report;
use super::{Context, account, apply, follow, storage};

/// Stop the run of a stack.
///
/// What was made stays, and the run can be gone on with. Waits until the run has come to a halt.
#[derive(Debug, Args)]
pub(super) struct CancelCommand {
    /// The stack's name
    #[arg(long, value_name = "NAME")]
    stack: String,
    /// The connection, when several have a stack of that name
    #[arg(long, value_name = "CONNECTION")]
    connection: Option<String>,
}

pub(super) async fn run(context: &Context, command: CancelCommand) -> Result<Exit, Failure> {
    let report = storage::with_interrupts(&context.storage, async |panel, interrupts| {
        let (connection, stack) =
            account::stack(&panel.db, &command.stack, command.connection.as_deref()).await?;
        let Some(run) = runs::unfinished(&panel.db, stack.id).await? else {
            return Err(Failure::NotFound(format!(
                "no run of {} is under way",
                stack.name
            )));
        };
        let run = runs::request_cancel(&panel.db, run.id).await?;
        // Whoever executes it sees that; without anybody, it is ended here.
        follow::another(&panel, &run, interrupts).await?;
        Ok(Report::of(&panel.db, &run, &connection.name, false, follow::End::Over).await?)
    })
    .await?;
    let exit = apply::finish(context, &report);
    // Stopped is what was asked for. A run that was quicker, or failed first, says so.
    Ok(if report.state == RunState::Cancelled {
        Exit::Done
    } else {
        exit
    })
}
