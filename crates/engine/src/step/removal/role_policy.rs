//! Takes the stack's inline policy off a role that is not its own.

use async_trait::async_trait;

use super::super::execution_role::secrets_policy_name;
use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct RolePolicy {
    pub(super) role: String,
    pub(super) name: String,
}

#[async_trait]
impl Step for RolePolicy {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:DeleteRolePolicy",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let identity = &context.cloud.identity;
        let there = identity
            .role(&self.role)
            .await?
            .is_some_and(|role| role.inline_policies.contains(&self.name));
        if !there {
            return Ok(context.gone());
        }
        // Inline policies carry no tags: the name is what tells that it is ours.
        if self.name != secrets_policy_name(context.stack) {
            return Ok(context
                .name_taken("role_policy", &self.name, "iam:ListRolePolicies")
                .into());
        }
        settled(identity.delete_role_policy(&self.role, &self.name).await)?;
        Ok(deleted())
    }
}
