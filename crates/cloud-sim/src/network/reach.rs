//! Who can reach whom: routes and security groups.

use std::net::Ipv4Addr;

use engine::cloud::network::{Direction, Peer, RouteTable, RouteTarget, Rule, Traffic};

use crate::world::World;

fn speaks_of(rule: &Rule, port: u16, address: Ipv4Addr, member_of: &[String]) -> bool {
    let port_fits = match rule.traffic {
        Traffic::All => true,
        Traffic::Tcp { from, to } => (from..=to).contains(&port),
        Traffic::Udp { .. } | Traffic::Other { .. } => false,
    };
    port_fits
        && match &rule.peer {
            Peer::Cidr(range) => range.contains(&address),
            Peer::Group(group) => member_of.contains(group),
            Peer::Other(_) => false,
        }
}

impl World {
    /// Whether any of `groups` lets TCP to or from `address` (a member of `member_of`) pass. Security groups remember
    /// connections, so only the direction in which one is opened matters.
    pub(crate) fn lets_pass(
        &self,
        groups: &[String],
        direction: Direction,
        port: u16,
        address: Ipv4Addr,
        member_of: &[String],
    ) -> bool {
        groups
            .iter()
            .filter_map(|id| self.network.groups.get(id))
            .any(|group| {
                let rules = match direction {
                    Direction::Ingress => &group.ingress,
                    Direction::Egress => &group.egress,
                };
                rules.iter().any(|rule| speaks_of(rule, port, address, member_of))
            })
    }

    fn table_of(&self, subnet_id: &str) -> Option<&RouteTable> {
        let vpc_id = &self.network.subnets.get(subnet_id)?.vpc_id;
        let tables = self
            .network
            .tables
            .values()
            .filter(|table| table.vpc_id == *vpc_id);
        let own = |table: &&RouteTable| {
            table
                .associations
                .iter()
                .any(|association| association.subnet_id == subnet_id)
        };
        tables
            .clone()
            .find(own)
            .or_else(|| tables.clone().find(|table| table.main))
    }

    /// Where packets to the internet go from a subnet: the most specific route that leads somewhere.
    fn way_to_internet(&self, subnet_id: &str) -> Option<&RouteTarget> {
        // An address of AWS's public range stands for the services a task needs.
        let outside = Ipv4Addr::new(52, 119, 216, 1);
        let table = self.table_of(subnet_id)?;
        table
            .routes
            .iter()
            .filter(|route| route.destination.contains(&outside))
            .max_by_key(|route| route.destination.prefix_len())
            .filter(|route| self.route_leads_somewhere(&table.vpc_id, &route.target))
            .map(|route| &route.target)
    }

    /// Whether a subnet is public: its way out is an internet gateway.
    pub(crate) fn is_public(&self, subnet_id: &str) -> bool {
        matches!(
            self.way_to_internet(subnet_id),
            Some(RouteTarget::InternetGateway(_))
        )
    }

    /// Whether HTTPS out of a subnet works: a gateway with a public address, or a NAT gateway, and an open group.
    pub(crate) fn https_out(&self, subnet_id: &str, has_public_ip: bool, groups: &[String]) -> bool {
        let routed = match self.way_to_internet(subnet_id) {
            Some(RouteTarget::InternetGateway(_)) => has_public_ip,
            Some(RouteTarget::NatGateway(_) | RouteTarget::Other(_)) => true,
            Some(RouteTarget::Local) | None => false,
        };
        routed
            && self.lets_pass(
                groups,
                Direction::Egress,
                443,
                Ipv4Addr::new(52, 119, 216, 1),
                &[],
            )
    }
}
