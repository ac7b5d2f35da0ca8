//! Security groups, subnets, and what they hang on.

use std::collections::{BTreeMap, BTreeSet};

use super::Removals;
use crate::cloud::network::{Rule, SecurityGroup};
use crate::plan::StepId;
use crate::plan::action::Removal;
use crate::plan::builder::Builder;
use crate::plan::memory::Memory;
use crate::snapshot::owned_by;
use crate::step::grant_mark;

impl Removals<'_> {
    /// Rules granted to other groups first, then our groups: one that a rule names can't be deleted before that rule.
    pub(super) fn groups(&mut self, memory: &Memory, after: &[StepId]) -> Vec<StepId> {
        let snapshot = self.builder.snapshot;
        let mut last = after.to_vec();
        for (group_id, ingress) in granted(&self.builder, memory) {
            let id = format!("group.rules.{group_id}");
            last.push(self.remove(&id, Removal::SecurityGroupRules { group_id, ingress }, after));
        }
        let mut own: Vec<&SecurityGroup> = snapshot
            .security_groups
            .iter()
            .chain(&snapshot.leftovers.security_groups)
            .filter(|group| self.builder.owns(&group.tags))
            .collect();
        // The tasks' group names the ALB's in its rule.
        own.sort_by_key(|group| {
            (
                group.name == self.builder.names.load_balancer_group,
                group.name.clone(),
            )
        });
        let mut steps = Vec::new();
        for group in own {
            let here = Some(&group.vpc_id) == snapshot.vpc_id.as_ref();
            let id = match &group.name {
                _ if !here => format!("group.{}", group.id),
                name if *name == self.builder.names.task_group => "group.task".to_owned(),
                name if *name == self.builder.names.load_balancer_group => "group.load_balancer".to_owned(),
                _ => format!("group.{}", group.id),
            };
            let target = Removal::SecurityGroup {
                id: group.id.clone(),
                name: group.name.clone(),
            };
            let step = self.remove(&id, target, &last);
            last.push(step.clone());
            steps.push(step);
        }
        steps
    }

    pub(super) fn network(&mut self, after: &[StepId]) {
        let snapshot = self.builder.snapshot;
        let stack = self.builder.spec.name.as_str();
        let mut last = after.to_vec();
        for subnet in snapshot
            .subnets
            .iter()
            .chain(&snapshot.leftovers.subnets)
            .filter(|subnet| owned_by(&subnet.tags, stack))
        {
            let here = Some(&subnet.vpc_id) == snapshot.vpc_id.as_ref();
            let id = match here {
                true => format!("subnet.{}", subnet.cidr),
                false => format!("subnet.{}", subnet.id),
            };
            let target = Removal::Subnet {
                id: subnet.id.clone(),
                cidr: subnet.cidr,
            };
            let step = self.remove(&id, target, after);
            last.push(step);
        }
        let mut roads = last.clone();
        for table in snapshot
            .route_tables
            .iter()
            .chain(&snapshot.leftovers.route_tables)
            .filter(|table| owned_by(&table.tags, stack))
        {
            let target = Removal::RouteTable { id: table.id.clone() };
            let step = self.remove(&format!("route_table.{}", table.id), target, &last);
            roads.push(step);
        }
        let tables = roads.clone();
        let mut seen = BTreeSet::new();
        for gateway in snapshot
            .internet_gateways
            .iter()
            .chain(&snapshot.leftovers.internet_gateways)
            .filter(|gateway| owned_by(&gateway.tags, stack) && seen.insert(&gateway.id))
        {
            let target = Removal::InternetGateway {
                id: gateway.id.clone(),
                vpc_id: gateway.vpc_id.clone(),
            };
            let step = self.remove(&format!("internet_gateway.{}", gateway.id), target, &tables);
            roads.push(step);
        }
        for vpc in snapshot.vpcs.iter().filter(|vpc| owned_by(&vpc.tags, stack)) {
            let target = Removal::Vpc { id: vpc.id.clone() };
            self.remove(&format!("vpc.{}", vpc.id), target, &roads);
        }
    }
}

/// Rules of ours on groups that are not: as the ledger remembers them, and as their descriptions tell.
fn granted(builder: &Builder<'_>, memory: &Memory) -> BTreeMap<String, Vec<Rule>> {
    let mut all: BTreeMap<String, Vec<Rule>> = memory
        .granted
        .iter()
        .map(|known| (known.group_id.clone(), known.ingress.clone()))
        .collect();
    let mark = grant_mark(&builder.spec.name);
    for group in builder
        .snapshot
        .security_groups
        .iter()
        .chain(&builder.snapshot.leftovers.security_groups)
        .filter(|group| !builder.owns(&group.tags))
    {
        for rule in group
            .ingress
            .iter()
            .filter(|rule| rule.description.starts_with(&mark))
        {
            let rules = all.entry(group.id.clone()).or_default();
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
    }
    all
}
