//! The command line. Results go to standard output, everything else to standard error; with `--json` a command answers
//! exactly one JSON document, also when it fails.

mod account;
mod apply;
mod cancel;
mod confirm;
mod connections;
mod destroy;
mod failure;
mod follow;
mod healthcheck;
mod interrupt;
mod log;
mod migrate;
mod output;
mod owner;
mod plan;
mod policy;
mod report;
mod serve;
mod spec_file;
mod status;
mod storage;
mod table;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{StorageArgs, refuse_unknown};
use failure::{Exit, Failure};

/// What `--help` says about exit codes.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  failed: AWS, the database or a step says why
  2  bad input: the command, the spec or a setting
  3  waiting: everything is made, nobody waited for health or builds
  4  cancelled
  5  blocked: the plan can't succeed as it is

Every command takes --json: one JSON document on standard output, {\"error\": {\"code\", \"message\", ...}} when it fails.";

/// From a container image to a healthy stack on AWS.
#[derive(Debug, Parser)]
#[command(name = "slipway", version, about, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    storage: StorageArgs,
    /// Answer with one JSON document
    #[arg(long, global = true)]
    json: bool,
    /// What to log, for example `info` or `slipway=debug`
    #[arg(long, env = "SLIPWAY_LOG", value_name = "FILTER", global = true)]
    log: Option<String>,
    /// How to log
    #[arg(long, env = "SLIPWAY_LOG_FORMAT", value_enum, default_value_t = log::Format::Text, global = true)]
    log_format: log::Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the panel
    Serve(serve::ServeCommand),
    /// Bring the database's schema up to date
    Migrate,
    /// Show what `apply` would do
    Plan(plan::PlanCommand),
    /// Bring a stack to its spec
    Apply(apply::ApplyCommand),
    /// Show a stack, or all of them
    Status(status::StatusCommand),
    /// Remove what Slipway created for a stack
    Destroy(destroy::DestroyCommand),
    /// Stop the run of a stack
    Cancel(cancel::CancelCommand),
    /// Print the least-privilege IAM policy
    Policy(policy::PolicyCommand),
    /// List, add, test and reset connections
    Connections(connections::ConnectionsCommand),
    /// Let the owner of the panel in again
    Owner(owner::OwnerCommand),
    /// Ask a running panel whether it is well
    Healthcheck(healthcheck::HealthcheckCommand),
}

/// Which account.
#[derive(Debug, Clone, Args)]
struct ConnectionArg {
    /// A connection's name, or practice:SCENARIO, aws:PROFILE@REGION, aws:default@REGION
    #[arg(long, value_name = "CONNECTION")]
    connection: String,
}

/// What every command is given.
struct Context {
    storage: StorageArgs,
    json: bool,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let json = cli.json;
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print(json);
            failure.exit().into()
        }
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    let asked = !error.use_stderr();
    if !asked && std::env::args().any(|argument| argument == "--json") {
        Failure::Usage(error.to_string().trim().to_owned()).print(true);
    } else if error.print().is_err() {
        return Exit::Failed.into();
    }
    if asked {
        Exit::Done.into()
    } else {
        Exit::BadInput.into()
    }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    refuse_unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))?;
    let serving = matches!(cli.command, Command::Serve(_));
    log::begin(cli.log.as_deref(), cli.log_format, serving)?;
    let context = Context {
        storage: cli.storage,
        json: cli.json,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Deeply nested pages are rendered on these.
        .thread_stack_size(8 * 1024 * 1024)
        .build()
        .map_err(|error| Failure::other("the async runtime does not start", error))?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(command) => Box::pin(serve::run(&context, command)).await,
            Command::Migrate => migrate::run(&context).await,
            Command::Plan(command) => Box::pin(plan::run(&context, command)).await,
            Command::Apply(command) => Box::pin(apply::run(&context, command)).await,
            Command::Status(command) => Box::pin(status::run(&context, command)).await,
            Command::Destroy(command) => Box::pin(destroy::run(&context, command)).await,
            Command::Cancel(command) => Box::pin(cancel::run(&context, command)).await,
            Command::Policy(command) => policy::run(&context, command),
            Command::Connections(command) => Box::pin(connections::run(&context, command)).await,
            Command::Owner(command) => Box::pin(owner::run(&context, command)).await,
            Command::Healthcheck(command) => healthcheck::run(&context, &command).await,
        }
    })
}
