//! Puts the frontend's variables back as they were, and leaves all others alone.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::super::frontend_variables::read;
use super::super::{Context, Outcome, Progress, Step, StepError};
use crate::cloud::hosting::VariableScope;

pub(super) struct FrontendVariables {
    pub(super) app_id: String,
    pub(super) scope: VariableScope,
    pub(super) before: BTreeMap<String, Option<String>>,
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
        let Some(now) = read(context.cloud, &self.app_id, &self.scope).await? else {
            return Ok(context.gone());
        };
        let mut wanted = now.clone();
        for (name, value) in &self.before {
            match value {
                Some(value) => wanted.0.insert(name.clone(), value.clone()),
                None => wanted.0.remove(name),
            };
        }
        if wanted == now {
            return Ok(context.gone());
        }
        context
            .cloud
            .hosting
            .set_variables(&self.app_id, &self.scope, &wanted)
            .await?;
        Ok(Progress::done(Outcome::Updated, []))
    }
}
