//! Internet gateways and route tables.

use engine::cloud::network::{InternetGateway, Route, RouteTable, RouteTableAssociation, RouteTarget};
use engine::cloud::{CloudError, Result, Tags};
use ipnet::Ipv4Net;

use super::subnets::no_vpc;
use crate::refusal::{in_use, invalid, not_found};
use crate::world::World;

fn no_gateway(id: &str) -> CloudError {
    not_found(
        "InvalidInternetGatewayID.NotFound",
        format!("The internetGateway ID '{id}' does not exist"),
    )
}

fn no_table(id: &str) -> CloudError {
    not_found(
        "InvalidRouteTableID.NotFound",
        format!("The routeTable ID '{id}' does not exist"),
    )
}

impl World {
    pub(crate) fn create_internet_gateway(&mut self, tags: Tags) -> InternetGateway {
        let gateway = InternetGateway {
            id: self.id("igw"),
            vpc_id: None,
            tags,
        };
        self.network.gateways.insert(gateway.id.clone(), gateway.clone());
        gateway
    }

    pub(crate) fn attach_internet_gateway(&mut self, id: &str, vpc_id: &str) -> Result<()> {
        if !self.network.vpcs.contains_key(vpc_id) {
            return Err(no_vpc(vpc_id));
        }
        let taken = self
            .network
            .gateways
            .values()
            .any(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id));
        let gateway = self.network.gateways.get_mut(id).ok_or_else(|| no_gateway(id))?;
        if gateway.vpc_id.is_some() {
            return Err(invalid(
                "Resource.AlreadyAssociated",
                format!("resource {id} is already attached to network {vpc_id}"),
            ));
        }
        if taken {
            return Err(invalid(
                "InvalidParameterValue",
                format!("Network {vpc_id} already has an internet gateway attached"),
            ));
        }
        gateway.vpc_id = Some(vpc_id.to_owned());
        Ok(())
    }

    pub(super) fn detach_internet_gateway(&mut self, id: &str, vpc_id: &str) -> Result<()> {
        let net = &self.network;
        let public = net.interfaces.values().any(|interface| {
            interface.public_ip.is_some()
                && net
                    .subnets
                    .get(&interface.nic.subnet_id)
                    .is_some_and(|subnet| subnet.vpc_id == vpc_id)
        });
        let gateway = self.network.gateways.get_mut(id).ok_or_else(|| no_gateway(id))?;
        if gateway.vpc_id.as_deref() != Some(vpc_id) {
            return Err(not_found(
                "Gateway.NotAttached",
                format!("resource {id} is not attached to network {vpc_id}"),
            ));
        }
        if public {
            return Err(in_use(
                "DependencyViolation",
                format!(
                    "Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) \
                     before detaching the gateway."
                ),
            ));
        }
        gateway.vpc_id = None;
        Ok(())
    }

    pub(super) fn delete_internet_gateway(&mut self, id: &str) -> Result<()> {
        let gateway = self.network.gateways.get(id).ok_or_else(|| no_gateway(id))?;
        if gateway.vpc_id.is_some() {
            return Err(in_use(
                "DependencyViolation",
                format!("The internetGateway '{id}' has dependencies and cannot be deleted."),
            ));
        }
        self.network.gateways.remove(id);
        Ok(())
    }

    pub(crate) fn create_route_table(&mut self, vpc_id: &str, tags: Tags) -> Result<RouteTable> {
        let vpc = self.network.vpcs.get(vpc_id).ok_or_else(|| no_vpc(vpc_id))?;
        let local = |destination: &Ipv4Net| Route {
            destination: *destination,
            target: RouteTarget::Local,
            active: true,
        };
        let routes = vpc.cidrs.iter().map(local).collect();
        let id = self.id("rtb");
        let table = RouteTable {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            main: false,
            associations: Vec::new(),
            routes,
            tags,
        };
        self.network.tables.insert(id, table.clone());
        Ok(table)
    }

    /// The table, if the gateway is attached to its VPC.
    fn table_beside(&mut self, table_id: &str, igw_id: &str) -> Result<&mut RouteTable> {
        let gateway = self
            .network
            .gateways
            .get(igw_id)
            .ok_or_else(|| no_gateway(igw_id))?;
        let attached = gateway.vpc_id.clone();
        let table = self
            .network
            .tables
            .get_mut(table_id)
            .ok_or_else(|| no_table(table_id))?;
        if attached.as_deref() != Some(table.vpc_id.as_str()) {
            return Err(invalid(
                "InvalidParameterValue",
                format!("route table {table_id} and network gateway {igw_id} belong to different networks"),
            ));
        }
        Ok(table)
    }

    /// Somebody points a route elsewhere, or at nothing.
    pub fn mislead(&mut self, table_id: &str, destination: Ipv4Net, target: RouteTarget) {
        let routes = self
            .network
            .tables
            .get_mut(table_id)
            .map(|table| &mut table.routes);
        for route in routes
            .into_iter()
            .flatten()
            .filter(|route| route.destination == destination)
        {
            route.target = target.clone();
        }
        self.touch();
    }

    pub(super) fn replace_internet_route(
        &mut self,
        table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()> {
        let table = self.table_beside(table_id, igw_id)?;
        let route = table
            .routes
            .iter_mut()
            .find(|route| route.destination == destination)
            .ok_or_else(|| {
                invalid(
                    "InvalidParameterValue",
                    format!(
                        "There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
                    ),
                )
            })?;
        (route.target, route.active) = (RouteTarget::InternetGateway(igw_id.to_owned()), true);
        Ok(())
    }

    pub(crate) fn create_internet_route(
        &mut self,
        table_id: &str,
        destination: Ipv4Net,
        igw_id: &str,
    ) -> Result<()> {
        let table = self.table_beside(table_id, igw_id)?;
        let target = RouteTarget::InternetGateway(igw_id.to_owned());
        if let Some(route) = table.routes.iter().find(|route| route.destination == destination) {
            // The same route again is a success, another one to the same place is not.
            return if route.target == target {
                Ok(())
            } else {
                Err(crate::refusal::exists(
                    "RouteAlreadyExists",
                    format!("The route identified by {destination} already exists."),
                ))
            };
        }
        table.routes.push(Route {
            destination,
            target,
            active: true,
        });
        Ok(())
    }

    pub(super) fn delete_route_table(&mut self, id: &str) -> Result<()> {
        let table = self.network.tables.get(id).ok_or_else(|| no_table(id))?;
        if table.main || !table.associations.is_empty() {
            return Err(in_use(
                "DependencyViolation",
                format!("The routeTable '{id}' has dependencies and cannot be deleted."),
            ));
        }
        self.network.tables.remove(id);
        Ok(())
    }

    pub(crate) fn associate_route_table(&mut self, table_id: &str, subnet_id: &str) -> Result<String> {
        if !self.network.tables.contains_key(table_id) {
            return Err(no_table(table_id));
        }
        if !self.network.subnets.contains_key(subnet_id) {
            return Err(not_found(
                "InvalidSubnetID.NotFound",
                format!("The subnet ID '{subnet_id}' does not exist"),
            ));
        }
        let tables = &self.network.tables;
        let held = tables.values().find_map(|table| {
            let found = table
                .associations
                .iter()
                .find(|association| association.subnet_id == subnet_id)?;
            Some((table.id.clone(), found.id.clone()))
        });
        match held {
            Some((holder, association)) if holder == table_id => Ok(association),
            Some((holder, _)) => Err(invalid(
                "Resource.AlreadyAssociated",
                format!(
                    "the specified association for route table {holder} conflicts with an existing association"
                ),
            )),
            None => {
                let id = self.id("rtbassoc");
                let association = RouteTableAssociation {
                    id: id.clone(),
                    subnet_id: subnet_id.to_owned(),
                };
                if let Some(table) = self.network.tables.get_mut(table_id) {
                    table.associations.push(association);
                }
                Ok(id)
            }
        }
    }

    pub(super) fn disassociate_route_table(&mut self, association_id: &str) -> Result<()> {
        for table in self.network.tables.values_mut() {
            let before = table.associations.len();
            table
                .associations
                .retain(|association| association.id != association_id);
            if table.associations.len() != before {
                return Ok(());
            }
        }
        Err(not_found(
            "InvalidAssociationID.NotFound",
            format!("The association ID '{association_id}' does not exist"),
        ))
    }

    /// A table as `DescribeRouteTables` shows it: routes to a gateway that is gone or detached are black holes.
    pub(super) fn seen_table(&self, table: &RouteTable) -> RouteTable {
        let mut seen = table.clone();
        for route in &mut seen.routes {
            route.active = self.route_leads_somewhere(&table.vpc_id, &route.target);
        }
        seen
    }

    pub(super) fn route_leads_somewhere(&self, vpc_id: &str, target: &RouteTarget) -> bool {
        match target {
            RouteTarget::InternetGateway(id) => self
                .network
                .gateways
                .get(id)
                .is_some_and(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id)),
            RouteTarget::Local | RouteTarget::NatGateway(_) | RouteTarget::Other(_) => true,
        }
    }
}
