//! One stylesheet out of `style/`, and the files of `app/public`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::pack;
use crate::place::Place;

/// Writes `pkg/slipway.css` and copies the public files. Files that would not change are not touched.
pub(crate) fn build(place: &Place) -> Result<()> {
    let style = place.root.join("style");
    let mut sheets: Vec<PathBuf> = ["tokens.css", "base.css"]
        .iter()
        .map(|name| style.join(name))
        .filter(|file| file.is_file())
        .collect();
    for folder in ["components", "pages"] {
        sheets.extend(sorted(&style.join(folder), "css")?);
    }
    let mut text = String::new();
    for sheet in &sheets {
        text.push_str(&fs::read_to_string(sheet).with_context(|| format!("reading {}", sheet.display()))?);
        text.push('\n');
    }
    fs::create_dir_all(place.pkg())?;
    let css = place.pkg().join("slipway.css");
    if pack::write_if_changed(&css, text.as_bytes())? || !pack::twin(&css, "br").is_file() {
        pack::compress(place, &[css])?;
    }
    let public = place.root.join("app").join("public");
    if public.is_dir() {
        copy(&public, &place.site())?;
    }
    Ok(())
}

fn sorted(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            let content = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            pack::write_if_changed(&to.join(name), &content)?;
        }
    }
    Ok(())
}
