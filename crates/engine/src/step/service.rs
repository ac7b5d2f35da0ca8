//! Service, registered with the target group from the start.

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::load_balancer::{same_members, values};
use super::ownership::Owner;
use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::compute::{
    CreateService, DeploymentSettings, Service as Existing, ServiceNetwork, ServiceStatus, ServiceTarget,
    UpdateService,
};
use crate::plan::action::{OutputName, Ref};

pub(crate) struct Service {
    pub(crate) cluster: String,
    pub(crate) name: String,
    pub(crate) task_definition: Ref,
    pub(crate) desired: u32,
    pub(crate) subnets: Vec<Ref>,
    pub(crate) security_groups: Vec<Ref>,
    pub(crate) target_group: Ref,
    pub(crate) container: String,
    pub(crate) port: u16,
    pub(crate) settings: DeploymentSettings,
    pub(crate) health_grace_s: u32,
}

/// Length of the client token: ECS takes at most 36 characters (32 by the older page).
const TOKEN_LENGTH: usize = 32;

impl Service {
    /// The same for every try of this run, so that a repeated call makes nothing twice.
    fn token(&self, run: &str) -> String {
        let digest = Sha256::digest(format!("{run}\n{}\n{}", self.cluster, self.name).as_bytes());
        let mut token: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        token.truncate(TOKEN_LENGTH);
        token
    }

    fn wanted(&self, context: &Context<'_>) -> Result<CreateService, StepError> {
        Ok(CreateService {
            cluster: self.cluster.clone(),
            name: self.name.clone(),
            task_definition: context.value(&self.task_definition)?,
            desired: self.desired,
            network: ServiceNetwork {
                subnet_ids: values(context, &self.subnets)?,
                security_groups: values(context, &self.security_groups)?,
                assign_public_ip: true,
            },
            targets: vec![ServiceTarget {
                target_group_arn: context.value(&self.target_group)?,
                container: self.container.clone(),
                port: self.port,
            }],
            settings: self.settings,
            health_grace_s: self.health_grace_s,
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
                [(OutputName::Arn, arn), (OutputName::Name, self.name.clone())],
            ))
        };
        let found = match compute.service(&self.cluster, &self.name).await? {
            Some(found) if found.status == ServiceStatus::Active => found,
            // Deleted: the name is free again only when its last task is gone (B2).
            Some(found) if found.status == ServiceStatus::Draining => {
                return Ok(Waiting::new(WaitingCode::ServiceDraining)
                    .with("service", &self.name)
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
                .name_taken("service", &self.name, "ecs:DescribeServices")
                .into());
        }
        let mut changed = false;
        if let Some(update) = difference(&found, &wanted) {
            compute.update_service(&self.cluster, &self.name, update).await?;
            changed = true;
        }
        done(context.ended(owner, changed), found.arn)
    }
}
