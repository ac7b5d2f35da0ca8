//! The least-privilege policy, as the engine derives it from its steps.

use engine::policy::Lent;
use store::connections::Connection;
use store::{Database, stacks};

use crate::backend::drafted;

/// What the stacks and drafts of a connection use beside what Slipway makes: the policy allows that, and no more.
///
/// # Errors
/// Those of the database.
pub async fn lent(db: &Database, connection: &Connection) -> Result<Lent, store::Error> {
    let mut specs = drafted(db, connection).await?;
    for stack in stacks::of_connection(db, connection.id).await? {
        match stack.spec() {
            Ok(spec) => specs.push(spec),
            // What another version wrote says nothing here; its own page tells.
            Err(error) => tracing::warn!(%error, stack = stack.name, "a spec can't be read for the policy"),
        }
    }
    Ok(Lent::to(&specs))
}

/// The policy document for an account and region; `*` stands for any.
///
/// # Errors
/// When it can't be written as JSON.
pub fn text(account: Option<&str>, region: Option<&str>, lent: &Lent) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&engine::policy::document(
        account.unwrap_or("*"),
        region.unwrap_or("*"),
        lent,
    ))
}
