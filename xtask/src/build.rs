//! The whole panel: tools, WASM, styles, server.

use anyhow::{Result, bail};

use crate::place::{Place, Profile};
use crate::setup;
use crate::step::Report;
use crate::wasm::Effort;
use crate::{command, style, wasm};

/// Everything that runs on this machine. `hydrate` turns on the browser's features of Leptos, which would be wrong for
/// the server in the same build. Always the same selection, so that dependencies are compiled once.
pub(crate) const NATIVE: &[&str] = &["--workspace", "--exclude", "hydrate"];

/// `cargo xtask build`.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    let (profile, rest) = Profile::from_arguments(arguments);
    if let Some(unknown) = rest.first() {
        bail!("`cargo xtask build` does not know `{unknown}`");
    }
    let place = Place::find()?;
    let mut report = Report::new();
    panel(&place, profile, Effort::Small, &mut report)?;
    println!("{}", wasm::sizes(&place)?);
    println!("server: {}", place.slipway(profile).display());
    println!("site:   {}", place.site().display());
    Ok(())
}

/// What building needs.
pub(crate) fn tools(place: &Place, report: &mut Report) -> Result<()> {
    report.need(
        "target",
        "Rust's standard library for the browser",
        setup::wasm::target,
    )?;
    report.need("npm", "the npm packages of e2e/, as locked", || {
        setup::npm::packages(place)
    })
}

/// Everything that is served, and what serves it.
pub(crate) fn panel(place: &Place, profile: Profile, effort: Effort, report: &mut Report) -> Result<()> {
    tools(place, report)?;
    site(place, effort, report)?;
    server(place, profile, report)
}

/// WASM, glue, styles and public files.
pub(crate) fn site(place: &Place, effort: Effort, report: &mut Report) -> Result<()> {
    wasm::build(place, effort, report)?;
    report.need("style", "one stylesheet and the public files", || {
        style::build(place)
    })
}

/// The binary.
pub(crate) fn server(place: &Place, profile: Profile, report: &mut Report) -> Result<()> {
    report.need("server", "compile the server", || {
        let mut cargo = command::cargo(&place.root);
        cargo.args(["build", "--locked", "-p", "server", "--bin", "slipway"]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        command::loud(&mut cargo)
    })
}

/// The binary as the tests have compiled it. Tests turn on features of tokio, and a server without those would compile
/// the whole AWS SDK a second time.
pub(crate) fn server_of_tests(place: &Place, report: &mut Report) -> Result<()> {
    report.need(
        "server",
        "compile the server, with the dependencies of the tests",
        || {
            command::loud(
                command::cargo(&place.root)
                    .args(["build", "--locked", "--bins", "--tests"])
                    .args(NATIVE),
            )
        },
    )
}
