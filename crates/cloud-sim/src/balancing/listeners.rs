//! Listeners.

use engine::cloud::balancing::{Listener, ListenerAction};
use engine::cloud::{Result, Tags};

use super::ListenerRecord;
use super::create::no_balancer;
use super::target_groups::no_target_group;
use crate::refusal::{exists, invalid, not_found};
use crate::world::World;

impl World {
    fn check_forward(&self, balancer_arn: &str, group_arn: &str) -> Result<()> {
        let group = &self
            .balancing
            .target_groups
            .get(group_arn)
            .ok_or_else(no_target_group)?
            .group;
        let record = self
            .balancing
            .load_balancers
            .get(balancer_arn)
            .ok_or_else(|| no_balancer(balancer_arn))?;
        if group.vpc_id != record.balancer.vpc_id {
            return Err(invalid(
                "InvalidConfigurationRequest",
                format!(
                    "The following target groups are not in the same VPC as the load balancer: {group_arn}"
                ),
            ));
        }
        if self
            .balancing
            .balancers_of(group_arn)
            .iter()
            .any(|arn| arn != balancer_arn)
        {
            return Err(invalid(
                "TargetGroupAssociationLimit",
                format!(
                    "The following target groups cannot be associated with more than one load balancer: {group_arn}"
                ),
            ));
        }
        Ok(())
    }

    pub(super) fn create_http_listener(
        &mut self,
        balancer_arn: &str,
        port: u16,
        group_arn: &str,
        tags: Tags,
    ) -> Result<Listener> {
        self.check_forward(balancer_arn, group_arn)?;
        let taken =
            |record: &ListenerRecord| record.balancer_arn == balancer_arn && record.listener.port == port;
        if self.balancing.listeners.values().any(taken) {
            return Err(exists(
                "DuplicateListener",
                "A listener with the specified port already exists.",
            ));
        }
        let suffix = self.hex(16);
        let listener = Listener {
            arn: format!(
                "{}/{suffix}",
                balancer_arn.replacen(":loadbalancer/", ":listener/", 1)
            ),
            port,
            protocol: "HTTP".to_owned(),
            action: ListenerAction::Forward {
                target_group_arn: group_arn.to_owned(),
            },
            tags,
        };
        let record = ListenerRecord {
            listener: listener.clone(),
            balancer_arn: balancer_arn.to_owned(),
        };
        self.balancing.listeners.insert(listener.arn.clone(), record);
        Ok(listener)
    }

    pub(super) fn forward_listener(&mut self, arn: &str, group_arn: &str) -> Result<()> {
        let no_listener = || not_found("ListenerNotFound", "One or more listeners not found");
        let balancer_arn = self
            .balancing
            .listeners
            .get(arn)
            .ok_or_else(no_listener)?
            .balancer_arn
            .clone();
        self.check_forward(&balancer_arn, group_arn)?;
        if let Some(record) = self.balancing.listeners.get_mut(arn) {
            record.listener.action = ListenerAction::Forward {
                target_group_arn: group_arn.to_owned(),
            };
        }
        Ok(())
    }

    pub(super) fn delete_listener(&mut self, arn: &str) -> Result<()> {
        let gone = self.balancing.listeners.remove(arn);
        gone.map(|_| ())
            .ok_or_else(|| not_found("ListenerNotFound", "One or more listeners not found"))
    }
}
