//! Calling other programs, and saying plainly what went wrong when they fail.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

/// How many lines of a quiet program's output are shown when it fails.
const SHOWN_LINES: usize = 40;

/// A cargo of the toolchain that runs the workshop, in the clone.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // Leptos bakes this name in when it is set at compile time, and then asks for a differently named WASM file.
    command.env_remove("LEPTOS_OUTPUT_NAME");
    // `cargo run` sets these for the workshop itself. Build scripts that ask for them (ring's) would run again, and a
    // hundred crates after them, each time somebody changes between `cargo xtask` and a cargo of their own.
    let own = std::env::vars_os().map(|(name, _)| name);
    for name in own.filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    }) {
        command.env_remove(name);
    }
    command
}

/// Runs a program with its output on the terminal.
pub(crate) fn loud(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a program silently and answers its standard output; the end of its output is part of the error.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| cannot_start(command))?;
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let all = format!("{answer}{}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<&str> = all.lines().collect();
        let end = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        bail!("`{}` failed ({}):\n{end}", shown(command), output.status);
    }
    Ok(answer)
}

/// Runs a program with its output on the terminal and answers whether it succeeded, and all it said.
pub(crate) fn overheard(command: &mut Command) -> Result<(bool, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let out = child
        .stdout
        .take()
        .map(|stream| thread::spawn(move || tee(stream)));
    let err = child
        .stderr
        .take()
        .map(|stream| thread::spawn(move || tee(stream)));
    let status = child.wait()?;
    let mut said = String::new();
    for listener in [out, err].into_iter().flatten() {
        if let Ok(text) = listener.join() {
            said.push_str(&text);
        }
    }
    Ok((status.success(), said))
}

fn tee(stream: impl Read) -> String {
    let mut said = String::new();
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        said.push_str(&line);
        said.push('\n');
    }
    // A reader of a pipe sees the lines as they come.
    drop(std::io::stdout().flush());
    said
}

/// The first program of these names on the search path, with links resolved.
pub(crate) fn found(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut line = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`: is it installed?", shown(command))
}
