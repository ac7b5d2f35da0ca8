//! How much memory `slipway serve` takes while it watches 1,000 monitors every 30 seconds, and whether it keeps up.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench tells its figures on standard output, and stops where it cannot go on"
)]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/bed.rs"]
mod bed;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod support;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use slipway::health::monitors::INTERVAL_S;
use store::health::history::slots;
use store::health::{self, Kind};
use store::{Database, stacks};

use bed::Bed;
use support::{history, seed};

/// Stacks of a panel with 1,000 monitors.
const STACKS: usize = 1_000_usize.div_ceil(seed::MONITORS);
/// Looks from before, so that minutes and hours are summed up as on any other day.
const HOURS_BEFORE: i64 = 3;
/// Until the queue of finished runs is read and what is left from before is summed up.
const SETTLE: Duration = Duration::from_secs(45);
/// How long is measured: whole minutes.
const WINDOW_S: i64 = 180;
/// Until the last minute of it is summed up.
const SUMMED: Duration = Duration::from_secs(40);
/// What the panel may take.
const BUDGET_KIB: f64 = 100.0 * 1024.0;

fn main() {
    if cfg!(target_os = "linux") {
        support::work(measure());
    } else {
        let line = json!({ "what": "memory", "left_out": "needs Linux: it is read from /proc" });
        println!("bench {line}");
    }
}

async fn measure() {
    let bed = Bed::new().await;
    eprintln!("{STACKS} stacks and {HOURS_BEFORE} hours of looks");
    seed::stacks(&bed.db, STACKS, None).await;
    let monitors = health::all(&bed.db).await.unwrap();
    let before = Timestamp::now() - SignedDuration::from_hours(HOURS_BEFORE);
    history::looks(&bed.db, &monitors, before, i64::from(INTERVAL_S)).await;
    // Only the panel's own connections count.
    bed.db.close().await;

    let panel = Panel::start(&bed);
    tokio::time::sleep(SETTLE).await;
    let (from, to) = window();
    eprintln!("watching, from {from} to {to}");
    sleep_until(from).await;
    let mut panel_kib = Vec::new();
    let mut database_kib = Vec::new();
    while Timestamp::now() < to {
        panel_kib.push(status_kib(panel.id(), "VmRSS"));
        database_kib.push(database(&bed.path("data")));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let peak = status_kib(panel.id(), "VmHWM");
    tokio::time::sleep(SUMMED).await;
    drop(panel);

    let what = format!("the panel, {} monitors", monitors.len());
    let against = "100 MiB";
    tell(
        &format!("{what}: steady"),
        median(panel_kib) / BUDGET_KIB,
        against,
        Some(1.0),
        None,
    );
    tell(
        &format!("{what}: at its peak"),
        peak / BUDGET_KIB,
        against,
        Some(1.0),
        None,
    );
    tell(
        "its private PostgreSQL beside it: steady",
        median(database_kib) / BUDGET_KIB,
        against,
        None,
        None,
    );
    let url = format!(
        "postgres://slipway@localhost/slipway?host={}",
        support::sockets(&bed.path("data"))
    );
    let db = Database::connect(&url).await.unwrap();
    assert_eq!(stacks::list(&db).await.unwrap().len(), STACKS);
    let seen = seen(&db, from, to).await;
    let due = monitors.len() as f64 * WINDOW_S as f64 / f64::from(INTERVAL_S);
    tell(
        "looks that saw something",
        seen / due,
        "looks that were due",
        None,
        Some(0.99),
    );
    db.close().await;
}

/// One line for the workshop's table.
fn tell(what: &str, ratio: f64, against: &str, most: Option<f64>, least: Option<f64>) {
    let line = json!({ "what": what, "ratio": ratio, "against": against, "most": most, "least": least });
    println!("bench {line}");
}

/// `slipway serve` as it is shipped. Dropping it ends it in order.
struct Panel(Child);

impl Panel {
    fn start(bed: &Bed) -> Self {
        let mut command = bed.command(&["serve", "--addr", "127.0.0.1:0"]);
        command
            .env_remove("SLIPWAY_PRACTICE_SPEED")
            .env("SLIPWAY_LOG", "warn");
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        Self(command.spawn().unwrap())
    }

    fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let id = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        kill(id, Signal::SIGTERM).unwrap();
        self.0.wait().unwrap();
    }
}

/// The next whole minutes: roll-ups count by the minute.
fn window() -> (Timestamp, Timestamp) {
    let next = (Timestamp::now().as_second() / 60 + 1) * 60;
    let at = |second| Timestamp::from_second(second).unwrap();
    (at(next), at(next + WINDOW_S))
}

async fn sleep_until(moment: Timestamp) {
    let left = moment.duration_since(Timestamp::now());
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
}

/// A figure of `/proc/ID/status`, in KiB.
fn status_kib(id: u32, name: &str) -> f64 {
    figure_kib(
        Path::new("/proc").join(id.to_string()).join("status").as_path(),
        name,
    )
    .expect("the panel is running")
}

fn figure_kib(file: &Path, name: &str) -> Option<f64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// What all processes of the private PostgreSQL take together, shared pages counted once, in KiB.
fn database(data: &Path) -> f64 {
    let cluster = data.join("postgres").canonicalize().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|process| std::fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == cluster))
        .filter_map(|process| figure_kib(&process.join("smaps_rollup"), "Pss"))
        .sum()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Looks of the window that were kept and saw something, by the panel's own roll-ups.
async fn seen(db: &Database, from: Timestamp, to: Timestamp) -> f64 {
    let monitors = health::all(db).await.unwrap();
    assert!(monitors.iter().any(|it| it.kind == Kind::Http));
    let ids: Vec<i64> = monitors.iter().map(|it| it.id).collect();
    let found = slots(db, &ids, from, to, 60).await.unwrap();
    found
        .values()
        .flatten()
        .map(|slot| f64::from(slot.up + slot.degraded + slot.down))
        .sum()
}
