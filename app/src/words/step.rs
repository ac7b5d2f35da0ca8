//! Steps by kind and by name, in the reader's language.

use engine::cloud::identity::LinkedService;
use engine::plan::action::{Action, PlannedService, Ref, Removal};
use engine::plan::ports;

use crate::i18n::{Locale, t};

/// The kind of thing a step deals with.
pub fn kind(l: Locale, action: &Action) -> &'static str {
    match action {
        Action::LinkedRole { .. } => t!(l, kind.linked_role),
        Action::Repository { .. } => t!(l, kind.repository),
        Action::ImagePushed { .. } => t!(l, kind.image_pushed),
        Action::LogGroup { .. } => t!(l, kind.log_group),
        Action::ExecutionRole { .. } => t!(l, kind.execution_role),
        Action::Cluster { .. } => t!(l, kind.cluster),
        Action::Vpc { .. } => t!(l, kind.vpc),
        Action::InternetGateway { .. } => t!(l, kind.internet_gateway),
        Action::RouteTable { .. } => t!(l, kind.route_table),
        Action::Subnet { .. } => t!(l, kind.subnet),
        Action::SecurityGroup { .. } => t!(l, kind.security_group),
        Action::LoadBalancer { .. } => t!(l, kind.load_balancer),
        Action::TargetGroup { .. } => t!(l, kind.target_group),
        Action::Listener { .. } => t!(l, kind.listener),
        Action::TaskDefinition(_) => t!(l, kind.task_definition),
        Action::Service(_) => t!(l, kind.service),
        Action::Deployment { .. } => t!(l, kind.deployment),
        Action::Reachable { .. } => t!(l, kind.reachable),
        Action::ClosedPorts { .. } => t!(l, kind.closed_ports),
        Action::HealthCheck { .. } => t!(l, kind.health_check),
        Action::FrontendVariables { .. } => t!(l, kind.frontend_variables),
        Action::FrontendRelease { .. } => t!(l, kind.frontend_release),
        Action::Remove { target } => removed_kind(l, target),
    }
}

/// The kind that a code of the engine names; `None` when it is no kind, but AWS's word for something.
pub fn kind_of(l: Locale, code: &str) -> Option<&'static str> {
    Some(match code {
        "linked_role" => t!(l, kind.linked_role),
        "repository" => t!(l, kind.repository),
        "image_pushed" => t!(l, kind.image_pushed),
        "log_group" => t!(l, kind.log_group),
        "execution_role" => t!(l, kind.execution_role),
        "role" => t!(l, kind.role),
        "role_policy" => t!(l, kind.role_policy),
        "cluster" => t!(l, kind.cluster),
        "vpc" => t!(l, kind.vpc),
        "internet_gateway" => t!(l, kind.internet_gateway),
        "route_table" => t!(l, kind.route_table),
        "subnet" => t!(l, kind.subnet),
        "security_group" => t!(l, kind.security_group),
        "load_balancer" => t!(l, kind.load_balancer),
        "target_group" => t!(l, kind.target_group),
        "listener" => t!(l, kind.listener),
        "task_definition" => t!(l, kind.task_definition),
        "service" => t!(l, kind.service),
        "deployment" => t!(l, kind.deployment),
        "reachable" => t!(l, kind.reachable),
        "frontend_variables" => t!(l, kind.frontend_variables),
        "frontend_release" => t!(l, kind.frontend_release),
        _ => return None,
    })
}

fn removed_kind(l: Locale, target: &Removal) -> &'static str {
    match target {
        Removal::FrontendVariables { .. } => t!(l, kind.frontend_variables),
        Removal::Service { .. } => t!(l, kind.service),
        Removal::Listener { .. } => t!(l, kind.listener),
        Removal::LoadBalancer { .. } => t!(l, kind.load_balancer),
        Removal::TargetGroup { .. } => t!(l, kind.target_group),
        Removal::TaskDefinitions { .. } => t!(l, kind.task_definition),
        Removal::Cluster { .. } => t!(l, kind.cluster),
        Removal::SecurityGroupRules { .. } => t!(l, kind.rules),
        Removal::SecurityGroup { .. } => t!(l, kind.security_group),
        Removal::Subnet { .. } => t!(l, kind.subnet),
        Removal::RouteTable { .. } => t!(l, kind.route_table),
        Removal::InternetGateway { .. } => t!(l, kind.internet_gateway),
        Removal::Vpc { .. } => t!(l, kind.vpc),
        Removal::RolePolicy { .. } => t!(l, kind.role_policy),
        Removal::Role { .. } => t!(l, kind.role),
        Removal::LogGroup { .. } => t!(l, kind.log_group),
        Removal::Repository { .. } => t!(l, kind.repository),
    }
}

/// The name a person knows it by. Names are AWS's: they have no language.
pub fn name(action: &Action) -> String {
    match action {
        Action::LinkedRole {
            service: LinkedService::Ecs,
        } => LinkedService::Ecs.role_name().into(),
        Action::LinkedRole { service } => service.role_name().into(),
        Action::ImagePushed {
            repository,
            reference,
            ..
        } => format!("{repository}:{reference}"),
        Action::Repository { name, .. }
        | Action::LogGroup { name, .. }
        | Action::ExecutionRole { name, .. }
        | Action::Cluster { name }
        | Action::InternetGateway { name, .. }
        | Action::RouteTable { name, .. }
        | Action::LoadBalancer { name, .. }
        | Action::Service(PlannedService { name, .. }) => name.clone(),
        Action::Vpc { cidr, .. } => cidr.to_string(),
        Action::Subnet { cidr, zone, .. } => format!("{cidr} · {}", zone.name),
        Action::SecurityGroup { name, adopt, .. } => adopt.clone().unwrap_or_else(|| name.clone()),
        Action::TargetGroup {
            name,
            port,
            health_check,
            ..
        } => format!("{name} · :{port} {}", health_check.path),
        Action::Listener { port, .. } => format!("HTTP :{port}"),
        Action::TaskDefinition(planned) => planned.family.clone(),
        Action::Deployment { service, .. } => service.clone(),
        Action::Reachable { dns_name, path, .. } => format!("GET {}{path}", known(dns_name)),
        Action::ClosedPorts { name, rules, .. } => format!("{name} · :{}", ports(rules)),
        Action::HealthCheck {
            name, health_check, ..
        } => format!("{name} · GET {}", health_check.path),
        Action::FrontendVariables { variables, .. } => variables.join(", "),
        Action::FrontendRelease { branch, .. } => branch.clone(),
        Action::Remove { target } => removed_name(target),
    }
}

fn known(reference: &Ref) -> &str {
    match reference {
        Ref::Known(value) => value,
        Ref::Output { .. } => "",
    }
}

fn removed_name(target: &Removal) -> String {
    match target {
        Removal::FrontendVariables { before, .. } => before.keys().cloned().collect::<Vec<_>>().join(", "),
        Removal::Listener { port, .. } => format!(":{port}"),
        Removal::Service { name, .. }
        | Removal::LoadBalancer { name, .. }
        | Removal::TargetGroup { name, .. }
        | Removal::Cluster { name }
        | Removal::SecurityGroup { name, .. }
        | Removal::Role { name, .. }
        | Removal::LogGroup { name } => name.clone(),
        Removal::Repository { name, images } => format!("{name} ({images})"),
        Removal::RolePolicy { role, name } => format!("{role}/{name}"),
        Removal::TaskDefinitions { family, arns } => format!("{family} ×{}", arns.len()),
        Removal::SecurityGroupRules { group_id, .. } => group_id.clone(),
        Removal::Subnet { id, cidr } => format!("{id} · {cidr}"),
        Removal::RouteTable { id } | Removal::InternetGateway { id, .. } | Removal::Vpc { id } => id.clone(),
    }
}
