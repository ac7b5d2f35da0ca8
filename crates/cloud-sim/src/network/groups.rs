//! Security groups.

use engine::cloud::network::{CreateSecurityGroup, Direction, Peer, Rule, SecurityGroup};
use engine::cloud::{CloudError, Result};

use super::subnets::{everything, no_vpc};
use crate::refusal::{exists, in_use, invalid, not_found};
use crate::world::World;

fn no_group(id: &str) -> CloudError {
    not_found(
        "InvalidGroup.NotFound",
        format!("The security group '{id}' does not exist"),
    )
}

/// AWS compares rules without their descriptions.
fn same(one: &Rule, other: &Rule) -> bool {
    one.traffic == other.traffic && one.peer == other.peer
}

impl World {
    pub(crate) fn make_security_group(&mut self, id: String, wanted: CreateSecurityGroup) -> SecurityGroup {
        let group = SecurityGroup {
            id: id.clone(),
            name: wanted.name,
            description: wanted.description,
            vpc_id: wanted.vpc_id,
            ingress: Vec::new(),
            egress: vec![everything()],
            tags: wanted.tags,
        };
        self.network.groups.insert(id, group.clone());
        group
    }

    pub(super) fn create_security_group(&mut self, wanted: CreateSecurityGroup) -> Result<SecurityGroup> {
        if !self.network.vpcs.contains_key(&wanted.vpc_id) {
            return Err(no_vpc(&wanted.vpc_id));
        }
        if wanted.name.is_empty() || wanted.name.len() > 255 || wanted.name.starts_with("sg-") {
            return Err(invalid(
                "InvalidParameterValue",
                format!(
                    "Value ({}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
                    wanted.name
                ),
            ));
        }
        if wanted.description.is_empty() || !wanted.description.is_ascii() {
            return Err(invalid(
                "InvalidParameterValue",
                format!(
                    "Value ({}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not \
                         supported.",
                    wanted.description
                ),
            ));
        }
        let taken = |group: &SecurityGroup| group.vpc_id == wanted.vpc_id && group.name == wanted.name;
        if self.network.groups.values().any(taken) {
            return Err(exists(
                "InvalidGroup.Duplicate",
                format!(
                    "The security group '{}' already exists for VPC '{}'",
                    wanted.name, wanted.vpc_id
                ),
            ));
        }
        let id = self.id("sg");
        Ok(self.make_security_group(id, wanted))
    }

    pub(crate) fn authorize(&mut self, id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        for rule in rules {
            if let Peer::Group(peer) = &rule.peer
                && !self.network.groups.contains_key(peer)
            {
                return Err(no_group(peer));
            }
        }
        let group = self.network.groups.get_mut(id).ok_or_else(|| no_group(id))?;
        let list = match direction {
            Direction::Ingress => &mut group.ingress,
            Direction::Egress => &mut group.egress,
        };
        for rule in rules {
            if !list.iter().any(|known| same(known, rule)) {
                list.push(rule.clone());
            }
        }
        if list.len() > 60 {
            list.truncate(60);
            return Err(invalid(
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            ));
        }
        Ok(())
    }

    pub(super) fn revoke(&mut self, id: &str, direction: Direction, rules: &[Rule]) -> Result<()> {
        let group = self.network.groups.get_mut(id).ok_or_else(|| no_group(id))?;
        let list = match direction {
            Direction::Ingress => &mut group.ingress,
            Direction::Egress => &mut group.egress,
        };
        list.retain(|known| !rules.iter().any(|rule| same(known, rule)));
        Ok(())
    }

    pub(super) fn delete_security_group(&mut self, id: &str) -> Result<()> {
        let group = self.network.groups.get(id).ok_or_else(|| no_group(id))?;
        if group.name == "default" {
            return Err(invalid(
                "CannotDelete",
                format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
            ));
        }
        let refers = |rule: &Rule| rule.peer == Peer::Group(id.to_owned());
        let referred = self
            .network
            .groups
            .values()
            .any(|other| other.id != id && other.ingress.iter().chain(&other.egress).any(refers));
        let carried = self
            .network
            .interfaces
            .values()
            .any(|interface| interface.nic.groups.iter().any(|g| g == id));
        if referred || carried {
            return Err(in_use(
                "DependencyViolation",
                format!("resource {id} has a dependent object"),
            ));
        }
        self.network.groups.remove(id);
        Ok(())
    }
}
