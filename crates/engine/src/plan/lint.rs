//! What every plan has to be, checked on every plan: a plan that fails here is a bug in the planner, never the user's.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, OutputName, Ref, Removal};
use super::{Change, Plan, PlannedStep, Purpose, StepId, Weight};

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LintFault {
    /// Two steps of one id.
    #[error("step {step} is in the plan twice")]
    DuplicateId {
        /// The id.
        step: StepId,
    },
    /// A step comes after one that is not in the plan.
    #[error("step {step} comes after {missing}, which is not in the plan")]
    UnknownStep {
        /// The step.
        step: StepId,
        /// What it waits for.
        missing: StepId,
    },
    /// A step is listed before something it has to come after: a cycle, or a wrong order.
    #[error("step {step} is listed before {later}, which it has to come after")]
    OutOfOrder {
        /// The step.
        step: StepId,
        /// What it waits for.
        later: StepId,
    },
    /// A reference to a step that need not be done yet.
    #[error("step {step} refers to {to}, but does not come after it")]
    NotAfter {
        /// The step.
        step: StepId,
        /// What it refers to.
        to: StepId,
    },
    /// A reference to something the other step never answers.
    #[error("step {step} refers to {name:?} of {to}, which it does not answer")]
    NoSuchOutput {
        /// The step.
        step: StepId,
        /// What it refers to.
        to: StepId,
        /// The output.
        name: OutputName,
    },
    /// A known reference without a value.
    #[error("step {step} has an empty reference")]
    EmptyReference {
        /// The step.
        step: StepId,
    },
    /// The change does not go with the action or the purpose of the plan.
    #[error("step {step} may not be {change:?} here")]
    WrongChange {
        /// The step.
        step: StepId,
        /// Its change.
        change: Change,
    },
    /// Something is removed for another reason than being owned, or put back.
    #[error("step {step} removes something that is not shown to be the stack's own")]
    NotOwned {
        /// The step.
        step: StepId,
    },
    /// An ALB or a service with fewer subnets than it needs, in a plan that is not blocked.
    #[error("step {step} has {count} subnets")]
    TooFewSubnets {
        /// The step.
        step: StepId,
        /// How many.
        count: usize,
    },
    /// A cost that is no number.
    #[error("step {step} has an impossible cost")]
    BadCost {
        /// The step.
        step: StepId,
    },
}

/// Every fault of a plan; none for a plan the planner made.
pub fn lint(plan: &Plan) -> Vec<LintFault> {
    let mut faults = order(plan);
    let before = transitive(plan);
    for step in &plan.steps {
        references(plan, step, &before, &mut faults);
        change(plan, step, &mut faults);
        subnets(plan, step, &mut faults);
        if !step.monthly_usd.is_finite() {
            faults.push(LintFault::BadCost {
                step: step.id.clone(),
            });
        }
    }
    faults
}

fn order(plan: &Plan) -> Vec<LintFault> {
    let mut faults = Vec::new();
    let all: BTreeSet<&StepId> = plan.steps.iter().map(|step| &step.id).collect();
    let mut seen = BTreeSet::new();
    for step in &plan.steps {
        for other in &step.after {
            if !all.contains(other) {
                faults.push(LintFault::UnknownStep {
                    step: step.id.clone(),
                    missing: other.clone(),
                });
            } else if !seen.contains(other) {
                faults.push(LintFault::OutOfOrder {
                    step: step.id.clone(),
                    later: other.clone(),
                });
            }
        }
        if !seen.insert(&step.id) {
            faults.push(LintFault::DuplicateId {
                step: step.id.clone(),
            });
        }
    }
    faults
}

/// All steps that are done before a step starts.
fn transitive(plan: &Plan) -> BTreeMap<&StepId, BTreeSet<&StepId>> {
    let mut before: BTreeMap<&StepId, BTreeSet<&StepId>> = BTreeMap::new();
    for step in &plan.steps {
        let mut all: BTreeSet<&StepId> = step.after.iter().collect();
        for other in &step.after {
            all.extend(before.get(other).into_iter().flatten().copied());
        }
        before.insert(&step.id, all);
    }
    before
}

fn references(
    plan: &Plan,
    step: &PlannedStep,
    before: &BTreeMap<&StepId, BTreeSet<&StepId>>,
    faults: &mut Vec<LintFault>,
) {
    for reference in step.action.references() {
        match reference {
            Ref::Known(value) if value.is_empty() => faults.push(LintFault::EmptyReference {
                step: step.id.clone(),
            }),
            Ref::Known(_) => {}
            Ref::Output { step: to, name } => {
                if !before.get(&step.id).is_some_and(|before| before.contains(to)) {
                    faults.push(LintFault::NotAfter {
                        step: step.id.clone(),
                        to: to.clone(),
                    });
                }
                if plan
                    .step(to)
                    .is_some_and(|to| !answers(&to.action).contains(name))
                {
                    faults.push(LintFault::NoSuchOutput {
                        step: step.id.clone(),
                        to: to.clone(),
                        name: *name,
                    });
                }
            }
        }
    }
}

/// What a step answers when it is done.
pub fn answers(action: &Action) -> &'static [OutputName] {
    use OutputName::{Arn, Before, Digest, DnsName, Granted, Id, Name, Uri, Url};
    match action {
        Action::LinkedRole { .. } => &[Name],
        Action::Repository { .. } => &[Arn, Uri, Name],
        Action::ImagePushed { .. } => &[Digest],
        Action::LogGroup { .. }
        | Action::ExecutionRole { .. }
        | Action::Cluster { .. }
        | Action::TargetGroup { .. }
        | Action::Service(_) => &[Arn, Name],
        Action::Vpc { .. }
        | Action::InternetGateway { .. }
        | Action::RouteTable { .. }
        | Action::Subnet { .. } => &[Id],
        Action::SecurityGroup { .. } => &[Id, Name, Granted],
        Action::LoadBalancer { .. } => &[Arn, DnsName, Name],
        Action::Listener { .. } | Action::TaskDefinition(_) => &[Arn],
        Action::Deployment { .. }
        | Action::ClosedPorts { .. }
        | Action::HealthCheck { .. }
        | Action::Remove { .. } => &[],
        Action::Reachable { .. } => &[Url, DnsName],
        Action::FrontendVariables { .. } => &[Url, Before],
        Action::FrontendRelease { .. } => &[Id, Arn],
    }
}

fn change(plan: &Plan, step: &PlannedStep, faults: &mut Vec<LintFault>) {
    let removes = matches!(step.action, Action::Remove { .. });
    let right = match plan.purpose {
        Purpose::Destroy => removes && step.change == Change::Delete,
        Purpose::Apply | Purpose::Prepare => !removes && step.change != Change::Delete,
    };
    if !right {
        faults.push(LintFault::WrongChange {
            step: step.id.clone(),
            change: step.change,
        });
    }
    if let Action::Remove { target } = &step.action {
        let puts_back = matches!(
            target,
            Removal::FrontendVariables { .. }
                | Removal::SecurityGroupRules { .. }
                | Removal::RolePolicy { .. }
        );
        let shown = match step.reason.code {
            super::ReasonCode::OwnedByStack => true,
            super::ReasonCode::RestoreBefore => puts_back,
            _ => false,
        };
        if !shown {
            faults.push(LintFault::NotOwned {
                step: step.id.clone(),
            });
        }
    }
}

fn subnets(plan: &Plan, step: &PlannedStep, faults: &mut Vec<LintFault>) {
    let (subnets, least) = match &step.action {
        Action::LoadBalancer { subnets, .. } => (subnets, super::zones::ZONES_WANTED),
        Action::Service(planned) => (&planned.subnets, 1),
        _ => return,
    };
    let blocked = plan
        .findings
        .iter()
        .any(|finding| finding.weight == Weight::Block);
    if subnets.len() < least && !blocked {
        faults.push(LintFault::TooFewSubnets {
            step: step.id.clone(),
            count: subnets.len(),
        });
    }
}
