//! `cargo xtask bench`: what the design promises in numbers, measured and set against the promise.
//!
//! The measuring stands beside what it measures, in the crates' `benches/`. Each bench says a line for every figure; this
//! gathers them into one table.

mod machine;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::place::Place;
use crate::step::Report;
use crate::wasm::Effort;
use crate::{build, command, setup, wasm};
use table::{Figure, Part};

/// Where `--write` puts the table.
const PAGE: &str = "docs/bench.md";
/// The part that is no bench: it is weighed, not run.
const WASM: &str = "wasm";
/// What the islands may weigh in Brotli, in KiB.
const WASM_KIB: f64 = 300.0;

/// The parts in the order of the table: their name, which is also the bench's, and what they are about.
const PARTS: &[(&str, &str)] = &[
    ("makespan", "Runs, in the account's own time"),
    ("planning", "Planning"),
    ("pages", "Pages, four readers at once"),
    (WASM, "What travels to the browser"),
    ("memory", "Memory of the panel at work"),
];

/// Measures everything or the chosen part; `false` when something is not as it should be.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    let (only, write) = match arguments.as_slice() {
        [] => (None, false),
        ["--write"] => (None, true),
        ["--list"] => {
            println!("{}", names.join("\n"));
            return Ok(true);
        }
        ["--only", name] if names.contains(name) => (Some(*name), false),
        ["--only", name] => bail!("there is no part `{name}`; there are: {}", names.join(", ")),
        other => bail!("`cargo xtask bench` does not know `{}`", other.join(" ")),
    };
    let wanted: Vec<&(&str, &str)> = PARTS
        .iter()
        .filter(|(name, _)| only.is_none_or(|chosen| chosen == *name))
        .collect();

    let place = Place::find()?;
    let mut report = Report::new();
    let benches: Vec<&str> = wanted
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != WASM)
        .collect();
    let postgres = prepare(&place, &benches, wanted.len() > benches.len(), &mut report)?;
    let about = machine::about(&place)?;
    let mut parts = Vec::new();
    for (name, title) in wanted {
        let figures = if *name == WASM {
            weigh(&place)?
        } else {
            report.need(name, title, || run(&place, name, &postgres))?
        };
        parts.push(Part { title, figures });
    }
    let table = format!("{about}\n\n{}", table::of(&parts));
    println!("\n{table}");
    if write {
        let page = place.root.join(PAGE);
        let text = fs::read_to_string(&page).with_context(|| format!("reading {PAGE}"))?;
        fs::write(&page, table::put(&text, &table)?).with_context(|| format!("writing {PAGE}"))?;
        println!("written into {PAGE}");
    }
    let missed = parts
        .iter()
        .flat_map(|part| &part.figures)
        .filter(|it| it.missed())
        .count();
    println!("{missed} not as they should be");
    Ok(missed == 0)
}

/// Installs and compiles first, so that nothing is compiled while something is measured. Answers where PostgreSQL's
/// programs are.
fn prepare(place: &Place, benches: &[&str], islands: bool, report: &mut Report) -> Result<PathBuf> {
    let postgres = report.need(
        "postgres",
        "PostgreSQL's programs, for the panel's own database",
        setup::postgres::programs,
    )?;
    if islands {
        build::tools(place, report)?;
        wasm::build(place, Effort::Small, report)?;
    }
    if !benches.is_empty() {
        report.need(
            "benches",
            "compile the benches and the server, as released",
            || command::loud(cargo_bench(place, benches).arg("--no-run")),
        )?;
    }
    Ok(postgres)
}

/// Always the same selection of packages, so that dependencies are compiled once.
fn cargo_bench(place: &Place, benches: &[&str]) -> Command {
    let mut cargo = command::cargo(&place.root);
    cargo
        .args(["bench", "--locked"])
        .args(build::NATIVE)
        // What is measured is what this clone does by itself, whatever the person's own panel is set to.
        .env_remove("DATABASE_URL")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_ENDPOINT_URL");
    for bench in benches {
        cargo.args(["--bench", bench]);
    }
    cargo
}

fn run(place: &Place, bench: &str, postgres: &Path) -> Result<Vec<Figure>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Package managers leave some of PostgreSQL's programs off the path.
    let path = std::env::join_paths(std::env::split_paths(&path).chain([postgres.to_owned()]))?;
    let (good, said) = command::overheard(cargo_bench(place, &[bench]).arg("--quiet").env("PATH", path))?;
    ensure!(good, "the bench `{bench}` did not come to its end");
    let figures = table::read(&said)?;
    ensure!(!figures.is_empty(), "the bench `{bench}` said no figure");
    Ok(figures)
}

fn weigh(place: &Place) -> Result<Vec<Figure>> {
    let sizes = wasm::sizes(place)?;
    let figure = |what: &str, bytes: u64, most| Figure {
        what: what.to_owned(),
        // Far below the 2^52 from which a float would round.
        ratio: Some(bytes as f64 / 1024.0 / WASM_KIB),
        against: "300 KiB".to_owned(),
        most,
        ..Figure::default()
    };
    Ok(vec![
        figure("the islands' WASM, in Brotli", sizes.brotli, Some(1.0)),
        figure("the same, not compressed", sizes.raw, None),
        figure("its JavaScript glue, in Brotli", sizes.glue_brotli, None),
    ])
}
