//! VPC, subnets, and the way to the internet.

use super::roads::{internet, is_routed};
use crate::cloud::network::{Subnet, Vpc, Zone};
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::builder::Builder;
use crate::plan::cidr;
use crate::plan::differing::Differing;
use crate::plan::zones::{Choice, Place, ZONES_WANTED};
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight};
use crate::snapshot::routes::{self, FREE_ADDRESSES_WANTED};
use crate::spec::VpcChoice;

/// Where the stack is.
pub(super) struct Network {
    /// Its VPC.
    pub(super) vpc: Ref,
    /// One subnet per zone.
    pub(super) subnets: Vec<Ref>,
    /// Steps of subnets that Slipway makes or made.
    pub(super) steps: Vec<StepId>,
}

/// Plans the network. `None`: there is no VPC to be in, and a finding says so.
pub(super) fn network(builder: &mut Builder<'_>) -> Option<Network> {
    let vpc = match builder.spec.network.vpc {
        VpcChoice::Create(range) => own_vpc(builder, range),
        VpcChoice::Find | VpcChoice::Use(_) => found_vpc(builder)?,
    };
    chosen_found(builder);
    let places = places(builder);
    preflight(builder, &places);
    let makes = places.iter().any(|place| !matches!(place, Place::Existing(_)));
    let table = if makes {
        internet(builder, &vpc, &places)
    } else {
        None
    };
    let all_new = places.iter().all(|place| matches!(place, Place::New { .. }));
    let why = if all_new {
        ReasonCode::Missing
    } else {
        ReasonCode::SecondZone
    };
    let mut network = Network {
        vpc,
        subnets: Vec::new(),
        steps: Vec::new(),
    };
    for place in &places {
        match place {
            Place::Existing(subnet) => network.subnets.push(Ref::Known(subnet.id.clone())),
            Place::Ours(subnet) => {
                let (change, reason) = compare_subnet(builder, subnet, table.as_ref());
                let step = subnet_step(
                    builder,
                    &network.vpc,
                    (&subnet.zone, subnet.cidr),
                    table.as_ref(),
                    change,
                    reason,
                );
                builder.knows(&step, [(OutputName::Id, subnet.id.clone())]);
                network.add(step);
            }
            Place::New {
                zone,
                cidr: Some(cidr),
            } => {
                let reason = Reason::new(why).with("zone", &zone.name).with("cidr", cidr);
                let at = (zone, *cidr);
                let step = subnet_step(builder, &network.vpc, at, table.as_ref(), Change::Create, reason);
                network.add(step);
            }
            Place::New { cidr: None, .. } => {}
        }
    }
    Some(network)
}

fn snapshot_vpc<'a>(builder: &Builder<'a>) -> Option<&'a Vpc> {
    let snapshot = builder.snapshot;
    let id = snapshot.vpc_id.as_ref()?;
    snapshot.vpcs.iter().find(|vpc| vpc.id == *id)
}

fn own_vpc(builder: &mut Builder<'_>, range: ipnet::Ipv4Net) -> Ref {
    let name = builder.names.vpc.clone();
    let found = snapshot_vpc(builder);
    // A VPC can't change its range: one with another range would have to be removed first.
    let weight = match found {
        Some(vpc) if vpc.cidrs.first() != Some(&range) => Weight::Block,
        _ => Weight::Pass,
    };
    let shown = found.map_or_else(|| format!("{name} {range}"), |vpc| vpc.id.clone());
    builder.finding(FindingCode::VpcChosen, weight, &[("vpc", &shown)]);
    let (change, reason) = match found {
        Some(vpc) => Builder::compared(if vpc.dns == Some(true) {
            &[]
        } else {
            &[Differing::Dns]
        }),
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
    };
    let step = builder.step("vpc", Action::Vpc { cidr: range, name }, change, reason, &[]);
    if let Some(vpc) = found {
        builder.knows(&step, [(OutputName::Id, vpc.id.clone())]);
    }
    Ref::output(&step, OutputName::Id)
}

fn found_vpc(builder: &mut Builder<'_>) -> Option<Ref> {
    let snapshot = builder.snapshot;
    let wanted = match &builder.spec.network.vpc {
        VpcChoice::Use(id) => id.clone(),
        VpcChoice::Find | VpcChoice::Create(_) => String::new(),
    };
    let Some(vpc) = snapshot_vpc(builder) else {
        builder.finding(
            FindingCode::VpcChosen,
            Weight::Block,
            &[("vpc", &wanted), ("count", &snapshot.vpcs.len())],
        );
        return None;
    };
    let elsewhere = snapshot
        .load_balancer
        .as_ref()
        .filter(|found| builder.owns(&found.tags) && found.vpc_id != vpc.id);
    let pinned = snapshot
        .load_balancer
        .as_ref()
        .is_some_and(|found| builder.owns(&found.tags));
    let named = !wanted.is_empty() || !builder.spec.network.subnets.is_empty() || pinned;
    let weight = match (elsewhere.is_some(), named || snapshot.vpcs.len() == 1) {
        (true, _) => Weight::Block,
        (false, true) => Weight::Pass,
        (false, false) => Weight::Warn,
    };
    builder.finding(
        FindingCode::VpcChosen,
        weight,
        &[("vpc", &vpc.id), ("count", &snapshot.vpcs.len())],
    );
    if let Some(on) = vpc.dns {
        let weight = if on { Weight::Pass } else { Weight::Warn };
        builder.finding(FindingCode::VpcDns, weight, &[("vpc", &vpc.id)]);
    }
    Some(Ref::Known(vpc.id.clone()))
}

/// What the spec names has to be in the VPC.
fn chosen_found(builder: &mut Builder<'_>) {
    let wanted = &builder.spec.network;
    if wanted.subnets.is_empty() && wanted.task_security_group.is_none() {
        return;
    }
    let snapshot = builder.snapshot;
    let subnets = wanted
        .subnets
        .iter()
        .filter(|id| !snapshot.subnets.iter().any(|subnet| subnet.id == **id));
    let groups = wanted.task_security_group.iter();
    let groups = groups.filter(|id| !snapshot.security_groups.iter().any(|group| group.id == **id));
    let missing: Vec<&str> = subnets.chain(groups).map(String::as_str).collect();
    let weight = if missing.is_empty() {
        Weight::Pass
    } else {
        Weight::Block
    };
    builder.finding(
        FindingCode::ChosenFound,
        weight,
        &[("missing", &missing.join(", "))],
    );
}

fn places(builder: &Builder<'_>) -> Vec<Place> {
    let snapshot = builder.snapshot;
    let ranges = match (snapshot_vpc(builder), &builder.spec.network.vpc) {
        (Some(vpc), _) => vpc.cidrs.clone(),
        (None, VpcChoice::Create(range)) => vec![*range],
        (None, _) => Vec::new(),
    };
    let current = snapshot
        .load_balancer
        .as_ref()
        .filter(|found| builder.owns(&found.tags));
    let choice = Choice {
        subnets: &snapshot.subnets,
        tables: &snapshot.route_tables,
        ranges,
        zones: &snapshot.zones,
        named: &builder.spec.network.subnets,
        current: current
            .map(|found| found.subnet_ids.as_slice())
            .unwrap_or_default(),
        is_ours: &|subnet: &Subnet| builder.owns(&subnet.tags),
        wanted_range: builder.spec.network.new_subnet_cidr,
    };
    choice.places()
}

fn preflight(builder: &mut Builder<'_>, places: &[Place]) {
    let snapshot = builder.snapshot;
    let zones: Vec<&str> = places.iter().map(|place| place.zone().id.as_str()).collect();
    let weight = if zones.len() >= ZONES_WANTED {
        Weight::Pass
    } else {
        Weight::Block
    };
    builder.finding(FindingCode::TwoZones, weight, &[("zones", &zones.join(", "))]);
    for place in places {
        if let Place::New { cidr, .. } = place {
            new_range(builder, *cidr);
        }
    }
    let wanted = &builder.spec.network.subnets;
    let named: Vec<&Subnet> = snapshot
        .subnets
        .iter()
        .filter(|subnet| wanted.contains(&subnet.id))
        .collect();
    let ids = |subnets: &[&Subnet]| {
        subnets
            .iter()
            .map(|subnet| subnet.id.clone())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut judge = |code: FindingCode, bad: Vec<&Subnet>, otherwise: Weight, used: &[&Subnet]| {
        let weight = if bad.is_empty() { Weight::Pass } else { otherwise };
        let shown = if bad.is_empty() { ids(used) } else { ids(&bad) };
        if !shown.is_empty() {
            builder.finding(code, weight, &[("subnets", &shown)]);
        }
    };
    let existing: Vec<&Subnet> = places
        .iter()
        .filter_map(|place| match place {
            Place::Existing(subnet) => Some(subnet),
            Place::Ours(_) | Place::New { .. } => None,
        })
        .collect();
    let used = if named.is_empty() { &existing } else { &named };
    let private: Vec<&Subnet> = used
        .iter()
        .copied()
        .filter(|subnet| !routes::is_public(subnet, &snapshot.route_tables))
        .collect();
    let full: Vec<&Subnet> = used
        .iter()
        .copied()
        .filter(|subnet| {
            subnet.free_addresses < FREE_ADDRESSES_WANTED && !existing.iter().any(|one| one.id == subnet.id)
        })
        .collect();
    let twice: Vec<&Subnet> = named
        .iter()
        .copied()
        .filter(|subnet| {
            named
                .iter()
                .filter(|other| other.zone.id == subnet.zone.id)
                .count()
                > 1
        })
        .collect();
    judge(FindingCode::RouteToInternet, private, Weight::Block, used);
    judge(FindingCode::FreeAddresses, full, Weight::Block, used);
    if !twice.is_empty() {
        judge(FindingCode::SubnetsSameZone, twice, Weight::Warn, &[]);
    }
}

fn new_range(builder: &mut Builder<'_>, range: Option<ipnet::Ipv4Net>) {
    let Some(range) = range else {
        builder.finding(FindingCode::SubnetRange, Weight::Block, &[("cidr", &"")]);
        return;
    };
    let inside = match (snapshot_vpc(builder), &builder.spec.network.vpc) {
        (Some(vpc), _) => vpc.cidrs.iter().any(|whole| whole.contains(&range)),
        (None, VpcChoice::Create(whole)) => whole.contains(&range),
        (None, _) => false,
    };
    let free = !builder
        .snapshot
        .subnets
        .iter()
        .any(|subnet| cidr::overlap(subnet.cidr, range));
    let weight = if inside && free {
        Weight::Pass
    } else {
        Weight::Block
    };
    builder.finding(FindingCode::SubnetRange, weight, &[("cidr", &range)]);
}

impl Network {
    fn add(&mut self, step: StepId) {
        self.subnets.push(Ref::output(&step, OutputName::Id));
        self.steps.push(step);
    }
}

fn subnet_step(
    builder: &mut Builder<'_>,
    vpc: &Ref,
    (zone, cidr): (&Zone, ipnet::Ipv4Net),
    table: Option<&Ref>,
    change: Change,
    reason: Reason,
) -> StepId {
    let action = Action::Subnet {
        vpc: vpc.clone(),
        cidr,
        zone: zone.clone(),
        route_table: table.cloned(),
        name: builder.names.subnet(&zone.name),
    };
    builder.step(&format!("subnet.{}", zone.id), action, change, reason, &[])
}

fn compare_subnet(builder: &Builder<'_>, subnet: &Subnet, table: Option<&Ref>) -> (Change, Reason) {
    let mut differs = Vec::new();
    if !subnet.map_public_ip {
        differs.push(Differing::MapPublicIp);
    }
    if !is_routed(builder, subnet, table) {
        differs.push(Differing::RouteTable);
    }
    Builder::compared(&differs)
}
