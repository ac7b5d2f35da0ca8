//! `bindgen INPUT.wasm OUT_DIR NAME`: writes `NAME.js` and `NAME_bg.wasm` for a browser's module loader.
//!
//! The library of the version in Cargo.lock does the work, so that the glue always fits the compiled panel and
//! nobody has to install a command line tool of the very same version.

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = arguments.as_slice() else {
        bail!("usage: bindgen INPUT.wasm OUT_DIR NAME");
    };
    Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)
        .context("choosing the browser's module format")?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .with_context(|| format!("binding {input}"))
}
