//! What a step waits for, in the reader's language.

use engine::step::{Waiting, WaitingCode};

use crate::i18n::Locale;
use crate::words::say;

/// One sentence for the run's table of waits.
pub fn waiting(l: Locale, waiting: &Waiting) -> String {
    let values = &waiting.values;
    match waiting.code {
        WaitingCode::ImagePush => say!(l, values, waiting.image_push, image),
        WaitingCode::RoleSpreading => say!(l, values, waiting.role_spreading, role),
        WaitingCode::LoadBalancerProvisioning => say!(l, values, waiting.load_balancer_provisioning, name),
        WaitingCode::TasksStarting => say!(l, values, waiting.tasks_starting, running, desired, status),
        WaitingCode::TargetsInitial => say!(
            l,
            values,
            waiting.targets_initial,
            healthy,
            desired,
            state,
            reason
        ),
        WaitingCode::DeploymentSettling => say!(l, values, waiting.deployment_settling, status),
        WaitingCode::NameResolution => say!(l, values, waiting.name_resolution, host),
        WaitingCode::FirstAnswer => say!(l, values, waiting.first_answer, url, answer),
        WaitingCode::Release => say!(l, values, waiting.release, job, step, status),
        WaitingCode::ReleaseQueued => say!(l, values, waiting.release_queued, job, status, reason),
        WaitingCode::ServiceDraining => say!(l, values, waiting.service_draining, service),
        WaitingCode::TasksStopping => say!(l, values, waiting.tasks_stopping, running),
        WaitingCode::InterfacesReleasing => say!(l, values, waiting.interfaces_releasing, count, group),
        WaitingCode::LoadBalancerDeleting => say!(l, values, waiting.load_balancer_deleting, name),
        WaitingCode::Appearing => say!(l, values, waiting.appearing, what),
        WaitingCode::RightsSpreading => say!(l, values, waiting.rights_spreading, action),
        WaitingCode::Throttled => say!(l, values, waiting.throttled, operation),
        WaitingCode::Retrying => say!(l, values, waiting.retrying, operation),
    }
}
