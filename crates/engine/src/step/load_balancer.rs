//! ALB, waited for until it is active.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Diagnosis, DiagnosisCode, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::balancing::{CreateLoadBalancer, LoadBalancerState};
use crate::plan::action::{OutputName, Ref};

pub(crate) struct LoadBalancer {
    pub(crate) name: String,
    pub(crate) subnets: Vec<Ref>,
    pub(crate) security_groups: Vec<Ref>,
}

/// The values of several references.
pub(super) fn values(context: &Context<'_>, references: &[Ref]) -> Result<Vec<String>, StepError> {
    references
        .iter()
        .map(|one| context.value(one).map_err(StepError::from))
        .collect()
}

/// Two lists with the same members. AWS answers subnets and groups in an order of its own.
pub(super) fn same_members(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

#[async_trait]
impl Step for LoadBalancer {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:SetSubnets",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let balancing = &context.cloud.balancing;
        let subnets = values(context, &self.subnets)?;
        let groups = values(context, &self.security_groups)?;
        let found = match balancing.load_balancer(&self.name).await? {
            Some(found) => found,
            None => {
                let wanted = CreateLoadBalancer {
                    name: self.name.clone(),
                    internet_facing: true,
                    subnet_ids: subnets.clone(),
                    security_groups: groups.clone(),
                    tags: context.tags.clone(),
                };
                balancing.create_load_balancer(wanted).await?
            }
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody || !found.internet_facing {
            return Ok(context
                .name_taken(
                    "load_balancer",
                    &self.name,
                    "elasticloadbalancing:DescribeLoadBalancers",
                )
                .into());
        }
        let known = [
            (OutputName::Arn, found.arn.clone()),
            (OutputName::DnsName, found.dns_name.clone()),
            (OutputName::Name, found.name.clone()),
        ];
        let mut changed = false;
        match &found.state {
            LoadBalancerState::Provisioning => {
                let did = (owner == Owner::ThisRun)
                    .then_some(Outcome::Created)
                    .or(context.did);
                return Ok(Waiting::new(WaitingCode::LoadBalancerProvisioning)
                    .with("name", &self.name)
                    .poll(3)
                    .having(did)
                    .knowing(known));
            }
            LoadBalancerState::Failed { reason } => {
                return Ok(Diagnosis::new(DiagnosisCode::LoadBalancerFailed, "H14")
                    .with("reason", reason)
                    .with("name", &self.name)
                    .seen(context.now, "elasticloadbalancing:DescribeLoadBalancers", reason)
                    .into());
            }
            // Impaired still serves; what it lacks (often free addresses) comes back without us.
            LoadBalancerState::Active | LoadBalancerState::ActiveImpaired { .. } => {
                if !same_members(&found.subnet_ids, &subnets) {
                    balancing.set_subnets(&found.arn, &subnets).await?;
                    changed = true;
                }
                if !same_members(&found.security_groups, &groups) {
                    balancing.set_security_groups(&found.arn, &groups).await?;
                    changed = true;
                }
            }
        }
        Ok(Progress::done(context.ended(owner, changed), known))
    }
}
