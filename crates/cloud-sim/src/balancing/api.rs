//! The calls.

use async_trait::async_trait;
use engine::cloud::balancing::{
    Balancing, CreateLoadBalancer, CreateTargetGroup, HealthCheck, Listener, LoadBalancer, TargetGroup,
    TargetHealth,
};
use engine::cloud::{Result, Tags};

use super::create::no_balancer;
use super::target_groups::no_target_group;
use crate::cell::Account;

#[async_trait]
impl Balancing for Account {
    async fn load_balancer(&self, name: &str) -> Result<Option<LoadBalancer>> {
        let name = name.to_owned();
        let actions = &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
        ];
        self.call(actions, move |world| {
            let mut all = world.balancing.load_balancers.values();
            Ok(all
                .find(|record| record.balancer.name == name)
                .map(|record| record.balancer.clone()))
        })
        .await
    }

    async fn create_load_balancer(&self, load_balancer: CreateLoadBalancer) -> Result<LoadBalancer> {
        let actions = &["elasticloadbalancing:CreateLoadBalancer"];
        self.call(actions, move |world| world.create_load_balancer(load_balancer))
            .await
    }

    async fn set_security_groups(&self, arn: &str, groups: &[String]) -> Result<()> {
        let (arn, groups) = (arn.to_owned(), groups.to_vec());
        let actions = &["elasticloadbalancing:SetSecurityGroups"];
        self.call(actions, move |world| world.set_balancer_groups(&arn, &groups))
            .await
    }

    async fn set_subnets(&self, arn: &str, subnet_ids: &[String]) -> Result<()> {
        let (arn, subnets) = (arn.to_owned(), subnet_ids.to_vec());
        self.call(&["elasticloadbalancing:SetSubnets"], move |world| {
            world.set_balancer_subnets(&arn, &subnets)
        })
        .await
    }

    async fn delete_load_balancer(&self, arn: &str) -> Result<()> {
        let arn = arn.to_owned();
        let actions = &["elasticloadbalancing:DeleteLoadBalancer"];
        self.call(actions, move |world| world.delete_load_balancer(&arn))
            .await
    }

    async fn target_group(&self, name: &str) -> Result<Option<TargetGroup>> {
        let name = name.to_owned();
        let actions = &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTags",
        ];
        self.call(actions, move |world| {
            let found = world
                .balancing
                .target_groups
                .values()
                .find(|record| record.group.name == name);
            Ok(found.map(|record| world.seen_target_group(&record.group)))
        })
        .await
    }

    async fn create_target_group(&self, target_group: CreateTargetGroup) -> Result<TargetGroup> {
        let actions = &["elasticloadbalancing:CreateTargetGroup"];
        self.call(actions, move |world| world.create_target_group(target_group))
            .await
    }

    async fn set_health_check(&self, target_group_arn: &str, check: &HealthCheck) -> Result<()> {
        let (arn, check) = (target_group_arn.to_owned(), check.clone());
        self.call(&["elasticloadbalancing:ModifyTargetGroup"], move |world| {
            world.set_health_check(&arn, check)
        })
        .await
    }

    async fn set_deregistration_delay(&self, target_group_arn: &str, seconds: u16) -> Result<()> {
        let arn = target_group_arn.to_owned();
        let actions = &["elasticloadbalancing:ModifyTargetGroupAttributes"];
        self.call(actions, move |world| {
            world.set_deregistration_delay(&arn, seconds)
        })
        .await
    }

    async fn delete_target_group(&self, arn: &str) -> Result<()> {
        let arn = arn.to_owned();
        let actions = &["elasticloadbalancing:DeleteTargetGroup"];
        self.call(actions, move |world| world.delete_target_group(&arn))
            .await
    }

    async fn listeners(&self, load_balancer_arn: &str) -> Result<Vec<Listener>> {
        let arn = load_balancer_arn.to_owned();
        let actions = &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeTags",
        ];
        self.call(actions, move |world| {
            if !world.balancing.load_balancers.contains_key(&arn) {
                return Err(no_balancer(&arn));
            }
            let own = world
                .balancing
                .listeners
                .values()
                .filter(|record| record.balancer_arn == arn);
            Ok(own.map(|record| record.listener.clone()).collect())
        })
        .await
    }

    async fn create_http_listener(
        &self,
        load_balancer_arn: &str,
        port: u16,
        target_group_arn: &str,
        tags: Tags,
    ) -> Result<Listener> {
        let (balancer, group) = (load_balancer_arn.to_owned(), target_group_arn.to_owned());
        let actions = &["elasticloadbalancing:CreateListener"];
        self.call(actions, move |world| {
            world.create_http_listener(&balancer, port, &group, tags)
        })
        .await
    }

    async fn forward_listener(&self, listener_arn: &str, target_group_arn: &str) -> Result<()> {
        let (listener, group) = (listener_arn.to_owned(), target_group_arn.to_owned());
        let actions = &["elasticloadbalancing:ModifyListener"];
        self.call(actions, move |world| world.forward_listener(&listener, &group))
            .await
    }

    async fn delete_listener(&self, arn: &str) -> Result<()> {
        let arn = arn.to_owned();
        self.call(&["elasticloadbalancing:DeleteListener"], move |world| {
            world.delete_listener(&arn)
        })
        .await
    }

    async fn target_health(&self, target_group_arn: &str) -> Result<Vec<TargetHealth>> {
        let arn = target_group_arn.to_owned();
        let actions = &["elasticloadbalancing:DescribeTargetHealth"];
        self.call(actions, move |world| {
            world.target_health(&arn).ok_or_else(no_target_group)
        })
        .await
    }
}
