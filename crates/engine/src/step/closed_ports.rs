//! Closes the ports that the stack used before, once nothing uses them any more.

use async_trait::async_trait;

use super::ownership::Owner;
use super::security_group::{resolved, same};
use super::{Context, Outcome, Progress, Step, StepError};
use crate::cloud::network::{Direction, Rule};
use crate::plan::action::{PlannedRule, Ref};

pub(crate) struct ClosedPorts {
    pub(crate) group: Ref,
    pub(crate) vpc: Ref,
    pub(crate) rules: Vec<PlannedRule>,
}

#[async_trait]
impl Step for ClosedPorts {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupIngress"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let network = &context.cloud.network;
        let (id, vpc) = (context.value(&self.group)?, context.value(&self.vpc)?);
        let groups = network.security_groups(&vpc).await?;
        let Some(found) = groups.into_iter().find(|group| group.id == id) else {
            return Ok(context.vanished(&id, "ec2:DescribeSecurityGroups").into());
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody {
            return Ok(Progress::done(Outcome::Kept, []));
        }
        let unwanted = resolved(context, &self.rules)?;
        let open: Vec<Rule> = found
            .ingress
            .into_iter()
            .filter(|rule| unwanted.iter().any(|other| same(rule, other)))
            .collect();
        if open.is_empty() {
            return Ok(Progress::done(context.did.unwrap_or(Outcome::Kept), []));
        }
        network.revoke(&id, Direction::Ingress, &open).await?;
        Ok(Progress::done(Outcome::Updated, []))
    }
}
