//! Service, registered with the target group from the start.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::load_balancer::{same_members, values};
use super::ownership::Owner;
use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::compute::{
    CreateService, Service as Existing, ServiceNetwork, ServiceStatus, ServiceTarget, UpdateService,
};
use crate::plan::action::{OutputName, PlannedService};

pub(crate) struct Service {
    pub(crate) planned: PlannedService,
}

/// Length of the client token: ECS takes at most 36 characters (32 by the older page).
const TOKEN_LENGTH: usize = 32;

impl Service {
    /// The same for every try of this run, so that a repeated call makes nothing twice.
    fn token(&self, run: &str) -> String {
        let digest =
            Sha256::digest(format!("{run}\n{}\n{}", self.planned.cluster, self.planned.name).as_bytes());
        let mut token: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        token.truncate(TOKEN_LENGTH);
        token
    }

    fn wanted(&self, context: &Context<'_>) -> Result<CreateService, StepError> {
        Ok(CreateService {
            cluster: self.planned.cluster.clone(),
            name: self.planned.name.clone(),
            task_definition: context.value(&self.planned.task_definition)?,
            desired: self.planned.desired,
            network: ServiceNetwork {
                subnet_ids: values(context, &self.planned.subnets)?,
                security_groups: values(context, &self.planned.security_groups)?,
                assign_public_ip: true,
            },
            targets: vec![ServiceTarget {
                target_group_arn: context.value(&self.planned.target_group)?,
                container: self.planned.container.clone(),
                port: self.planned.port,
            }],
            settings: self.planned.settings,
            health_grace_s: self.planned.health_grace_s,
            client_token: self.token(context.run),
            tags: context.tags.clone(),
        })
    }
}

fn same_network(one: &ServiceNetwork, other: &ServiceNetwork) -> bool {
    same_members(&one.subnet_ids, &other.subnet_ids)
        && same_members(&one.security_groups, &other.security_groups)
        && one.assign_public_ip == other.assign_public_ip
}

/// What has to change, and nothing else; `None`: nothing.
fn difference(now: &Existing, wanted: &CreateService) -> Option<UpdateService> {
    let update = UpdateService {
        task_definition: (now.task_definition != wanted.task_definition)
            .then(|| wanted.task_definition.clone()),
        desired: (now.desired != wanted.desired).then_some(wanted.desired),
        network: (!same_network(&now.network, &wanted.network)).then(|| wanted.network.clone()),
        targets: (now.targets != wanted.targets).then(|| wanted.targets.clone()),
        settings: (now.settings != wanted.settings).then_some(wanted.settings),
        health_grace_s: (now.health_grace_s != wanted.health_grace_s).then_some(wanted.health_grace_s),
        force_new_deployment: false,
    };
    (update != UpdateService::default()).then_some(update)
}

#[async_trait]
impl Step for Service {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecs:DescribeServices",
            "ecs:CreateService",
            "ecs:TagResource",
            "ecs:UpdateService",
            "iam:PassRole",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let compute = &context.cloud.compute;
        let wanted = self.wanted(context)?;
        let done = |outcome, arn: String| {
            Ok(Progress::done(
                outcome,
                [
                    (OutputName::Arn, arn),
                    (OutputName::Name, self.planned.name.clone()),
                ],
            ))
        };
        let found = match compute.service(&self.planned.cluster, &self.planned.name).await? {
            Some(found) if found.status == ServiceStatus::Active => found,
            // Deleted: the name is free again only when its last task is gone (B2).
            Some(found) if found.status == ServiceStatus::Draining => {
                return Ok(Waiting::new(WaitingCode::ServiceDraining)
                    .with("service", &self.planned.name)
                    .poll(5));
            }
            _ => {
                let made = compute.create_service(wanted).await?;
                return done(Outcome::Created, made.arn);
            }
        };
        let owner = context.owner(&found.tags);
        if owner == Owner::Somebody {
            return Ok(context
                .name_taken("service", &self.planned.name, "ecs:DescribeServices")
                .into());
        }
        let mut changed = false;
        if let Some(update) = difference(&found, &wanted) {
            compute
                .update_service(&self.planned.cluster, &self.planned.name, update)
                .await?;
            changed = true;
        }
        done(context.ended(owner, changed), found.arn)
    }
}
