//! What came of a run, as it is kept with its stack.

use std::collections::BTreeMap;

use engine::plan::action::{Action, OutputName, Outputs};
use engine::plan::{Plan, Purpose, StepId};
use engine::run::{RunState, StepRecord};
use serde::{Deserialize, Serialize};
use store::runs::Run;
use store::stacks::{self, Stack};
use store::{Database, Result};

use crate::health::monitors;

/// What the last runs of a stack answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StackOutputs {
    /// The address, with scheme.
    pub url: Option<String>,
    /// What every step answered: ids, ARNs, names.
    pub steps: BTreeMap<StepId, Outputs>,
}

impl StackOutputs {
    /// The outputs kept with a stack; empty when a version of another time wrote them.
    #[must_use]
    pub fn of(stack: &Stack) -> Self {
        stack.outputs_as().unwrap_or_default()
    }
}

/// The address that a run made, once it is known: the one that answered, or else the load balancer's name.
#[must_use]
pub fn url(plan: &Plan, steps: &[StepRecord]) -> Option<String> {
    let output = |wanted: fn(&Action) -> bool, name: OutputName| {
        let planned = plan.steps.iter().find(|step| wanted(&step.action))?;
        let record = steps.iter().find(|record| record.step == planned.id)?;
        record.outputs.get(&name).cloned()
    };
    output(
        |action| matches!(action, Action::Reachable { .. }),
        OutputName::Url,
    )
    .or_else(|| {
        output(
            |action| matches!(action, Action::LoadBalancer { .. }),
            OutputName::DnsName,
        )
        .map(|host| format!("http://{host}"))
    })
}

/// Keeps what came of a run with its stack. Doing it twice changes nothing.
pub(super) async fn settle(
    db: &Database,
    stack: &Stack,
    run: &Run,
    plan: &Plan,
    steps: &[StepRecord],
    state: RunState,
) -> Result<()> {
    match (run.purpose, state) {
        (Purpose::Destroy, RunState::Succeeded) => stacks::remove(db, stack.id).await,
        (Purpose::Destroy, _) => Ok(()),
        (Purpose::Apply | Purpose::Prepare, _) => {
            let mut outputs = StackOutputs::of(stack);
            outputs.url = url(plan, steps).or(outputs.url);
            for record in steps.iter().filter(|record| !record.outputs.is_empty()) {
                outputs.steps.insert(record.step.clone(), record.outputs.clone());
            }
            stacks::set_outputs(db, stack.id, &outputs).await?;
            if run.purpose == Purpose::Apply && matches!(state, RunState::Succeeded | RunState::Waiting) {
                monitors::ensure(db, stack.id, plan, steps).await?;
            }
            Ok(())
        }
    }
}
