//! The way to the internet for the subnets that Slipway makes.

use crate::cloud::network::{RouteTable, Subnet};
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::zones::Place;
use crate::plan::{Change, Reason, ReasonCode};
use crate::snapshot::routes;

/// The route table for the subnets that Slipway makes. `None`: the VPC's main table leads to the internet already.
///
/// In this order: the table one of them has already, the table of a subnet that is used beside it, any table of the VPC
/// that leads to an internet gateway, one of our own.
pub(super) fn internet(builder: &mut Builder<'_>, vpc: &Ref, places: &[Place]) -> Option<Ref> {
    let tables = &builder.snapshot.route_tables;
    let leads = |table: &&RouteTable| routes::internet_gateway(table).is_some();
    let of = |wanted_ours: bool| {
        places.iter().find_map(|place| match place {
            Place::Ours(subnet) if wanted_ours => routes::table_of(subnet, tables).filter(leads),
            Place::Existing(subnet) if !wanted_ours => routes::table_of(subnet, tables).filter(leads),
            _ => None,
        })
    };
    let any = || {
        tables
            .iter()
            .filter(leads)
            .min_by_key(|table| (!table.main, table.id.clone()))
    };
    match of(true).or_else(|| of(false)).or_else(any) {
        Some(table) if !builder.owns(&table.tags) => (!table.main).then(|| Ref::Known(table.id.clone())),
        _ => Some(own_table(builder, vpc)),
    }
}

fn own_table(builder: &mut Builder<'_>, vpc: &Ref) -> Ref {
    let snapshot = builder.snapshot;
    let gateways = &snapshot.internet_gateways;
    let foreign = gateways
        .iter()
        .find(|gateway| gateway.vpc_id.is_some() && !builder.owns(&gateway.tags));
    let gateway = match foreign {
        Some(found) => Ref::Known(found.id.clone()),
        None => own_gateway(builder, vpc),
    };
    let name = builder.names.route_table.clone();
    let found = snapshot
        .route_tables
        .iter()
        .find(|table| builder.owns(&table.tags) && table.tags.get("Name") == Some(&name));
    let (change, reason) = match found {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(table) => {
            let leads = routes::internet_gateway(table).is_some_and(|id| Some(id) == builder.value(&gateway));
            Builder::compared(if leads { &[] } else { &[Differing::Routes] })
        }
    };
    let action = Action::RouteTable {
        vpc: vpc.clone(),
        gateway,
        name,
    };
    let step = builder.step("route_table", action, change, reason, &[]);
    if let Some(table) = found {
        builder.knows(&step, [(OutputName::Id, table.id.clone())]);
    }
    Ref::output(&step, OutputName::Id)
}

fn own_gateway(builder: &mut Builder<'_>, vpc: &Ref) -> Ref {
    let snapshot = builder.snapshot;
    // An attached one first: a run that was cut off may have left a second one detached.
    let own = snapshot
        .internet_gateways
        .iter()
        .filter(|gateway| builder.owns(&gateway.tags));
    let found = own.min_by_key(|gateway| gateway.vpc_id.is_none());
    let (change, reason) = match found {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(gateway) => Builder::compared(if gateway.vpc_id.is_some() {
            &[]
        } else {
            &[Differing::Attachment]
        }),
    };
    let action = Action::InternetGateway {
        vpc: vpc.clone(),
        name: builder.names.internet_gateway.clone(),
    };
    let step = builder.step("internet_gateway", action, change, reason, &[]);
    if let Some(gateway) = found {
        builder.knows(&step, [(OutputName::Id, gateway.id.clone())]);
    }
    Ref::output(&step, OutputName::Id)
}

/// Whether a subnet of ours is where its routes should be.
pub(super) fn is_routed(builder: &Builder<'_>, subnet: &Subnet, table: Option<&Ref>) -> bool {
    let tables = &builder.snapshot.route_tables;
    match table {
        None => routes::is_public(subnet, tables),
        Some(table) => builder.value(table).is_some_and(|id| {
            let associated =
                |table: &RouteTable| table.associations.iter().any(|one| one.subnet_id == subnet.id);
            tables.iter().any(|table| table.id == id && associated(table))
        }),
    }
}
