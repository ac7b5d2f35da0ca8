//! The part of the panel that runs in the browser: compile, bind, shrink, compress.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::place::Place;
use crate::setup::{self, npm, stamp, stamped};
use crate::step::Report;
use crate::{command, pack};

/// How the WASM is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Small: what everybody gets.
    Small,
    /// Quick to make, large: for watching.
    Quick,
}

/// The names that Leptos asks for: `slipway.js` and `slipway_bg.wasm`.
const NAME: &str = "slipway";

/// What today's Rust emits and every browser since 2023 reads; wasm-opt wants to be told.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes `pkg/slipway.js` and `pkg/slipway_bg.wasm`; everything after the compiler is skipped when its output is what
/// it was.
pub(crate) fn build(place: &Place, effort: Effort, report: &mut Report) -> Result<()> {
    let profile = match effort {
        Effort::Small => "wasm-release",
        Effort::Quick => "dev",
    };
    report.need("wasm", "compile the islands for the browser", || {
        command::loud(
            command::cargo(&place.root)
                .args([
                    "build",
                    "--locked",
                    "-p",
                    "hydrate",
                    "--target",
                    setup::wasm::TARGET,
                    "--profile",
                    profile,
                ])
                // What the islands need is compiled for the browser; a cdylib of the machine is not.
                .env_remove("RUSTFLAGS"),
        )
    })?;
    let folder = match effort {
        Effort::Small => "wasm-release",
        Effort::Quick => "debug",
    };
    let compiled = place
        .target
        .join(setup::wasm::TARGET)
        .join(folder)
        .join("hydrate.wasm");
    let marker = place.pkg().join(".stamp");
    let version = setup::wasm::locked_version(place)?;
    let state = format!("{version} {folder} {:016x}", fingerprint(&compiled)?);
    let js = place.pkg().join(format!("{NAME}.js"));
    let wasm = place.pkg().join(format!("{NAME}_bg.wasm"));
    if stamped(&marker, &state) && js.is_file() && wasm.is_file() {
        return Ok(());
    }
    fs::create_dir_all(place.pkg())?;
    fs::remove_file(&marker).ok();
    let bindgen = report.need("bindgen", "build wasm-bindgen of the locked version", || {
        setup::wasm::bindgen(place)
    })?;
    report.need("bind", "write the browser's glue", || {
        command::quiet(Command::new(bindgen).arg(&compiled).arg(place.pkg()).arg(NAME))
    })?;
    match effort {
        Effort::Small => {
            report.need("wasm-opt", "make the WASM small", || {
                let small = place.pkg().join(format!("{NAME}_bg.small"));
                command::quiet(
                    npm::program(place, "wasm-opt")
                        .arg("-Oz")
                        .args(FEATURES)
                        .arg(&wasm)
                        .arg("-o")
                        .arg(&small),
                )?;
                fs::rename(&small, &wasm).context("replacing the WASM")
            })?;
            report.need(
                "compress",
                "write .br and .gz beside the WASM and its glue",
                || pack::compress(place, &[js, wasm]),
            )?;
        }
        Effort::Quick => {
            for extension in ["br", "gz"] {
                fs::remove_file(pack::twin(&js, extension)).ok();
                fs::remove_file(pack::twin(&wasm, extension)).ok();
            }
        }
    }
    stamp(&marker, &state)
}

/// What travels to a browser.
pub(crate) struct Sizes {
    /// Bytes of the WASM as it is.
    pub(crate) raw: u64,
    /// Bytes of the WASM in Brotli, as nearly every browser asks for it.
    pub(crate) brotli: u64,
    /// Bytes of the WASM in gzip.
    pub(crate) gzip: u64,
    /// Bytes of the JavaScript glue in Brotli.
    pub(crate) glue_brotli: u64,
}

/// Measures what the last build wrote.
pub(crate) fn sizes(place: &Place) -> Result<Sizes> {
    let js = place.pkg().join(format!("{NAME}.js"));
    let wasm = place.pkg().join(format!("{NAME}_bg.wasm"));
    Ok(Sizes {
        raw: length(&wasm)?,
        brotli: length(&pack::twin(&wasm, "br"))?,
        gzip: length(&pack::twin(&wasm, "gz"))?,
        glue_brotli: length(&pack::twin(&js, "br"))?,
    })
}

impl std::fmt::Display for Sizes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [raw, brotli, gzip, glue] = [self.raw, self.brotli, self.gzip, self.glue_brotli].map(kibibytes);
        write!(
            out,
            "WASM {raw} KiB, {brotli} KiB in Brotli, {gzip} KiB in gzip; glue {glue} KiB in Brotli"
        )
    }
}

/// `cargo xtask size`.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    anyhow::ensure!(arguments.is_empty(), "`cargo xtask size` takes no arguments");
    let place = Place::find()?;
    let mut report = Report::new();
    crate::build::tools(&place, &mut report)?;
    build(&place, Effort::Small, &mut report)?;
    println!("{}", sizes(&place)?);
    Ok(())
}

/// Tenths are enough.
fn kibibytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1024, bytes % 1024 * 10 / 1024)
}

fn length(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file)
        .with_context(|| format!("{} is not there: run `cargo xtask build`", file.display()))?
        .len())
}

fn fingerprint(file: &Path) -> Result<u64> {
    let content = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&content);
    Ok(hasher.finish())
}
