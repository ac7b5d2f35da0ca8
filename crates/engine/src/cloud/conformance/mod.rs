//! What every implementation of the cloud traits promises, as checks that run against a real one.
//!
//! Pure async functions over [`Cloud`], one per area, so that an implementation that lacks an area (an emulator without
//! Amplify) runs the others. Each creates what it needs under names starting with [`PREFIX`], reads it back, changes
//! it, deletes it and leaves nothing behind when it succeeds.

mod balancing;
mod compute;
mod hosting;
mod identity;
mod logs;
mod network;
mod registry;

use std::time::Duration;

pub use balancing::balancing;
pub use compute::{compute, deployments};
pub use hosting::hosting;
pub use identity::identity;
pub use logs::logs;
pub use network::network;
pub use registry::registry;

use super::{CloudError, TAG_STACK, Tags};
use crate::clock::Clock;

/// Every name the checks use starts with it.
pub const PREFIX: &str = "slipway-conf";

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// An answer was not what the contract says.
    #[error("{0}")]
    Broken(String),
    /// A call that must work was refused.
    #[error("{during}: {error}")]
    Refused {
        /// What was being done.
        during: String,
        /// What came back.
        error: CloudError,
    },
}

/// Result of a conformance check.
pub type Checked = std::result::Result<(), Failure>;

fn tags() -> Tags {
    Tags::from([
        (TAG_STACK.to_owned(), PREFIX.to_owned()),
        ("team".to_owned(), "ports & docks".to_owned()),
    ])
}

fn ensure(holds: bool, promise: impl Into<String>) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Failure::Broken(promise.into()))
    }
}

fn tagged(found: &Tags, what: &str) -> Checked {
    let lost: Vec<_> = tags()
        .into_iter()
        .filter(|(key, value)| found.get(key) != Some(value))
        .collect();
    ensure(
        lost.is_empty(),
        format!("{what} lost tags given at creation: {lost:?}, it has {found:?}"),
    )
}

/// Names the call that must work.
trait During<T> {
    fn during(self, what: &str) -> std::result::Result<T, Failure>;
}

impl<T> During<T> for super::Result<T> {
    fn during(self, what: &str) -> std::result::Result<T, Failure> {
        self.map_err(|error| Failure::Refused {
            during: what.to_owned(),
            error,
        })
    }
}

fn there<T>(found: Option<T>, what: &str) -> std::result::Result<T, Failure> {
    found.ok_or_else(|| Failure::Broken(format!("{what} is not there after it was created")))
}

fn refused_as<T>(
    result: super::Result<T>,
    shape: &str,
    right: fn(&CloudError) -> bool,
    when: &str,
) -> Checked {
    match result {
        Err(error) if right(&error) => ensure(
            !error.fault().code.is_empty() && !error.fault().operation.is_empty(),
            format!("{when}: the error has lost AWS's code or the operation: {error:?}"),
        ),
        Err(error) => Err(Failure::Broken(format!(
            "{when}: expected {shape}, got {error:?}"
        ))),
        Ok(_) => Err(Failure::Broken(format!(
            "{when}: expected {shape}, but it worked"
        ))),
    }
}

fn not_found<T>(result: super::Result<T>, when: &str) -> Checked {
    refused_as(result, "NotFound", CloudError::is_not_found, when)
}

fn already_exists<T>(result: super::Result<T>, when: &str) -> Checked {
    refused_as(
        result,
        "AlreadyExists",
        |error| matches!(error, CloudError::AlreadyExists { .. }),
        when,
    )
}

fn in_use<T>(result: super::Result<T>, when: &str) -> Checked {
    refused_as(
        result,
        "InUse",
        |error| matches!(error, CloudError::InUse { .. }),
        when,
    )
}

/// Waits that the checks share: AWS lets go of things a little after it said it did.
struct Patience<'a> {
    clock: &'a dyn Clock,
}

impl Patience<'_> {
    const TRIES: u32 = 90;
    const PAUSE: Duration = Duration::from_secs(2);

    /// Repeats a call while it answers `InUse` or a refusal that passes by itself.
    async fn until_free<T, F>(
        &self,
        what: &str,
        mut call: impl FnMut() -> F,
    ) -> std::result::Result<T, Failure>
    where
        F: Future<Output = super::Result<T>>,
    {
        let mut tries = 0;
        loop {
            match call().await {
                Err(CloudError::InUse { .. } | CloudError::Invalid { .. }) if tries < Self::TRIES => {
                    tries += 1
                }
                other => return other.during(what),
            }
            self.clock.sleep(Self::PAUSE).await;
        }
    }
}
