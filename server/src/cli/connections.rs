//! `slipway connections`.

use std::collections::BTreeSet;
use std::io::BufRead;

use app::backend::connections::{ConnectionForm, ConnectionTest};
use clap::{Args, Subcommand};
use engine::cloud::identity::{NoVerdict, Permission, Verdict};
use serde_json::{Value, json};
use store::connections::{self, Connection, Credentials, Settings};
use store::{Conflict, stacks};

use super::failure::{Exit, Failure};
use super::{Context, account, confirm, output, storage, table};
use crate::backend::{checked_connection, region, test_connection};
use crate::practice;

/// List, add, test and reset connections.
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
    /// Add a connection to AWS
    Add(AddCommand),
    /// Put a practice account back to its scenario's morning; its stacks are forgotten
    Reset {
        /// A practice account's name, or practice:SCENARIO
        connection: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Without --profile and --role-arn, the SDK's default chain is used.
#[derive(Debug, Args)]
struct AddCommand {
    /// A name that no other connection has
    #[arg(long)]
    name: String,
    /// Such as ap-northeast-1
    #[arg(long)]
    region: String,
    /// A profile of the AWS configuration files
    #[arg(long, conflicts_with = "role_arn")]
    profile: Option<String>,
    /// A role, assumed with the default chain
    #[arg(long)]
    role_arn: Option<String>,
    /// Read the external id that the role's trust policy asks for from standard input
    #[arg(long, requires = "role_arn")]
    external_id_stdin: bool,
    /// Another endpoint for all services: an emulator or a VPC endpoint
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

pub(super) async fn run(context: &Context, command: ConnectionsCommand) -> Result<Exit, Failure> {
    match command.verb.unwrap_or(Verb::List) {
        Verb::List => list(context).await,
        Verb::Test { connection } => test(context, &connection).await,
        Verb::Add(command) => add(context, command).await,
        Verb::Reset { connection, yes } => reset(context, &connection, yes).await,
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
    let lacking: Vec<String> = test.permissions.iter().filter_map(lacks).collect();
    let silent: BTreeSet<NoVerdict> = test.permissions.iter().filter_map(silence).collect();
    if context.json {
        output::json(&test);
    } else {
        match &test.identity {
            Ok(caller) => output::line(&format!("{} in account {}", caller.arn, caller.account_id)),
            Err(fault) => output::line(&fault.to_string()),
        }
        for line in &lacking {
            output::line(line);
        }
        for why in silent {
            let l = app::i18n::Locale::en;
            output::line(&app::words::permission::unknown(l, why));
        }
        if let Some(fault) = &test.unchecked {
            output::line(&format!("permissions not checked: {fault}"));
        }
    }
    Ok(if test.identity.is_ok() && lacking.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// What the credentials may not do.
fn lacks(permission: &Permission) -> Option<String> {
    let how = match permission.verdict {
        Verdict::Missing => "missing",
        Verdict::Forbidden => "denied by a policy",
        Verdict::Organization => "denied by the organization",
        Verdict::Allowed | Verdict::Unknown(_) => return None,
    };
    let on = permission.resource.as_deref().unwrap_or("*");
    Some(format!("{how}: {} on {on}", permission.action))
}

fn silence(permission: &Permission) -> Option<NoVerdict> {
    match permission.verdict {
        Verdict::Unknown(why) => Some(why),
        _ => None,
    }
}

async fn add(context: &Context, command: AddCommand) -> Result<Exit, Failure> {
    // Not an argument: those are seen by everybody on the machine.
    let external_id = if command.external_id_stdin {
        first_line()?
    } else {
        String::new()
    };
    let source = match (&command.profile, &command.role_arn) {
        (Some(_), _) => "profile",
        (None, Some(_)) => "assume_role",
        (None, None) => "default",
    };
    let form = ConnectionForm {
        kind: "aws".to_owned(),
        name: command.name,
        scenario: String::new(),
        region: command.region,
        source: source.to_owned(),
        profile: command.profile.unwrap_or_default(),
        role_arn: command.role_arn.unwrap_or_default(),
        external_id,
        endpoint: command.endpoint.unwrap_or_default(),
        drop_external_id: false,
    };
    let (name, settings) = checked_connection(&form).map_err(Failure::Problems)?;
    let connection = storage::with_panel(&context.storage, async |panel| {
        match connections::create(&panel.db, &name, &settings, None).await {
            Ok(connection) => Ok(connection),
            Err(error) if error.conflict() == Some(Conflict::ConnectionNameTaken) => {
                Err(Failure::Usage(format!("there is a connection {name:?} already")))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    if context.json {
        output::json(&describe(&connection));
    } else {
        output::line(&format!(
            "added; try it: slipway connections test {:?}",
            connection.name
        ));
    }
    Ok(Exit::Done)
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::other("standard input can't be read", error))?;
    Ok(line.trim().to_owned())
}

async fn reset(context: &Context, name: &str, yes: bool) -> Result<Exit, Failure> {
    storage::with_panel(&context.storage, async |panel| {
        let connection = account::resolve(&panel.db, name).await?;
        let Settings::Practice { scenario } = &connection.settings else {
            return Err(Failure::Usage(format!("{name} is no practice account")));
        };
        let stacks = stacks::of_connection(&panel.db, connection.id).await?.len();
        let question = format!(
            "{} goes back to its morning, and its {stacks} stacks are forgotten.",
            connection.name
        );
        confirm::ask(yes, &question, "yes").await?;
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
