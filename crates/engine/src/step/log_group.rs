//! Log group with retention. It comes first, because a task without its log group stops at once (N8).

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::plan::action::OutputName;

pub(crate) struct LogGroup {
    pub(crate) name: String,
    pub(crate) retention_days: u16,
}

#[async_trait]
impl Step for LogGroup {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "logs:DescribeLogGroups",
            "logs:ListTagsForResource",
            "logs:CreateLogGroup",
            "logs:TagResource",
            "logs:PutRetentionPolicy",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let logs = &context.cloud.logs;
        let mut did = context.did;
        if logs.log_group(&self.name).await?.is_none() {
            logs.create_log_group(&self.name, context.tags.clone()).await?;
            did = Some(Outcome::Created);
        }
        let Some(found) = logs.log_group(&self.name).await? else {
            return Ok(Waiting::new(WaitingCode::Appearing)
                .with("what", &self.name)
                .poll(1)
                .having(did));
        };
        let owner = context.owner(&found.tags);
        let mut changed = false;
        if owner == Owner::Somebody {
            if !context.may_borrow() {
                return Ok(context
                    .name_taken("log_group", &self.name, "logs:DescribeLogGroups")
                    .into());
            }
        } else if found.retention_days != Some(self.retention_days) {
            logs.put_retention(&self.name, self.retention_days).await?;
            changed = true;
        }
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Arn, found.arn), (OutputName::Name, found.name)],
        ))
    }
}
