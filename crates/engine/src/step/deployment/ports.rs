//! Whether security groups let the ALB reach the container.

use super::super::{Context, StepError};
use super::Sight;
use crate::cloud::network::{Direction, Peer, Rule, Traffic};

fn touches(traffic: Traffic, port: u16) -> bool {
    match traffic {
        Traffic::All => true,
        Traffic::Tcp { from, to } => (from..=to).contains(&port),
        Traffic::Udp { .. } | Traffic::Other { .. } => false,
    }
}

/// Whether rules let this port through to or from one of these groups. A range counts as open: whom it covers is not
/// looked up.
fn lets_through(rules: &[Rule], port: u16, groups: &[String]) -> bool {
    rules.iter().any(|rule| {
        touches(rule.traffic, port)
            && match &rule.peer {
                Peer::Group(group) => groups.contains(group),
                Peer::Cidr(_) | Peer::Other(_) => true,
            }
    })
}

/// The name in a target group's or load balancer's ARN.
pub(super) fn name_in(arn: &str) -> Option<&str> {
    let mut parts = arn.rsplit(':').next()?.split('/');
    match parts.next()? {
        "targetgroup" => parts.next(),
        "loadbalancer" => parts.nth(1),
        _ => None,
    }
}

/// Whether security groups keep the ALB from the container's port. `None`: it can't be told.
pub(super) async fn port_closed(context: &Context<'_>, sight: &Sight) -> Result<Option<bool>, StepError> {
    let balancing = &context.cloud.balancing;
    let Some(name) = name_in(&sight.target_group) else {
        return Ok(None);
    };
    let Some(group) = balancing.target_group(name).await? else {
        return Ok(None);
    };
    let Some(port) = sight.service.targets.first().map(|target| target.port) else {
        return Ok(None);
    };
    let Some(load_balancer) = group.load_balancer_arns.first().and_then(|arn| name_in(arn)) else {
        return Ok(None);
    };
    let Some(load_balancer) = balancing.load_balancer(load_balancer).await? else {
        return Ok(None);
    };
    let all = context.cloud.network.security_groups(&group.vpc_id).await?;
    let open = |ids: &[String], peers: &[String], direction: Direction| {
        all.iter()
            .filter(|one| ids.contains(&one.id))
            .any(|one| match direction {
                Direction::Ingress => lets_through(&one.ingress, port, peers),
                Direction::Egress => lets_through(&one.egress, port, peers),
            })
    };
    let tasks = &sight.service.network.security_groups;
    let balancers = &load_balancer.security_groups;
    Ok(Some(
        !open(tasks, balancers, Direction::Ingress) || !open(balancers, tasks, Direction::Egress),
    ))
}
