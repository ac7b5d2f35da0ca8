//! From a spec and a snapshot to the plan that brings the stack to its spec. Always a plan: when it can't succeed, a
//! finding says so and [`Plan::is_blocked`] is true.

mod balancing;
mod compute;
mod frontend;
mod groups;
pub(super) mod image;
mod network;
mod roads;
mod role;
mod service;

use jiff::Timestamp;

use super::action::Action;
use super::builder::Builder;
use super::{Change, FindingCode, Plan, Purpose, Reason, ReasonCode, StepId, Weight};
use crate::cloud::identity::LinkedService;
use crate::snapshot::Snapshot;
use crate::spec::StackSpec;

/// Plans bringing the stack to its spec.
pub fn apply(spec: &StackSpec, snapshot: &Snapshot, now: Timestamp) -> Plan {
    let mut builder = Builder::new(spec, snapshot);
    same_region(&mut builder);
    let linked = linked_roles(&mut builder);
    let image = image::image(&mut builder);
    let log_group = compute::log_group(&mut builder);
    let role = role::execution_role(&mut builder);
    let cluster = compute::cluster(&mut builder, linked.ecs.as_ref());
    if let Some(network) = network::network(&mut builder) {
        let groups = groups::groups(&mut builder, &network);
        let balancing = balancing::balancing(&mut builder, &network, &groups, linked.balancing.as_ref());
        let definition = compute::task_definition(&mut builder, &image, &role, &log_group);
        let before: Vec<StepId> = [Some(cluster), Some(log_group), image.before, linked.ecs]
            .into_iter()
            .flatten()
            .collect();
        let service = service::service(&mut builder, &network, &groups, &balancing, &definition, &before);
        let reachable = service::deployment(&mut builder, &balancing, &definition, &service);
        groups::close_old_ports(&mut builder, &groups, &reachable);
        balancing::move_health_check(&mut builder, &balancing, &reachable);
        frontend::frontend(&mut builder, &balancing, reachable);
    }
    builder.finish(Purpose::Apply, now)
}

fn same_region(builder: &mut Builder<'_>) {
    let (wanted, found) = (builder.spec.region.clone(), builder.snapshot.region.clone());
    let weight = if wanted == found {
        Weight::Pass
    } else {
        Weight::Block
    };
    builder.finding(
        FindingCode::SameRegion,
        weight,
        &[("wanted", &wanted), ("found", &found)],
    );
}

struct LinkedRoles {
    ecs: Option<StepId>,
    balancing: Option<StepId>,
}

/// Service-linked roles are made once per account and never removed, so they are in the plan only when missing.
fn linked_roles(builder: &mut Builder<'_>) -> LinkedRoles {
    let snapshot = builder.snapshot;
    LinkedRoles {
        ecs: linked_role(
            builder,
            snapshot.ecs_linked_role,
            "linked_role.ecs",
            LinkedService::Ecs,
        ),
        balancing: linked_role(
            builder,
            snapshot.elb_linked_role,
            "linked_role.elastic_load_balancing",
            LinkedService::ElasticLoadBalancing,
        ),
    }
}

fn linked_role(
    builder: &mut Builder<'_>,
    is_there: bool,
    id: &str,
    service: LinkedService,
) -> Option<StepId> {
    let reason = Reason::new(ReasonCode::AccountOnce);
    (!is_there).then(|| builder.step(id, Action::LinkedRole { service }, Change::Create, reason, &[]))
}
