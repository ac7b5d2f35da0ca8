//! A plan for the repository alone, so that an image can be pushed before the rest is planned.

use jiff::Timestamp;

use super::builder::Builder;
use super::{Plan, Purpose};
use crate::snapshot::Snapshot;
use crate::spec::StackSpec;

/// The plan. Without steps for an image that does not live in a repository of the account.
pub fn prepare(spec: &StackSpec, snapshot: &Snapshot, now: Timestamp) -> Plan {
    let mut builder = Builder::new(spec, snapshot);
    super::apply::image::repository(&mut builder);
    builder.finish(Purpose::Prepare, now)
}
