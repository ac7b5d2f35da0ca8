//! Servers that never outlive the workshop.
//!
//! Each runs under a small shell that waits for the end of its own input, a pipe held by the workshop. The pipe closes
//! when the value is dropped, and also when the workshop is interrupted or killed, so nothing is left behind whatever
//! happens. The shell ends exactly the process that it started, by its id.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// `$1`: the signal; `$2`: a folder to remove afterwards, or nothing; then the program and its arguments.
const KEEPER: &str = r#"
signal=$1 trash=$2
shift 2
trap : INT TERM HUP
"$@" </dev/null &
server=$!
read -r _
kill -s "$signal" "$server" 2>/dev/null
tries=0
while kill -0 "$server" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
if [ -n "$trash" ]; then rm -rf -- "$trash"; fi
"#;

/// How a server is asked to stop. It has ten seconds.
#[derive(Clone, Copy)]
pub(crate) enum Stop {
    /// PostgreSQL's fast shutdown: it does not wait for its clients.
    Interrupt,
    Terminate,
}

/// A running server; dropping it stops it and waits.
pub(crate) struct Kept {
    shell: Child,
}

/// A command that runs the program under the keeper. Arguments may be added.
pub(crate) fn command(stop: Stop, trash: Option<&Path>, program: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", KEEPER, "keeper"]);
    command.arg(match stop {
        Stop::Interrupt => "INT",
        Stop::Terminate => "TERM",
    });
    match trash {
        Some(folder) => command.arg(folder),
        None => command.arg(""),
    };
    command.arg(program);
    // Ctrl-C on the terminal is for the workshop; the keeper notices its end.
    command.process_group(0);
    command
}

/// Starts it, with what it says in the log file.
pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Kept> {
    let out = File::create(log).with_context(|| format!("writing {}", log.display()))?;
    let err = out.try_clone()?;
    start_with(command.stdout(out).stderr(err))
}

/// Starts it with the output that the command has.
pub(crate) fn start_with(command: &mut Command) -> Result<Kept> {
    let shell = command
        .stdin(Stdio::piped())
        .spawn()
        .context("starting /bin/sh")?;
    Ok(Kept { shell })
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Nobody is left to tell if waiting fails.
        self.shell.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn dropping_it_ends_the_server_and_removes_its_folder() {
        let home = std::env::temp_dir().join(format!("slipway-keeper-{}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        let pid_file = home.join("pid");
        let mut sleeper = command(Stop::Terminate, Some(&home), Path::new("/bin/sh"));
        sleeper
            .args(["-c", "echo $$ > \"$0\"; exec sleep 600"])
            .arg(&pid_file);
        let kept = start_with(&mut sleeper).unwrap();
        let limit = Instant::now() + Duration::from_secs(10);
        let pid = loop {
            let text = fs::read_to_string(&pid_file).unwrap_or_default();
            if text.ends_with('\n') {
                break text.trim().to_owned();
            }
            assert!(Instant::now() < limit, "the program did not start");
            std::thread::yield_now();
        };
        drop(kept);
        assert!(!home.exists());
        let alive = Command::new("/bin/kill").args(["-0", &pid]).output().unwrap();
        assert!(!alive.status.success());
    }
}
