//! Everything a stack consists of, from the plan that was applied last and what its steps answered.

use std::collections::BTreeMap;

use app::backend::stacks::ResourceLine;
use app::console;
use engine::plan::action::{Action, OutputName, Outputs};
use engine::plan::{Change, Plan, StepId};

/// The resources.
pub(super) fn of(plan: &Plan, outputs: &BTreeMap<StepId, Outputs>) -> Vec<ResourceLine> {
    let none = Outputs::new();
    plan.steps
        .iter()
        .filter(|step| {
            !matches!(
                step.action,
                Action::ImagePushed { .. }
                    | Action::Deployment { .. }
                    | Action::Reachable { .. }
                    | Action::ClosedPorts { .. }
                    | Action::HealthCheck { .. }
            )
        })
        .map(|step| {
            let answered = outputs.get(&step.id).unwrap_or(&none);
            let ids: Vec<String> = [
                OutputName::Id,
                OutputName::Arn,
                OutputName::DnsName,
                OutputName::Uri,
                OutputName::Url,
            ]
            .iter()
            .filter_map(|name| {
                answered
                    .get(name)
                    .or_else(|| plan.known.get(&step.id).and_then(|known| known.get(name)))
            })
            .cloned()
            .collect();
            ResourceLine {
                kind: step.action.kind().to_owned(),
                label: step.action.name(),
                console: console::link(&step.action, ids.first().map_or("", String::as_str), &plan.region),
                ids,
                adopted: step.change == Change::Adopt,
            }
        })
        .collect()
}
