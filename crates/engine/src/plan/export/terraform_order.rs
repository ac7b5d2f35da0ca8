//! What Terraform has to wait for beyond what its attributes tell: the plan's own order, resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use super::terraform::{address, is_foreign, resource};
use crate::plan::action::Action;
use crate::plan::{Difference, Plan, PlannedStep, StepId};

/// For each step, the addresses for its `depends_on`; steps that need none are left out.
pub(super) fn depends_on(plan: &Plan) -> BTreeMap<StepId, Vec<String>> {
    let mut order = Order {
        plan,
        before: BTreeMap::new(),
    };
    let mut all = BTreeMap::new();
    for step in &plan.steps {
        let missing = order.missing(step);
        if !missing.is_empty() {
            all.insert(step.id.clone(), missing);
        }
    }
    all
}

struct Order<'a> {
    plan: &'a Plan,
    /// What Terraform has made before each address, as far as attributes and `depends_on` tell.
    before: BTreeMap<String, BTreeSet<String>>,
}

impl Order<'_> {
    /// What comes before a step in the plan and not yet in Terraform. Notes that it does from now on.
    fn missing(&mut self, step: &PlannedStep) -> Vec<String> {
        let (kind, _) = resource(step);
        let own = address(step);
        let referred: Vec<&PlannedStep> = self.referred(step);
        let mut known: BTreeSet<String> = BTreeSet::new();
        for other in referred {
            known.extend(self.with_all_before(&address(other)));
        }
        let mut missing = Vec::new();
        if !kind.is_empty() && !is_foreign(step) {
            let mut earlier = Vec::new();
            self.all_before(step, &mut earlier);
            // The latest first: most of the others come before them.
            for other in self
                .plan
                .steps
                .iter()
                .rev()
                .filter(|one| earlier.contains(&&one.id))
            {
                let main = (!is_foreign(other) && !resource(other).0.is_empty()).then(|| address(other));
                for wanted in parts(other).into_iter().rev().chain(main) {
                    if !known.contains(&wanted) {
                        known.extend(self.with_all_before(&wanted));
                        missing.push(wanted);
                    }
                }
            }
            missing.reverse();
        }
        // Parts stand beside the step's own resource: they come after it.
        let mut with_own = known.clone();
        with_own.insert(own.clone());
        if let Action::Subnet {
            route_table: Some(table),
            ..
        } = &step.action
            && let Some(table) = table.step().and_then(|id| self.plan.step(id))
        {
            with_own.extend(self.with_all_before(&address(table)));
        }
        for part in parts(step) {
            self.before.insert(part, with_own.clone());
        }
        self.before.insert(own, known);
        missing
    }

    fn with_all_before(&self, address: &str) -> BTreeSet<String> {
        let mut all = self.before.get(address).cloned().unwrap_or_default();
        all.insert(address.to_owned());
        all
    }

    /// The steps whose attributes appear in the step's own resource.
    fn referred(&self, step: &PlannedStep) -> Vec<&PlannedStep> {
        let mut ids: Vec<StepId> = match &step.action {
            // Its route table appears in the association only.
            Action::Subnet { vpc, .. } => vpc.step().into_iter().cloned().collect(),
            action => action
                .references()
                .into_iter()
                .filter_map(|one| one.step().cloned())
                .collect(),
        };
        if matches!(step.action, Action::Service(_)) {
            ids.push(StepId::from("cluster"));
        }
        ids.iter().filter_map(|id| self.plan.step(id)).collect()
    }

    fn all_before<'s>(&'s self, step: &'s PlannedStep, found: &mut Vec<&'s StepId>) {
        for id in &step.after {
            if !found.contains(&id) {
                found.push(id);
                if let Some(other) = self.plan.step(id) {
                    self.all_before(other, found);
                }
            }
        }
    }
}

/// What belongs to a step and is a resource of its own in Terraform.
fn parts(step: &PlannedStep) -> Vec<String> {
    let (_, name) = resource(step);
    match &step.action {
        Action::ExecutionRole { secrets_policy, .. } => {
            let attachment = (!is_foreign(step)).then(|| format!("aws_iam_role_policy_attachment.{name}"));
            let policy = secrets_policy
                .as_ref()
                .map(|_| format!("aws_iam_role_policy.{name}"));
            attachment.into_iter().chain(policy).collect()
        }
        Action::Subnet {
            route_table: Some(_), ..
        } => vec![format!("aws_route_table_association.{name}")],
        Action::SecurityGroup { adopt: Some(_), .. } => (0..missing_rules(step).len())
            .map(|index| format!("aws_vpc_security_group_ingress_rule.{name}_{index}"))
            .collect(),
        _ => Vec::new(),
    }
}

/// The incoming rules that a chosen group lacks: EC2 refuses a second rule for the same thing.
pub(super) fn missing_rules(step: &PlannedStep) -> Vec<&crate::plan::action::PlannedRule> {
    step.differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::RuleAdded { rule, .. } => Some(rule),
            Difference::RuleRemoved { .. } | Difference::Value { .. } => None,
        })
        .collect()
}
