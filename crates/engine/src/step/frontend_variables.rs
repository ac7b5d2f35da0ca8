//! The frontend's variables get the backend's full URL. AWS replaces the whole map, so it is read, merged, and
//! written whole (K3); what a value was before goes into the ledger before anything is written.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use async_trait::async_trait;

use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::Cloud;
use crate::cloud::hosting::{VariableScope, Variables};
use crate::plan::action::{OutputName, Ref};

pub(crate) struct FrontendVariables {
    pub(crate) app_id: String,
    pub(crate) scope: VariableScope,
    pub(crate) variables: Vec<String>,
    pub(crate) dns_name: Ref,
}

/// The variables of an app or branch; `None`: there is no such app or branch.
pub(super) async fn read(
    cloud: &Cloud,
    app_id: &str,
    scope: &VariableScope,
) -> Result<Option<Variables>, StepError> {
    Ok(match scope {
        VariableScope::App => cloud.hosting.app(app_id).await?.map(|app| app.variables),
        VariableScope::Branch { branch } => {
            let branches = cloud.hosting.branches(app_id).await?;
            branches
                .into_iter()
                .find(|one| one.name == *branch)
                .map(|one| one.variables)
        }
    })
}

/// What people call an app or branch.
pub(super) fn place(app_id: &str, scope: &VariableScope) -> String {
    match scope {
        VariableScope::App => app_id.to_owned(),
        VariableScope::Branch { branch } => format!("{app_id}/{branch}"),
    }
}

#[async_trait]
impl Step for FrontendVariables {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "amplify:GetApp",
            "amplify:ListBranches",
            "amplify:UpdateApp",
            "amplify:UpdateBranch",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let url = format!("http://{}", context.value(&self.dns_name)?);
        let place = place(&self.app_id, &self.scope);
        let Some(mut variables) = read(context.cloud, &self.app_id, &self.scope).await? else {
            return Ok(context.vanished(&place, "amplify:GetApp").into());
        };
        let differing: Vec<&String> = self
            .variables
            .iter()
            .filter(|name| variables.0.get(*name) != Some(&url))
            .collect();
        let mut outputs = context.own.clone();
        outputs.insert(OutputName::Url, url.clone());
        if differing.is_empty() {
            // The ledger holds `Before` only if this run set out to write.
            let outcome = match outputs.contains_key(&OutputName::Before) {
                true => Outcome::Updated,
                false => Outcome::Kept,
            };
            return Ok(Progress::Done { outcome, outputs });
        }
        if let Entry::Vacant(before) = outputs.entry(OutputName::Before) {
            let values: BTreeMap<&String, Option<&String>> = differing
                .iter()
                .map(|name| (*name, variables.0.get(*name)))
                .collect();
            // Plain data always serialises.
            before.insert(serde_json::to_string(&values).unwrap_or_default());
            let why = Waiting::new(WaitingCode::Appearing).with("what", &place);
            return Ok(Progress::Waiting {
                why,
                poll_s: 0,
                did: context.did,
                outputs,
            });
        }
        variables
            .0
            .extend(self.variables.iter().map(|name| (name.clone(), url.clone())));
        context
            .cloud
            .hosting
            .set_variables(&self.app_id, &self.scope, &variables)
            .await?;
        Ok(Progress::Done {
            outcome: Outcome::Updated,
            outputs,
        })
    }
}
