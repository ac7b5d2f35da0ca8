//! Removes a log group with the logs in it.

use async_trait::async_trait;

use super::super::{Context, Progress, Step, StepError};
use super::{deleted, settled};

pub(super) struct LogGroup {
    pub(super) name: String,
}

#[async_trait]
impl Step for LogGroup {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "logs:DescribeLogGroups",
            "logs:ListTagsForResource",
            "logs:DeleteLogGroup",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let logs = &context.cloud.logs;
        let Some(found) = logs.log_group(&self.name).await? else {
            return Ok(context.gone());
        };
        if let Some(refusal) = context.refuse(&found.tags, "log_group", &self.name, "logs:DescribeLogGroups")
        {
            return Ok(refusal);
        }
        settled(logs.delete_log_group(&self.name).await)?;
        Ok(deleted())
    }
}
