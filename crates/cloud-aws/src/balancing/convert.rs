//! Between Elastic Load Balancing's shapes and the engine's.

use aws_sdk_elasticloadbalancingv2::types::{
    self, ActionTypeEnum, LoadBalancerSchemeEnum, LoadBalancerStateEnum, TargetHealthStateEnum,
};
use engine::cloud::balancing::{
    HealthCheck, Listener, ListenerAction, LoadBalancer, LoadBalancerState, TargetGroup, TargetHealth,
    TargetState,
};
use engine::cloud::{Result, Tags};

use crate::error::incomplete;

pub(super) fn to_tags(from: &Tags) -> Option<Vec<types::Tag>> {
    let tags = from
        .iter()
        .map(|(key, value)| types::Tag::builder().key(key).value(value).build());
    (!from.is_empty()).then(|| tags.collect())
}

pub(super) fn load_balancer(operation: &str, from: &types::LoadBalancer, tags: Tags) -> Result<LoadBalancer> {
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
pub(super) fn small<T: TryFrom<i32> + Default>(number: Option<i32>) -> T {
    number
        .and_then(|number| T::try_from(number).ok())
        .unwrap_or_default()
}

pub(super) fn target_group(
    operation: &str,
    from: &types::TargetGroup,
    delay_s: u16,
    tags: Tags,
) -> Result<TargetGroup> {
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

pub(super) fn forward(target_group_arn: &str) -> types::Action {
    types::Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .target_group_arn(target_group_arn)
        .build()
}

pub(super) fn action(from: &types::Action) -> ListenerAction {
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

pub(super) fn listener(operation: &str, from: &types::Listener, tags: Tags) -> Result<Listener> {
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

pub(super) fn target_health(from: &types::TargetHealthDescription) -> Option<TargetHealth> {
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
