//! A plan being put together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action::{Action, OutputName, Outputs, Ref};
use super::difference::differences;
use super::differing::Differing;
use super::timing::{self, Pace};
use super::{Change, Finding, FindingCode, Plan, PlannedStep, Purpose, Reason, ReasonCode, StepId, Weight};
use crate::cloud::Tags;
use crate::cloud::compute::TaskDefinition;
use crate::prices;
use crate::snapshot::{Snapshot, owned_by};
use crate::spec::StackSpec;
use crate::spec::names::Names;

/// A plan being put together.
pub(super) struct Builder<'a> {
    pub(super) spec: &'a StackSpec,
    pub(super) snapshot: &'a Snapshot,
    pub(super) names: Names,
    steps: Vec<PlannedStep>,
    findings: Vec<Finding>,
    known: BTreeMap<StepId, Outputs>,
}

impl Reason {
    /// A reason without values.
    pub fn new(code: ReasonCode) -> Self {
        Self {
            code,
            values: BTreeMap::new(),
        }
    }

    /// With one more value for its sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }
}

impl<'a> Builder<'a> {
    pub(super) fn new(spec: &'a StackSpec, snapshot: &'a Snapshot) -> Self {
        Self {
            spec,
            snapshot,
            names: Names::of(spec),
            steps: Vec::new(),
            findings: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    /// Whether a resource with these tags is this stack's.
    pub(super) fn owns(&self, tags: &Tags) -> bool {
        owned_by(tags, &self.spec.name)
    }

    /// The newest revision of the stack's family, if the stack made it: what it uses has been adopted before.
    pub(super) fn own_task_definition(&self) -> Option<&'a TaskDefinition> {
        self.snapshot
            .task_definition
            .as_ref()
            .filter(|found| found.active && self.owns(&found.tags))
    }

    /// Keep when no field differs, else update.
    pub(super) fn compared(differs: &[Differing]) -> (Change, Reason) {
        if differs.is_empty() {
            (Change::Keep, Reason::new(ReasonCode::AsWanted))
        } else {
            (
                Change::Update,
                Reason::new(ReasonCode::Differs).with("fields", Differing::listed(differs)),
            )
        }
    }

    /// Adds a step after all it refers to and `after`; its time and cost follow from what it does.
    pub(super) fn step(
        &mut self,
        id: &str,
        action: Action,
        change: Change,
        reason: Reason,
        after: &[StepId],
    ) -> StepId {
        let id = StepId::from(id);
        let mut all: Vec<StepId> = action
            .references()
            .into_iter()
            .filter_map(Ref::step)
            .cloned()
            .collect();
        all.extend(after.iter().cloned());
        let mut unique = Vec::new();
        for step in all {
            if !unique.contains(&step) {
                unique.push(step);
            }
        }
        let pace = Pace {
            healthy_s: timing::first_healthy_s(
                self.spec.health.interval_s,
                self.spec.health.healthy_threshold,
            ),
            drain_s: u32::from(self.spec.health.drain_s),
            replaces: self
                .snapshot
                .service
                .as_ref()
                .is_some_and(|service| service.running > 0),
        };
        let expected_s = timing::expected_s(&action, change, pace);
        let monthly_usd = prices::step_monthly_usd(&action, change, self.spec, self.snapshot);
        let differences = differences(self, &action, change);
        self.steps.push(PlannedStep {
            id: id.clone(),
            action,
            change,
            reason,
            differences,
            after: unique,
            expected_s,
            monthly_usd,
        });
        id
    }

    /// Notes what a step would answer if it ran now, because its thing is there.
    pub(super) fn knows(&mut self, step: &StepId, outputs: impl IntoIterator<Item = (OutputName, String)>) {
        self.known.entry(step.clone()).or_default().extend(outputs);
    }

    /// The value of a reference, if it is known now.
    pub(super) fn value<'r>(&'r self, reference: &'r Ref) -> Option<&'r str> {
        match reference {
            Ref::Known(value) => Some(value),
            Ref::Output { step, name } => self
                .known
                .get(step)
                .and_then(|outputs| outputs.get(name))
                .map(String::as_str),
        }
    }

    /// The values of several references; `None` unless all are known.
    pub(super) fn values(&self, references: &[Ref]) -> Option<Vec<String>> {
        references
            .iter()
            .map(|reference| self.value(reference).map(str::to_owned))
            .collect()
    }

    /// What people call the thing that an earlier step is about.
    pub(super) fn name_of(&self, step: &StepId) -> String {
        let found = self.steps.iter().find(|one| one.id == *step);
        found.map_or_else(|| step.0.clone(), |one| one.action.name())
    }

    /// Whether everything so far is as it should be.
    pub(super) fn all_kept(&self) -> bool {
        self.steps.iter().all(|step| step.change == Change::Keep)
    }

    /// Notes what the preflight found.
    pub(super) fn finding(&mut self, code: FindingCode, weight: Weight, values: &[(&str, &dyn ToString)]) {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_string()))
            .collect();
        self.findings.push(Finding { code, weight, values });
    }

    /// The name of something that exists already, and is not ours.
    pub(super) fn name_taken(&mut self, kind: &str, name: &str) {
        self.finding(
            FindingCode::NameFree,
            Weight::Block,
            &[("kind", &kind), ("name", &name)],
        );
    }

    pub(super) fn finish(self, purpose: Purpose, now: Timestamp) -> Plan {
        Plan {
            purpose,
            spec: self.spec.clone(),
            account_id: self.snapshot.caller.account_id.clone(),
            region: self.snapshot.region.clone(),
            made_at: now,
            parent: self.snapshot.digest(),
            steps: self.steps,
            findings: self.findings,
            known: self.known,
        }
    }
}
