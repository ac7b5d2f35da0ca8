//! Fields in which something that exists differs from what is wanted, in the reader's language.

use engine::plan::differing::Differing;

use crate::i18n::{Locale, t};

/// The plan's list of fields (`cpu, memory_mib`) as words.
pub fn fields(l: Locale, codes: &str) -> String {
    let word = |code| Differing::from_code(code).map_or(code, |differing| field(l, differing));
    codes
        .split(", ")
        .map(word)
        .collect::<Vec<_>>()
        .join(t!(l, slip.comma))
}

fn field(l: Locale, field: Differing) -> &'static str {
    match field {
        Differing::MapPublicIp => t!(l, differs.map_public_ip),
        Differing::RouteTable => t!(l, differs.route_table),
        Differing::AttachedPolicies => t!(l, differs.attached_policies),
        Differing::SecretsPolicy => t!(l, differs.secrets_policy),
        Differing::Subnets => t!(l, differs.subnets),
        Differing::SecurityGroups => t!(l, differs.security_groups),
        Differing::HealthCheck => t!(l, differs.health_check),
        Differing::DeregistrationDelayS => t!(l, differs.deregistration_delay_s),
        Differing::ScanOnPush => t!(l, differs.scan_on_push),
        Differing::LifecyclePolicy => t!(l, differs.lifecycle_policy),
        Differing::Ingress => t!(l, differs.ingress),
        Differing::Egress => t!(l, differs.egress),
        Differing::Cpu => t!(l, differs.cpu),
        Differing::MemoryMib => t!(l, differs.memory_mib),
        Differing::Architecture => t!(l, differs.architecture),
        Differing::ExecutionRole => t!(l, differs.execution_role),
        Differing::TaskRole => t!(l, differs.task_role),
        Differing::Name => t!(l, differs.name),
        Differing::Image => t!(l, differs.image),
        Differing::Port => t!(l, differs.port),
        Differing::Command => t!(l, differs.command),
        Differing::Environment => t!(l, differs.environment),
        Differing::Secrets => t!(l, differs.secrets),
        Differing::LogGroup => t!(l, differs.log_group),
        Differing::TaskDefinition => t!(l, differs.task_definition),
        Differing::Desired => t!(l, differs.desired),
        Differing::AssignPublicIp => t!(l, differs.assign_public_ip),
        Differing::TargetGroup => t!(l, differs.target_group),
        Differing::Settings => t!(l, differs.settings),
        Differing::HealthGraceS => t!(l, differs.health_grace_s),
        Differing::Action => t!(l, differs.action),
        Differing::RetentionDays => t!(l, differs.retention_days),
        Differing::Routes => t!(l, differs.routes),
        Differing::Attachment => t!(l, differs.attachment),
        Differing::HealthCommand => t!(l, differs.health_command),
        Differing::Dns => t!(l, differs.dns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_codes_is_said_in_words() {
        assert_eq!(fields(Locale::en, "cpu, memory_mib"), "CPU, memory");
        assert_eq!(
            fields(Locale::ja, "map_public_ip"),
            "パブリック IP の自動割り当て"
        );
    }
}
