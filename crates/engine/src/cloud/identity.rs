//! STS and IAM: who we are, and the roles that ECS needs.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Result, Tags};

/// Who the credentials belong to (`sts:GetCallerIdentity`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Twelve digits.
    pub account_id: String,
    /// ARN of the user or assumed role.
    pub arn: String,
}

/// An IAM role as far as ECS cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Name without path.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// The services its trust policy lets assume it, for example `ecs-tasks.amazonaws.com`.
    pub trusted_services: Vec<String>,
    /// ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// Names of inline policies.
    pub inline_policies: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// A role to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRole {
    /// Name, 1–64 characters.
    pub name: String,
    /// The service that may assume it.
    pub trusted_service: String,
    /// For people.
    pub description: String,
    /// Tags.
    pub tags: Tags,
}

/// The services whose service-linked role an ECS stack behind an ALB needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkedService {
    /// `AWSServiceRoleForECS`.
    Ecs,
    /// `AWSServiceRoleForElasticLoadBalancing`.
    ElasticLoadBalancing,
}

impl LinkedService {
    /// The service principal, as `iam:CreateServiceLinkedRole` wants it.
    pub fn principal(self) -> &'static str {
        match self {
            Self::Ecs => "ecs.amazonaws.com",
            Self::ElasticLoadBalancing => "elasticloadbalancing.amazonaws.com",
        }
    }

    /// The name of the role that AWS creates.
    pub fn role_name(self) -> &'static str {
        match self {
            Self::Ecs => "AWSServiceRoleForECS",
            Self::ElasticLoadBalancing => "AWSServiceRoleForElasticLoadBalancing",
        }
    }
}

/// One answer of a permission check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// IAM action.
    pub action: String,
    /// Whether the caller may do it. `None`: AWS would not say (the check itself was refused).
    pub allowed: Option<bool>,
}

/// STS and IAM.
#[async_trait]
pub trait Identity: Send + Sync {
    /// `sts:GetCallerIdentity`.
    async fn caller(&self) -> Result<Caller>;
    /// `iam:SimulatePrincipalPolicy` over these actions on `*`.
    async fn permissions(&self, actions: &[&str]) -> Result<Vec<Permission>>;
    /// `iam:GetRole`, `iam:ListAttachedRolePolicies`, `iam:ListRolePolicies`.
    async fn role(&self, name: &str) -> Result<Option<Role>>;
    /// `iam:CreateRole`.
    async fn create_role(&self, role: CreateRole) -> Result<Role>;
    /// `iam:AttachRolePolicy`.
    async fn attach_role_policy(&self, role: &str, policy_arn: &str) -> Result<()>;
    /// `iam:DetachRolePolicy`.
    async fn detach_role_policy(&self, role: &str, policy_arn: &str) -> Result<()>;
    /// `iam:PutRolePolicy`: an inline policy, `document` is JSON.
    async fn put_role_policy(&self, role: &str, name: &str, document: &str) -> Result<()>;
    /// `iam:GetRolePolicy`: the inline policy's JSON document (decoded).
    async fn role_policy(&self, role: &str, name: &str) -> Result<Option<String>>;
    /// `iam:DeleteRolePolicy`.
    async fn delete_role_policy(&self, role: &str, name: &str) -> Result<()>;
    /// `iam:DeleteRole`. Policies must be detached before.
    async fn delete_role(&self, name: &str) -> Result<()>;
    /// Whether the service-linked role exists (`iam:GetRole`).
    async fn service_linked_role(&self, service: LinkedService) -> Result<bool>;
    /// `iam:CreateServiceLinkedRole`.
    async fn create_service_linked_role(&self, service: LinkedService) -> Result<()>;
}
