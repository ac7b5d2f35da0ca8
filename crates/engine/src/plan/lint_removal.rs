//! Whether a removal touches only what the account says is the stack's: the tags are asked, not the plan's own reasons.

use super::Plan;
use super::action::{Action, Removal};
use super::lint::{LintFault, lint};
use crate::cloud::Tags;
use crate::snapshot::{Snapshot, owned_by};
use crate::spec::names::Names;

/// Every fault of a plan, and of a removal also each step whose target does not carry the stack's tag in the snapshot the
/// plan was made from.
pub fn lint_against(plan: &Plan, snapshot: &Snapshot) -> Vec<LintFault> {
    let mut faults = lint(plan);
    for step in &plan.steps {
        if let Action::Remove { target } = &step.action
            && !is_ours(plan, snapshot, target)
        {
            let step = step.id.clone();
            let fault = LintFault::NotOwned { step };
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    faults
}

fn is_ours(plan: &Plan, snapshot: &Snapshot, target: &Removal) -> bool {
    let left = &snapshot.leftovers;
    let ours = |tags: &Tags| owned_by(tags, &plan.spec.name);
    let roles = || snapshot.execution_role.iter().chain(&left.roles);
    match target {
        // They carry no tags. What is put back is remembered, what is taken back was given by this stack.
        Removal::FrontendVariables { .. } | Removal::SecurityGroupRules { .. } => true,
        Removal::RolePolicy { role, name } => {
            *name == Names::of(&plan.spec).secrets_policy && roles().any(|one| one.name == *role)
        }
        Removal::Service { name, .. } => snapshot
            .service
            .as_ref()
            .is_some_and(|one| one.name == *name && ours(&one.tags)),
        Removal::Listener { arn, .. } => snapshot
            .listeners
            .iter()
            .any(|one| one.arn == *arn && ours(&one.tags)),
        Removal::LoadBalancer { arn, .. } => snapshot
            .load_balancer
            .as_ref()
            .is_some_and(|one| one.arn == *arn && ours(&one.tags)),
        Removal::TargetGroup { arn, .. } => snapshot
            .target_group
            .as_ref()
            .is_some_and(|one| one.arn == *arn && ours(&one.tags)),
        // The snapshot lists those with the stack's tag, and no others.
        Removal::TaskDefinitions { arns, .. } => {
            arns.iter().all(|arn| snapshot.task_definition_arns.contains(arn))
        }
        Removal::Cluster { name } => snapshot
            .cluster
            .as_ref()
            .is_some_and(|one| one.name == *name && ours(&one.tags)),
        Removal::SecurityGroup { id, .. } => snapshot
            .security_groups
            .iter()
            .chain(&left.security_groups)
            .any(|one| one.id == *id && ours(&one.tags)),
        Removal::Subnet { id, .. } => snapshot
            .subnets
            .iter()
            .chain(&left.subnets)
            .any(|one| one.id == *id && ours(&one.tags)),
        Removal::RouteTable { id } => snapshot
            .route_tables
            .iter()
            .chain(&left.route_tables)
            .any(|one| one.id == *id && ours(&one.tags)),
        Removal::InternetGateway { id, .. } => snapshot
            .internet_gateways
            .iter()
            .chain(&left.internet_gateways)
            .any(|one| one.id == *id && ours(&one.tags)),
        Removal::Vpc { id } => snapshot.vpcs.iter().any(|one| one.id == *id && ours(&one.tags)),
        Removal::Role { name, .. } => roles().any(|one| one.name == *name && ours(&one.tags)),
        Removal::LogGroup { name } => snapshot
            .log_group
            .iter()
            .chain(&left.log_groups)
            .any(|one| one.name == *name && ours(&one.tags)),
        Removal::Repository { name, .. } => snapshot
            .repository
            .iter()
            .chain(left.repositories.iter().map(|one| &one.repository))
            .any(|one| one.name == *name && ours(&one.tags)),
    }
}
