//! Short ways to say what a step answers.

use jiff::Timestamp;

use super::{Diagnosis, DiagnosisCode, Evidence, Outcome, Progress, Waiting, WaitingCode};
use crate::cloud::AwsFault;
use crate::plan::action::{OutputName, Outputs};

impl Waiting {
    /// A wait without values.
    pub(crate) fn new(code: WaitingCode) -> Self {
        Self {
            code,
            values: Default::default(),
        }
    }

    /// With one more value for its sentence.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    /// As a step's answer, to be asked again after `poll_s` seconds.
    pub(crate) fn poll(self, poll_s: u32) -> Progress {
        Progress::Waiting {
            why: self,
            poll_s,
            did: None,
            outputs: Outputs::new(),
        }
    }
}

impl Diagnosis {
    /// A cause by its code and its entry in the catalogue.
    pub(crate) fn new(code: DiagnosisCode, rule: &str) -> Self {
        Self {
            code,
            rule: rule.to_owned(),
            values: Default::default(),
            evidence: Vec::new(),
        }
    }

    /// With one more value for its sentences.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    /// With one more thing that was seen.
    pub(crate) fn seen(mut self, at: Timestamp, source: &str, text: impl ToString) -> Self {
        let row = Evidence {
            at,
            source: source.to_owned(),
            text: text.to_string(),
        };
        if !self.evidence.contains(&row) {
            self.evidence.push(row);
        }
        self
    }

    /// With AWS's answer to a refused call.
    pub(crate) fn fault(self, at: Timestamp, fault: &AwsFault) -> Self {
        let request = fault
            .request_id
            .as_deref()
            .map(|id| format!(" (request {id})"))
            .unwrap_or_default();
        self.seen(
            at,
            &fault.operation,
            format!("{}: {}{request}", fault.code, fault.message),
        )
    }
}

impl From<Diagnosis> for Progress {
    fn from(diagnosis: Diagnosis) -> Self {
        Self::Blocked(diagnosis)
    }
}

impl Progress {
    /// Done, with these outputs.
    pub(crate) fn done<const N: usize>(outcome: Outcome, outputs: [(OutputName, String); N]) -> Self {
        Self::Done {
            outcome,
            outputs: outputs.into(),
        }
    }

    /// A wait in which the step has done something already.
    pub(crate) fn having(mut self, did: Option<Outcome>) -> Self {
        if let Self::Waiting { did: so_far, .. } = &mut self {
            *so_far = did;
        }
        self
    }

    /// A wait in which something is known already.
    pub(crate) fn knowing<const N: usize>(mut self, known: [(OutputName, String); N]) -> Self {
        if let Self::Waiting { outputs, .. } = &mut self {
            outputs.extend(known);
        }
        self
    }
}
