//! The network page.

use std::collections::BTreeMap;

use engine::spec::field;
use engine::spec::problem::ProblemCode;
use engine::spec::{NetworkSpec, VpcChoice};

use super::Form;

/// An ALB needs this many zones (catalogue H1).
const ZONES_WANTED: usize = 2;

impl Form<'_> {
    pub(super) fn network(&mut self) -> Option<NetworkSpec> {
        let vpc = match self.one("network.vpc").to_owned().as_str() {
            "" => Some(VpcChoice::Find),
            "new" => self
                .take("network.new_vpc_cidr", field::vpc_cidr)
                .map(VpcChoice::Create),
            _ => self.take("network.vpc", field::vpc_id).map(VpcChoice::Use),
        };
        let is_new = matches!(vpc, Some(VpcChoice::Create(_)));
        let subnets = if is_new {
            Vec::new()
        } else {
            self.words("network.subnets", field::subnet_id)
        };
        let offered = self.one("network.offered") == "1" && !is_new;
        let proposed = if offered {
            self.optional("network.proposed", field::subnet_cidr)
        } else {
            None
        };
        if !is_new {
            self.zones(&subnets, offered, proposed.is_some());
        }
        let task_security_group = match self.one("network.task_security_group") {
            "" | "new" => None,
            _ if is_new => None,
            _ => self.take("network.task_security_group", field::security_group_id),
        };
        let allow_from = self.words("network.allow_from", field::cidr);
        Some(NetworkSpec {
            vpc: vpc?,
            subnets,
            new_subnet_cidr: proposed,
            task_security_group,
            allow_from,
        })
    }

    /// What was ticked has to be in two zones, one subnet in each (catalogue H1). The page says with each subnet which
    /// zone it is in; a draft of which no page was shown has nothing to be checked against.
    fn zones(&mut self, subnets: &[String], offered: bool, proposed: bool) {
        let zone_of: BTreeMap<String, String> = self
            .all("network.zone_of")
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(subnet, zone)| (subnet.to_owned(), zone.to_owned()))
            .collect();
        let mut taken = BTreeMap::new();
        for subnet in subnets {
            let Some(zone) = zone_of.get(subnet) else { continue };
            if let Some(other) = taken.insert(zone.clone(), subnet.clone()) {
                let code = ProblemCode::SameZone { other };
                self.refuse("network.subnets", code, subnet);
            }
        }
        for zone in self.all("network.own_zones") {
            taken.entry(zone).or_default();
        }
        let known = offered || !zone_of.is_empty();
        if known && !proposed && taken.len() < ZONES_WANTED {
            self.refuse("network.subnets", ProblemCode::Missing, "");
        }
    }
}
