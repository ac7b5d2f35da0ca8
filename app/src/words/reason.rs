//! Why a step is in the plan, in the reader's language.

use engine::plan::{PlannedStep, ReasonCode};

use crate::i18n::{Locale, t};
use crate::words::{detail::detail, differs, say, value};

/// One phrase for the plan's table: why, or what it will be where "not there yet" is the whole reason. `steps` are the
/// whole plan.
pub fn reason(l: Locale, step: &PlannedStep, steps: &[PlannedStep]) -> String {
    let reason = &step.reason;
    let values = &reason.values;
    match reason.code {
        ReasonCode::Missing => {
            detail(l, &step.action, steps).unwrap_or_else(|| t!(l, reason.missing).to_owned())
        }
        ReasonCode::AsWanted => t!(l, reason.as_wanted).to_owned(),
        ReasonCode::Differs => t!(
            l,
            reason.differs,
            fields = differs::fields(l, &value(values, "fields"))
        ),
        ReasonCode::ChosenByUser if !values.contains_key("checked") => t!(l, reason.chosen).to_owned(),
        ReasonCode::ChosenByUser => say!(l, values, reason.chosen_by_user, checked),
        ReasonCode::LogGroupFirst => say!(l, values, reason.log_group_first, retention_days),
        ReasonCode::SecondZone => say!(l, values, reason.second_zone, zone),
        ReasonCode::OnlyFromLoadBalancer => say!(l, values, reason.only_from_load_balancer, port),
        ReasonCode::PublicDoor => say!(l, values, reason.public_door, port, from),
        ReasonCode::RegisteredWithTargetGroup => say!(l, values, reason.registered, desired, threshold),
        ReasonCode::ImageNotPushed => say!(l, values, reason.image_not_pushed, image),
        ReasonCode::TrulyDeployed => say!(l, values, reason.truly_deployed, desired),
        ReasonCode::NameAndHealth => say!(l, values, reason.name_and_health, path),
        ReasonCode::FullUrl => say!(l, values, reason.full_url, variables),
        ReasonCode::RebuildNeeded => say!(l, values, reason.rebuild_needed, branch),
        ReasonCode::FrontendUpToDate => t!(l, reason.frontend_up_to_date).to_owned(),
        ReasonCode::NoContainerCheck => {
            let check = say!(l, values, reason.no_container_check, port, path);
            match detail(l, &step.action, steps) {
                Some(size) => format!("{size} · {check}"),
                None => check,
            }
        }
        ReasonCode::OwnedByStack => t!(l, reason.owned_by_stack).to_owned(),
        ReasonCode::RestoreBefore => say!(l, values, reason.restore_before, variables),
        ReasonCode::OldPorts => say!(l, values, reason.old_ports, ports),
        ReasonCode::AnsweredFirst => say!(l, values, reason.answered_first, path),
        ReasonCode::AccountOnce => t!(l, reason.account_once).to_owned(),
    }
}
