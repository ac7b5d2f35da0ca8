//! The browser tests.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::place::{Place, Profile};
use crate::setup::{self, chromium, emulator, npm};
use crate::step::Report;
use crate::tally::Tally;
use crate::wasm::Effort;
use crate::{build, command};

/// What only the browser tests need.
pub(crate) fn tools(report: &mut Report) -> Result<()> {
    report.need("chromium", "a Chromium, and a font with Japanese letters", || {
        chromium::browser()?;
        chromium::font()
    })?;
    report.need("postgres", "PostgreSQL's programs", setup::postgres::programs)?;
    Ok(())
}

/// `cargo xtask e2e`: builds the panel and hands the arguments to Playwright.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    let place = Place::find()?;
    let mut report = Report::new();
    tools(&mut report)?;
    build::panel(&place, Profile::Dev, Effort::Small, &mut report)?;
    let arguments: Vec<String> = arguments
        .iter()
        .filter(|argument| *argument != "--")
        .cloned()
        .collect();
    report.check("e2e", "the browser tests", || tests(&place, &arguments));
    Ok(report.close())
}

/// Types first, then the browser, against a panel of its own on a free port with an empty database.
pub(crate) fn tests(place: &Place, arguments: &[String]) -> Result<Tally> {
    command::loud(
        npm::program(place, "tsc")
            .arg("--noEmit")
            .current_dir(place.e2e()),
    )
    .context("the browser tests do not type-check")?;

    // Short and open to every user: the panel's PostgreSQL may run as another one, and has its socket inside.
    let home = Path::new("/tmp").join(format!("slipway-e2e-{}", std::process::id()));
    fs::create_dir_all(&home).with_context(|| format!("making {}", home.display()))?;
    let outcome = play(place, arguments, &home);
    fs::remove_dir_all(&home).ok();
    outcome
}

fn play(place: &Place, arguments: &[String], home: &Path) -> Result<Tally> {
    let answers = place.e2e_answers();
    let answer = answers.join("report.json");
    fs::create_dir_all(&answers)?;
    fs::remove_file(&answer).ok();
    let mut playwright = npm::program(place, "playwright");
    playwright
        .arg("test")
        .args(arguments)
        .current_dir(place.e2e())
        .env("SLIPWAY_TEST_BIN", place.slipway(Profile::Dev))
        .env("SLIPWAY_TEST_CHROMIUM", chromium::browser()?)
        .env("SLIPWAY_TEST_HOME", home)
        .env("SLIPWAY_TEST_PORT", emulator::free_port()?.to_string())
        .env("SLIPWAY_TEST_RESULTS", &answers)
        .env("LEPTOS_SITE_ROOT", place.site());
    let status = playwright.status().context("starting Playwright")?;
    let text = fs::read_to_string(&answer).context("Playwright ended without a report")?;
    let mut tally = Tally::from_playwright(&text)?;
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    if status.success() && tally.passed == 0 {
        bail!("no browser test was run");
    }
    Ok(tally)
}
