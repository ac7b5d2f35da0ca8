//! Whose a resource is. Ownership tags decide what may be changed and deleted, and by which run a thing was made.

use super::{Context, Diagnosis, DiagnosisCode, Outcome};
use crate::cloud::{TAG_RUN, TAG_STACK, Tags};
use crate::plan::Change;

/// Whose a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Made by this run, perhaps before a crash.
    ThisRun,
    /// Made for this stack by an earlier run.
    ThisStack,
    /// Not ours.
    Somebody,
}

impl Context<'_> {
    /// Whose the resource with these tags is.
    pub(crate) fn owner(&self, tags: &Tags) -> Owner {
        if tags.get(TAG_STACK).map(String::as_str) != Some(self.stack) {
            Owner::Somebody
        } else if tags.get(TAG_RUN).map(String::as_str) == Some(self.run) {
            Owner::ThisRun
        } else {
            Owner::ThisStack
        }
    }

    /// Whether the resource with these tags belongs to this stack.
    pub(crate) fn owns(&self, tags: &Tags) -> bool {
        self.owner(tags) != Owner::Somebody
    }

    /// Whether the plan, which knows what the user chose, lets this step use what is not ours.
    pub(crate) fn may_borrow(&self) -> bool {
        matches!(self.change, Change::Adopt | Change::Keep)
    }

    /// How a step that leaves a resource of this owner as it should be ended. `changed`: by this call.
    pub(crate) fn ended(&self, owner: Owner, changed: bool) -> Outcome {
        match (owner, self.did) {
            (Owner::Somebody, _) if self.change == Change::Adopt => Outcome::Adopted,
            (Owner::ThisRun, _) | (_, Some(Outcome::Created)) => Outcome::Created,
            (_, Some(Outcome::Updated)) => Outcome::Updated,
            _ if changed => Outcome::Updated,
            _ => Outcome::Kept,
        }
    }

    /// Tags for a new resource that people know by its `Name` tag.
    pub(crate) fn tags_named(&self, name: &str) -> Tags {
        let mut tags = self.tags.clone();
        tags.insert("Name".to_owned(), name.to_owned());
        tags
    }

    /// Whether these are the tags of this stack's resource with that `Name`.
    pub(crate) fn owns_named(&self, tags: &Tags, name: &str) -> bool {
        self.owns(tags) && tags.get("Name").map(String::as_str) == Some(name)
    }

    /// The diagnosis for a resource of the right name that is not ours.
    pub(crate) fn name_taken(&self, kind: &str, name: &str, source: &str) -> Diagnosis {
        Diagnosis::new(DiagnosisCode::NameTaken, "H5")
            .with("kind", kind)
            .with("name", name)
            .seen(
                self.now,
                source,
                format!("{name}: no tag {TAG_STACK}={}", self.stack),
            )
    }

    /// Something the plan relies on is gone.
    pub(crate) fn vanished(&self, what: &str, source: &str) -> Diagnosis {
        Diagnosis::new(DiagnosisCode::Vanished, "B9")
            .with("what", what)
            .seen(self.now, source, format!("{what}: not found"))
    }

    /// Seconds since the step was first tried.
    pub(crate) fn waited_s(&self) -> i64 {
        self.now.as_second() - self.since.as_second()
    }
}
