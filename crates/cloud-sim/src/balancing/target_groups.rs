//! Making, changing and removing target groups, with AWS's checks.

use engine::cloud::balancing::{CreateTargetGroup, HealthCheck, TargetGroup};
use engine::cloud::{CloudError, Result};

use super::GroupRecord;
use super::create::check_name;
use crate::refusal::{exists, in_use, invalid, not_found};
use crate::world::World;

pub(super) fn no_target_group() -> CloudError {
    not_found("TargetGroupNotFound", "One or more target groups not found")
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
