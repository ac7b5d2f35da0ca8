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
            let ids = [
                OutputName::Id,
                OutputName::Arn,
                OutputName::DnsName,
                OutputName::Uri,
                OutputName::Url,
                OutputName::Digest,
            ]
            .iter()
            .filter_map(|name| {
                answered
                    .get(name)
                    .or_else(|| plan.known.get(&step.id).and_then(|known| known.get(name)))
            })
            .map(|id| (id.clone(), console::link(&step.action, id, &plan.region)))
            .collect::<Vec<_>>();
            // What answers nothing is found by its name.
            let ids = if ids.is_empty() {
                let name = step.action.name();
                let link = console::link(&step.action, &name, &plan.region);
                link.map(|link| (name, Some(link))).into_iter().collect()
            } else {
                ids
            };
            ResourceLine {
                kind: step.action.kind().to_owned(),
                label: step.action.name(),
                ids,
                adopted: step.change == Change::Adopt,
            }
        })
        .collect()
}
