//! How many tests passed and failed, read from what the test runners say.

use anyhow::{Context, Result};
use serde_json::Value;

/// Tests that passed and failed. A flaky browser test counts as failed: retries are off.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// From cargo-nextest's closing line: `Summary [ 1.2s] 5 tests run: 4 passed (1 slow), 1 failed, 2 skipped`.
    pub(crate) fn from_nextest(said: &str) -> Option<Self> {
        let line = said
            .lines()
            .rev()
            .find(|line| line.trim_start().starts_with("Summary ["))?;
        let (_, parts) = line.split_once("run: ")?;
        let mut tally = Self::default();
        let mut depth = 0_u32;
        // What stands in parentheses only describes: `(1 slow, 1 leaky)`.
        let plain: String = parts
            .chars()
            .filter(|letter| {
                let inside = depth > 0;
                match letter {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                !inside && *letter != '('
            })
            .collect();
        for part in plain.split(',') {
            let mut words = part.split_whitespace();
            let number: u64 = words.next()?.parse().ok()?;
            match words.next()? {
                "passed" => tally.passed += number,
                "skipped" => {}
                // failed, timed out, exec failed
                _ => tally.failed += number,
            }
        }
        Some(tally)
    }

    /// From the lines that `cargo test` writes for each binary: `test result: ok. 4 passed; 0 failed; …`.
    pub(crate) fn from_cargo_test(said: &str) -> Option<Self> {
        let mut tally = Self::default();
        let mut seen = false;
        for line in said.lines().filter(|line| line.starts_with("test result: ")) {
            seen = true;
            tally.passed += before(line, " passed")?;
            tally.failed += before(line, " failed")?;
        }
        seen.then_some(tally)
    }

    /// From Playwright's JSON report.
    pub(crate) fn from_playwright(report: &str) -> Result<Self> {
        let report: Value = serde_json::from_str(report).context("reading Playwright's report")?;
        let stat = |name: &str| report["stats"][name].as_u64().unwrap_or_default();
        let errors = report["errors"]
            .as_array()
            .map_or(0, |errors| u64::try_from(errors.len()).unwrap_or(u64::MAX));
        Ok(Self {
            passed: stat("expected"),
            failed: stat("unexpected") + stat("flaky") + errors,
        })
    }
}

fn before(line: &str, word: &str) -> Option<u64> {
    let (head, _) = line.split_once(word)?;
    head.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextests_summary_is_read_with_all_its_words() {
        let said = "  PASS [ 0.1s] a b\n     Summary [   1.234s] 9 tests run: 5 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 4 skipped\n  FAIL x\n";
        assert_eq!(Tally::from_nextest(said), Some(Tally { passed: 5, failed: 3 }));
        assert_eq!(Tally::from_nextest("error: could not compile"), None);
    }

    #[test]
    fn cargo_tests_binaries_are_added_up() {
        let said = "test result: ok. 4 passed; 0 failed; 0 ignored\nx\ntest result: FAILED. 1 passed; 2 failed; 0 ignored\n";
        assert_eq!(Tally::from_cargo_test(said), Some(Tally { passed: 5, failed: 2 }));
        assert_eq!(Tally::from_cargo_test("nothing"), None);
    }

    #[test]
    fn playwrights_errors_outside_tests_are_failures() {
        let report = r#"{"errors":[{"message":"no server"}],"stats":{"expected":7,"unexpected":1,"flaky":1,"skipped":3}}"#;
        assert_eq!(
            Tally::from_playwright(report).unwrap(),
            Tally { passed: 7, failed: 3 }
        );
    }
}
