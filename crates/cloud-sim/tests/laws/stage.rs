//! An account, a clock and a ledger for one law.

use std::sync::Arc;
use std::time::Duration;

use cloud_sim::clock::TokioClock;
use cloud_sim::{ImageProfile, MemoryCell, Scenario, World, memory};
use engine::clock::{Chance, Clock};
use engine::cloud::Cloud;
use engine::plan::{Plan, lint};
use engine::run::ledger::LedgerError;
use engine::run::memory_ledger::MemoryLedger;
use engine::run::{RunOptions, RunState, StepRecord, execute};
use engine::snapshot::observe;
use engine::spec::StackSpec;
use engine::spec::read::from_toml;
use engine::step::{Diagnosis, Outcome};
use jiff::Timestamp;
use serde_json::Value;

/// A Monday morning.
pub(crate) const EPOCH: Timestamp = Timestamp::constant(1_795_392_000, 0);

/// Chance that always says the same.
pub(crate) struct Half;

impl Chance for Half {
    fn unit(&self) -> f64 {
        0.5
    }
}

/// The runbook's stack, as the examples have it.
pub(crate) fn vendor() -> StackSpec {
    from_toml(include_str!("../../../../examples/vendor0919.toml")).expect("the example is valid")
}

/// How an execution ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It came to an end.
    State(RunState),
    /// The ledger failed it.
    Ledger(LedgerError),
    /// The process died in the middle of a call.
    Crashed,
}

/// An account, a clock and a ledger.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
    pub(crate) cell: Arc<MemoryCell>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ledger: MemoryLedger,
}

impl Stage {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new(EPOCH, 1.0));
        let (cloud, cell) = memory::account(World::scenario(scenario, EPOCH), clock.clone());
        Self {
            cloud,
            cell,
            clock,
            ledger: MemoryLedger::new(),
        }
    }

    /// The runbook's account, with a developer who pushes the image as soon as there is a repository.
    pub(crate) fn runbook() -> Self {
        let stage = Self::new(Scenario::Runbook);
        stage.expect(ImageProfile::fastapi());
        stage
    }

    pub(crate) fn expect(&self, image: ImageProfile) {
        self.cell
            .look(|world| world.expect_push("vendor0919-api", "latest", image, 2));
    }

    /// A plan for the account as it is now; every one is checked.
    pub(crate) async fn plan(&self, spec: &StackSpec) -> Plan {
        let snapshot = observe(&self.cloud, spec, self.clock.now())
            .await
            .expect("the account can be read");
        let plan = engine::plan::apply(spec, &snapshot, self.clock.now());
        assert_eq!(lint(&plan), [], "{plan:#?}");
        plan
    }

    /// Executes a plan in a new ledger.
    pub(crate) async fn run(&mut self, plan: &Plan, run: &str) -> RunState {
        self.ledger = MemoryLedger::new();
        match self.go_on(plan, run).await {
            End::State(state) => state,
            other => panic!("{other:?}"),
        }
    }

    /// Executes a plan, or goes on with it, in the ledger there is.
    pub(crate) async fn go_on(&self, plan: &Plan, run: &str) -> End {
        self.go_on_with(plan, run, true).await
    }

    pub(crate) async fn go_on_with(&self, plan: &Plan, run: &str, wait: bool) -> End {
        let options = RunOptions { wait };
        let execution = execute(
            plan,
            &self.cloud,
            &self.ledger,
            self.clock.as_ref(),
            &Half,
            run,
            &options,
        );
        tokio::select! {
            biased;
            () = self.cell.crashed() => End::Crashed,
            result = execution => match result {
                Ok(state) => End::State(state),
                Err(error) => End::Ledger(error),
            },
        }
    }

    /// Plans and runs, and insists on success.
    pub(crate) async fn succeed(&mut self, spec: &StackSpec, run: &str) -> Plan {
        let plan = self.plan(spec).await;
        let state = self.run(&plan, run).await;
        assert_eq!(state, RunState::Succeeded, "{:#?}", self.blocked());
        plan
    }

    /// What blocked the run.
    pub(crate) fn blocked(&self) -> Vec<(String, Diagnosis)> {
        let records = self.ledger.records().into_iter();
        records
            .filter_map(|record| record.diagnosis.map(|why| (record.step.0, why)))
            .collect()
    }

    pub(crate) fn record(&self, step: &str) -> StepRecord {
        let record = self
            .ledger
            .records()
            .into_iter()
            .find(|record| record.step.0 == step);
        record.unwrap_or_else(|| panic!("no step {step}"))
    }

    pub(crate) fn outcomes(&self) -> Vec<(String, Option<Outcome>)> {
        self.ledger
            .records()
            .into_iter()
            .map(|record| (record.step.0, record.outcome))
            .collect()
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }

    /// What exists, without the ids that AWS made up.
    pub(crate) fn state(&self) -> Value {
        self.cell.look(|world| nameless(world.comparable()))
    }

    /// IAM actions of the calls so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.cell
            .look(|world| world.calls().map(|call| call.action.clone()).collect())
    }
}

/// The same text with every id that AWS made up (eight or more hexadecimal digits) as `#`.
fn without_ids(text: &str) -> String {
    if let Some((head, _)) = text.split_once(":attachment/") {
        return format!("{}:attachment/#", without_ids(head));
    }
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        if word.len() >= 8 && word.bytes().any(|byte| byte.is_ascii_digit()) {
            out.push('#');
        } else {
            out.push_str(word);
        }
        word.clear();
    };
    for letter in text.chars() {
        if letter.is_ascii_hexdigit() {
            word.push(letter);
        } else {
            flush(&mut word, &mut out);
            out.push(letter);
        }
    }
    flush(&mut word, &mut out);
    out
}

/// The same value without ids, in an order that does not depend on them.
fn nameless(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_ids(&text)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(nameless).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(mut fields) => {
            // Chance decides the public address, the scheduler the zone: neither is a difference.
            for field in ["public_ip", "private_ip", "subnet_id", "free_addresses"] {
                if fields.contains_key("status") || fields.contains_key("zone") {
                    fields.remove(field);
                }
            }
            let has_ids = fields.keys().any(|key| without_ids(key) != *key);
            let fields = fields
                .into_iter()
                .map(|(key, value)| (without_ids(&key), nameless(value)));
            if has_ids {
                return nameless(Value::Array(fields.map(|(_, value)| value).collect()));
            }
            Value::Object(fields.collect())
        }
        other => other,
    }
}

/// Insists on the same state, and shows only what differs.
pub(crate) fn assert_same(now: &Value, wanted: &Value, when: &str) {
    let (Value::Object(now), Value::Object(wanted)) = (now, wanted) else {
        panic!("states are objects")
    };
    for (part, wanted) in wanted {
        let now = &now[part];
        assert!(now == wanted, "{when}: {part}\nis     {now}\nwanted {wanted}");
    }
}
