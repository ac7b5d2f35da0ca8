//! `slipway owner …`: for who runs the server and can't get in.

use clap::{Args, Subcommand};
use serde_json::json;
use store::{setup, users};

use super::failure::{Exit, Failure};
use super::{Context, output, storage};

/// Where the panel is unless it was told otherwise.
const HERE: &str = "http://127.0.0.1:3000";

/// Let the owner of the panel in again.
#[derive(Debug, Args)]
pub(super) struct OwnerCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print a link that sets a new password, once, within an hour
    ResetPassword {
        /// The e-mail address, when several people have an account
        #[arg(long, value_name = "EMAIL")]
        email: Option<String>,
        /// Where browsers reach the panel
        #[arg(long, env = "SLIPWAY_BASE_URL", value_name = "URL", default_value = HERE)]
        base_url: String,
    },
}

pub(super) async fn run(context: &Context, command: OwnerCommand) -> Result<Exit, Failure> {
    let Verb::ResetPassword { email, base_url } = command.verb;
    let (email, token) = storage::with_panel(&context.storage, async |panel| {
        let people = users::list(&panel.db).await?;
        let wanted = email.map(|email| email.trim().to_lowercase());
        let mut fitting = people
            .into_iter()
            .filter(|person| wanted.as_ref().is_none_or(|wanted| *wanted == person.email));
        let (person, others) = (fitting.next(), fitting.count());
        let person = match (person, others) {
            (Some(person), 0) => person,
            (Some(_), _) => {
                return Err(Failure::Usage(
                    "several people have an account: say whose with --email".to_owned(),
                ));
            }
            (None, _) => {
                return Err(Failure::Usage(
                    "nobody has such an account; a panel that nobody set up prints its set-up link when it starts"
                        .to_owned(),
                ));
            }
        };
        let token = setup::issue_reset(&panel.db, person.id).await?;
        Ok((person.email, token))
    })
    .await?;
    let link = format!(
        "{}{}",
        base_url.trim_end_matches('/'),
        app::routes::setup(token.expose())
    );
    if context.json {
        output::json(&json!({ "email": email, "link": link }));
    } else {
        output::line(&format!("A new password for {email}:"));
        output::line(&link);
        output::line("(once, within an hour; it ends every session of theirs)");
    }
    Ok(Exit::Done)
}
