//! `slipway migrate`.

use serde_json::json;

use super::failure::{Exit, Failure};
use super::storage::Storage;
use super::{Context, output};

pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    // Opening brings the schema up to date.
    Storage::open(&context.storage).await?.close().await?;
    if context.json {
        output::json(&json!({ "state": "succeeded" }));
    } else {
        output::line("The database's schema is up to date.");
    }
    Ok(Exit::Done)
}
