//! What IAM says about who may do what.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use engine::cloud::identity::{Identity, NoVerdict, Permission, Question, Verdict};
use engine::cloud::{CloudError, Result};

use super::Iam;

impl Iam {
    pub(super) async fn ask(&self, questions: &[Question]) -> Result<Vec<Permission>> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
