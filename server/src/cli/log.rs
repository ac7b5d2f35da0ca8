//! Logging, on standard error.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use super::failure::Failure;

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Begins to log. A server tells what it does; a command only what goes wrong.
pub(super) fn begin(filter: Option<&str>, format: Format, serving: bool) -> Result<(), Failure> {
    let default = if serving {
        "info,sqlx=warn,graphile_worker=warn,tower_sessions=error,tower_sessions_core=error"
    } else {
        // And what it waits for.
        "error,store::database=warn"
    };
    let filter = EnvFilter::try_new(filter.filter(|filter| !filter.is_empty()).unwrap_or(default))
        .map_err(|error| Failure::Usage(format!("SLIPWAY_LOG: {error}")))?;
    let begun = match format {
        Format::Text => tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .try_init(),
        Format::Json => tracing_subscriber::fmt()
            .json()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .try_init(),
    };
    begun.map_err(|error| Failure::other("logging does not start", error))
}
