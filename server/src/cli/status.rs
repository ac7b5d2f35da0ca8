//! `slipway status`.

use app::backend::stacks::{HealthNow, HealthState};
use clap::Args;
use engine::run::RunState;
use serde_json::{Value, json};
use store::connections::{self, Connection};
use store::runs;
use store::stacks::{self, Stack};

use super::failure::{Exit, Failure};
use super::follow::End;
use super::report::Report;
use super::{Context, account, output, storage, table};
use crate::health::now;
use crate::panel::Panel;
use crate::runs::outcome::StackOutputs;

/// Show a stack, or all of them.
#[derive(Debug, Args)]
pub(super) struct StatusCommand {
    /// The stack's name; without it all stacks are listed
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// The connection, when several have a stack of that name
    #[arg(long, value_name = "CONNECTION", requires = "stack")]
    connection: Option<String>,
}

pub(super) async fn run(context: &Context, command: StatusCommand) -> Result<Exit, Failure> {
    match &command.stack {
        Some(name) => one(context, name, command.connection.as_deref()).await,
        None => all(context).await,
    }
}

async fn all(context: &Context) -> Result<Exit, Failure> {
    let rows = storage::with_panel(&context.storage, async |panel| {
        let latest = runs::latest(&panel.db).await?;
        let mut rows = Vec::new();
        for stack in stacks::list(&panel.db).await? {
            let connection = connections::get(&panel.db, stack.connection_id).await?;
            let run = latest
                .iter()
                .find(|summary| summary.run.stack_id == stack.id)
                .map(|summary| summary.run.clone());
            rows.push((stack, connection, run));
        }
        Ok(rows)
    })
    .await?;
    if context.json {
        let stacks: Vec<Value> = rows
            .iter()
            .map(|(stack, connection, run)| {
                let mut line = facts(stack, connection);
                line["run"] = json!(run.as_ref().map(|run| json!({
                    "id": run.id, "number": run.number, "purpose": run.purpose, "state": run.state,
                })));
                line
            })
            .collect();
        output::json(&json!({ "stacks": stacks }));
    } else {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|(stack, connection, run)| {
                let state = run.as_ref().map_or("", |run| {
                    app::words::run::run_state(app::i18n::Locale::en, run.state).1
                });
                vec![
                    stack.name.clone(),
                    connection.name.clone(),
                    state.to_owned(),
                    StackOutputs::of(stack).url.unwrap_or_default(),
                ]
            })
            .collect();
        for line in table::lines(&rows) {
            output::line(&line);
        }
    }
    Ok(Exit::Done)
}

fn facts(stack: &Stack, connection: &Connection) -> Value {
    json!({
        "stack": stack.name,
        "environment": stack.environment,
        "connection": connection.name,
        "url": StackOutputs::of(stack).url,
    })
}

async fn one(context: &Context, name: &str, connection: Option<&str>) -> Result<Exit, Failure> {
    let (facts, outputs, report, health) = storage::with_panel(&context.storage, async |panel| {
        let (connection, stack) = account::stack(&panel.db, name, connection).await?;
        let report = last_run(&panel, &connection, &stack).await?;
        let monitors = store::health::of_stack(&panel.db, stack.id).await?;
        let health = now::of(&monitors, panel.db.now().await?);
        Ok((
            facts(&stack, &connection),
            StackOutputs::of(&stack),
            report,
            health,
        ))
    })
    .await?;
    let exit = exit(report.as_ref(), health.as_ref());
    if context.json {
        let mut document = facts;
        document["resources"] = json!(outputs.steps);
        document["run"] = json!(report);
        document["health"] = json!(health);
        output::json(&document);
    } else {
        if let Some(report) = &report {
            let state = app::words::run::run_state(app::i18n::Locale::en, report.state).1;
            output::line(&format!("{name} {state}"));
        }
        if let Some(health) = &health {
            output::line(&words(health));
        }
        if let Some(url) = &outputs.url {
            output::line(url);
        }
        let rows: Vec<Vec<String>> = outputs
            .steps
            .iter()
            .flat_map(|(step, outputs)| {
                outputs
                    .values()
                    .map(move |value| vec![step.to_string(), value.clone()])
            })
            .collect();
        for line in table::lines(&rows) {
            output::line(&line);
        }
    }
    Ok(exit)
}

/// How the command ends: as the last run did; and when that went well, by whether the stack answers.
fn exit(report: Option<&Report>, health: Option<&HealthNow>) -> Exit {
    let run = report.map_or(Exit::Done, |report| match report.state {
        RunState::Queued | RunState::Running => Exit::Waiting,
        RunState::Succeeded | RunState::Failed | RunState::Waiting | RunState::Cancelled => report.exit(),
    });
    let down = health.is_some_and(|health| health.state == HealthState::Down);
    if run == Exit::Done && down {
        Exit::Failed
    } else {
        run
    }
}

/// The health in a line.
fn words(health: &HealthNow) -> String {
    let state = match health.state {
        HealthState::Up => "up",
        HealthState::Degraded => "degraded",
        HealthState::Down => "down",
        HealthState::Unknown => "health not known",
    };
    let mut words = format!("{state} since {}", health.since);
    for (what, counts) in [("targets", health.targets), ("tasks", health.tasks)] {
        if let Some((good, all)) = counts {
            words.push_str(&format!(", {good} of {all} {what}"));
        }
    }
    if let Some(trouble) = health
        .last_trouble
        .as_ref()
        .filter(|_| health.state != HealthState::Up)
    {
        let said = app::words::health::trouble(app::i18n::Locale::en, trouble);
        words.push_str(&format!(": {said}"));
    }
    words
}

async fn last_run(panel: &Panel, connection: &Connection, stack: &Stack) -> Result<Option<Report>, Failure> {
    match runs::of_stack(&panel.db, stack.id, 1).await?.into_iter().next() {
        Some(summary) => Ok(Some(
            Report::of(&panel.db, &summary.run, &connection.name, false, End::Over).await?,
        )),
        None => Ok(None),
    }
}
