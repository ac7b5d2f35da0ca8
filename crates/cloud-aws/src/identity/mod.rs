//! STS and IAM over the SDK.

mod permissions;
mod trust;

use async_trait::async_trait;
use aws_sdk_iam::types::Tag;
use engine::cloud::identity::{Caller, CreateRole, Identity, LinkedService, Permission, Question, Role};
use engine::cloud::{Result, Tags};

use crate::calls::Gate;
use crate::error::{incomplete, invalid};
use trust::{decode, trust_policy, trusted_services};

/// STS and IAM of one account.
#[derive(Debug)]
pub(crate) struct Iam {
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    gate: Gate,
}

impl Iam {
    pub(crate) fn new(sts: aws_sdk_sts::Client, iam: aws_sdk_iam::Client) -> Self {
        Self {
            sts,
            iam,
            gate: Gate::default(),
        }
    }
}

fn tags(from: &[Tag]) -> Tags {
    from.iter()
        .map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}

fn role(from: &aws_sdk_iam::types::Role) -> Role {
    Role {
        name: from.role_name.clone(),
        arn: from.arn.clone(),
        trusted_services: from
            .assume_role_policy_document()
            .map(trusted_services)
            .unwrap_or_default(),
        attached_policies: Vec::new(),
        inline_policies: Vec::new(),
        tags: tags(from.tags()),
    }
}

#[async_trait]
impl Identity for Iam {
    async fn caller(&self) -> Result<Caller> {
        const OPERATION: &str = "sts:GetCallerIdentity";
        let answer = self
            .gate
            .call(OPERATION, self.sts.get_caller_identity().send())
            .await?;
        let (Some(account_id), Some(arn)) = (answer.account, answer.arn) else {
            return Err(incomplete(OPERATION, "Account or Arn"));
        };
        Ok(Caller { account_id, arn })
    }

    async fn permissions(&self, questions: &[Question]) -> Result<Vec<Permission>> {
        self.ask(questions).await
    }

    async fn role(&self, name: &str) -> Result<Option<Role>> {
        let answer = match self
            .gate
            .call("iam:GetRole", self.iam.get_role().role_name(name).send())
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(mut found) = answer.role.as_ref().map(role) else {
            return Ok(None);
        };
        let mut pages = self
            .iam
            .list_attached_role_policies()
            .role_name(name)
            .into_paginator()
            .send();
        while let Some(page) = self
            .gate
            .call("iam:ListAttachedRolePolicies", pages.try_next())
            .await?
        {
            found.attached_policies.extend(
                page.attached_policies
                    .into_iter()
                    .flatten()
                    .filter_map(|each| each.policy_arn),
            );
        }
        let mut pages = self
            .iam
            .list_role_policies()
            .role_name(name)
            .into_paginator()
            .send();
        while let Some(page) = self.gate.call("iam:ListRolePolicies", pages.try_next()).await? {
            found.inline_policies.extend(page.policy_names);
        }
        Ok(Some(found))
    }

    async fn create_role(&self, wanted: CreateRole) -> Result<Role> {
        const OPERATION: &str = "iam:CreateRole";
        let mut request = self
            .iam
            .create_role()
            .role_name(wanted.name)
            .assume_role_policy_document(trust_policy(&wanted.trusted_service))
            .description(wanted.description);
        for (key, value) in &wanted.tags {
            let tag = Tag::builder().key(key).value(value).build();
            request =
                request.tags(tag.map_err(|error| invalid(OPERATION, "InvalidInput", error.to_string()))?);
        }
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .role
            .as_ref()
            .map(role)
            .ok_or_else(|| incomplete(OPERATION, "Role"))?;
        Ok(Role {
            trusted_services: vec![wanted.trusted_service],
            tags: wanted.tags,
            ..made
        })
    }

    async fn attach_role_policy(&self, role: &str, policy_arn: &str) -> Result<()> {
        let request = self
            .iam
            .attach_role_policy()
            .role_name(role)
            .policy_arn(policy_arn);
        self.gate.call("iam:AttachRolePolicy", request.send()).await?;
        Ok(())
    }

    async fn detach_role_policy(&self, role: &str, policy_arn: &str) -> Result<()> {
        let request = self
            .iam
            .detach_role_policy()
            .role_name(role)
            .policy_arn(policy_arn);
        self.gate.call("iam:DetachRolePolicy", request.send()).await?;
        Ok(())
    }

    async fn put_role_policy(&self, role: &str, name: &str, document: &str) -> Result<()> {
        let request = self
            .iam
            .put_role_policy()
            .role_name(role)
            .policy_name(name)
            .policy_document(document);
        self.gate.call("iam:PutRolePolicy", request.send()).await?;
        Ok(())
    }

    async fn role_policy(&self, role: &str, name: &str) -> Result<Option<String>> {
        let request = self.iam.get_role_policy().role_name(role).policy_name(name);
        match self.gate.call("iam:GetRolePolicy", request.send()).await {
            Ok(answer) => Ok(Some(decode(&answer.policy_document))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn delete_role_policy(&self, role: &str, name: &str) -> Result<()> {
        let request = self.iam.delete_role_policy().role_name(role).policy_name(name);
        self.gate.call("iam:DeleteRolePolicy", request.send()).await?;
        Ok(())
    }

    async fn delete_role(&self, name: &str) -> Result<()> {
        self.gate
            .call("iam:DeleteRole", self.iam.delete_role().role_name(name).send())
            .await?;
        Ok(())
    }

    async fn service_linked_role(&self, service: LinkedService) -> Result<bool> {
        let request = self.iam.get_role().role_name(service.role_name());
        match self.gate.call("iam:GetRole", request.send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn create_service_linked_role(&self, service: LinkedService) -> Result<()> {
        let request = self
            .iam
            .create_service_linked_role()
            .aws_service_name(service.principal());
        self.gate
            .call("iam:CreateServiceLinkedRole", request.send())
            .await?;
        Ok(())
    }
}
