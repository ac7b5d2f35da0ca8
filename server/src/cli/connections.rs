//! `slipway connections`.

use app::backend::connections::ConnectionTest;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use store::connections::{self, Connection, Credentials, Settings};
use store::stacks;

use super::failure::{Exit, Failure};
use super::{Context, account, output, storage, table};
use crate::backend::{region, test_connection};
use crate::practice;

/// List, test and reset connections.
#[derive(Debug, Args)]
pub(super) struct ConnectionsCommand {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List all of them
    List,
    /// Ask AWS who we are and what we may do
    Test {
        /// A connection's name, or practice:SCENARIO, aws:PROFILE@REGION
        connection: String,
    },
    /// Put a practice account back to its scenario's morning; its stacks are forgotten
    Reset {
        /// A practice account's name, or practice:SCENARIO
        connection: String,
    },
}

pub(super) async fn run(context: &Context, command: ConnectionsCommand) -> Result<Exit, Failure> {
    match command.verb.unwrap_or(Verb::List) {
        Verb::List => list(context).await,
        Verb::Test { connection } => test(context, &connection).await,
        Verb::Reset { connection } => reset(context, &connection).await,
    }
}

async fn list(context: &Context) -> Result<Exit, Failure> {
    let (all, counts) = storage::with_panel(&context.storage, async |panel| {
        Ok((
            connections::list(&panel.db).await?,
            stacks::counts(&panel.db).await?,
        ))
    })
    .await?;
    if context.json {
        let lines: Vec<Value> = all
            .iter()
            .map(|connection| {
                let mut line = describe(connection);
                line["stacks"] = json!(counts.get(&connection.id).copied().unwrap_or(0));
                line
            })
            .collect();
        output::json(&json!({ "connections": lines }));
    } else {
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|connection| {
                let stacks = counts.get(&connection.id).copied().unwrap_or(0);
                vec![
                    connection.name.clone(),
                    region(&connection.settings).to_owned(),
                    format!("{stacks} stacks"),
                ]
            })
            .collect();
        for line in table::lines(&rows) {
            output::line(&line);
        }
    }
    Ok(Exit::Done)
}

/// Without the external id: it stays where it is.
fn describe(connection: &Connection) -> Value {
    let mut value =
        json!({ "id": connection.id, "name": connection.name, "region": region(&connection.settings) });
    match &connection.settings {
        Settings::Practice { scenario } => {
            value["kind"] = json!("practice");
            value["scenario"] = json!(scenario);
        }
        Settings::Aws {
            credentials,
            endpoint,
            ..
        } => {
            value["kind"] = json!("aws");
            value["endpoint"] = json!(endpoint);
            value["credentials"] = match credentials {
                Credentials::Default => json!({ "from": "default" }),
                Credentials::Profile { name } => json!({ "from": "profile", "name": name }),
                Credentials::AssumeRole {
                    role_arn,
                    external_id,
                } => json!({
                    "from": "assume_role", "role_arn": role_arn, "has_external_id": external_id.is_some(),
                }),
            };
        }
    }
    value
}

async fn test(context: &Context, name: &str) -> Result<Exit, Failure> {
    let test: ConnectionTest = storage::with_panel(&context.storage, async |panel| {
        let connection = account::resolve(&panel.db, name).await?;
        let test = test_connection(&panel.clouds, &connection).await?;
        connections::note_test(&panel.db, connection.id, &test).await?;
        Ok(test)
    })
    .await?;
    let missing: Vec<&str> = test
        .permissions
        .iter()
        .filter(|permission| permission.allowed == Some(false))
        .map(|permission| permission.action.as_str())
        .collect();
    if context.json {
        output::json(&test);
    } else {
        match &test.identity {
            Ok(caller) => output::line(&format!("{} in account {}", caller.arn, caller.account_id)),
            Err(fault) => output::line(&fault.to_string()),
        }
        for action in &missing {
            output::line(&format!("missing: {action}"));
        }
    }
    Ok(if test.identity.is_ok() && missing.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

async fn reset(context: &Context, name: &str) -> Result<Exit, Failure> {
    storage::with_panel(&context.storage, async |panel| {
        let connection = account::resolve(&panel.db, name).await?;
        let Settings::Practice { scenario } = &connection.settings else {
            return Err(Failure::Usage(format!("{name} is no practice account")));
        };
        stacks::forget_all(&panel.db, connection.id).await?;
        practice::reset(&panel.db, connection.id, scenario, context.storage.practice_speed).await?;
        Ok(())
    })
    .await?;
    if context.json {
        output::json(&json!({ "state": "succeeded" }));
    } else {
        output::line("The practice account is as it was in the morning.");
    }
    Ok(Exit::Done)
}
