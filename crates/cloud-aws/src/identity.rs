//! STS and IAM over the SDK.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Tag,
};
use engine::cloud::identity::{
    Caller, CreateRole, Identity, LinkedService, NoVerdict, Permission, Question, Role, Verdict,
};
use engine::cloud::{CloudError, Result, Tags};
use serde_json::{Value, json};

use crate::calls::Gate;
use crate::error::{incomplete, invalid};

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

    /// The IAM user or role behind the caller, whose policies can be simulated; or why nobody can say.
    async fn principal(&self, caller: &str) -> Result<std::result::Result<String, NoVerdict>> {
        match Principal::of(caller) {
            Principal::Itself => Ok(Ok(caller.to_owned())),
            Principal::Root => Ok(Err(NoVerdict::Root)),
            Principal::Federated => Ok(Err(NoVerdict::Federated)),
            Principal::Role { name, arn } => {
                // The session's ARN leaves out the role's path, which only IAM knows.
                let request = self.iam.get_role().role_name(name);
                match self.gate.call("iam:GetRole", request.send()).await {
                    Ok(answer) => Ok(Ok(answer.role.map_or(arn, |role| role.arn))),
                    Err(CloudError::Denied { .. } | CloudError::NotFound { .. }) => Ok(Ok(arn)),
                    Err(error) => match no_verdict(&error) {
                        Some(why) => Ok(Err(why)),
                        None => Err(error),
                    },
                }
            }
        }
    }

    async fn simulate(&self, principal: &str, question: &Question) -> Result<Vec<Permission>> {
        const OPERATION: &str = "iam:SimulatePrincipalPolicy";
        let mut request = self
            .iam
            .simulate_principal_policy()
            .policy_source_arn(principal)
            .set_action_names(Some(question.actions.clone()))
            .set_resource_arns(question.resource.clone().map(|arn| vec![arn]));
        for (key, value) in &question.context {
            let entry = ContextEntry::builder()
                .context_key_name(key)
                .context_key_values(value)
                .context_key_type(ContextKeyTypeEnum::String)
                .build();
            request = request.context_entries(entry);
        }
        let mut verdicts = BTreeMap::new();
        let mut pages = request.into_paginator().send();
        while let Some(page) = self.gate.call(OPERATION, pages.try_next()).await? {
            for result in page.evaluation_results() {
                verdicts.insert(result.eval_action_name.to_ascii_lowercase(), verdict(result));
            }
        }
        Ok(answers(question, |action| {
            // An action that AWS leaves out is one that it did not judge.
            let known = verdicts.get(&action.to_ascii_lowercase());
            known.copied().unwrap_or(Verdict::Unknown(NoVerdict::Refused))
        }))
    }
}

fn verdict(result: &EvaluationResult) -> Verdict {
    let organization = result.organizations_decision_detail();
    match &result.eval_decision {
        _ if organization.is_some_and(|detail| !detail.allowed_by_organizations) => Verdict::Organization,
        PolicyEvaluationDecisionType::Allowed => Verdict::Allowed,
        PolicyEvaluationDecisionType::ExplicitDeny => Verdict::Forbidden,
        PolicyEvaluationDecisionType::ImplicitDeny => Verdict::Missing,
        _ => Verdict::Unknown(NoVerdict::Refused),
    }
}

fn answers(question: &Question, verdict: impl Fn(&str) -> Verdict) -> Vec<Permission> {
    let answer = |action: &String| Permission {
        action: action.clone(),
        resource: question.resource.clone(),
        verdict: verdict(action),
    };
    question.actions.iter().map(answer).collect()
}

/// What an error of the check itself says about the answer. `None`: it is a failure of the way to AWS.
fn no_verdict(error: &CloudError) -> Option<NoVerdict> {
    match error {
        CloudError::Denied { .. } => Some(NoVerdict::MayNotAsk),
        CloudError::Throttled { .. } => Some(NoVerdict::Throttled),
        CloudError::Unavailable { retryable: false, .. } if !error.is_about_credentials() => {
            Some(NoVerdict::Unsupported)
        }
        CloudError::Unavailable { .. } => None,
        CloudError::NotFound { .. }
        | CloudError::Invalid { .. }
        | CloudError::AlreadyExists { .. }
        | CloudError::InUse { .. } => Some(NoVerdict::Refused),
    }
}

/// Who an STS identity is to IAM.
#[derive(Debug, PartialEq, Eq)]
enum Principal {
    /// An IAM user (or anything else that has policies under its own ARN).
    Itself,
    /// The account's root user.
    Root,
    /// A session that was given its policies when it was opened (`sts:GetFederationToken`).
    Federated,
    /// A session of a role.
    Role { name: String, arn: String },
}

impl Principal {
    fn of(caller: &str) -> Self {
        // arn:PARTITION:sts::ACCOUNT:assumed-role/NAME/SESSION
        let parts: Vec<&str> = caller.splitn(6, ':').collect();
        let [_, partition, _, _, account, resource] = parts[..] else {
            return Self::Itself;
        };
        match resource.split('/').collect::<Vec<_>>()[..] {
            ["root"] => Self::Root,
            ["federated-user", ..] => Self::Federated,
            ["assumed-role", name, ..] => Self::Role {
                name: name.to_owned(),
                arn: format!("arn:{partition}:iam::{account}:role/{name}"),
            },
            _ => Self::Itself,
        }
    }
}

/// IAM answers policy documents percent-encoded (RFC 3986, so `+` is itself).
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let escaped = (byte == b'%')
            .then(|| text.get(index + 1..index + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        index += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// IAM lets one value stand where a list may stand.
fn one_or_many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(one) => vec![one],
    }
}

/// The services that a trust policy lets assume the role.
fn trusted_services(document: &str) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(&decode(document)) else {
        return Vec::new();
    };
    let mut services = Vec::new();
    for statement in one_or_many(document.get("Statement")) {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let assumes = one_or_many(statement.get("Action"))
            .iter()
            .any(|action| matches!(action.as_str(), Some("sts:AssumeRole" | "sts:*" | "*")));
        if !allows || !assumes {
            continue;
        }
        let principals = one_or_many(
            statement
                .get("Principal")
                .and_then(|principal| principal.get("Service")),
        );
        services.extend(
            principals
                .iter()
                .filter_map(|service| service.as_str().map(str::to_owned)),
        );
    }
    services.sort();
    services.dedup();
    services
}

fn trust_policy(service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
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
        let unknown = |question: &Question, why| answers(question, |_| Verdict::Unknown(why));
        let caller = self.caller().await?;
        let principal = match self.principal(&caller.arn).await? {
            Ok(principal) => principal,
            Err(why) => return Ok(questions.iter().flat_map(|each| unknown(each, why)).collect()),
        };
        let mut found = Vec::new();
        // Whoever may not ask at all learns it from the first question.
        let mut silent = None;
        for (place, question) in questions.iter().enumerate() {
            let answer = match silent {
                Some(why) => unknown(question, why),
                None => match self.simulate(&principal, question).await {
                    Ok(answer) => answer,
                    Err(error) => {
                        let why = no_verdict(&error).ok_or(error)?;
                        let once = matches!(why, NoVerdict::Refused) && place > 0;
                        silent = (!once).then_some(why);
                        unknown(question, why)
                    }
                },
            };
            found.extend(answer);
        }
        Ok(found)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_read_from_every_way_iam_writes_it() {
        let cases = [
            (
                r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#,
                vec!["ecs-tasks.amazonaws.com"],
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["b.amazonaws.com","a.amazonaws.com"]},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#,
                vec!["a.amazonaws.com", "b.amazonaws.com"],
            ),
            (
                r#"{"Statement":[{"Effect":"Deny","Principal":{"Service":"a.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
                vec![],
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#,
                vec![],
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#,
                vec![],
            ),
            ("not json", vec![]),
        ];
        for (document, expected) in cases {
            assert_eq!(trusted_services(document), expected, "{document}");
        }
    }

    #[test]
    fn policy_documents_are_percent_decoded() {
        assert_eq!(decode("%7B%22a%22%3A%20%22b+c%22%7D"), r#"{"a": "b+c"}"#);
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%E3%81%82"), "あ");
        assert_eq!(decode("%E3あ%zz"), "\u{fffd}あ%zz");
    }

    #[test]
    fn a_role_session_is_simulated_as_its_role() {
        assert_eq!(
            Principal::of("arn:aws-cn:sts::123456789012:assumed-role/Deployer/session"),
            Principal::Role {
                name: "Deployer".to_owned(),
                arn: "arn:aws-cn:iam::123456789012:role/Deployer".to_owned()
            }
        );
        assert_eq!(Principal::of("arn:aws:iam::123456789012:root"), Principal::Root);
        assert_eq!(
            Principal::of("arn:aws:iam::123456789012:user/team/kenji"),
            Principal::Itself
        );
    }
}
