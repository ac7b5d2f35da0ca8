//! Services as they are asked for.

use std::collections::VecDeque;

use engine::cloud::compute::{
    CreateService, DeploymentSettings, Service, ServiceEvent, ServiceNetwork, ServiceStatus, ServiceTarget,
    UpdateService,
};
use engine::cloud::{CloudError, Result, Tags};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deployments::{DeploymentRecord, ServiceDeploymentRecord};
use crate::refusal::{exists, invalid, not_found};
use crate::world::World;

/// Events AWS shows.
const EVENTS_KEPT: usize = 100;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceRecord {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) cluster: String,
    pub(crate) status: ServiceStatus,
    pub(crate) task_definition: String,
    pub(crate) desired: u32,
    pub(crate) network: ServiceNetwork,
    pub(crate) targets: Vec<ServiceTarget>,
    pub(crate) settings: DeploymentSettings,
    pub(crate) grace_s: u32,
    pub(crate) tags: Tags,
    client_token: String,
    /// PRIMARY first.
    pub(super) deployments: Vec<DeploymentRecord>,
    /// Newest first.
    pub(super) history: VecDeque<ServiceDeploymentRecord>,
    /// Newest first.
    pub(super) events: VecDeque<ServiceEvent>,
    /// The scheduler pauses until then.
    pub(super) launch_not_before: Option<Timestamp>,
    /// Start attempts that failed in a row, before RUNNING.
    pub(super) start_failures: u32,
    pub(super) steady: bool,
    pub(super) inactive_at: Option<Timestamp>,
}

impl ServiceRecord {
    pub(super) fn uses(&self, definition: &str) -> bool {
        self.task_definition == definition
            || self
                .deployments
                .iter()
                .any(|known| known.definition == definition)
    }

    pub(super) fn primary(&self) -> Option<&DeploymentRecord> {
        self.deployments.first()
    }
}

fn no_service() -> CloudError {
    not_found("ServiceNotFoundException", "Service not found.")
}

fn wrong(message: impl Into<String>) -> CloudError {
    invalid("InvalidParameterException", message)
}

impl World {
    pub(super) fn service_at(&self, cluster: &str, name: &str) -> Option<usize> {
        let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
        let name = name.rsplit('/').next().unwrap_or(name);
        // A deleted service of the same name may still be listed: the living one comes first.
        let matching = |service: &&ServiceRecord| service.cluster == cluster && service.name == name;
        let alive = |service: &ServiceRecord| service.status != ServiceStatus::Inactive;
        let services = &self.compute.services;
        services
            .iter()
            .position(|service| matching(&service) && alive(service))
            .or_else(|| services.iter().rposition(|service| matching(&service)))
    }

    pub(super) fn say(&mut self, at: usize, message: String) {
        let (id, now) = (self.uuid(), self.now);
        let Some(service) = self.compute.services.get_mut(at) else {
            return;
        };
        // AWS hides repetitions until something else happens.
        if service
            .events
            .front()
            .is_some_and(|event| event.message == message)
        {
            return;
        }
        service.events.push_front(ServiceEvent { id, at: now, message });
        service.events.truncate(EVENTS_KEPT);
    }

    fn check_service_network(&self, network: &ServiceNetwork) -> Result<()> {
        if network.subnet_ids.is_empty() {
            return Err(wrong("subnets can not be empty."));
        }
        let mut vpc = None;
        for id in &network.subnet_ids {
            let subnet = self.network.subnets.get(id).ok_or_else(|| {
                wrong(format!(
                    "Error retrieving subnet information for [{id}]: The subnet ID '{id}' does not exist"
                ))
            })?;
            if *vpc.get_or_insert(&subnet.vpc_id) != &subnet.vpc_id {
                return Err(wrong("Subnets must all be in the same VPC."));
            }
        }
        for id in &network.security_groups {
            let group = self.network.groups.get(id).ok_or_else(|| {
                wrong(format!("Error retrieving security group information for [{id}]: The security group '{id}' does not exist"))
            })?;
            if Some(&group.vpc_id) != vpc {
                return Err(wrong("Security groups and subnets must be in the same VPC."));
            }
        }
        Ok(())
    }

    fn check_targets(&self, targets: &[ServiceTarget], definition: &str) -> Result<()> {
        let known = self
            .definition(definition)
            .ok_or_else(|| wrong("TaskDefinition not found."))?;
        for target in targets {
            let arn = &target.target_group_arn;
            let group = self.balancing.target_groups.get(arn);
            let group = &group
                .ok_or_else(|| wrong("The specified target group does not exist."))?
                .group;
            if group.target_type != "ip" {
                return Err(wrong(format!(
                    "The provided target group {arn} has target type {}, which is incompatible with the awsvpc \
                     network mode specified in the task definition.",
                    group.target_type
                )));
            }
            // Catalogue B4: the listener comes first.
            if self.balancing.balancers_of(arn).is_empty() {
                return Err(wrong(format!(
                    "The target group with targetGroupArn {arn} does not have an associated load balancer."
                )));
            }
            if target.container != known.container.name {
                return Err(wrong(format!(
                    "The container {} does not exist in the task definition.",
                    target.container
                )));
            }
            // Catalogue B5.
            if target.port != known.container.port {
                return Err(wrong(format!(
                    "The container {} did not have a container port {} defined.",
                    target.container, target.port
                )));
            }
        }
        Ok(())
    }

    fn active_definition(&self, reference: &str) -> Result<String> {
        let known = self
            .definition(reference)
            .ok_or_else(|| wrong("TaskDefinition not found."))?;
        if known.active {
            Ok(known.arn.clone())
        } else {
            Err(wrong("TaskDefinition is inactive"))
        }
    }

    pub(super) fn create_service(&mut self, wanted: CreateService) -> Result<Service> {
        let cluster = self.active_cluster(&wanted.cluster)?.cluster.name.clone();
        self.needs_ecs_role()?;
        let definition = self.active_definition(&wanted.task_definition)?;
        self.check_service_network(&wanted.network)?;
        self.check_targets(&wanted.targets, &definition)?;
        if wanted.targets.is_empty() && wanted.health_grace_s > 0 {
            return Err(wrong(
                "Health check grace period is only valid for services configured to use load balancers",
            ));
        }
        if let Some(at) = self.service_at(&cluster, &wanted.name) {
            let known = &self.compute.services[at];
            let same = (
                &known.client_token,
                &known.task_definition,
                known.desired,
                &known.network,
                &known.targets,
            ) == (
                &wanted.client_token,
                &definition,
                wanted.desired,
                &wanted.network,
                &wanted.targets,
            );
            match known.status {
                ServiceStatus::Active if same => return Ok(self.seen_service(at)),
                // Catalogue B2.
                ServiceStatus::Active | ServiceStatus::Draining => {
                    return Err(exists(
                        "InvalidParameterException",
                        "Creation of service was not idempotent.",
                    ));
                }
                ServiceStatus::Inactive => {}
            }
        }
        let deployment = self.new_deployment(&definition, wanted.desired, &wanted.targets);
        let history = VecDeque::from([self.new_service_deployment(&cluster, &wanted.name, &deployment)]);
        self.compute.services.push(ServiceRecord {
            arn: self.arn("ecs", &format!("service/{cluster}/{}", wanted.name)),
            name: wanted.name,
            cluster,
            status: ServiceStatus::Active,
            task_definition: definition,
            desired: wanted.desired,
            network: wanted.network,
            targets: wanted.targets,
            settings: wanted.settings,
            grace_s: wanted.health_grace_s,
            tags: wanted.tags,
            client_token: wanted.client_token,
            deployments: vec![deployment],
            history,
            events: VecDeque::new(),
            launch_not_before: None,
            start_failures: 0,
            steady: false,
            inactive_at: None,
        });
        let at = self.compute.services.len() - 1;
        self.schedule(at);
        Ok(self.seen_service(at))
    }

    pub(super) fn update_service(
        &mut self,
        cluster: &str,
        name: &str,
        update: UpdateService,
    ) -> Result<Service> {
        self.active_cluster(cluster)?;
        let at = self.service_at(cluster, name).ok_or_else(no_service)?;
        let known = self.compute.services[at].clone();
        if known.status != ServiceStatus::Active {
            return Err(invalid("ServiceNotActiveException", "Service was not ACTIVE."));
        }
        let definition = match &update.task_definition {
            Some(reference) => self.active_definition(reference)?,
            None => known.task_definition.clone(),
        };
        let network = update.network.unwrap_or_else(|| known.network.clone());
        let targets = update.targets.unwrap_or_else(|| known.targets.clone());
        self.check_service_network(&network)?;
        if targets != known.targets || definition != known.task_definition {
            self.check_targets(&targets, &definition)?;
        }
        let grace_s = update.health_grace_s.unwrap_or(known.grace_s);
        if targets.is_empty() && update.health_grace_s.is_some_and(|seconds| seconds > 0) {
            return Err(wrong(
                "Health check grace period is only valid for services configured to use load balancers",
            ));
        }
        let desired = update.desired.unwrap_or(known.desired);
        let redeploy = update.force_new_deployment
            || definition != known.task_definition
            || network != known.network
            || targets != known.targets;
        let service = &mut self.compute.services[at];
        service.settings = update.settings.unwrap_or(service.settings);
        (service.desired, service.network, service.targets, service.grace_s) =
            (desired, network, targets, grace_s);
        if redeploy {
            self.redeploy(at, definition);
        } else if let Some(primary) = service.deployments.first_mut() {
            primary.desired = desired;
        }
        self.schedule(at);
        Ok(self.seen_service(at))
    }

    pub(super) fn delete_service(&mut self, cluster: &str, name: &str, force: bool) -> Result<()> {
        self.active_cluster(cluster)?;
        let at = self.service_at(cluster, name).ok_or_else(no_service)?;
        let service = &mut self.compute.services[at];
        match service.status {
            ServiceStatus::Inactive => return Err(no_service()),
            ServiceStatus::Draining => return Ok(()),
            ServiceStatus::Active => {}
        }
        if service.desired > 0 && !force {
            return Err(wrong("The service cannot be stopped while it is scaled above 0."));
        }
        service.status = ServiceStatus::Draining;
        service.desired = 0;
        for deployment in &mut service.deployments {
            deployment.desired = 0;
        }
        self.schedule(at);
        Ok(())
    }

    /// A service as `DescribeServices` shows it.
    pub(super) fn seen_service(&self, at: usize) -> Service {
        let service = &self.compute.services[at];
        let (running, pending) = self.counts(service, None);
        Service {
            arn: service.arn.clone(),
            name: service.name.clone(),
            status: service.status,
            task_definition: service.task_definition.clone(),
            desired: service.desired,
            running,
            pending,
            network: service.network.clone(),
            targets: service.targets.clone(),
            settings: service.settings,
            health_grace_s: service.grace_s,
            deployments: self.seen_deployments(service),
            events: service.events.iter().cloned().collect(),
            tags: service.tags.clone(),
        }
    }

    /// Running and pending tasks of a service, or of one deployment of it.
    pub(super) fn counts(&self, service: &ServiceRecord, deployment: Option<&str>) -> (u32, u32) {
        let (mut running, mut pending) = (0, 0);
        for task in &self.compute.tasks {
            let ours = task.service == service.arn && deployment.is_none_or(|id| task.deployment == id);
            if ours && task.is_running() {
                running += 1;
            } else if ours && task.is_starting() {
                pending += 1;
            }
        }
        (running, pending)
    }
}
