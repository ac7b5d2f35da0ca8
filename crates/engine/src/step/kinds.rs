//! From a planned action to the step that makes it come true.

use super::{
    Step, closed_ports, cluster, deployment, execution_role, frontend_release, frontend_variables,
    health_check, image_pushed, internet_gateway, linked_role, listener, load_balancer, log_group, reachable,
    removal, repository, route_table, security_group, service, subnet, target_group, task_definition, vpc,
};
use crate::plan::action::Action;

/// The step of an action.
pub fn step(action: &Action) -> Box<dyn Step> {
    match action.clone() {
        Action::LinkedRole { service } => Box::new(linked_role::LinkedRole { service }),
        Action::Repository {
            name,
            scan_on_push,
            lifecycle_policy,
        } => Box::new(repository::Repository {
            name,
            scan_on_push,
            lifecycle_policy,
        }),
        Action::ImagePushed {
            repository,
            reference,
            architecture,
        } => Box::new(image_pushed::ImagePushed {
            repository,
            reference,
            architecture,
        }),
        Action::LogGroup { name, retention_days } => Box::new(log_group::LogGroup { name, retention_days }),
        Action::ExecutionRole {
            name,
            adopt,
            policy_arn,
            secrets_policy,
        } => Box::new(execution_role::ExecutionRole {
            name,
            adopt,
            policy_arn,
            secrets_policy,
        }),
        Action::Cluster { name } => Box::new(cluster::Cluster { name }),
        Action::Vpc { cidr, name } => Box::new(vpc::Vpc { cidr, name }),
        Action::InternetGateway { vpc, name } => Box::new(internet_gateway::InternetGateway { vpc, name }),
        Action::RouteTable { vpc, gateway, name } => Box::new(route_table::RouteTable { vpc, gateway, name }),
        Action::Subnet {
            vpc,
            cidr,
            zone,
            route_table,
            name,
        } => Box::new(subnet::Subnet {
            vpc,
            cidr,
            zone,
            route_table,
            name,
        }),
        Action::SecurityGroup {
            role,
            vpc,
            name,
            adopt,
            ingress,
            egress,
        } => Box::new(security_group::SecurityGroup {
            role,
            vpc,
            name,
            adopt,
            ingress,
            egress,
        }),
        Action::LoadBalancer {
            name,
            subnets,
            security_groups,
        } => Box::new(load_balancer::LoadBalancer {
            name,
            subnets,
            security_groups,
        }),
        Action::TargetGroup {
            name,
            port,
            vpc,
            health_check,
            deregistration_delay_s,
        } => Box::new(target_group::TargetGroup {
            name,
            port,
            vpc,
            health_check,
            deregistration_delay_s,
        }),
        Action::Listener {
            load_balancer,
            port,
            target_group,
        } => Box::new(listener::Listener {
            load_balancer,
            port,
            target_group,
        }),
        Action::TaskDefinition(planned) => Box::new(task_definition::TaskDefinition { planned }),
        Action::Service(planned) => Box::new(service::Service { planned }),
        Action::Deployment {
            cluster,
            service,
            task_definition,
            target_group,
            desired,
        } => Box::new(deployment::Deployment {
            cluster,
            service,
            task_definition,
            target_group,
            desired,
        }),
        Action::Reachable {
            dns_name,
            path,
            matcher,
            shut_out,
        } => Box::new(reachable::Reachable {
            dns_name,
            path,
            matcher,
            shut_out,
        }),
        Action::ClosedPorts {
            vpc, group, rules, ..
        } => Box::new(closed_ports::ClosedPorts { group, vpc, rules }),
        Action::HealthCheck {
            name,
            health_check: wanted,
            ..
        } => Box::new(health_check::HealthCheck {
            target_group: name,
            health_check: wanted,
        }),
        Action::FrontendVariables {
            app_id,
            scope,
            variables,
            dns_name,
        } => Box::new(frontend_variables::FrontendVariables {
            app_id,
            scope,
            variables,
            dns_name,
        }),
        Action::FrontendRelease { app_id, branch } => {
            Box::new(frontend_release::FrontendRelease { app_id, branch })
        }
        Action::Remove { target } => removal::step(target),
    }
}

/// Whether the step makes nothing and only waits for something to come true: a run that was asked not to wait leaves
/// it waiting.
pub fn only_waits(action: &Action) -> bool {
    matches!(
        action,
        Action::ImagePushed { .. }
            | Action::Deployment { .. }
            | Action::Reachable { .. }
            | Action::FrontendRelease { .. }
    )
}

/// Whether the step only looks: a run that was asked not to wait need not even know why it can't see.
pub fn only_looks(action: &Action) -> bool {
    matches!(
        action,
        Action::ImagePushed { .. } | Action::Deployment { .. } | Action::Reachable { .. }
    )
}
