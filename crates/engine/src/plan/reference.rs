//! What an action refers to, and how it is called.

use super::StepId;
use super::action::{Action, OutputName, PlannedRule, PlannedService, Ref, Removal, RulePeer};
use crate::cloud::network::Traffic;

impl Ref {
    /// The output of a step.
    pub fn output(step: &StepId, name: OutputName) -> Self {
        Self::Output {
            step: step.clone(),
            name,
        }
    }

    /// The step it waits for, if it waits for one.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::Known(_) => None,
            Self::Output { step, .. } => Some(step),
        }
    }
}

impl Action {
    /// Every reference in it.
    pub fn references(&self) -> Vec<&Ref> {
        match self {
            Self::LinkedRole { .. }
            | Self::Repository { .. }
            | Self::ImagePushed { .. }
            | Self::LogGroup { .. }
            | Self::ExecutionRole { .. }
            | Self::Cluster { .. }
            | Self::Vpc { .. }
            | Self::FrontendRelease { .. }
            | Self::Remove { .. } => Vec::new(),
            Self::InternetGateway { vpc, .. } | Self::TargetGroup { vpc, .. } => vec![vpc],
            Self::RouteTable { vpc, gateway, .. } => vec![vpc, gateway],
            Self::Subnet { vpc, route_table, .. } => std::iter::once(vpc).chain(route_table).collect(),
            Self::SecurityGroup {
                vpc, ingress, egress, ..
            } => {
                let rules = ingress.iter().chain(egress.iter().flatten());
                let groups = rules.filter_map(|rule| match &rule.peer {
                    RulePeer::Group(group) => Some(group),
                    RulePeer::Cidr(_) => None,
                });
                std::iter::once(vpc).chain(groups).collect()
            }
            Self::ClosedPorts {
                vpc, group, rules, ..
            } => {
                let peers = rules.iter().filter_map(|rule| match &rule.peer {
                    RulePeer::Group(group) => Some(group),
                    RulePeer::Cidr(_) => None,
                });
                [vpc, group].into_iter().chain(peers).collect()
            }
            Self::HealthCheck { target_group, .. } => vec![target_group],
            Self::LoadBalancer {
                subnets,
                security_groups,
                ..
            } => subnets.iter().chain(security_groups).collect(),
            Self::Listener {
                load_balancer,
                target_group,
                ..
            } => vec![load_balancer, target_group],
            Self::TaskDefinition(planned) => std::iter::once(&planned.execution_role)
                .chain(&planned.container.digest)
                .collect(),
            Self::Service(planned) => [&planned.task_definition, &planned.target_group]
                .into_iter()
                .chain(&planned.subnets)
                .chain(&planned.security_groups)
                .collect(),
            Self::Deployment {
                task_definition,
                target_group,
                ..
            } => vec![task_definition, target_group],
            Self::Reachable {
                dns_name, shut_out, ..
            } => std::iter::once(dns_name).chain(shut_out).collect(),
            Self::FrontendVariables { dns_name, .. } => vec![dns_name],
        }
    }

    /// The kind, as it is written in documents: `load_balancer`, `remove_service`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LinkedRole { .. } => "linked_role",
            Self::Repository { .. } => "repository",
            Self::ImagePushed { .. } => "image_pushed",
            Self::LogGroup { .. } => "log_group",
            Self::ExecutionRole { .. } => "execution_role",
            Self::Cluster { .. } => "cluster",
            Self::Vpc { .. } => "vpc",
            Self::InternetGateway { .. } => "internet_gateway",
            Self::RouteTable { .. } => "route_table",
            Self::Subnet { .. } => "subnet",
            Self::SecurityGroup { .. } => "security_group",
            Self::LoadBalancer { .. } => "load_balancer",
            Self::TargetGroup { .. } => "target_group",
            Self::Listener { .. } => "listener",
            Self::TaskDefinition(_) => "task_definition",
            Self::Service(_) => "service",
            Self::Deployment { .. } => "deployment",
            Self::Reachable { .. } => "reachable",
            Self::ClosedPorts { .. } => "closed_ports",
            Self::HealthCheck { .. } => "health_check",
            Self::FrontendVariables { .. } => "frontend_variables",
            Self::FrontendRelease { .. } => "frontend_release",
            Self::Remove { target } => target.kind(),
        }
    }

    /// What people call the thing it is about.
    pub fn name(&self) -> String {
        match self {
            Self::LinkedRole { service } => service.role_name().to_owned(),
            Self::Repository { name, .. }
            | Self::LogGroup { name, .. }
            | Self::ExecutionRole { name, .. }
            | Self::Cluster { name }
            | Self::InternetGateway { name, .. }
            | Self::RouteTable { name, .. }
            | Self::SecurityGroup { name, .. }
            | Self::LoadBalancer { name, .. }
            | Self::TargetGroup { name, .. }
            | Self::Service(PlannedService { name, .. }) => name.clone(),
            Self::ImagePushed {
                repository,
                reference,
                ..
            } => format!("{repository}:{reference}"),
            Self::Vpc { cidr, name } => format!("{name} {cidr}"),
            Self::Subnet { cidr, zone, .. } => format!("{cidr} ({})", zone.name),
            Self::Listener { port, .. } => format!("HTTP:{port}"),
            Self::TaskDefinition(planned) => planned.family.clone(),
            Self::Deployment { service, .. } => service.clone(),
            Self::Reachable { path, .. } => format!("GET {path}"),
            Self::ClosedPorts { name, rules, .. } => format!("{name} {}", ports(rules)),
            Self::HealthCheck {
                name, health_check, ..
            } => format!("{name} GET {}", health_check.path),
            Self::FrontendVariables { variables, .. } => variables.join(", "),
            Self::FrontendRelease { branch, .. } => branch.clone(),
            Self::Remove { target } => target.name(),
        }
    }
}

/// The ports that rules speak of: `8080, 9000`.
pub fn ports(rules: &[PlannedRule]) -> String {
    let port = |rule: &PlannedRule| match rule.traffic {
        Traffic::Tcp { from, to } | Traffic::Udp { from, to } if from == to => Some(from.to_string()),
        Traffic::Tcp { from, to } | Traffic::Udp { from, to } => Some(format!("{from}-{to}")),
        Traffic::All | Traffic::Other { .. } => None,
    };
    rules.iter().filter_map(port).collect::<Vec<_>>().join(", ")
}

impl Removal {
    /// The kind, as it is written in documents.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FrontendVariables { .. } => "remove_frontend_variables",
            Self::Service { .. } => "remove_service",
            Self::Listener { .. } => "remove_listener",
            Self::LoadBalancer { .. } => "remove_load_balancer",
            Self::TargetGroup { .. } => "remove_target_group",
            Self::TaskDefinitions { .. } => "remove_task_definitions",
            Self::Cluster { .. } => "remove_cluster",
            Self::SecurityGroupRules { .. } => "remove_security_group_rules",
            Self::SecurityGroup { .. } => "remove_security_group",
            Self::Subnet { .. } => "remove_subnet",
            Self::RouteTable { .. } => "remove_route_table",
            Self::InternetGateway { .. } => "remove_internet_gateway",
            Self::Vpc { .. } => "remove_vpc",
            Self::RolePolicy { .. } => "remove_role_policy",
            Self::Role { .. } => "remove_role",
            Self::LogGroup { .. } => "remove_log_group",
            Self::Repository { .. } => "remove_repository",
        }
    }

    /// What people call the thing it removes.
    pub fn name(&self) -> String {
        match self {
            Self::FrontendVariables { before, .. } => before.keys().cloned().collect::<Vec<_>>().join(", "),
            Self::Listener { port, .. } => format!("HTTP:{port}"),
            Self::Service { name, .. }
            | Self::LoadBalancer { name, .. }
            | Self::TargetGroup { name, .. }
            | Self::Cluster { name }
            | Self::SecurityGroup { name, .. }
            | Self::Role { name, .. }
            | Self::LogGroup { name }
            | Self::Repository { name, .. } => name.clone(),
            Self::TaskDefinitions { family, arns } => format!("{family} × {}", arns.len()),
            Self::SecurityGroupRules { group_id, .. } => group_id.clone(),
            Self::Subnet { id, cidr } => format!("{cidr} ({id})"),
            Self::RouteTable { id } | Self::InternetGateway { id, .. } | Self::Vpc { id } => id.clone(),
            Self::RolePolicy { role, name } => format!("{role}/{name}"),
        }
    }
}
