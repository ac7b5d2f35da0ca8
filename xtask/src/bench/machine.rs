//! The machine in words: what somebody needs to know to judge figures that were measured on it.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::command;
use crate::place::Place;

/// How long it is watched for other work.
const WATCHED: Duration = Duration::from_secs(5);

/// One sentence: when, what machine, what else it was doing.
pub(super) fn about(place: &Place) -> Result<String> {
    let date = command::quiet(Command::new("date").args(["-u", "+%F"]))?;
    let version = command::quiet(
        Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .arg("--version")
            .current_dir(&place.root),
    )?;
    let rust = version
        .split_whitespace()
        .nth(1)
        .context("rustc has no version")?;
    let cores = thread::available_parallelism()?;
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let others = match busy() {
        Some(share) => {
            let busy = share * cores.get() as f64;
            format!(" When it began, other programs kept {busy:.1} of its cores busy.")
        }
        None => String::new(),
    };
    Ok(format!(
        "Measured on {} with {cores} cores ({architecture}, {system}) and Rust {rust}.{others}",
        date.trim()
    ))
}

/// The share of all cores that is at work, where the system tells.
fn busy() -> Option<f64> {
    let before = work()?;
    thread::sleep(WATCHED);
    let after = work()?;
    let all = after.all.checked_sub(before.all).filter(|all| *all > 0)?;
    Some(1.0 - after.idle.saturating_sub(before.idle) as f64 / all as f64)
}

struct Work {
    all: u64,
    idle: u64,
}

fn work() -> Option<Work> {
    read(&fs::read_to_string("/proc/stat").ok()?)
}

/// The first line of `/proc/stat`: user, nice, system, idle, waiting for disks, and more that is work.
fn read(stat: &str) -> Option<Work> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    // The last two, guests, are counted in the first two already.
    let ticks: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map_while(|it| it.parse().ok())
        .collect();
    Some(Work {
        all: ticks.iter().sum(),
        idle: ticks.get(3)? + ticks.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_disks_is_no_work_and_guests_are_not_counted_twice() {
        let work = read("cpu  10 1 5 80 4 0 0 0 10 0\ncpu0 1 2 3\n").unwrap();
        assert_eq!((work.all, work.idle), (100, 84));
        assert!(read("intr 1 2 3").is_none());
    }
}
