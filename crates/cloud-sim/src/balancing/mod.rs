//! Elastic Load Balancing v2.

mod api;
mod create;
mod listeners;
mod target_groups;
mod targets;

use std::collections::BTreeMap;

use engine::cloud::balancing::{Listener, ListenerAction, LoadBalancer, LoadBalancerState, TargetGroup};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use targets::{Probe, Target};

use crate::timing::{ALB_DNS_S, after};
use crate::world::World;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) load_balancers: BTreeMap<String, BalancerRecord>,
    pub(crate) target_groups: BTreeMap<String, GroupRecord>,
    pub(crate) listeners: BTreeMap<String, ListenerRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BalancerRecord {
    pub(crate) balancer: LoadBalancer,
    active_at: Timestamp,
}

impl BalancerRecord {
    pub(crate) fn is_active(&self) -> bool {
        self.balancer.state == LoadBalancerState::Active
    }

    pub(crate) fn resolves_at(&self) -> Timestamp {
        after(self.active_at, ALB_DNS_S)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub(crate) group: TargetGroup,
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ListenerRecord {
    pub(crate) listener: Listener,
    pub(crate) balancer_arn: String,
}

impl ListenerRecord {
    pub(crate) fn forwards_to(&self, group_arn: &str) -> bool {
        matches!(&self.listener.action, ListenerAction::Forward { target_group_arn } if target_group_arn == group_arn)
    }
}

impl State {
    /// The load balancers whose listeners forward to a target group.
    pub(crate) fn balancers_of(&self, group_arn: &str) -> Vec<String> {
        let mut arns: Vec<String> = self
            .listeners
            .values()
            .filter(|record| record.forwards_to(group_arn))
            .map(|record| record.balancer_arn.clone())
            .collect();
        arns.sort();
        arns.dedup();
        arns
    }

    pub(crate) fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
        let balancers = self
            .load_balancers
            .values()
            .filter(|record| !record.is_active())
            .map(|record| record.active_at);
        let targets = self.target_groups.values().flat_map(|record| {
            record
                .targets
                .iter()
                .filter_map(|target| target.next_moment(&record.group))
        });
        // A target that waits for something else (its load balancer) has no time of its own.
        balancers.chain(targets.filter(|at| *at > now)).min()
    }

    pub(crate) fn postpone(&mut self, gap: SignedDuration) {
        for target in self
            .target_groups
            .values_mut()
            .flat_map(|record| &mut record.targets)
        {
            target.postpone(gap);
        }
    }
}

impl World {
    pub(super) fn settle_balancing(&mut self) -> bool {
        let now = self.now;
        let mut moved = false;
        for record in self.balancing.load_balancers.values_mut() {
            if record.active_at <= now && record.balancer.state == LoadBalancerState::Provisioning {
                record.balancer.state = LoadBalancerState::Active;
                moved = true;
            }
        }
        moved | self.settle_targets()
    }
}
