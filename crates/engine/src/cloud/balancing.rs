//! Elastic Load Balancing v2: load balancers, target groups, listeners, target health.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Result, Tags};

/// State of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LoadBalancerState {
    /// Being set up (about 90 s).
    Provisioning,
    /// In service.
    Active,
    /// In service, but short of resources (for example free addresses).
    ActiveImpaired {
        /// AWS's words.
        reason: String,
    },
    /// Could not be set up.
    Failed {
        /// AWS's words.
        reason: String,
    },
}

/// An Application Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// ARN.
    pub arn: String,
    /// Name, ≤ 32 characters.
    pub name: String,
    /// DNS name, given at creation; resolves a little later.
    pub dns_name: String,
    /// `true` for internet-facing.
    pub internet_facing: bool,
    /// State.
    pub state: LoadBalancerState,
    /// Its VPC.
    pub vpc_id: String,
    /// One subnet per zone.
    pub subnet_ids: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// An ALB to create: IPv4, application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateLoadBalancer {
    /// Name, ≤ 32 characters, letters, digits and hyphens.
    pub name: String,
    /// Internet-facing or internal.
    pub internet_facing: bool,
    /// Two or more subnets, each in another zone.
    pub subnet_ids: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// A target group's health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Path, starts with `/`.
    pub path: String,
    /// Seconds between checks, 5–300.
    pub interval_s: u16,
    /// Seconds to wait for an answer, 2–120, less than the interval.
    pub timeout_s: u16,
    /// Successes in a row until healthy, 2–10.
    pub healthy_threshold: u8,
    /// Failures in a row until unhealthy, 2–10.
    pub unhealthy_threshold: u8,
    /// Accepted codes, for example `200` or `200-299`.
    pub matcher: String,
}

/// A target group (protocol HTTP, health check on the traffic port).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// ARN.
    pub arn: String,
    /// Name, ≤ 32 characters.
    pub name: String,
    /// `HTTP`, `HTTPS`, …
    pub protocol: String,
    /// Port.
    pub port: u16,
    /// `ip`, `instance`, `lambda`, `alb`.
    pub target_type: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Health check.
    pub health_check: HealthCheck,
    /// Seconds a target may finish requests after deregistration, 0–3600.
    pub deregistration_delay_s: u16,
    /// The load balancers whose listeners forward to it.
    pub load_balancer_arns: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// A target group to create: HTTP, target type `ip`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTargetGroup {
    /// Name, ≤ 32 characters.
    pub name: String,
    /// The application's port.
    pub port: u16,
    /// Its VPC.
    pub vpc_id: String,
    /// Health check.
    pub health_check: HealthCheck,
    /// Tags.
    pub tags: Tags,
}

/// What a listener does with a request that matches no rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ListenerAction {
    /// Forward to one target group.
    Forward {
        /// Target group ARN.
        target_group_arn: String,
    },
    /// Redirect.
    Redirect {
        /// `HTTPS`, …
        protocol: String,
        /// Port.
        port: String,
    },
    /// Anything else (fixed response, authentication, weighted forward), by AWS's type name.
    Other {
        /// Type name.
        action_type: String,
    },
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// ARN.
    pub arn: String,
    /// Port.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// Default action.
    pub action: ListenerAction,
    /// Tags.
    pub tags: Tags,
}

/// State of one target, in the words of `DescribeTargetHealth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Registered, first checks running.
    Initial,
    /// Takes traffic.
    Healthy,
    /// Fails its checks.
    Unhealthy,
    /// The target group has no listener.
    Unused,
    /// Finishing requests before it leaves.
    Draining,
    /// Checks are off, or AWS can't tell.
    Unavailable,
}

/// Health of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// IP address.
    pub target: String,
    /// Port.
    pub port: u16,
    /// State.
    pub state: TargetState,
    /// Reason code, for example `Target.Timeout`, `Target.ResponseCodeMismatch`, `Elb.InitialHealthChecking`.
    pub reason: Option<String>,
    /// AWS's sentence.
    pub description: Option<String>,
}

/// Elastic Load Balancing v2.
#[async_trait]
pub trait Balancing: Send + Sync {
    /// `elasticloadbalancing:DescribeLoadBalancers` by name, `…:DescribeTags`.
    async fn load_balancer(&self, name: &str) -> Result<Option<LoadBalancer>>;
    /// `elasticloadbalancing:CreateLoadBalancer`.
    async fn create_load_balancer(&self, load_balancer: CreateLoadBalancer) -> Result<LoadBalancer>;
    /// `elasticloadbalancing:SetSecurityGroups`.
    async fn set_security_groups(&self, arn: &str, groups: &[String]) -> Result<()>;
    /// `elasticloadbalancing:SetSubnets`.
    async fn set_subnets(&self, arn: &str, subnet_ids: &[String]) -> Result<()>;
    /// `elasticloadbalancing:DeleteLoadBalancer` (takes its listeners with it).
    async fn delete_load_balancer(&self, arn: &str) -> Result<()>;
    /// `elasticloadbalancing:DescribeTargetGroups` by name, `…:DescribeTargetGroupAttributes`, `…:DescribeTags`.
    async fn target_group(&self, name: &str) -> Result<Option<TargetGroup>>;
    /// `elasticloadbalancing:CreateTargetGroup`.
    async fn create_target_group(&self, target_group: CreateTargetGroup) -> Result<TargetGroup>;
    /// `elasticloadbalancing:ModifyTargetGroup`.
    async fn set_health_check(&self, target_group_arn: &str, check: &HealthCheck) -> Result<()>;
    /// `elasticloadbalancing:ModifyTargetGroupAttributes` (`deregistration_delay.timeout_seconds`).
    async fn set_deregistration_delay(&self, target_group_arn: &str, seconds: u16) -> Result<()>;
    /// `elasticloadbalancing:DeleteTargetGroup`.
    async fn delete_target_group(&self, arn: &str) -> Result<()>;
    /// `elasticloadbalancing:DescribeListeners`, `…:DescribeTags`.
    async fn listeners(&self, load_balancer_arn: &str) -> Result<Vec<Listener>>;
    /// `elasticloadbalancing:CreateListener`: HTTP on `port`, forwarding to one target group.
    async fn create_http_listener(
        &self,
        load_balancer_arn: &str,
        port: u16,
        target_group_arn: &str,
        tags: Tags,
    ) -> Result<Listener>;
    /// `elasticloadbalancing:ModifyListener`: forward to this target group.
    async fn forward_listener(&self, listener_arn: &str, target_group_arn: &str) -> Result<()>;
    /// `elasticloadbalancing:DeleteListener`.
    async fn delete_listener(&self, arn: &str) -> Result<()>;
    /// `elasticloadbalancing:DescribeTargetHealth`.
    async fn target_health(&self, target_group_arn: &str) -> Result<Vec<TargetHealth>>;
}
