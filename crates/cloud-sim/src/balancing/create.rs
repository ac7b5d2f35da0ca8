//! Making and removing load balancers and target groups, with AWS's checks.

use engine::cloud::balancing::{
    CreateLoadBalancer, CreateTargetGroup, HealthCheck, LoadBalancer, LoadBalancerState, TargetGroup,
};
use engine::cloud::identity::LinkedService;
use engine::cloud::{CloudError, Result};

use super::{BalancerRecord, GroupRecord};
use crate::refusal::{exists, in_use, invalid, not_found};
use crate::timing::{ALB_PROVISIONING_S, ALB_RELEASE_S, after};
use crate::world::World;

pub(super) fn no_balancer(arn: &str) -> CloudError {
    not_found("LoadBalancerNotFound", format!("Load balancer '{arn}' not found"))
}

pub(super) fn no_target_group() -> CloudError {
    not_found("TargetGroupNotFound", "One or more target groups not found")
}

fn check_name(what: &str, name: &str) -> Result<()> {
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

fn check_health(check: &HealthCheck) -> Result<()> {
    let wrong = if !(5..=300).contains(&check.interval_s) {
        format!(
            "Health check interval '{}' must be between 5 and 300",
            check.interval_s
        )
    } else if !(2..=120).contains(&check.timeout_s) {
        format!(
            "Health check timeout '{}' must be between 2 and 120",
            check.timeout_s
        )
    } else if check.timeout_s >= check.interval_s {
        "Health check interval must be greater than the timeout.".to_owned()
    } else if !(2..=10).contains(&check.healthy_threshold) || !(2..=10).contains(&check.unhealthy_threshold) {
        "Health check thresholds must be between 2 and 10".to_owned()
    } else if !check.path.starts_with('/') || check.path.len() > 1024 {
        format!(
            "Health check path '{}' must begin with a '/' character",
            check.path
        )
    } else if !codes_are_valid(&check.matcher) {
        format!(
            "Health check matcher HTTP code '{}' must be within '200-499' inclusive",
            check.matcher
        )
    } else {
        return Ok(());
    };
    Err(invalid("ValidationError", wrong))
}

fn codes_are_valid(matcher: &str) -> bool {
    let code = |text: &str| {
        text.trim()
            .parse::<u16>()
            .ok()
            .filter(|code| (200..=499).contains(code))
    };
    !matcher.is_empty()
        && matcher.split(',').all(|part| match part.split_once('-') {
            Some((from, to)) => code(from).zip(code(to)).is_some_and(|(from, to)| from <= to),
            None => code(part).is_some(),
        })
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

    pub(super) fn create_target_group(&mut self, wanted: CreateTargetGroup) -> Result<TargetGroup> {
        let CreateTargetGroup {
            name,
            port,
            vpc_id,
            health_check,
            tags,
        } = wanted;
        check_name("target group", &name)?;
        if port == 0 {
            return Err(invalid(
                "ValidationError",
                "1 validation error detected: Value '0' at 'port' failed to satisfy \
                 constraint: Member must have value greater than or equal to 1",
            ));
        }
        check_health(&health_check)?;
        if !self.network.vpcs.contains_key(&vpc_id) {
            return Err(invalid(
                "ValidationError",
                format!("The VPC ID '{vpc_id}' is not found"),
            ));
        }
        if let Some(record) = self
            .balancing
            .target_groups
            .values()
            .find(|record| record.group.name == name)
        {
            let known = &record.group;
            let same = (known.port, &known.vpc_id, &known.health_check, &known.tags)
                == (port, &vpc_id, &health_check, &tags);
            return if same {
                Ok(self.seen_target_group(known))
            } else {
                Err(exists(
                    "DuplicateTargetGroupName",
                    format!("A target group with the same name '{name}' exists, but with different settings"),
                ))
            };
        }
        let suffix = self.hex(16);
        let group = TargetGroup {
            arn: self.arn("elasticloadbalancing", &format!("targetgroup/{name}/{suffix}")),
            name,
            protocol: "HTTP".to_owned(),
            port,
            target_type: "ip".to_owned(),
            vpc_id,
            health_check,
            deregistration_delay_s: 300,
            load_balancer_arns: Vec::new(),
            tags,
        };
        let record = GroupRecord {
            group: group.clone(),
            targets: Vec::new(),
        };
        self.balancing.target_groups.insert(group.arn.clone(), record);
        Ok(group)
    }

    /// A target group as `DescribeTargetGroups` shows it.
    pub(super) fn seen_target_group(&self, group: &TargetGroup) -> TargetGroup {
        TargetGroup {
            load_balancer_arns: self.balancing.balancers_of(&group.arn),
            ..group.clone()
        }
    }

    pub(super) fn target_group_mut(&mut self, arn: &str) -> Result<&mut GroupRecord> {
        self.balancing
            .target_groups
            .get_mut(arn)
            .ok_or_else(no_target_group)
    }

    pub(super) fn set_health_check(&mut self, arn: &str, check: HealthCheck) -> Result<()> {
        check_health(&check)?;
        self.target_group_mut(arn)?.group.health_check = check;
        Ok(())
    }

    pub(super) fn set_deregistration_delay(&mut self, arn: &str, seconds: u16) -> Result<()> {
        if seconds > 3600 {
            return Err(invalid(
                "InvalidConfigurationRequest",
                "Target group attribute 'deregistration_delay.timeout_seconds' must be between 0 and 3600",
            ));
        }
        self.target_group_mut(arn)?.group.deregistration_delay_s = seconds;
        Ok(())
    }

    pub(super) fn delete_target_group(&mut self, arn: &str) -> Result<()> {
        self.target_group_mut(arn)?;
        if !self.balancing.balancers_of(arn).is_empty() {
            return Err(in_use(
                "ResourceInUse",
                format!("Target group '{arn}' is currently in use by a listener or a rule"),
            ));
        }
        self.balancing.target_groups.remove(arn);
        Ok(())
    }
}
