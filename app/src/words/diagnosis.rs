//! Why something failed and what would fix it, in the reader's language.

use engine::step::{Diagnosis, DiagnosisCode};

use crate::i18n::{Locale, t};
use crate::words::{named_kind, say, value};

/// The cause in one plain sentence.
pub fn cause(l: Locale, diagnosis: &Diagnosis) -> String {
    let values = &diagnosis.values;
    match diagnosis.code {
        DiagnosisCode::NameTaken => {
            let kind = named_kind(l, values);
            t!(
                l,
                diagnosis.name_taken.cause,
                kind = kind,
                name = value(values, "name")
            )
        }
        DiagnosisCode::Denied => say!(l, values, diagnosis.denied.cause, action),
        DiagnosisCode::RoleTrust => say!(l, values, diagnosis.role_trust.cause, role),
        DiagnosisCode::LogGroupMissing => say!(l, values, diagnosis.log_group_missing.cause, group),
        DiagnosisCode::NoRoute => say!(l, values, diagnosis.no_route.cause, subnet),
        DiagnosisCode::ImageMissing => say!(l, values, diagnosis.image_missing.cause, image),
        DiagnosisCode::ImagePlatform => say!(l, values, diagnosis.image_platform.cause, found, wanted),
        DiagnosisCode::ImagePull => say!(l, values, diagnosis.image_pull.cause, reason),
        DiagnosisCode::ContainerExited => say!(l, values, diagnosis.container_exited.cause, exit_code),
        DiagnosisCode::OutOfMemory => say!(l, values, diagnosis.out_of_memory.cause, memory_mib),
        DiagnosisCode::ContainerCheck => t!(l, diagnosis.container_check.cause).to_owned(),
        DiagnosisCode::TargetTimeout => say!(l, values, diagnosis.target_timeout.cause, port),
        DiagnosisCode::TargetRefused => say!(l, values, diagnosis.target_refused.cause, port),
        DiagnosisCode::TargetWrongCode => say!(
            l,
            values,
            diagnosis.target_wrong_code.cause,
            path,
            answer,
            matcher
        ),
        DiagnosisCode::DeploymentFailed => say!(l, values, diagnosis.deployment_failed.cause, reason),
        DiagnosisCode::RolledBack => say!(l, values, diagnosis.rolled_back.cause, reason),
        DiagnosisCode::LoadBalancerFailed => say!(l, values, diagnosis.load_balancer_failed.cause, reason),
        DiagnosisCode::ReleaseFailed => say!(l, values, diagnosis.release_failed.cause, step, job),
        DiagnosisCode::WrongAnswer => say!(l, values, diagnosis.wrong_answer.cause, url, answer),
        DiagnosisCode::Vanished => say!(l, values, diagnosis.vanished.cause, what),
        DiagnosisCode::Quota => say!(l, values, diagnosis.quota.cause, reason),
        DiagnosisCode::Refused => say!(l, values, diagnosis.refused.cause, reason),
        DiagnosisCode::Credentials => say!(l, values, diagnosis.credentials.cause, reason),
        DiagnosisCode::Unreachable => say!(l, values, diagnosis.unreachable.cause, reason),
        DiagnosisCode::TookTooLong => say!(l, values, diagnosis.took_too_long.cause, what, waited_s),
    }
}

/// What would fix it.
pub fn fix(l: Locale, diagnosis: &Diagnosis) -> String {
    let values = &diagnosis.values;
    match diagnosis.code {
        DiagnosisCode::NameTaken => t!(l, diagnosis.name_taken.fix).to_owned(),
        DiagnosisCode::Denied => say!(l, values, diagnosis.denied.fix, action, resource),
        DiagnosisCode::RoleTrust => t!(l, diagnosis.role_trust.fix).to_owned(),
        DiagnosisCode::LogGroupMissing => t!(l, diagnosis.log_group_missing.fix).to_owned(),
        DiagnosisCode::NoRoute => t!(l, diagnosis.no_route.fix).to_owned(),
        DiagnosisCode::ImageMissing => t!(l, diagnosis.image_missing.fix).to_owned(),
        DiagnosisCode::ImagePlatform => t!(l, diagnosis.image_platform.fix).to_owned(),
        DiagnosisCode::ImagePull => t!(l, diagnosis.image_pull.fix).to_owned(),
        DiagnosisCode::ContainerExited => t!(l, diagnosis.container_exited.fix).to_owned(),
        DiagnosisCode::OutOfMemory => t!(l, diagnosis.out_of_memory.fix).to_owned(),
        DiagnosisCode::ContainerCheck => t!(l, diagnosis.container_check.fix).to_owned(),
        DiagnosisCode::TargetTimeout => say!(l, values, diagnosis.target_timeout.fix, port),
        DiagnosisCode::TargetRefused => t!(l, diagnosis.target_refused.fix).to_owned(),
        DiagnosisCode::TargetWrongCode => say!(l, values, diagnosis.target_wrong_code.fix, matcher),
        DiagnosisCode::DeploymentFailed => t!(l, diagnosis.deployment_failed.fix).to_owned(),
        DiagnosisCode::RolledBack => t!(l, diagnosis.rolled_back.fix).to_owned(),
        DiagnosisCode::LoadBalancerFailed => t!(l, diagnosis.load_balancer_failed.fix).to_owned(),
        DiagnosisCode::ReleaseFailed => t!(l, diagnosis.release_failed.fix).to_owned(),
        DiagnosisCode::WrongAnswer => t!(l, diagnosis.wrong_answer.fix).to_owned(),
        DiagnosisCode::Vanished => t!(l, diagnosis.vanished.fix).to_owned(),
        DiagnosisCode::Quota => t!(l, diagnosis.quota.fix).to_owned(),
        DiagnosisCode::Refused => t!(l, diagnosis.refused.fix).to_owned(),
        DiagnosisCode::Credentials => t!(l, diagnosis.credentials.fix).to_owned(),
        DiagnosisCode::Unreachable => t!(l, diagnosis.unreachable.fix).to_owned(),
        DiagnosisCode::TookTooLong => t!(l, diagnosis.took_too_long.fix).to_owned(),
    }
}
