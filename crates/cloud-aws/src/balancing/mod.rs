//! Elastic Load Balancing v2 over the SDK.

mod convert;

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    self, IpAddressType, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum, TargetGroupAttribute,
    TargetTypeEnum,
};
use engine::cloud::balancing::{
    Balancing, CreateLoadBalancer, CreateTargetGroup, HealthCheck, Listener, LoadBalancer, TargetGroup,
    TargetHealth,
};
use engine::cloud::{Result, Tags};

use crate::calls::Gate;
use crate::error::incomplete;

/// `DescribeTags` takes at most this many ARNs.
const TAGS_AT_ONCE: usize = 20;
/// The attribute that holds the deregistration delay, and its default in seconds.
const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";
const DEREGISTRATION_DELAY_DEFAULT_S: u16 = 300;

/// Elastic Load Balancing of one account and region.
#[derive(Debug)]
pub(crate) struct Elb {
    client: Client,
    gate: Gate,
}

impl Elb {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            gate: Gate::default(),
        }
    }

    /// The tags of these resources, by ARN.
    async fn tags(&self, arns: &[String]) -> Result<HashMap<String, Tags>> {
        let mut found = HashMap::new();
        for batch in arns.chunks(TAGS_AT_ONCE) {
            let request = self
                .client
                .describe_tags()
                .set_resource_arns(Some(batch.to_vec()));
            let answer = self
                .gate
                .call("elasticloadbalancing:DescribeTags", request.send())
                .await?;
            for description in answer.tag_descriptions() {
                let Some(arn) = description.resource_arn() else {
                    continue;
                };
                let tags = description.tags().iter();
                let tags = tags.filter_map(|tag| {
                    Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()))
                });
                found.insert(arn.to_owned(), tags.collect());
            }
        }
        Ok(found)
    }

    async fn tags_of(&self, arn: &str) -> Result<Tags> {
        Ok(self
            .tags(&[arn.to_owned()])
            .await?
            .remove(arn)
            .unwrap_or_default())
    }

    async fn deregistration_delay(&self, arn: &str) -> Result<u16> {
        let request = self
            .client
            .describe_target_group_attributes()
            .target_group_arn(arn);
        let answer = self
            .gate
            .call(
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                request.send(),
            )
            .await?;
        let value = answer
            .attributes()
            .iter()
            .find(|attribute| attribute.key() == Some(DEREGISTRATION_DELAY));
        Ok(value
            .and_then(|attribute| attribute.value()?.parse().ok())
            .unwrap_or(DEREGISTRATION_DELAY_DEFAULT_S))
    }
}

#[async_trait]
impl Balancing for Elb {
    async fn load_balancer(&self, name: &str) -> Result<Option<LoadBalancer>> {
        const OPERATION: &str = "elasticloadbalancing:DescribeLoadBalancers";
        let request = self.client.describe_load_balancers().names(name);
        let answer = match self.gate.call(OPERATION, request.send()).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(found) = answer.load_balancers().first() else {
            return Ok(None);
        };
        let found = convert::load_balancer(OPERATION, found, Tags::new())?;
        let tags = self.tags_of(&found.arn).await?;
        Ok(Some(LoadBalancer { tags, ..found }))
    }

    async fn create_load_balancer(&self, wanted: CreateLoadBalancer) -> Result<LoadBalancer> {
        const OPERATION: &str = "elasticloadbalancing:CreateLoadBalancer";
        let scheme = if wanted.internet_facing {
            LoadBalancerSchemeEnum::InternetFacing
        } else {
            LoadBalancerSchemeEnum::Internal
        };
        let request = self
            .client
            .create_load_balancer()
            .name(wanted.name)
            .r#type(LoadBalancerTypeEnum::Application)
            .ip_address_type(IpAddressType::Ipv4)
            .scheme(scheme)
            .set_subnets(Some(wanted.subnet_ids))
            .set_security_groups(Some(wanted.security_groups))
            .set_tags(convert::to_tags(&wanted.tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .load_balancers()
            .first()
            .ok_or_else(|| incomplete(OPERATION, "LoadBalancers"))?;
        convert::load_balancer(OPERATION, made, wanted.tags)
    }

    async fn set_security_groups(&self, arn: &str, groups: &[String]) -> Result<()> {
        let request = self.client.set_security_groups().load_balancer_arn(arn);
        let request = request.set_security_groups(Some(groups.to_vec()));
        self.gate
            .call("elasticloadbalancing:SetSecurityGroups", request.send())
            .await?;
        Ok(())
    }

    async fn set_subnets(&self, arn: &str, subnet_ids: &[String]) -> Result<()> {
        let request = self
            .client
            .set_subnets()
            .load_balancer_arn(arn)
            .set_subnets(Some(subnet_ids.to_vec()));
        self.gate
            .call("elasticloadbalancing:SetSubnets", request.send())
            .await?;
        Ok(())
    }

    async fn delete_load_balancer(&self, arn: &str) -> Result<()> {
        let request = self.client.delete_load_balancer().load_balancer_arn(arn);
        self.gate
            .call("elasticloadbalancing:DeleteLoadBalancer", request.send())
            .await?;
        Ok(())
    }

    async fn target_group(&self, name: &str) -> Result<Option<TargetGroup>> {
        const OPERATION: &str = "elasticloadbalancing:DescribeTargetGroups";
        let request = self.client.describe_target_groups().names(name);
        let answer = match self.gate.call(OPERATION, request.send()).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(found) = answer.target_groups().first() else {
            return Ok(None);
        };
        let found = convert::target_group(OPERATION, found, 0, Tags::new())?;
        let details =
            futures::future::try_join(self.deregistration_delay(&found.arn), self.tags_of(&found.arn));
        let (deregistration_delay_s, tags) = details.await?;
        Ok(Some(TargetGroup {
            deregistration_delay_s,
            tags,
            ..found
        }))
    }

    async fn create_target_group(&self, wanted: CreateTargetGroup) -> Result<TargetGroup> {
        const OPERATION: &str = "elasticloadbalancing:CreateTargetGroup";
        let check = wanted.health_check;
        let request = self
            .client
            .create_target_group()
            .name(wanted.name)
            .protocol(ProtocolEnum::Http)
            .port(wanted.port.into())
            .vpc_id(wanted.vpc_id)
            .target_type(TargetTypeEnum::Ip)
            .health_check_enabled(true)
            .health_check_protocol(ProtocolEnum::Http)
            .health_check_port("traffic-port")
            .health_check_path(check.path)
            .health_check_interval_seconds(check.interval_s.into())
            .health_check_timeout_seconds(check.timeout_s.into())
            .healthy_threshold_count(check.healthy_threshold.into())
            .unhealthy_threshold_count(check.unhealthy_threshold.into())
            .matcher(types::Matcher::builder().http_code(check.matcher).build())
            .set_tags(convert::to_tags(&wanted.tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .target_groups()
            .first()
            .ok_or_else(|| incomplete(OPERATION, "TargetGroups"))?;
        convert::target_group(OPERATION, made, DEREGISTRATION_DELAY_DEFAULT_S, wanted.tags)
    }

    async fn set_health_check(&self, target_group_arn: &str, check: &HealthCheck) -> Result<()> {
        let request = self
            .client
            .modify_target_group()
            .target_group_arn(target_group_arn)
            .health_check_enabled(true)
            .health_check_protocol(ProtocolEnum::Http)
            .health_check_port("traffic-port")
            .health_check_path(&check.path)
            .health_check_interval_seconds(check.interval_s.into())
            .health_check_timeout_seconds(check.timeout_s.into())
            .healthy_threshold_count(check.healthy_threshold.into())
            .unhealthy_threshold_count(check.unhealthy_threshold.into())
            .matcher(types::Matcher::builder().http_code(&check.matcher).build());
        self.gate
            .call("elasticloadbalancing:ModifyTargetGroup", request.send())
            .await?;
        Ok(())
    }

    async fn set_deregistration_delay(&self, target_group_arn: &str, seconds: u16) -> Result<()> {
        let attribute = TargetGroupAttribute::builder()
            .key(DEREGISTRATION_DELAY)
            .value(seconds.to_string())
            .build();
        let request = self
            .client
            .modify_target_group_attributes()
            .target_group_arn(target_group_arn)
            .attributes(attribute);
        self.gate
            .call("elasticloadbalancing:ModifyTargetGroupAttributes", request.send())
            .await?;
        Ok(())
    }

    async fn delete_target_group(&self, arn: &str) -> Result<()> {
        let request = self.client.delete_target_group().target_group_arn(arn);
        self.gate
            .call("elasticloadbalancing:DeleteTargetGroup", request.send())
            .await?;
        Ok(())
    }

    async fn listeners(&self, load_balancer_arn: &str) -> Result<Vec<Listener>> {
        const OPERATION: &str = "elasticloadbalancing:DescribeListeners";
        let mut pages = self
            .client
            .describe_listeners()
            .load_balancer_arn(load_balancer_arn)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for each in page.listeners() {
                found.push(convert::listener(OPERATION, each, Tags::new())?);
            }
        }
        let arns: Vec<String> = found.iter().map(|listener| listener.arn.clone()).collect();
        let mut tags = self.tags(&arns).await?;
        for listener in &mut found {
            listener.tags = tags.remove(&listener.arn).unwrap_or_default();
        }
        Ok(found)
    }

    async fn create_http_listener(
        &self,
        load_balancer_arn: &str,
        port: u16,
        target_group_arn: &str,
        tags: Tags,
    ) -> Result<Listener> {
        const OPERATION: &str = "elasticloadbalancing:CreateListener";
        let request = self
            .client
            .create_listener()
            .load_balancer_arn(load_balancer_arn)
            .protocol(ProtocolEnum::Http)
            .port(port.into())
            .default_actions(convert::forward(target_group_arn))
            .set_tags(convert::to_tags(&tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .listeners()
            .first()
            .ok_or_else(|| incomplete(OPERATION, "Listeners"))?;
        convert::listener(OPERATION, made, tags)
    }

    async fn forward_listener(&self, listener_arn: &str, target_group_arn: &str) -> Result<()> {
        let request = self
            .client
            .modify_listener()
            .listener_arn(listener_arn)
            .default_actions(convert::forward(target_group_arn));
        self.gate
            .call("elasticloadbalancing:ModifyListener", request.send())
            .await?;
        Ok(())
    }

    async fn delete_listener(&self, arn: &str) -> Result<()> {
        let request = self.client.delete_listener().listener_arn(arn);
        self.gate
            .call("elasticloadbalancing:DeleteListener", request.send())
            .await?;
        Ok(())
    }

    async fn target_health(&self, target_group_arn: &str) -> Result<Vec<TargetHealth>> {
        let request = self
            .client
            .describe_target_health()
            .target_group_arn(target_group_arn);
        let answer = self
            .gate
            .call("elasticloadbalancing:DescribeTargetHealth", request.send())
            .await?;
        Ok(answer
            .target_health_descriptions()
            .iter()
            .filter_map(convert::target_health)
            .collect())
    }
}
