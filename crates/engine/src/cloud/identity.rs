//! STS and IAM: who we are, and the roles that ECS needs.

use std::collections::BTreeMap;

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

/// A question of a permission check: may the caller do these things, to that, in this situation?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// IAM actions.
    pub actions: Vec<String>,
    /// ARN of the thing, which need not exist. `None`: anything (`*`).
    pub resource: Option<String>,
    /// Condition keys that the calls would bring along, for example `aws:RequestTag/slipway:stack`, with their values.
    pub context: BTreeMap<String, String>,
}

/// One answer of a permission check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// IAM action.
    pub action: String,
    /// ARN of the thing that was asked about. `None`: anything.
    pub resource: Option<String>,
    /// Whether the caller may do it.
    pub verdict: Verdict,
}

/// Whether a caller may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may.
    Allowed,
    /// Nothing allows it.
    Missing,
    /// A policy denies it in so many words: allowing it elsewhere does not help.
    Forbidden,
    /// The organization's policies (SCP) do not let anybody in the account do it.
    Organization,
    /// AWS would not say.
    Unknown(NoVerdict),
}

/// Why AWS would not say what a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoVerdict {
    /// The caller may not ask (`iam:SimulatePrincipalPolicy`).
    MayNotAsk,
    /// The root user has no policies: only the organization limits it.
    Root,
    /// A federated user's policies came with its session, where IAM can't see them.
    Federated,
    /// Too many questions at once; later there may be an answer.
    Throttled,
    /// The endpoint does not answer such questions.
    Unsupported,
    /// AWS refused the question itself.
    Refused,
}

/// STS and IAM.
#[async_trait]
pub trait Identity: Send + Sync {
    /// `sts:GetCallerIdentity`.
    async fn caller(&self) -> Result<Caller>;
    /// `iam:SimulatePrincipalPolicy`: an answer for each action of each question, in their order. What AWS would not say
    /// is an answer too; an error is one of the way there.
    async fn permissions(&self, questions: &[Question]) -> Result<Vec<Permission>>;
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
