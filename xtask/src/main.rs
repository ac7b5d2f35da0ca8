//! The workshop: everything that is done to Slipway's source, behind one command.
//!
//! `cargo xtask` alone lists what there is. The workshop is light on purpose: it compiles in seconds, and the tools
//! that it needs are fetched by the tools' own installers.
#![expect(
    clippy::print_stdout,
    reason = "talking on the terminal is what the workshop does"
)]

mod bench;
mod build;
mod classes;
mod command;
mod dev;
mod e2e;
mod keeper;
mod lint;
mod locales;
mod pack;
mod place;
mod run;
mod setup;
mod step;
mod style;
mod tally;
mod test;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask run  [--release] [-- ARGS]   install what is missing, build, and serve the panel on http://127.0.0.1:3000
cargo xtask test [--only PART] [-- ARGS] install what is missing and check everything (--list names the parts)
cargo xtask dev                          build and serve, and do so again whenever a file changes
cargo xtask build [--release]            build the panel: WASM, styles and server
cargo xtask lint                         formatting, clippy, dependencies, languages
cargo xtask e2e  [ARGS]                  the browser tests; ARGS go to Playwright
cargo xtask bench [--write]              measure and set against the budgets (--only PART); --write puts the table into
                                         docs/bench.md
cargo xtask size                         build the WASM and say how large it is";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command; `false` when it ran to its end and found something wrong.
fn dispatch(arguments: &[String]) -> Result<bool> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{USAGE}");
        return Ok(true);
    };
    match command.as_str() {
        "run" => run::run(rest).map(|()| true),
        "test" => test::test(rest),
        "dev" => dev::dev(rest).map(|()| true),
        "build" => build::command(rest).map(|()| true),
        "lint" => lint::command(rest),
        "e2e" => e2e::command(rest),
        "bench" => bench::command(rest),
        "size" => wasm::command(rest).map(|()| true),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(true)
        }
        other => bail!("there is no `cargo xtask {other}`. What there is:\n{USAGE}"),
    }
}
