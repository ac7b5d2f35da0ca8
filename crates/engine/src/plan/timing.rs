//! How long AWS takes, in seconds: published measurements where there are any. The plan's expectations and the practice
//! account use the same numbers.

use super::Change;
use super::action::{Action, Removal};

/// A call that is answered at once, with the read after it.
pub const CALL_S: u32 = 1;
/// An ALB from created to active (92.5 s in a published run of AWS Copilot).
pub const ALB_PROVISIONING_S: u32 = 92;
/// From active until a new ALB's name resolves everywhere (the runbook saw tens of seconds).
pub const ALB_DNS_S: u32 = 20;
/// From a deleted ALB until its network interfaces are gone.
pub const ALB_RELEASE_S: u32 = 20;
/// A Fargate task with a small image, from asked for to RUNNING.
pub const TASK_START_S: u32 = 35;
/// From the last healthy target until AWS calls the deployment successful, and we see it.
pub const DEPLOYMENT_SETTLE_S: u32 = 5;
/// Until a new role or service-linked role can be assumed everywhere (catalogue A1).
pub const ROLE_SPREAD_S: u32 = 10;
/// An Amplify release of a small Next.js app: provision, build, deploy, verify.
pub const RELEASE_S: u32 = 120;
/// `GET path` once the deployment is through: the name has had time to resolve.
pub const FIRST_ANSWER_S: u32 = 6;
/// A subnet: created, attribute, association.
pub const SUBNET_S: u32 = 3;
/// A security group with its rules.
pub const SECURITY_GROUP_S: u32 = 3;
/// A person who builds and pushes an image.
pub const IMAGE_PUSH_S: u32 = 180;
/// A service scaled to nothing and deleted, without the drain of its targets.
pub const SERVICE_STOP_S: u32 = 20;

/// The longest of several checks in a row until a target counts as healthy.
pub fn first_healthy_s(interval_s: u16, healthy_threshold: u8) -> u32 {
    u32::from(interval_s) * u32::from(healthy_threshold)
}

/// What the expectation of a step depends on besides its action.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Checks until healthy, seconds.
    pub(super) healthy_s: u32,
    /// Deregistration delay, seconds.
    pub(super) drain_s: u32,
    /// There is an older deployment to drain.
    pub(super) replaces: bool,
}

/// Seconds a step is expected to take.
pub(super) fn expected_s(action: &Action, change: Change, pace: Pace) -> u32 {
    match (action, change) {
        (_, Change::Keep) => CALL_S,
        (Action::Remove { target }, _) => removal_s(target, pace),
        (Action::LinkedRole { .. }, _) | (Action::ExecutionRole { .. }, Change::Create) => ROLE_SPREAD_S,
        (Action::ImagePushed { .. }, _) => IMAGE_PUSH_S,
        (Action::Subnet { .. }, _) => SUBNET_S,
        (Action::SecurityGroup { .. }, _) => SECURITY_GROUP_S,
        (Action::LoadBalancer { .. }, Change::Create | Change::Wait) => ALB_PROVISIONING_S,
        (Action::Deployment { .. }, _) => {
            let drain = if pace.replaces { pace.drain_s } else { 0 };
            TASK_START_S + pace.healthy_s + DEPLOYMENT_SETTLE_S + drain
        }
        (Action::Reachable { .. }, _) => FIRST_ANSWER_S,
        (Action::FrontendRelease { .. }, _) => RELEASE_S,
        _ => 2 * CALL_S,
    }
}

fn removal_s(target: &Removal, pace: Pace) -> u32 {
    match target {
        Removal::Service { .. } => SERVICE_STOP_S + pace.drain_s,
        Removal::LoadBalancer { .. } => 2 * CALL_S,
        // Waits until the interfaces of the ALB or of the last task are gone.
        Removal::SecurityGroup { .. } => ALB_RELEASE_S,
        _ => 2 * CALL_S,
    }
}
