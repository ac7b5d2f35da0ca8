//! STS and IAM.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::cloud::Result;
use engine::cloud::identity::{
    Caller, CreateRole, Identity, LinkedService, Permission, Question, Role, Verdict,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cell::Account;
use crate::policy;
use crate::refusal::{exists, in_use, invalid, not_found};
use crate::timing::{ROLE_SPREAD_S, after};
use crate::world::World;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) roles: BTreeMap<String, RoleRecord>,
    linked: BTreeMap<LinkedService, Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoleRecord {
    pub(crate) role: Role,
    pub(crate) inline: BTreeMap<String, String>,
    created_at: Timestamp,
}

impl World {
    fn role_mut(&mut self, name: &str) -> Result<&mut RoleRecord> {
        self.identity.roles.get_mut(name).ok_or_else(|| {
            not_found(
                "NoSuchEntity",
                format!("The role with name {name} cannot be found."),
            )
        })
    }

    pub(crate) fn create_role(&mut self, wanted: CreateRole) -> Result<Role> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if wanted.name.is_empty() || wanted.name.len() > 64 || !wanted.name.bytes().all(fits) {
            return Err(invalid(
                "ValidationError",
                "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or \
                 the following: +=,.@_-",
            ));
        }
        if self.identity.roles.contains_key(&wanted.name) {
            return Err(exists(
                "EntityAlreadyExists",
                format!("Role with name {} already exists.", wanted.name),
            ));
        }
        let role = Role {
            arn: format!("arn:aws:iam::{}:role/{}", self.account_id, wanted.name),
            name: wanted.name.clone(),
            trusted_services: vec![wanted.trusted_service],
            attached_policies: Vec::new(),
            inline_policies: Vec::new(),
            tags: wanted.tags,
        };
        let record = RoleRecord {
            role: role.clone(),
            inline: BTreeMap::new(),
            created_at: self.now,
        };
        self.identity.roles.insert(wanted.name, record);
        Ok(role)
    }

    pub(crate) fn attach_role_policy(&mut self, role: &str, policy_arn: &str) -> Result<()> {
        if !policy_arn.starts_with("arn:aws:iam::") || !policy_arn.contains(":policy/") {
            return Err(invalid("InvalidInput", format!("ARN {policy_arn} is not valid.")));
        }
        let attached = &mut self.role_mut(role)?.role.attached_policies;
        if !attached.iter().any(|known| known == policy_arn) {
            attached.push(policy_arn.to_owned());
            attached.sort();
        }
        Ok(())
    }

    fn detach_role_policy(&mut self, role: &str, policy_arn: &str) -> Result<()> {
        let attached = &mut self.role_mut(role)?.role.attached_policies;
        let before = attached.len();
        attached.retain(|known| known != policy_arn);
        if attached.len() == before {
            return Err(not_found(
                "NoSuchEntity",
                format!("Policy {policy_arn} was not found."),
            ));
        }
        Ok(())
    }

    fn put_role_policy(&mut self, role: &str, name: &str, document: &str) -> Result<()> {
        if serde_json::from_str::<serde_json::Value>(document).is_err() {
            return Err(invalid("MalformedPolicyDocument", "Syntax errors in policy."));
        }
        let record = self.role_mut(role)?;
        record.inline.insert(name.to_owned(), document.to_owned());
        record.role.inline_policies = record.inline.keys().cloned().collect();
        Ok(())
    }

    fn delete_role_policy(&mut self, role: &str, name: &str) -> Result<()> {
        let record = self.role_mut(role)?;
        if record.inline.remove(name).is_none() {
            return Err(not_found(
                "NoSuchEntity",
                format!("The role policy with name {name} cannot be found."),
            ));
        }
        record.role.inline_policies = record.inline.keys().cloned().collect();
        Ok(())
    }

    fn delete_role(&mut self, name: &str) -> Result<()> {
        let record = self.role_mut(name)?;
        if !record.role.attached_policies.is_empty() {
            return Err(in_use(
                "DeleteConflict",
                "Cannot delete entity, must detach all policies first.",
            ));
        }
        if !record.inline.is_empty() {
            return Err(in_use(
                "DeleteConflict",
                "Cannot delete entity, must delete policies first.",
            ));
        }
        self.identity.roles.remove(name);
        Ok(())
    }

    pub(crate) fn link(&mut self, service: LinkedService, since: Timestamp) {
        self.identity.linked.entry(service).or_insert(since);
    }

    /// Whether a service can assume its linked role: it is there and AWS has spread it (catalogue A1). A missing one
    /// is made by the first call that needs it, as AWS does, so the next try works.
    pub(crate) fn linked_role_ready(&mut self, service: LinkedService) -> bool {
        let since = *self.identity.linked.entry(service).or_insert(self.now);
        after(since, ROLE_SPREAD_S) <= self.now
    }

    /// Whether ECS tasks can assume this role now: it is there, trusts them, and AWS has spread it (catalogue A4).
    pub(crate) fn tasks_can_assume(&self, role_arn: &str) -> bool {
        self.role_by_arn(role_arn).is_some_and(|record| {
            record
                .role
                .trusted_services
                .iter()
                .any(|service| service == "ecs-tasks.amazonaws.com")
                && after(record.created_at, ROLE_SPREAD_S) <= self.now
        })
    }

    pub(crate) fn role_allows(&self, role_arn: &str, action: &str, resource: &str) -> bool {
        self.role_by_arn(role_arn).is_some_and(|record| {
            record
                .role
                .attached_policies
                .iter()
                .any(|arn| policy::managed_allows(arn, action))
                || record
                    .inline
                    .values()
                    .any(|document| policy::document_allows(document, action, resource))
        })
    }

    fn role_by_arn(&self, role_arn: &str) -> Option<&RoleRecord> {
        self.identity
            .roles
            .values()
            .find(|record| record.role.arn == role_arn)
    }
}

#[async_trait]
impl Identity for Account {
    async fn caller(&self) -> Result<Caller> {
        self.call(&["sts:GetCallerIdentity"], |world| {
            Ok(Caller {
                account_id: world.account_id.clone(),
                arn: world.caller_arn(),
            })
        })
        .await
    }

    async fn permissions(&self, questions: &[Question]) -> Result<Vec<Permission>> {
        let questions = questions.to_vec();
        self.call(&["iam:SimulatePrincipalPolicy"], move |world| {
            let answer = |question: Question| {
                let verdict = |action: &str| match world.faults().denies(action) {
                    true => Verdict::Missing,
                    false => Verdict::Allowed,
                };
                let answers = question.actions.into_iter().map(move |action| Permission {
                    verdict: verdict(&action),
                    resource: question.resource.clone(),
                    action,
                });
                answers.collect::<Vec<_>>()
            };
            Ok(questions.into_iter().flat_map(answer).collect())
        })
        .await
    }

    async fn role(&self, name: &str) -> Result<Option<Role>> {
        let name = name.to_owned();
        self.call(
            &[
                "iam:GetRole",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
            ],
            move |world| Ok(world.identity.roles.get(&name).map(|record| record.role.clone())),
        )
        .await
    }

    async fn create_role(&self, role: CreateRole) -> Result<Role> {
        self.call(&["iam:CreateRole"], move |world| world.create_role(role))
            .await
    }

    async fn attach_role_policy(&self, role: &str, policy_arn: &str) -> Result<()> {
        let (role, policy_arn) = (role.to_owned(), policy_arn.to_owned());
        self.call(&["iam:AttachRolePolicy"], move |world| {
            world.attach_role_policy(&role, &policy_arn)
        })
        .await
    }

    async fn detach_role_policy(&self, role: &str, policy_arn: &str) -> Result<()> {
        let (role, policy_arn) = (role.to_owned(), policy_arn.to_owned());
        self.call(&["iam:DetachRolePolicy"], move |world| {
            world.detach_role_policy(&role, &policy_arn)
        })
        .await
    }

    async fn put_role_policy(&self, role: &str, name: &str, document: &str) -> Result<()> {
        let (role, name, document) = (role.to_owned(), name.to_owned(), document.to_owned());
        self.call(&["iam:PutRolePolicy"], move |world| {
            world.put_role_policy(&role, &name, &document)
        })
        .await
    }

    async fn role_policy(&self, role: &str, name: &str) -> Result<Option<String>> {
        let (role, name) = (role.to_owned(), name.to_owned());
        self.call(&["iam:GetRolePolicy"], move |world| {
            Ok(world
                .identity
                .roles
                .get(&role)
                .and_then(|record| record.inline.get(&name))
                .cloned())
        })
        .await
    }

    async fn delete_role_policy(&self, role: &str, name: &str) -> Result<()> {
        let (role, name) = (role.to_owned(), name.to_owned());
        self.call(&["iam:DeleteRolePolicy"], move |world| {
            world.delete_role_policy(&role, &name)
        })
        .await
    }

    async fn delete_role(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.call(&["iam:DeleteRole"], move |world| world.delete_role(&name))
            .await
    }

    async fn service_linked_role(&self, service: LinkedService) -> Result<bool> {
        self.call(&["iam:GetRole"], move |world| {
            Ok(world.identity.linked.contains_key(&service))
        })
        .await
    }

    async fn create_service_linked_role(&self, service: LinkedService) -> Result<()> {
        self.call(&["iam:CreateServiceLinkedRole"], move |world| {
            if world.identity.linked.contains_key(&service) {
                let name = service.role_name();
                return Err(exists(
                    "InvalidInput",
                    format!("Service role name {name} has been taken in this account, please try a different suffix."),
                ));
            }
            world.link(service, world.now);
            Ok(())
        })
        .await
    }
}
