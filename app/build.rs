//! Turns `locales/*.json` into typed keys. A key that one language lacks stops the build: a page is never half translated.

use std::{env, error::Error, fs, path::PathBuf};

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");

    let config = Config::new("en")?
        .add_locale("ja")?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let locales = parse_locales(None, config)?;

    let gaps: Vec<String> = locales.diag.warnings().iter().map(ToString::to_string).collect();
    for gap in &gaps {
        println!("cargo::error={gap}");
    }
    if !gaps.is_empty() {
        return Err(format!("{} gaps between the locale files", gaps.len()).into());
    }

    let keys = leptos_i18n_codegen::gen_code(&locales, None, true, None, false)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("i18n.rs"), keys.to_string())?;
    Ok(())
}
