//! The network page: what was found, what is proposed.

use std::collections::BTreeSet;

use app::backend::drafts::{
    DraftView, FormValues, GroupChoice, NetworkPage, ProposedSubnet, SubnetChoice, SubnetFitness,
    VpcChoiceView,
};
use engine::cloud::network::Zone;
use engine::cloud::{AwsFault, Cloud, CloudError, TAG_STACK};
use engine::plan::cidr;
use engine::snapshot::discover::{self, GroupView, SubnetView, VpcView, WhyNot};
use ipnet::Ipv4Net;

/// An ALB needs this many zones (catalogue H1).
const ZONES_WANTED: usize = 2;

/// What the account holds, seen from one draft.
pub(super) struct Found {
    vpcs: Vec<VpcView>,
    /// The VPC on the page; `None`: a new one.
    pub(super) vpc_id: Option<String>,
    chosen: Vec<String>,
    /// The range that was wanted for a new subnet.
    wanted: Option<Ipv4Net>,
    /// The stack, whose own subnets bear its name.
    stack: String,
    zones: Vec<Zone>,
}

fn one<'a>(values: &'a FormValues, field: &str) -> &'a str {
    values
        .get(field)
        .and_then(|all| all.first())
        .map_or("", |value| value.trim())
}

/// Another VPC was chosen than the one whose subnets stood on the page: they mean nothing any more.
pub(super) fn forget_other_vpc(values: &mut FormValues) {
    if one(values, "network.vpc") != one(values, "network.shown_vpc") {
        for field in [
            "network.subnets",
            "network.proposed",
            "network.offered",
            "network.zone_of",
            "network.own_zones",
            "network.task_security_group",
        ] {
            values.remove(field);
        }
    }
}

/// Everything the page shows.
pub(super) async fn discover(cloud: &Cloud, values: &FormValues) -> Result<Found, CloudError> {
    let vpcs = discover::vpcs(cloud).await?;
    let zones = cloud.network.zones().await?;
    let vpc_id = match one(values, "network.vpc") {
        "new" => None,
        // The default VPC comes first in the list, so the first is the one to propose.
        "" => vpcs.first().map(|view| view.vpc.id.clone()),
        id => Some(id.to_owned()),
    };
    let chosen = values.get("network.subnets").cloned().unwrap_or_default();
    Ok(Found {
        vpcs,
        vpc_id,
        chosen,
        wanted: one(values, "network.proposed").parse().ok(),
        stack: one(values, "name").to_owned(),
        zones,
    })
}

impl Found {
    fn vpc(&self) -> Option<&VpcView> {
        let id = self.vpc_id.as_ref()?;
        self.vpcs.iter().find(|view| view.vpc.id == *id)
    }

    /// Whether Slipway made this subnet for the stack.
    fn is_own(&self, view: &SubnetView) -> bool {
        view.subnet.tags.get(TAG_STACK) == Some(&self.stack)
    }

    /// One subnet per zone, as the plan takes them: those that were chosen, then the stack's own, then the ones with
    /// the most free addresses.
    fn picked(&self, vpc: &VpcView) -> Vec<SubnetView> {
        let is_chosen = |view: &SubnetView| self.chosen.contains(&view.subnet.id);
        let mut candidates: Vec<&SubnetView> = vpc
            .subnets
            .iter()
            .filter(|view| {
                let proposable = self.chosen.is_empty() && view.why_not.is_none();
                is_chosen(view) || self.is_own(view) || proposable
            })
            .collect();
        candidates.sort_by_key(|view| {
            (
                !is_chosen(view),
                !self.is_own(view),
                std::cmp::Reverse(view.subnet.free_addresses),
                view.subnet.cidr,
            )
        });
        let mut zones = BTreeSet::new();
        let mut picked: Vec<SubnetView> = candidates
            .into_iter()
            .filter(|view| zones.insert(view.subnet.zone.id.clone()))
            .cloned()
            .collect();
        let chosen = picked.iter().filter(|view| is_chosen(view)).count();
        picked.truncate(chosen.max(ZONES_WANTED));
        picked.sort_by_key(|view| view.subnet.zone.clone());
        picked
    }

    /// What has to be made for a second zone.
    fn proposed(&self, vpc: &VpcView, picked: &[SubnetView]) -> Vec<ProposedSubnet> {
        let mut taken: BTreeSet<&str> = picked.iter().map(|view| view.subnet.zone.id.as_str()).collect();
        let mut used: Vec<_> = vpc.subnets.iter().map(|view| view.subnet.cidr).collect();
        let mut wanted = self.wanted;
        let mut proposed = Vec::new();
        for zone in &self.zones {
            if taken.len() >= ZONES_WANTED {
                break;
            }
            if !taken.insert(&zone.id) {
                continue;
            }
            if let Some(free) = wanted.take().or_else(|| cidr::free(&vpc.vpc.cidrs, &used)) {
                used.push(free);
                proposed.push(ProposedSubnet {
                    cidr: free.to_string(),
                    zone: zone.clone(),
                });
            }
        }
        proposed
    }

    fn choice(&self, view: &SubnetView, picked: &[SubnetView]) -> SubnetChoice {
        // Two that were chosen in one zone are both shown as they were chosen.
        let chosen = self.chosen.contains(&view.subnet.id);
        let checked = chosen || picked.iter().any(|one| one.subnet.id == view.subnet.id);
        let zone_taken = picked.iter().any(|one| one.subnet.zone.id == view.subnet.zone.id);
        let fitness = match view.why_not {
            _ if self.is_own(view) && !chosen => SubnetFitness::Own,
            Some(WhyNot::NotPublic | WhyNot::ZoneWithoutFargate) => SubnetFitness::Private,
            Some(WhyNot::FewAddresses) => SubnetFitness::Full,
            None if zone_taken && !checked => SubnetFitness::SameZone,
            None => SubnetFitness::Usable,
        };
        SubnetChoice {
            id: view.subnet.id.clone(),
            name: view.name.clone(),
            cidr: view.subnet.cidr.to_string(),
            zone: view.subnet.zone.clone(),
            free_addresses: view.subnet.free_addresses,
            fitness,
            checked,
        }
    }

    /// The page.
    pub(super) fn page(
        self,
        mut draft: DraftView,
        groups: Vec<GroupView>,
        trouble: Option<AwsFault>,
    ) -> NetworkPage {
        let vpc = self.vpc().cloned();
        let picked = vpc.as_ref().map(|vpc| self.picked(vpc)).unwrap_or_default();
        let proposed = vpc
            .as_ref()
            .map(|vpc| self.proposed(vpc, &picked))
            .unwrap_or_default();
        let subnets = vpc
            .iter()
            .flat_map(|vpc| &vpc.subnets)
            .map(|view| self.choice(view, &picked))
            .collect();
        // A range that was wanted once, and became a subnet of the stack's own: it stays in the spec.
        let kept_range = self
            .wanted
            .filter(|_| proposed.is_empty())
            .map(|range| range.to_string());
        let zones = match &vpc {
            Some(_) => picked
                .iter()
                .map(|view| view.subnet.zone.clone())
                .chain(proposed.iter().map(|subnet| subnet.zone.clone()))
                .collect(),
            None => self.zones.iter().take(ZONES_WANTED).cloned().collect(),
        };
        let shown = self.vpc_id.clone().unwrap_or_else(|| "new".to_owned());
        draft.values.insert("network.vpc".to_owned(), vec![shown]);
        NetworkPage {
            draft,
            vpcs: self.vpcs.iter().map(vpc_choice).collect(),
            vpc_id: self.vpc_id,
            subnets,
            proposed,
            kept_range,
            trouble,
            groups: groups
                .into_iter()
                .filter(|view| view.group.name != "default")
                .map(group_choice)
                .collect(),
            zones,
        }
    }
}

fn vpc_choice(view: &VpcView) -> VpcChoiceView {
    VpcChoiceView {
        id: view.vpc.id.clone(),
        name: view.name.clone(),
        cidr: view
            .vpc
            .cidrs
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        is_default: view.vpc.is_default,
    }
}

fn group_choice(view: GroupView) -> GroupChoice {
    GroupChoice {
        id: view.group.id,
        name: view.group.name,
        open_to_world: view.open_to_world,
    }
}
