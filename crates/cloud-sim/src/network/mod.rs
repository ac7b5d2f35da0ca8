//! EC2 networking.

mod api;
mod gateways;
mod groups;
mod reach;
mod subnets;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use engine::cloud::network::{
    InternetGateway, NetworkInterface, RouteTable, SecurityGroup, Subnet, Vpc, Zone,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::timing::after;
use crate::world::{World, scramble};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) zones: Vec<Zone>,
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) tables: BTreeMap<String, RouteTable>,
    pub(crate) gateways: BTreeMap<String, InternetGateway>,
    pub(crate) groups: BTreeMap<String, SecurityGroup>,
    pub(crate) interfaces: BTreeMap<String, Interface>,
}

/// A network interface and who holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) nic: NetworkInterface,
    /// ARN of the load balancer or task it belongs to.
    pub(crate) owner: String,
    pub(crate) private_ip: Ipv4Addr,
    pub(crate) public_ip: Option<Ipv4Addr>,
    release_at: Option<Timestamp>,
}

impl State {
    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        self.interfaces
            .values()
            .filter_map(|interface| interface.release_at)
            .min()
    }

    pub(crate) fn owned_by(&self, owner: &str) -> impl Iterator<Item = &Interface> {
        self.interfaces
            .values()
            .filter(move |interface| interface.owner == owner)
    }

    /// Addresses AWS would hand out in a subnet: all but its first four and its last.
    fn free_addresses(&self, subnet: &Subnet) -> u32 {
        let size = 1_u32 << (32 - u32::from(subnet.cidr.prefix_len()));
        let used = self
            .interfaces
            .values()
            .filter(|interface| interface.nic.subnet_id == subnet.id)
            .count();
        size.saturating_sub(5)
            .saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
    }
}

impl World {
    pub(super) fn settle_network(&mut self) -> bool {
        let before = self.network.interfaces.len();
        let now = self.now;
        self.network
            .interfaces
            .retain(|_, interface| interface.release_at.is_none_or(|at| at > now));
        before != self.network.interfaces.len()
    }

    /// Attaches a network interface; `None` when the subnet is gone or full.
    pub(crate) fn attach_interface(
        &mut self,
        subnet_id: &str,
        groups: &[String],
        public: bool,
        owner: &str,
        description: String,
    ) -> Option<Interface> {
        let subnet = self.network.subnets.get(subnet_id)?;
        if self.network.free_addresses(subnet) == 0 {
            return None;
        }
        let first = u32::from(subnet.cidr.network()) + 4;
        let last = u32::from(subnet.cidr.broadcast());
        let taken = |address: u32| {
            self.network.interfaces.values().any(|interface| {
                interface.nic.subnet_id == subnet_id && u32::from(interface.private_ip) == address
            })
        };
        let private_ip = Ipv4Addr::from((first..last).find(|address| !taken(*address))?);
        let id = self.id("eni");
        let public_ip = public.then(|| {
            let mixed =
                scramble(u64::from_str_radix(&id[id.len() - 15..], 16).unwrap_or_default()).to_be_bytes();
            Ipv4Addr::new(52, 192 + mixed[0] % 8, mixed[1], 1 + mixed[2] % 254)
        });
        let interface = Interface {
            nic: NetworkInterface {
                id: id.clone(),
                subnet_id: subnet_id.to_owned(),
                groups: groups.to_vec(),
                private_ip: Some(private_ip.to_string()),
                public_ip: public_ip.map(|ip| ip.to_string()),
                status: "in-use".to_owned(),
                description,
            },
            owner: owner.to_owned(),
            private_ip,
            public_ip,
            release_at: None,
        };
        self.network.interfaces.insert(id, interface.clone());
        Some(interface)
    }

    /// Gives an owner's interfaces back `delay_s` from now.
    pub(crate) fn release_interfaces(&mut self, owner: &str, delay_s: u32) {
        let at = after(self.now, delay_s);
        if delay_s == 0 {
            self.network
                .interfaces
                .retain(|_, interface| interface.owner != owner);
            return;
        }
        for interface in self
            .network
            .interfaces
            .values_mut()
            .filter(|interface| interface.owner == owner)
        {
            interface.release_at = Some(at);
        }
    }
}
