//! How long AWS takes, in seconds: the times that plans expect, and how they divide.

use engine::plan::timing::RELEASE_S;
pub use engine::plan::timing::{ALB_DNS_S, ALB_PROVISIONING_S, ALB_RELEASE_S, ROLE_SPREAD_S, TASK_START_S};
use jiff::{SignedDuration, Timestamp};

/// Of a task's start: attaching the network interface.
pub const TASK_PROVISIONING_S: u32 = 10;
/// Of that: registry credentials and secrets.
pub const TASK_AUTH_S: u32 = 5;
/// Of that: the log driver.
pub const TASK_LOGGER_S: u32 = 3;
/// Of that: pulling the image; the rest is activating.
pub const TASK_PULL_S: u32 = 14;
/// A task without a way out, from asked for to STOPPED (4 min 49 s in a published spike).
pub const TASK_UNROUTABLE_S: u32 = 289;
/// An Amplify release: provision, build, deploy, verify.
pub const RELEASE_STEPS_S: [(&str, u32); 4] = [
    ("PROVISION", 20),
    ("BUILD", RELEASE_S - 50),
    ("DEPLOY", 20),
    ("VERIFY", 10),
];
/// The pause before the scheduler replaces a task that stopped.
pub const RELAUNCH_S: u32 = 5;
/// The longest pause between start attempts of a service that can't start tasks (catalogue E12).
pub const RELAUNCH_MAX_S: u32 = 900;
/// AWS forgets stopped tasks and deleted services and clusters after about an hour.
pub const FORGET_S: u32 = 3600;
/// ECS shows service deployments for 90 days.
pub const FORGET_DEPLOYMENTS_S: u32 = 90 * 24 * 3600;
/// A container health check: seconds between runs, and failures until UNHEALTHY (ECS defaults).
pub const CONTAINER_CHECK_INTERVAL_S: u32 = 30;
/// See [`CONTAINER_CHECK_INTERVAL_S`].
pub const CONTAINER_CHECK_RETRIES: u32 = 3;

/// `seconds` later; the end of time when that is past it.
pub(crate) fn after(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(i64::from(seconds)))
        .unwrap_or(Timestamp::MAX)
}

/// Whole seconds from `from` to `to`; 0 when it lies in the past.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.duration_since(from).as_secs().max(0)).unwrap_or(u32::MAX)
}
