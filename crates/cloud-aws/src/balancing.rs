//! Elastic Load Balancing v2 over the SDK.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types;
use aws_sdk_elasticloadbalancingv2::types::{
    ActionTypeEnum, IpAddressType, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    ProtocolEnum, TargetGroupAttribute, TargetHealthStateEnum, TargetTypeEnum,
};
use engine::cloud::balancing::{
    Balancing, CreateLoadBalancer, CreateTargetGroup, HealthCheck, Listener, ListenerAction, LoadBalancer,
    LoadBalancerState, TargetGroup, TargetHealth, TargetState,
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

fn to_tags(from: &Tags) -> Option<Vec<types::Tag>> {
    let tags = from
        .iter()
        .map(|(key, value)| types::Tag::builder().key(key).value(value).build());
    (!from.is_empty()).then(|| tags.collect())
}

fn load_balancer(operation: &str, from: &types::LoadBalancer, tags: Tags) -> Result<LoadBalancer> {
    let state = from.state();
    let reason = || {
        state
            .and_then(|state| state.reason())
            .unwrap_or_default()
            .to_owned()
    };
    Ok(LoadBalancer {
        arn: from
            .load_balancer_arn()
            .ok_or_else(|| incomplete(operation, "LoadBalancerArn"))?
            .to_owned(),
        name: from.load_balancer_name().unwrap_or_default().to_owned(),
        dns_name: from
            .dns_name()
            .ok_or_else(|| incomplete(operation, "DNSName"))?
            .to_owned(),
        internet_facing: from.scheme() == Some(&LoadBalancerSchemeEnum::InternetFacing),
        state: match state.and_then(|state| state.code()) {
            Some(LoadBalancerStateEnum::Active) => LoadBalancerState::Active,
            Some(LoadBalancerStateEnum::ActiveImpaired) => {
                LoadBalancerState::ActiveImpaired { reason: reason() }
            }
            Some(LoadBalancerStateEnum::Failed) => LoadBalancerState::Failed { reason: reason() },
            _ => LoadBalancerState::Provisioning,
        },
        vpc_id: from.vpc_id().unwrap_or_default().to_owned(),
        subnet_ids: from
            .availability_zones()
            .iter()
            .filter_map(|zone| zone.subnet_id().map(str::to_owned))
            .collect(),
        security_groups: from.security_groups().to_vec(),
        tags,
    })
}

/// AWS counts in signed numbers; every one of these has a small documented range.
fn small<T: TryFrom<i32> + Default>(number: Option<i32>) -> T {
    number
        .and_then(|number| T::try_from(number).ok())
        .unwrap_or_default()
}

fn target_group(operation: &str, from: &types::TargetGroup, delay_s: u16, tags: Tags) -> Result<TargetGroup> {
    Ok(TargetGroup {
        arn: from
            .target_group_arn()
            .ok_or_else(|| incomplete(operation, "TargetGroupArn"))?
            .to_owned(),
        name: from.target_group_name().unwrap_or_default().to_owned(),
        protocol: from
            .protocol()
            .map(|protocol| protocol.as_str().to_owned())
            .unwrap_or_default(),
        port: small(from.port()),
        target_type: from
            .target_type()
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        vpc_id: from.vpc_id().unwrap_or_default().to_owned(),
        health_check: HealthCheck {
            path: from.health_check_path().unwrap_or_default().to_owned(),
            interval_s: small(from.health_check_interval_seconds()),
            timeout_s: small(from.health_check_timeout_seconds()),
            healthy_threshold: small(from.healthy_threshold_count()),
            unhealthy_threshold: small(from.unhealthy_threshold_count()),
            matcher: from
                .matcher()
                .and_then(|matcher| matcher.http_code())
                .unwrap_or_default()
                .to_owned(),
        },
        deregistration_delay_s: delay_s,
        load_balancer_arns: from.load_balancer_arns().to_vec(),
        tags,
    })
}

fn forward(target_group_arn: &str) -> types::Action {
    types::Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .target_group_arn(target_group_arn)
        .build()
}

fn action(from: &types::Action) -> ListenerAction {
    match from.r#type() {
        Some(ActionTypeEnum::Forward) => {
            // A single weighted group is the same thing in other words.
            let weighted = from
                .forward_config()
                .map(|config| config.target_groups())
                .unwrap_or_default();
            let only = match weighted {
                [one] => one.target_group_arn(),
                _ => None,
            };
            match from.target_group_arn().or(only) {
                Some(arn) => ListenerAction::Forward {
                    target_group_arn: arn.to_owned(),
                },
                None => ListenerAction::Other {
                    action_type: "forward".to_owned(),
                },
            }
        }
        Some(ActionTypeEnum::Redirect) => {
            let to = from.redirect_config();
            ListenerAction::Redirect {
                protocol: to
                    .and_then(|to| to.protocol())
                    .unwrap_or("#{protocol}")
                    .to_owned(),
                port: to.and_then(|to| to.port()).unwrap_or("#{port}").to_owned(),
            }
        }
        other => {
            let action_type = other.map_or("none", ActionTypeEnum::as_str).to_owned();
            ListenerAction::Other { action_type }
        }
    }
}

fn listener(operation: &str, from: &types::Listener, tags: Tags) -> Result<Listener> {
    // Authentication comes before the action that answers, so the last one says where requests go.
    let last = from.default_actions().last();
    Ok(Listener {
        arn: from
            .listener_arn()
            .ok_or_else(|| incomplete(operation, "ListenerArn"))?
            .to_owned(),
        port: small(from.port()),
        protocol: from
            .protocol()
            .map(|protocol| protocol.as_str().to_owned())
            .unwrap_or_default(),
        action: last.map_or(
            ListenerAction::Other {
                action_type: "none".to_owned(),
            },
            action,
        ),
        tags,
    })
}

fn target_health(from: &types::TargetHealthDescription) -> Option<TargetHealth> {
    let target = from.target()?;
    let health = from.target_health();
    Some(TargetHealth {
        target: target.id()?.to_owned(),
        port: small(target.port()),
        state: match health.and_then(|health| health.state()) {
            Some(TargetHealthStateEnum::Initial) => TargetState::Initial,
            Some(TargetHealthStateEnum::Healthy) => TargetState::Healthy,
            Some(TargetHealthStateEnum::Unhealthy | TargetHealthStateEnum::UnhealthyDraining) => {
                TargetState::Unhealthy
            }
            Some(TargetHealthStateEnum::Unused) => TargetState::Unused,
            Some(TargetHealthStateEnum::Draining) => TargetState::Draining,
            _ => TargetState::Unavailable,
        },
        reason: health
            .and_then(|health| health.reason())
            .map(|reason| reason.as_str().to_owned()),
        description: health.and_then(|health| health.description()).map(str::to_owned),
    })
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
        let found = load_balancer(OPERATION, found, Tags::new())?;
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
            .set_tags(to_tags(&wanted.tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .load_balancers()
            .first()
            .ok_or_else(|| incomplete(OPERATION, "LoadBalancers"))?;
        load_balancer(OPERATION, made, wanted.tags)
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
        let found = target_group(OPERATION, found, 0, Tags::new())?;
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
            .set_tags(to_tags(&wanted.tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .target_groups()
            .first()
            .ok_or_else(|| incomplete(OPERATION, "TargetGroups"))?;
        target_group(OPERATION, made, DEREGISTRATION_DELAY_DEFAULT_S, wanted.tags)
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
                found.push(listener(OPERATION, each, Tags::new())?);
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
            .default_actions(forward(target_group_arn))
            .set_tags(to_tags(&tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .listeners()
            .first()
            .ok_or_else(|| incomplete(OPERATION, "Listeners"))?;
        listener(OPERATION, made, tags)
    }

    async fn forward_listener(&self, listener_arn: &str, target_group_arn: &str) -> Result<()> {
        let request = self
            .client
            .modify_listener()
            .listener_arn(listener_arn)
            .default_actions(forward(target_group_arn));
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
            .filter_map(target_health)
            .collect())
    }
}
