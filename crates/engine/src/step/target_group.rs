//! Target group: HTTP, targets by address, with its health check and drain.

use async_trait::async_trait;

use super::ownership::Owner;
use super::{Context, Diagnosis, DiagnosisCode, Progress, Step, StepError};
use crate::cloud::balancing::{CreateTargetGroup, HealthCheck};
use crate::plan::action::{OutputName, Ref};

pub(crate) struct TargetGroup {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) vpc: Ref,
    pub(crate) health_check: HealthCheck,
    pub(crate) deregistration_delay_s: u16,
}

#[async_trait]
impl Step for TargetGroup {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let balancing = &context.cloud.balancing;
        let vpc = context.value(&self.vpc)?;
        let found = match balancing.target_group(&self.name).await? {
            Some(found) => found,
            None => {
                let wanted = CreateTargetGroup {
                    name: self.name.clone(),
                    port: self.port,
                    vpc_id: vpc.clone(),
                    health_check: self.health_check.clone(),
                    tags: context.tags.clone(),
                };
                balancing.create_target_group(wanted).await?
            }
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody {
            return Ok(context
                .name_taken(
                    "target_group",
                    &self.name,
                    "elasticloadbalancing:DescribeTargetGroups",
                )
                .into());
        }
        // These can't be changed on a target group; the targets' own ports can differ from its port.
        if found.vpc_id != vpc || found.target_type != "ip" || found.protocol != "HTTP" {
            let now = format!("{} {} {}", found.vpc_id, found.target_type, found.protocol);
            return Ok(Diagnosis::new(DiagnosisCode::Refused, "H5")
                .with("reason", format!("{}: {now}", self.name))
                .seen(context.now, "elasticloadbalancing:DescribeTargetGroups", now)
                .into());
        }
        let mut changed = false;
        if found.health_check != self.health_check {
            balancing.set_health_check(&found.arn, &self.health_check).await?;
            changed = true;
        }
        if found.deregistration_delay_s != self.deregistration_delay_s {
            balancing
                .set_deregistration_delay(&found.arn, self.deregistration_delay_s)
                .await?;
            changed = true;
        }
        Ok(Progress::done(
            context.ended(owner, changed),
            [(OutputName::Arn, found.arn), (OutputName::Name, found.name)],
        ))
    }
}
