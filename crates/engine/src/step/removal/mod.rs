//! Removals: gone already is as good as removed, and the ownership tag is read again before every deletion, because
//! a thing may have changed hands since the plan was made.

mod cluster;
mod frontend_variables;
mod internet_gateway;
mod listener;
mod load_balancer;
mod log_group;
mod repository;
mod role;
mod role_policy;
mod route_table;
mod security_group;
mod security_group_rules;
mod service;
mod subnet;
mod target_group;
mod task_definitions;
mod vpc;

use super::{Context, Outcome, Progress, Step, StepError};
use crate::cloud::{CloudError, Tags};
use crate::plan::action::Removal;

/// The step of a removal.
pub(super) fn step(target: Removal) -> Box<dyn Step> {
    match target {
        Removal::FrontendVariables {
            app_id,
            scope,
            before,
        } => Box::new(frontend_variables::FrontendVariables {
            app_id,
            scope,
            before,
        }),
        Removal::Service { cluster, name } => Box::new(service::Service { cluster, name }),
        Removal::Listener { arn, port } => Box::new(listener::Listener { arn, port }),
        Removal::LoadBalancer { arn, name } => Box::new(load_balancer::LoadBalancer { arn, name }),
        Removal::TargetGroup { arn, name } => Box::new(target_group::TargetGroup { arn, name }),
        Removal::TaskDefinitions { arns, .. } => Box::new(task_definitions::TaskDefinitions { arns }),
        Removal::Cluster { name } => Box::new(cluster::Cluster { name }),
        Removal::SecurityGroupRules { group_id, ingress } => {
            Box::new(security_group_rules::SecurityGroupRules { group_id, ingress })
        }
        Removal::SecurityGroup { id, .. } => Box::new(security_group::SecurityGroup { id }),
        Removal::Subnet { id, .. } => Box::new(subnet::Subnet { id }),
        Removal::RouteTable { id } => Box::new(route_table::RouteTable { id }),
        Removal::InternetGateway { id, .. } => Box::new(internet_gateway::InternetGateway { id }),
        Removal::Vpc { id } => Box::new(vpc::Vpc { id }),
        Removal::RolePolicy { role, name } => Box::new(role_policy::RolePolicy { role, name }),
        Removal::Role { name, .. } => Box::new(role::Role { name }),
        Removal::LogGroup { name } => Box::new(log_group::LogGroup { name }),
        Removal::Repository { name, .. } => Box::new(repository::Repository { name }),
    }
}

impl Context<'_> {
    /// The answer when there is nothing (any more) to remove.
    fn gone(&self) -> Progress {
        Progress::done(self.did.unwrap_or(Outcome::Kept), [])
    }

    /// The refusal to remove what is not ours; `None`: it is ours.
    fn refuse(&self, tags: &Tags, kind: &str, name: &str, source: &str) -> Option<Progress> {
        (!self.owns(tags)).then(|| self.name_taken(kind, name, source).into())
    }
}

/// A deletion whose target is gone has done its work.
fn settled(result: Result<(), CloudError>) -> Result<(), StepError> {
    match result {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removed by this call.
fn deleted() -> Progress {
    Progress::done(Outcome::Deleted, [])
}
