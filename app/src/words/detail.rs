//! What a new thing will be, from the step's own values: one line of the plan's table.

use engine::cloud::registry::Architecture;
use engine::plan::PlannedStep;
use engine::plan::action::{Action, Ref};

use crate::i18n::{Locale, t};

/// The line; `None` where the name says everything. `steps` are the whole plan, for what the action refers to.
pub fn detail(l: Locale, action: &Action, steps: &[PlannedStep]) -> Option<String> {
    Some(match action {
        Action::Repository {
            scan_on_push: true, ..
        } => t!(l, detail.repository).to_owned(),
        Action::Repository { .. } => t!(l, detail.repository_unscanned).to_owned(),
        Action::LogGroup { retention_days, .. } => t!(l, detail.log_group, days = retention_days),
        Action::ExecutionRole {
            secrets_policy: None, ..
        } => t!(l, detail.execution_role).to_owned(),
        Action::ExecutionRole { .. } => t!(l, detail.execution_role_secrets).to_owned(),
        Action::Cluster { .. } => t!(l, detail.cluster).to_owned(),
        Action::Vpc { .. } => t!(l, detail.vpc).to_owned(),
        Action::InternetGateway { .. } => t!(l, detail.internet_gateway).to_owned(),
        Action::RouteTable { .. } => t!(l, detail.route_table).to_owned(),
        Action::Subnet { zone, .. } => t!(l, detail.subnet, zone = zone.id.clone()),
        Action::LoadBalancer { subnets, .. } => {
            let zones: Vec<_> = subnets
                .iter()
                .filter_map(|subnet| zone_of(subnet, steps))
                .collect();
            // A subnet that was there before is known by its id alone.
            if zones.len() == subnets.len() {
                t!(l, detail.load_balancer, zones = zones.join(", "))
            } else {
                t!(l, detail.load_balancer_subnets, count = subnets.len())
            }
        }
        Action::TargetGroup {
            port, health_check, ..
        } => t!(
            l,
            detail.target_group,
            port = port,
            path = health_check.path.clone(),
            interval = health_check.interval_s,
            healthy = health_check.healthy_threshold
        ),
        Action::Listener { target_group, .. } => t!(l, detail.listener, target = named(target_group, steps)?),
        Action::TaskDefinition(planned) => t!(
            l,
            detail.task,
            cpu = planned.cpu,
            memory = planned.memory_mib,
            platform = platform(planned.architecture)
        ),
        Action::LinkedRole { .. }
        | Action::ImagePushed { .. }
        | Action::SecurityGroup { .. }
        | Action::ClosedPorts { .. }
        | Action::HealthCheck { .. }
        | Action::Service(_)
        | Action::Deployment { .. }
        | Action::Reachable { .. }
        | Action::FrontendVariables { .. }
        | Action::FrontendRelease { .. }
        | Action::Remove { .. } => return None,
    })
}

fn platform(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "linux/amd64",
        Architecture::Arm64 => "linux/arm64",
    }
}

fn referred<'a>(reference: &Ref, steps: &'a [PlannedStep]) -> Option<&'a Action> {
    let id = reference.step()?;
    steps.iter().find(|step| step.id == *id).map(|step| &step.action)
}

/// `ap-northeast-1c` → `1c`.
fn zone_of(subnet: &Ref, steps: &[PlannedStep]) -> Option<String> {
    match referred(subnet, steps)? {
        Action::Subnet { zone, .. } => zone.name.rsplit('-').next().map(str::to_owned),
        _ => None,
    }
}

fn named(reference: &Ref, steps: &[PlannedStep]) -> Option<String> {
    match referred(reference, steps)? {
        Action::TargetGroup { name, .. } => Some(name.clone()),
        _ => None,
    }
}
