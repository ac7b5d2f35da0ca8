//! `cargo xtask dev`: the server again after every change, and the open pages with it.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, ensure};

use crate::keeper::{self, Kept, Stop};
use crate::place::{Place, Profile};
use crate::setup;
use crate::step::Report;
use crate::wasm::Effort;
use crate::{build, run, style};

const WATCHED: &[&str] = &[
    "app",
    "server",
    "crates",
    "style",
    "migrations",
    "Cargo.toml",
    "Cargo.lock",
];
const PAUSE: Duration = Duration::from_millis(500);
/// How long a server may take to its first answer: the private database starts, too.
const PATIENCE: Duration = Duration::from_secs(20);

type Times = BTreeMap<PathBuf, SystemTime>;

/// What a change asks for.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    Style,
    Code,
}

/// Watches until it is interrupted. A build that fails leaves the last server running.
pub(crate) fn dev(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "`cargo xtask dev` takes no arguments");
    let place = Place::find()?;
    let mut report = Report::new();
    report.need(
        "postgres",
        "PostgreSQL's programs, for the panel's own database",
        setup::postgres::programs,
    )?;
    build::tools(&place, &mut report)?;
    let mut server: Option<Kept> = None;
    let mut times = Times::new();
    loop {
        let now = snapshot(&place.root);
        match change(&place.root, &times, &now) {
            None => std::thread::sleep(PAUSE),
            Some(Change::Style) => {
                if let Err(error) = report.need("style", "one stylesheet", || style::build(&place)) {
                    eprintln!("error: {error:#}");
                }
            }
            Some(Change::Code) => match code(&place, &mut report) {
                Ok(()) => {
                    // The old one must let go of the port first.
                    drop(server.take());
                    server = Some(start(&place)?);
                    let address = run::address(&[]);
                    if answers(&address, PATIENCE) {
                        println!("= the server was started again on http://{address}");
                    } else {
                        eprintln!(
                            "error: nobody answers on {address}: see above what the server said\nwaiting for a change"
                        );
                    }
                }
                Err(error) => eprintln!("error: {error:#}\nwaiting for a change"),
            },
        }
        times = now;
    }
}

/// Whether somebody listens there, within this time.
fn answers(address: &str, patience: Duration) -> bool {
    let began = Instant::now();
    loop {
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        if began.elapsed() >= patience {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
}

fn code(place: &Place, report: &mut Report) -> Result<()> {
    build::site(place, Effort::Quick, report)?;
    build::server(place, Profile::Dev, report)
}

fn start(place: &Place) -> Result<Kept> {
    let plain = run::serve(place, Profile::Dev);
    let mut kept: Command = keeper::command(Stop::Terminate, None, Path::new(plain.get_program()));
    kept.args(plain.get_args());
    for (name, value) in plain.get_envs() {
        if let Some(value) = value {
            kept.env(name, value);
        }
    }
    // Open pages load again by themselves.
    kept.env("LEPTOS_WATCH", "on");
    keeper::start_with(&mut kept)
}

fn change(root: &Path, before: &Times, now: &Times) -> Option<Change> {
    if before == now {
        return None;
    }
    let style = root.join("style");
    let public = root.join("app").join("public");
    let only_style = !before.is_empty()
        && before
            .iter()
            .filter(|(file, time)| now.get(*file) != Some(time))
            .chain(now.iter().filter(|(file, time)| before.get(*file) != Some(time)))
            .all(|(file, _)| file.starts_with(&style) || file.starts_with(&public));
    Some(if only_style { Change::Style } else { Change::Code })
}

fn snapshot(root: &Path) -> Times {
    let mut times = Times::new();
    for name in WATCHED {
        look(&root.join(name), &mut times);
    }
    times
}

fn look(path: &Path, times: &mut Times) {
    // A file that vanishes while it is looked at is a change for the next look.
    let Ok(about) = fs::metadata(path) else { return };
    if about.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            look(&entry.path(), times);
        }
    } else if let Ok(time) = about.modified() {
        times.insert(path.to_owned(), time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(files: &[(&str, u64)]) -> Times {
        files
            .iter()
            .map(|(file, at)| {
                (
                    PathBuf::from(file),
                    SystemTime::UNIX_EPOCH + Duration::from_secs(*at),
                )
            })
            .collect()
    }

    #[test]
    fn the_first_look_and_every_changed_or_removed_source_ask_for_a_build() {
        let root = Path::new("/r");
        let before = times(&[("/r/app/src/lib.rs", 1), ("/r/style/base.css", 1)]);
        assert_eq!(change(root, &Times::new(), &before), Some(Change::Code));
        assert_eq!(change(root, &before, &before), None);
        let changed = times(&[("/r/app/src/lib.rs", 2), ("/r/style/base.css", 1)]);
        assert_eq!(change(root, &before, &changed), Some(Change::Code));
        let removed = times(&[("/r/style/base.css", 1)]);
        assert_eq!(change(root, &before, &removed), Some(Change::Code));
    }

    #[test]
    fn a_server_that_died_at_once_is_noticed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        assert!(answers(&address, Duration::ZERO));
        drop(listener);
        assert!(!answers(&address, Duration::ZERO));
    }

    #[test]
    fn a_changed_style_does_not_stop_the_server() {
        let root = Path::new("/r");
        let before = times(&[("/r/app/src/lib.rs", 1), ("/r/style/base.css", 1)]);
        let after = times(&[("/r/app/src/lib.rs", 1), ("/r/style/base.css", 2)]);
        assert_eq!(change(root, &before, &after), Some(Change::Style));
    }
}
