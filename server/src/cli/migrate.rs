//! `slipway migrate`.

use serde_json::json;

use super::failure::{Exit, Failure};
use super::interrupt::Interrupts;
use super::storage::Storage;
use super::{Context, output};

pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    // Opening brings the schema up to date.
    let interrupts = Interrupts::listen()?;
    let storage = tokio::select! {
        storage = Storage::open(&context.storage) => storage?,
        () = interrupts.uncared_for() => return Err(Failure::Interrupted),
    };
    storage.close().await?;
    if context.json {
        output::json(&json!({ "state": "succeeded" }));
    } else {
        output::line("The database's schema is up to date.");
    }
    Ok(Exit::Done)
}
