//! Files as they are served: written only when they change, with `.br` and `.gz` beside them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::command;
use crate::place::Place;
use crate::setup::npm;

/// Node.js brings both compressions; the strongest setting is paid once per build.
const SCRIPT: &str = "
const fs = require('node:fs'), zlib = require('node:zlib');
for (const file of process.argv.slice(1)) {
  const plain = fs.readFileSync(file);
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  fs.writeFileSync(file + '.br', zlib.brotliCompressSync(plain, { params }));
  fs.writeFileSync(file + '.gz', zlib.gzipSync(plain, { level: 9 }));
}";

/// Writes the compressed twins of the files.
pub(crate) fn compress(place: &Place, files: &[PathBuf]) -> Result<()> {
    command::quiet(npm::with_node(place, "node").args(["-e", SCRIPT]).args(files))
        .context("compressing the panel's files")?;
    Ok(())
}

/// Writes the file unless it already says that; `true` when it was written. The compressed twins of a changed file go.
pub(crate) fn write_if_changed(file: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(file).is_ok_and(|found| found == content) {
        return Ok(false);
    }
    for extension in ["br", "gz"] {
        fs::remove_file(twin(file, extension)).ok();
    }
    fs::write(file, content).with_context(|| format!("writing {}", file.display()))?;
    Ok(true)
}

/// The compressed file beside this one.
pub(crate) fn twin(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}
