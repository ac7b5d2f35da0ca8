//! `cargo xtask run`: from a clone to a page in one command.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::{Place, Profile};
use crate::setup;
use crate::step::Report;
use crate::wasm::Effort;
use crate::{build, step};

/// Where the panel listens unless `LEPTOS_SITE_ADDR` says otherwise.
const ADDRESS: &str = "127.0.0.1:3000";

/// Installs, builds, and becomes the server: its signals are its own and it shuts down in order.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (profile, rest) = Profile::from_arguments(arguments);
    let place = Place::find()?;
    let mut report = Report::new();
    let began = std::time::Instant::now();
    if std::env::var_os("DATABASE_URL").is_none() {
        report.need(
            "postgres",
            "PostgreSQL's programs, for the panel's own database",
            setup::postgres::programs,
        )?;
    }
    build::panel(&place, profile, Effort::Small, &mut report)?;
    let mut server = serve(&place, profile);
    server.args(rest.iter().filter(|argument| *argument != "--"));
    println!(
        "= ready after {}; starting the panel on http://{}",
        step::spoken(began.elapsed()),
        address()
    );
    Err(server.exec()).context("starting the server")
}

/// `slipway serve`, told where its files are.
pub(crate) fn serve(place: &Place, profile: Profile) -> Command {
    let mut server = Command::new(place.slipway(profile));
    server.arg("serve");
    environment(&mut server, place);
    server
}

/// What Leptos reads when the server starts.
fn environment(server: &mut Command, place: &Place) {
    server
        .env("LEPTOS_OUTPUT_NAME", "slipway")
        .env("LEPTOS_SITE_ROOT", place.site())
        .env("LEPTOS_SITE_PKG_DIR", "pkg")
        .env("LEPTOS_SITE_ADDR", address());
}

fn address() -> String {
    std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| ADDRESS.to_owned())
}
