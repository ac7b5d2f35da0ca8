//! Listener. The service waits for it, because ECS refuses a target group that no load balancer uses (B4).

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Progress, Step, StepError};
use crate::cloud::balancing::ListenerAction;
use crate::plan::action::{OutputName, Ref};

pub(crate) struct Listener {
    pub(crate) load_balancer: Ref,
    pub(crate) port: u16,
    pub(crate) target_group: Ref,
}

#[async_trait]
impl Step for Listener {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:ModifyListener",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let balancing = &context.cloud.balancing;
        let load_balancer = context.value(&self.load_balancer)?;
        let target_group = context.value(&self.target_group)?;
        let listeners = balancing.listeners(&load_balancer).await?;
        let found = match listeners.into_iter().find(|listener| listener.port == self.port) {
            Some(found) => found,
            None => {
                balancing
                    .create_http_listener(&load_balancer, self.port, &target_group, context.tags.clone())
                    .await?
            }
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody {
            let name = format!("HTTP:{} ({})", self.port, found.arn);
            return Ok(context
                .name_taken("listener", &name, "elasticloadbalancing:DescribeListeners")
                .into());
        }
        let mut changed = false;
        if found.action
            != (ListenerAction::Forward {
                target_group_arn: target_group.clone(),
            })
        {
            balancing.forward_listener(&found.arn, &target_group).await?;
            changed = true;
        }
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Arn, found.arn)],
        ))
    }
}
