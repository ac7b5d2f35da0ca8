//! Removes a role with its policies.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct Role {
    pub(super) name: String,
}

#[async_trait]
impl Step for Role {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:DetachRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:DeleteRole",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let identity = &context.cloud.identity;
        let Some(found) = identity.role(&self.name).await? else {
            return Ok(context.gone());
        };
        if let Some(refusal) = context.refuse(&found.tags, "role", &self.name, "iam:GetRole") {
            return Ok(refusal);
        }
        for policy in &found.attached_policies {
            settled(identity.detach_role_policy(&self.name, policy).await)?;
        }
        for policy in &found.inline_policies {
            settled(identity.delete_role_policy(&self.name, policy).await)?;
        }
        settled(identity.delete_role(&self.name).await)?;
        Ok(deleted())
    }
}
