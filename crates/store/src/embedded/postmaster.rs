//! The server process: is one running for this cluster, and whose process id is it really?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `postmaster.pid` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// The process id.
    pub(super) pid: u32,
    /// Where it listens. Empty while it starts.
    pub(super) socket_folder: Option<PathBuf>,
    /// Whether it accepts connections.
    pub(super) ready: bool,
}

/// What runs for a cluster.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Running {
    /// Nothing, and PostgreSQL can clean up by itself what a crash left.
    No,
    /// A server of this cluster.
    Yes(Postmaster),
    /// `postmaster.pid` names a process that is not our server: its number was given to another program after a
    /// restart of the machine or container, or it is a killed server that nobody has reaped (a container whose
    /// first process does not). PostgreSQL would refuse to start.
    Stale,
}

/// Looks at `postmaster.pid` and at the process that it names.
pub(super) fn running(cluster: &Path) -> Running {
    let Some(found) = fs::read_to_string(cluster.join("postmaster.pid"))
        .ok()
        .and_then(|text| parse(&text))
    else {
        return Running::No;
    };
    match command_line(found.pid) {
        None => Running::No,
        Some(line) if line.contains("postgres") && line.contains(&*cluster.to_string_lossy()) => {
            Running::Yes(found)
        }
        Some(_) => Running::Stale,
    }
}

/// Whether any process of PostgreSQL still works inside the cluster: after a killed server its children live on for
/// a moment. A person's shell in that folder does not count.
pub(super) fn has_processes(cluster: &Path) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else {
        return false;
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == cluster))
        .any(|pid| command_line(pid).is_some_and(|line| line.contains("postgres")))
}

/// The lines of `postmaster.pid`: process, folder, start time, port, socket folder, TCP address, shared memory,
/// status. The last ones appear while the server starts.
fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Some(Postmaster {
        pid: lines.first()?.parse().ok()?,
        socket_folder: lines.get(4).filter(|it| !it.is_empty()).map(PathBuf::from),
        ready: lines.get(7).is_some_and(|status| *status == "ready"),
    })
}

/// The command line of a process; empty for one that has ended and was not reaped.
fn command_line(pid: u32) -> Option<String> {
    let bytes = if Path::new("/proc/self").exists() {
        fs::read(format!("/proc/{pid}/cmdline")).ok()?
    } else {
        let answer = Command::new("ps")
            .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
            .output()
            .ok()?;
        answer.status.success().then_some(answer.stdout)?
    };
    Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_of_a_ready_server_is_understood() {
        let text = "412\n/data/postgres\n1764000000\n5432\n/data/run\n\n  1179650         3\nready   \n";
        let found = parse(text).unwrap();
        assert_eq!(
            found,
            Postmaster {
                pid: 412,
                socket_folder: Some("/data/run".into()),
                ready: true
            }
        );
    }

    #[test]
    fn a_pid_file_being_written_is_not_ready() {
        let found = parse("412\n/data/postgres\n1764000000\n5432\n").unwrap();
        assert_eq!(
            found,
            Postmaster {
                pid: 412,
                socket_folder: None,
                ready: false
            }
        );
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_number_that_another_program_has_now_is_stale() {
        let cluster = tempfile::tempdir().unwrap();
        fs::write(
            cluster.path().join("postmaster.pid"),
            format!("{}\n", std::process::id()),
        )
        .unwrap();
        assert_eq!(running(cluster.path()), Running::Stale);
    }

    #[test]
    fn a_number_that_nobody_has_is_no_server() {
        let cluster = tempfile::tempdir().unwrap();
        // Above the largest process id of Linux (2^22) and macOS.
        fs::write(cluster.path().join("postmaster.pid"), "99999999\n").unwrap();
        assert_eq!(running(cluster.path()), Running::No);
        assert_eq!(running(&cluster.path().join("missing")), Running::No);
    }
}
