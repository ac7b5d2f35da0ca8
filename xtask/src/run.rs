//! `cargo xtask run`: from a clone to a page in one command.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::{Place, Profile};
use crate::setup;
use crate::step::Report;
use crate::wasm::Effort;
use crate::{build, step};

/// Where the panel listens unless it is told otherwise.
const ADDRESS: &str = "127.0.0.1:3000";

/// Installs, builds, and becomes the server: its signals are its own and it shuts down in order.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (profile, rest) = Profile::from_arguments(arguments);
    let place = Place::find()?;
    let mut report = Report::new();
    let began = std::time::Instant::now();
    let address = address(&rest);
    free(&address)?;
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
        address
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
        .env("LEPTOS_SITE_ADDR", address(&[]));
}

/// Where the server will listen, as it decides itself: its option, its own variable, Leptos's.
pub(crate) fn address(arguments: &[String]) -> String {
    let option = arguments.iter().enumerate().find_map(|(at, argument)| {
        argument
            .strip_prefix("--addr=")
            .or_else(|| (argument == "--addr").then(|| arguments.get(at + 1).map(String::as_str))?)
    });
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    option
        .map(str::to_owned)
        .or_else(|| variable("SLIPWAY_ADDR"))
        .or_else(|| variable("LEPTOS_SITE_ADDR"))
        .unwrap_or_else(|| ADDRESS.to_owned())
}

/// Says that the port is taken before minutes of building, not after. What is no address at all the server refuses
/// itself.
fn free(address: &str) -> Result<()> {
    match TcpListener::bind(address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "{address} is in use: end what listens there, or choose another address with `cargo xtask run -- --addr \
             IP:PORT` or SLIPWAY_ADDR"
        ),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_says_where_the_panel_listens_in_both_ways_of_writing_it() {
        let said = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
            address(&arguments)
        };
        assert_eq!(said(&["--addr", "127.0.0.1:3100"]), "127.0.0.1:3100");
        assert_eq!(said(&["--json", "--addr=127.0.0.1:3200"]), "127.0.0.1:3200");
    }

    #[test]
    fn a_taken_port_is_told_before_anything_is_built() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let message = free(&address).unwrap_err().to_string();
        assert!(
            message.contains(&address) && message.contains("SLIPWAY_ADDR"),
            "{message}"
        );
        drop(taken);
        free(&address).unwrap();
    }
}
