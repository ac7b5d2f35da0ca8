//! How long planning takes for a thousand stacks: against reading their specs, and against a hundred of them.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench tells its figures on standard output, and stops where it cannot go on"
)]

#[path = "../tests/it/accounts.rs"]
mod accounts;
#[path = "../tests/it/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use engine::plan::{apply, lint};
use engine::snapshot::Snapshot;
use engine::spec::StackSpec;
use engine::spec::read::{from_toml, to_toml};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

use accounts::now;
use random::{account, seen, spec};

const STACKS: usize = 1_000;
const FEW: usize = 100;
const ROUNDS: usize = 30;
/// The stacks are the same in every measurement.
const SEED: [u8; 32] = [19; 32];

struct Case {
    text: String,
    spec: StackSpec,
    account: Snapshot,
}

fn main() {
    let cases = cases();
    let (mut reading, mut planning, mut by_hundreds) = (0.0, 0.0, 0.0);
    // Taking turns, so that whatever else the machine does meets all of them alike.
    for _ in 0..ROUNDS {
        reading += time(&cases, |case| drop(black_box(from_toml(black_box(&case.text)))));
        planning += time(&cases, plan);
        // Ten different hundreds: one alone could be easier than the rest.
        by_hundreds += cases.chunks(FEW).map(|hundred| time(hundred, plan)).sum::<f64>();
    }
    tell(
        "planning and checking a stack, of 1,000",
        planning / reading,
        "reading and validating its spec",
    );
    tell(
        "planning and checking 1,000 stacks",
        planning / by_hundreds,
        "ten times the time for 100",
    );
}

/// One line for the workshop's table.
fn tell(what: &str, ratio: f64, against: &str) {
    println!(
        "bench {}",
        json!({ "what": what, "ratio": ratio, "against": against })
    );
}

/// A thousand specs, no two the same, each with an account of its own. Only valid ones: others are never planned.
fn cases() -> Vec<Case> {
    let chance = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
    let mut runner = TestRunner::new_with_rng(Config::default(), chance);
    let both = (spec(), account());
    let mut cases = BTreeMap::new();
    while cases.len() < STACKS {
        let (spec, account) = both.new_tree(&mut runner).expect("a stack").current();
        let text = to_toml(&spec).expect("a spec can be written");
        if from_toml(&text).is_ok_and(|read| read == spec) {
            let account = seen(account, &spec);
            cases.insert(text.clone(), Case { text, spec, account });
        }
    }
    cases.into_values().collect()
}

fn plan(case: &Case) {
    let plan = apply(black_box(&case.spec), black_box(&case.account), now());
    assert!(black_box(lint(&plan)).is_empty(), "every plan passes the linter");
    drop(plan);
}

/// Seconds of work. Where the system tells, only those in which the work had a core.
fn time(cases: &[Case], work: impl Fn(&Case)) -> f64 {
    let (before, began) = (on_core_s(), Instant::now());
    cases.iter().for_each(work);
    match (before, on_core_s()) {
        (Some(before), Some(after)) => after - before,
        _ => began.elapsed().as_secs_f64(),
    }
}

/// How long this thread has had a core so far.
fn on_core_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}
