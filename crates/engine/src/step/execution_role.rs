//! The role ECS pulls images and writes logs with: made by us, or the user's own with its trust policy checked (A4).

use async_trait::async_trait;

use super::ownership::Owner;
use super::repository::same_json;
use super::{Context, Diagnosis, DiagnosisCode, Progress, Step, StepError};
use crate::cloud::identity::CreateRole;
use crate::plan::action::OutputName;

/// Who must be able to assume it.
pub(crate) const TASKS_PRINCIPAL: &str = "ecs-tasks.amazonaws.com";

pub(crate) struct ExecutionRole {
    pub(crate) name: String,
    pub(crate) adopt: bool,
    pub(crate) policy_arn: String,
    pub(crate) secrets_policy: Option<String>,
}

/// The inline policy that lets an execution role read the stack's secrets. It carries the stack's name, because two
/// stacks may share an adopted role.
pub fn secrets_policy_name(stack: &str) -> String {
    format!("slipway-{stack}-secrets")
}

#[async_trait]
impl Step for ExecutionRole {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:CreateRole",
            "iam:TagRole",
            "iam:AttachRolePolicy",
            "iam:PutRolePolicy",
            "iam:GetRolePolicy",
            "iam:DeleteRolePolicy",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let identity = &context.cloud.identity;
        let found = match identity.role(&self.name).await? {
            Some(found) => found,
            None if self.adopt => return Ok(context.vanished(&self.name, "iam:GetRole").into()),
            None => {
                let wanted = CreateRole {
                    name: self.name.clone(),
                    trusted_service: TASKS_PRINCIPAL.to_owned(),
                    description: format!("Pulls images and writes logs for the stack {}", context.stack),
                    tags: context.tags.clone(),
                };
                identity.create_role(wanted).await?
            }
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody && !self.adopt && !context.may_borrow() {
            return Ok(context.name_taken("role", &self.name, "iam:GetRole").into());
        }
        if !found
            .trusted_services
            .iter()
            .any(|service| service == TASKS_PRINCIPAL)
        {
            return Ok(Diagnosis::new(DiagnosisCode::RoleTrust, "A4")
                .with("role", &self.name)
                .seen(
                    context.now,
                    "iam:GetRole",
                    format!("trusted: {}", found.trusted_services.join(", ")),
                )
                .into());
        }
        let mut changed = false;
        // Someone else's role may carry its own equivalent of the managed policy: what it lacks is a preflight finding.
        if owner != Owner::Somebody && !found.attached_policies.contains(&self.policy_arn) {
            identity.attach_role_policy(&self.name, &self.policy_arn).await?;
            changed = true;
        }
        let inline = secrets_policy_name(context.stack);
        match &self.secrets_policy {
            Some(wanted) => {
                let now = match found.inline_policies.contains(&inline) {
                    true => identity.role_policy(&self.name, &inline).await?,
                    false => None,
                };
                if !now.is_some_and(|now| same_json(&now, wanted)) {
                    identity.put_role_policy(&self.name, &inline, wanted).await?;
                    changed = true;
                }
            }
            None if found.inline_policies.contains(&inline) => {
                identity.delete_role_policy(&self.name, &inline).await?;
                changed = true;
            }
            None => {}
        }
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Arn, found.arn), (OutputName::Name, found.name)],
        ))
    }
}
