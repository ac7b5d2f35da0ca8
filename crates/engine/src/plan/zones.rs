//! Where the ALB and the tasks go: one public subnet in each of two zones, told apart by zone *id*.
//!
//! What is there already wins, so that a plan made again says the same: first the subnets of the stack's own ALB, then
//! subnets Slipway made, then those with the most free addresses. What is missing for two zones is created.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::cidr;
use crate::cloud::network::{RouteTable, Subnet, Zone};
use crate::snapshot::routes::{self, FREE_ADDRESSES_WANTED};

/// An ALB needs two zones (catalogue H1). A third would cost one more public address.
pub(super) const ZONES_WANTED: usize = 2;

/// One subnet of the stack.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// Somebody else's, used as it is.
    Existing(Subnet),
    /// Made by Slipway for this stack.
    Ours(Subnet),
    /// To be made. `cidr: None`: the VPC has no free range.
    New { zone: Zone, cidr: Option<Ipv4Net> },
}

impl Place {
    pub(super) fn zone(&self) -> &Zone {
        match self {
            Self::Existing(subnet) | Self::Ours(subnet) => &subnet.zone,
            Self::New { zone, .. } => zone,
        }
    }
}

/// What there is to choose from.
pub(super) struct Choice<'a> {
    /// Subnets of the VPC.
    pub(super) subnets: &'a [Subnet],
    /// Its route tables.
    pub(super) tables: &'a [RouteTable],
    /// Ranges of the VPC.
    pub(super) ranges: Vec<Ipv4Net>,
    /// Zones of the region.
    pub(super) zones: &'a [Zone],
    /// Subnets the spec names; empty: all.
    pub(super) named: &'a [String],
    /// Subnets of the stack's ALB.
    pub(super) current: &'a [String],
    /// Whether a subnet is the stack's own.
    pub(super) is_ours: &'a dyn Fn(&Subnet) -> bool,
    /// The range the spec wants for a new subnet.
    pub(super) wanted_range: Option<Ipv4Net>,
}

impl Choice<'_> {
    fn is_current(&self, subnet: &Subnet) -> bool {
        self.current.contains(&subnet.id)
    }

    /// A subnet that can hold an ALB and tasks. One that the ALB is in already needs no more free addresses for it.
    fn is_usable(&self, subnet: &Subnet) -> bool {
        let room = subnet.free_addresses >= FREE_ADDRESSES_WANTED || self.is_current(subnet);
        let allowed = self.named.is_empty() || self.named.contains(&subnet.id) || (self.is_ours)(subnet);
        allowed
            && routes::zone_runs_fargate(&subnet.zone.id)
            && ((self.is_ours)(subnet) || (room && self.is_public(subnet)))
    }

    fn is_public(&self, subnet: &Subnet) -> bool {
        routes::is_public(subnet, self.tables)
    }

    /// Smaller is better.
    fn rank(&self, subnet: &Subnet) -> (bool, bool, bool, u32, String) {
        (
            !self.named.contains(&subnet.id),
            !self.is_current(subnet),
            !(self.is_ours)(subnet),
            u32::MAX - subnet.free_addresses,
            subnet.id.clone(),
        )
    }

    /// One place per zone.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut best: BTreeMap<&str, &Subnet> = BTreeMap::new();
        for subnet in self.subnets.iter().filter(|subnet| self.is_usable(subnet)) {
            let zone = best.entry(subnet.zone.id.as_str()).or_insert(subnet);
            if self.rank(subnet) < self.rank(zone) {
                *zone = subnet;
            }
        }
        let mut chosen: Vec<&Subnet> = best.into_values().collect();
        chosen.sort_by_key(|subnet| self.rank(subnet));
        let named = chosen
            .iter()
            .filter(|subnet| self.named.contains(&subnet.id))
            .count();
        let current = chosen.iter().filter(|subnet| self.is_current(subnet)).count();
        chosen.truncate(if self.named.is_empty() { current } else { named }.max(ZONES_WANTED));
        let place = |subnet: &Subnet| match (self.is_ours)(subnet) {
            true => Place::Ours(subnet.clone()),
            false => Place::Existing(subnet.clone()),
        };
        let mut places: Vec<Place> = chosen.into_iter().map(place).collect();
        self.fill(&mut places);
        places.sort_by(|one, other| one.zone().name.cmp(&other.zone().name));
        places
    }

    /// Adds new subnets until there are two zones, or no zone is left.
    fn fill(&self, places: &mut Vec<Place>) {
        let mut taken: Vec<Ipv4Net> = self.subnets.iter().map(|subnet| subnet.cidr).collect();
        let mut wanted = self.wanted_range;
        let mut zones: Vec<&Zone> = self
            .zones
            .iter()
            .filter(|zone| routes::zone_runs_fargate(&zone.id))
            .collect();
        zones.sort();
        for zone in zones {
            if places.len() >= ZONES_WANTED {
                return;
            }
            if places.iter().any(|place| place.zone().id == zone.id) {
                continue;
            }
            let cidr = wanted.take().or_else(|| cidr::free(&self.ranges, &taken));
            taken.extend(cidr);
            places.push(Place::New {
                zone: zone.clone(),
                cidr,
            });
        }
    }
}
