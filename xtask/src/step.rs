//! One line when something begins, one when it ends, and a table of it all.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::tally::Tally;

/// What happened, in order.
pub(crate) struct Report {
    started: Instant,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    took: Duration,
    outcome: Outcome,
}

enum Outcome {
    Done(Tally),
    Failed(Tally),
    NotRun(String),
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            lines: Vec::new(),
        }
    }

    /// Work that the rest needs: its error is the caller's.
    pub(crate) fn need<T>(&mut self, name: &str, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let began = begin(name, what);
        let answer = work();
        let took = began.elapsed();
        end(name, answer.is_ok(), took);
        self.lines.push(Line {
            name: name.to_owned(),
            took,
            outcome: match &answer {
                Ok(_) => Outcome::Done(Tally::default()),
                Err(_) => Outcome::Failed(Tally::default()),
            },
        });
        answer
    }

    /// A check: what it finds is written down and the next one follows. `false` when it found something.
    pub(crate) fn check(&mut self, name: &str, what: &str, work: impl FnOnce() -> Result<Tally>) -> bool {
        let began = begin(name, what);
        let outcome = match work() {
            Ok(tally) if tally.failed == 0 => Outcome::Done(tally),
            Ok(tally) => Outcome::Failed(tally),
            Err(error) => {
                println!("{error:#}");
                Outcome::Failed(Tally::default())
            }
        };
        let took = began.elapsed();
        let good = matches!(outcome, Outcome::Done(_));
        end(name, good, took);
        self.lines.push(Line {
            name: name.to_owned(),
            took,
            outcome,
        });
        good
    }

    /// A check that cannot be made because something before it failed.
    pub(crate) fn not_run(&mut self, name: &str, why: &str) {
        println!("- {name}: not run, {why}");
        self.lines.push(Line {
            name: name.to_owned(),
            took: Duration::ZERO,
            outcome: Outcome::NotRun(why.to_owned()),
        });
    }

    /// The table and the closing line; `true` when all is well.
    pub(crate) fn close(&self) -> bool {
        let (table, tally) = self.table();
        println!("\n{table}");
        println!("{} passed, {} failed", tally.passed, tally.failed);
        tally.failed == 0
    }

    /// A step that failed without naming a test counts as one failure, so that a red run never says `0 failed`.
    fn table(&self) -> (String, Tally) {
        let mut text = String::new();
        let mut sum = Tally::default();
        for line in &self.lines {
            let (word, tally) = match &line.outcome {
                Outcome::Done(tally) => ("ok".to_owned(), *tally),
                Outcome::Failed(tally) => (
                    "FAILED".to_owned(),
                    Tally {
                        passed: tally.passed,
                        failed: tally.failed.max(1),
                    },
                ),
                Outcome::NotRun(why) => (format!("not run: {why}"), Tally { passed: 0, failed: 1 }),
            };
            sum.passed += tally.passed;
            sum.failed += tally.failed;
            let count = match tally.passed + tally.failed {
                0 => String::new(),
                _ if tally.passed == 0 => String::new(),
                all => format!("{all} tests"),
            };
            let took = spoken(line.took);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:<18} {took:>9}  {count:<12} {word}", line.name);
        }
        let _ = writeln!(text, "{:<18} {:>9}", "all", spoken(self.started.elapsed()));
        (text, sum)
    }
}

fn begin(name: &str, what: &str) -> Instant {
    println!("> {name}: {what}");
    Instant::now()
}

fn end(name: &str, good: bool, took: Duration) {
    let mark = if good { "+" } else { "!" };
    let word = if good { "done in" } else { "failed after" };
    println!("{mark} {name}: {word} {}", spoken(took));
}

/// A duration as a person says it.
pub(crate) fn spoken(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = took.as_secs();
    format!("{} min {:02} s", whole / 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_failed_step_without_tests_is_one_failure() {
        let mut report = Report::new();
        assert!(report.check("good", "", || Ok(Tally { passed: 3, failed: 0 })));
        assert!(!report.check("bad", "", || bail!("no")));
        report.not_run("later", "bad failed");
        let (table, tally) = report.table();
        assert_eq!((tally.passed, tally.failed), (3, 2));
        assert!(table.contains("3 tests") && table.contains("FAILED") && table.contains("bad failed"));
    }

    #[test]
    fn failed_tests_are_not_counted_twice() {
        let mut report = Report::new();
        assert!(!report.check("unit", "", || Ok(Tally { passed: 3, failed: 2 })));
        let (_, tally) = report.table();
        assert_eq!((tally.passed, tally.failed), (3, 2));
    }

    #[test]
    fn a_long_time_is_told_in_minutes() {
        assert_eq!(spoken(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(spoken(Duration::from_secs(125)), "2 min 05 s");
    }
}
