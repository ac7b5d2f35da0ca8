//! What a plan adds up to.

use std::collections::BTreeMap;

use super::action::{OutputName, Outputs, Ref};
use super::{Change, Finding, Plan, PlannedStep, StepId, Weight};

/// Steps by change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Made.
    pub create: usize,
    /// Changed.
    pub update: usize,
    /// As they should be.
    pub keep: usize,
    /// Somebody else's, used.
    pub adopt: usize,
    /// Removed.
    pub delete: usize,
    /// Waited for.
    pub wait: usize,
}

impl Plan {
    /// Whether a finding says that the plan can't succeed.
    pub fn is_blocked(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.weight == Weight::Block)
    }

    /// Whether everything is as it should be.
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(|step| step.change == Change::Keep)
    }

    /// Findings of a weight.
    pub fn findings_of(&self, weight: Weight) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.weight == weight)
    }

    /// US dollars a month that the plan adds. An estimate.
    pub fn monthly_usd(&self) -> f64 {
        self.steps.iter().map(|step| step.monthly_usd).sum()
    }

    /// Steps by change.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            match step.change {
                Change::Create => counts.create += 1,
                Change::Update => counts.update += 1,
                Change::Keep => counts.keep += 1,
                Change::Adopt => counts.adopt += 1,
                Change::Delete => counts.delete += 1,
                Change::Wait => counts.wait += 1,
            }
        }
        counts
    }

    /// The step of that id.
    pub fn step(&self, id: &StepId) -> Option<&PlannedStep> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// The value of a reference, as far as it is known: from `outputs` of a run, or from what was there when the plan was made.
    pub fn value<'a>(
        &'a self,
        reference: &'a Ref,
        outputs: &'a BTreeMap<StepId, Outputs>,
    ) -> Option<&'a str> {
        match reference {
            Ref::Known(value) => Some(value),
            Ref::Output { step, name } => {
                let of = |known: &'a BTreeMap<StepId, Outputs>| known.get(step).and_then(|one| one.get(name));
                of(outputs).or_else(|| of(&self.known)).map(String::as_str)
            }
        }
    }

    /// An output that was known when the plan was made.
    pub fn known(&self, step: &StepId, name: OutputName) -> Option<&str> {
        self.known
            .get(step)
            .and_then(|outputs| outputs.get(&name))
            .map(String::as_str)
    }
}
