//! Making, changing and removing load balancers, with AWS's checks.

use engine::cloud::balancing::{CreateLoadBalancer, LoadBalancer, LoadBalancerState};
use engine::cloud::identity::LinkedService;
use engine::cloud::{CloudError, Result};

use super::BalancerRecord;
use crate::refusal::{exists, invalid, not_found};
use crate::timing::{ALB_PROVISIONING_S, ALB_RELEASE_S, after};
use crate::world::World;

pub(super) fn no_balancer(arn: &str) -> CloudError {
    not_found("LoadBalancerNotFound", format!("Load balancer '{arn}' not found"))
}

pub(super) fn check_name(what: &str, name: &str) -> Result<()> {
    let wrong = if name.is_empty() || name.len() > 32 {
        format!("The {what} name '{name}' cannot be longer than '32' characters")
    } else if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        format!(
            "The {what} name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
        )
    } else if name.starts_with('-') || name.ends_with('-') {
        format!("The {what} name '{name}' cannot begin or end with a hyphen(-)")
    } else if name.starts_with("internal-") {
        format!("The {what} name '{name}' cannot begin with 'internal-'")
    } else {
        return Ok(());
    };
    Err(invalid("ValidationError", wrong))
}

impl World {
    /// One subnet per zone, two zones or more, all in one VPC; answers the VPC.
    pub(super) fn check_balancer_subnets(
        &self,
        subnet_ids: &[String],
        internet_facing: bool,
    ) -> Result<String> {
        let mut subnets = Vec::new();
        for id in subnet_ids {
            let subnet = self.network.subnets.get(id);
            subnets.push(subnet.ok_or_else(|| {
                not_found("SubnetNotFound", format!("The subnet ID '{id}' does not exist"))
            })?);
        }
        let mut zones: Vec<&str> = subnets.iter().map(|subnet| subnet.zone.id.as_str()).collect();
        zones.sort_unstable();
        if zones.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(invalid(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            ));
        }
        let [first, _, ..] = subnets.as_slice() else {
            return Err(invalid(
                "ValidationError",
                "At least two subnets in two different Availability Zones must be specified",
            ));
        };
        let vpc_id = first.vpc_id.clone();
        if subnets.iter().any(|subnet| subnet.vpc_id != vpc_id) {
            return Err(invalid(
                "InvalidSubnet",
                "All subnets must belong to the same VPC",
            ));
        }
        let attached = |id: &str| {
            self.network
                .gateways
                .values()
                .any(|gateway| gateway.vpc_id.as_deref() == Some(id))
        };
        if internet_facing && !attached(&vpc_id) {
            return Err(invalid(
                "InvalidSubnet",
                format!("VPC {vpc_id} has no internet gateway"),
            ));
        }
        for subnet in &subnets {
            if self.seen_subnet(subnet).free_addresses < 8 {
                return Err(invalid(
                    "InvalidSubnet",
                    format!(
                        "Not enough IP space available in {}. ELB requires at least 8 free IP addresses in each \
                         subnet. (out of available addresses)",
                        subnet.id
                    ),
                ));
            }
        }
        Ok(vpc_id)
    }

    pub(super) fn check_balancer_groups(&self, groups: &[String], vpc_id: &str) -> Result<()> {
        let fits = |id: &String| {
            self.network
                .groups
                .get(id)
                .is_some_and(|group| group.vpc_id == vpc_id)
        };
        if !groups.iter().all(fits) {
            return Err(invalid(
                "InvalidSecurityGroup",
                "One or more security groups are invalid",
            ));
        }
        Ok(())
    }

    pub(super) fn create_load_balancer(&mut self, wanted: CreateLoadBalancer) -> Result<LoadBalancer> {
        let CreateLoadBalancer {
            name,
            internet_facing,
            subnet_ids,
            mut security_groups,
            tags,
        } = wanted;
        check_name("load balancer", &name)?;
        let vpc_id = self.check_balancer_subnets(&subnet_ids, internet_facing)?;
        self.check_balancer_groups(&security_groups, &vpc_id)?;
        if security_groups.is_empty() {
            let default = |group: &&engine::cloud::network::SecurityGroup| {
                group.vpc_id == vpc_id && group.name == "default"
            };
            security_groups.extend(
                self.network
                    .groups
                    .values()
                    .find(default)
                    .map(|group| group.id.clone()),
            );
        }
        if let Some(record) = self
            .balancing
            .load_balancers
            .values()
            .find(|record| record.balancer.name == name)
        {
            let known = &record.balancer;
            let same = (
                known.internet_facing,
                &known.subnet_ids,
                &known.security_groups,
                &known.tags,
            ) == (internet_facing, &subnet_ids, &security_groups, &tags);
            return if same {
                Ok(known.clone())
            } else {
                Err(exists(
                    "DuplicateLoadBalancerName",
                    format!(
                        "A load balancer with the same name '{name}' exists, but with different settings"
                    ),
                ))
            };
        }
        // AWS makes the service-linked role along with the first load balancer, where it may.
        self.link(LinkedService::ElasticLoadBalancing, self.now);
        let suffix = self.hex(16);
        let arn = self.arn(
            "elasticloadbalancing",
            &format!("loadbalancer/app/{name}/{suffix}"),
        );
        let prefix = if internet_facing { "" } else { "internal-" };
        let dns_name = format!(
            "{prefix}{name}-{}.{}.elb.amazonaws.com",
            self.digits(10),
            self.region
        );
        for subnet in &subnet_ids {
            let description = format!("ELB app/{name}/{suffix}");
            self.attach_interface(subnet, &security_groups, internet_facing, &arn, description);
        }
        let balancer = LoadBalancer {
            arn: arn.clone(),
            name,
            dns_name,
            internet_facing,
            state: LoadBalancerState::Provisioning,
            vpc_id,
            subnet_ids,
            security_groups,
            tags,
        };
        let record = BalancerRecord {
            balancer: balancer.clone(),
            active_at: after(self.now, ALB_PROVISIONING_S),
        };
        self.balancing.load_balancers.insert(arn, record);
        Ok(balancer)
    }

    pub(super) fn set_balancer_groups(&mut self, arn: &str, groups: &[String]) -> Result<()> {
        let record = self
            .balancing
            .load_balancers
            .get(arn)
            .ok_or_else(|| no_balancer(arn))?;
        self.check_balancer_groups(groups, &record.balancer.vpc_id)?;
        for interface in self
            .network
            .interfaces
            .values_mut()
            .filter(|interface| interface.owner == arn)
        {
            interface.nic.groups = groups.to_vec();
        }
        if let Some(record) = self.balancing.load_balancers.get_mut(arn) {
            record.balancer.security_groups = groups.to_vec();
        }
        Ok(())
    }

    pub(super) fn set_balancer_subnets(&mut self, arn: &str, subnet_ids: &[String]) -> Result<()> {
        let record = self
            .balancing
            .load_balancers
            .get(arn)
            .ok_or_else(|| no_balancer(arn))?;
        let before = record.balancer.clone();
        self.check_balancer_subnets(subnet_ids, before.internet_facing)?;
        let gone: Vec<String> = self
            .network
            .owned_by(arn)
            .filter(|interface| !subnet_ids.contains(&interface.nic.subnet_id))
            .map(|interface| interface.nic.id.clone())
            .collect();
        for id in gone {
            self.network.interfaces.remove(&id);
        }
        for subnet in subnet_ids
            .iter()
            .filter(|subnet| !before.subnet_ids.contains(subnet))
        {
            let description = format!(
                "ELB {}",
                arn.split_once("loadbalancer/").map_or(arn, |(_, name)| name)
            );
            self.attach_interface(
                subnet,
                &before.security_groups,
                before.internet_facing,
                arn,
                description,
            );
        }
        if let Some(record) = self.balancing.load_balancers.get_mut(arn) {
            record.balancer.subnet_ids = subnet_ids.to_vec();
        }
        Ok(())
    }

    /// AWS takes the listeners along at once and the network interfaces a little later (catalogue L1).
    pub(super) fn delete_load_balancer(&mut self, arn: &str) -> Result<()> {
        self.balancing
            .load_balancers
            .remove(arn)
            .ok_or_else(|| no_balancer(arn))?;
        self.balancing
            .listeners
            .retain(|_, record| record.balancer_arn != arn);
        self.release_interfaces(arn, ALB_RELEASE_S);
        Ok(())
    }
}
