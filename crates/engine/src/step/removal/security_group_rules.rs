//! Takes back the rules that Slipway added to a group which is not its own, and no others.

use async_trait::async_trait;

use super::super::security_group::grant_mark;
use super::super::{Context, Progress, Step, StepError};
use super::security_group::find;
use super::{deleted, settled};
use crate::cloud::network::{Direction, Rule};

pub(super) struct SecurityGroupRules {
    pub(super) group_id: String,
    pub(super) ingress: Vec<Rule>,
}

#[async_trait]
impl Step for SecurityGroupRules {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ec2:DescribeVpcs",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeSecurityGroups",
            "ec2:RevokeSecurityGroupIngress",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let Some(found) = find(context, &self.group_id).await? else {
            return Ok(context.gone());
        };
        let mark = grant_mark(context.stack);
        let ours: Vec<Rule> = found
            .ingress
            .into_iter()
            .filter(|rule| rule.description.starts_with(&mark))
            .filter(|rule| {
                self.ingress
                    .iter()
                    .any(|planned| planned.traffic == rule.traffic && planned.peer == rule.peer)
            })
            .collect();
        if ours.is_empty() {
            return Ok(context.gone());
        }
        settled(
            context
                .cloud
                .network
                .revoke(&self.group_id, Direction::Ingress, &ours)
                .await,
        )?;
        Ok(deleted())
    }
}
