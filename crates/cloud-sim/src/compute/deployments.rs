//! Deployments: how a service gets from one task definition to the next, and back.

use engine::cloud::compute::{
    Deployment, ServiceDeployment, ServiceDeploymentStatus, ServiceStatus, ServiceTarget,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::services::ServiceRecord;
use crate::timing::{FORGET_DEPLOYMENTS_S, after};
use crate::world::World;

/// Service deployments AWS is asked for.
const HISTORY_KEPT: usize = 10;

/// `rolloutState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Rollout {
    InProgress,
    Completed,
    Failed,
}

impl Rollout {
    fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeploymentRecord {
    pub(crate) id: String,
    pub(crate) definition: String,
    pub(crate) desired: u32,
    /// Where its tasks are registered: a service's revision keeps that, so a way back leads to it too.
    #[serde(default)]
    pub(super) targets: Vec<ServiceTarget>,
    pub(super) rollout: Rollout,
    reason: String,
    pub(super) failed: u32,
    /// It was complete once: the circuit breaker can go back to it.
    was_good: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServiceDeploymentRecord {
    arn: String,
    definition: String,
    status: ServiceDeploymentStatus,
    reason: Option<String>,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl World {
    pub(super) fn new_deployment(
        &mut self,
        definition: &str,
        desired: u32,
        targets: &[ServiceTarget],
    ) -> DeploymentRecord {
        let id = format!("ecs-svc/{}", self.digits(19));
        DeploymentRecord {
            reason: format!("ECS deployment {id} in progress."),
            id,
            definition: definition.to_owned(),
            desired,
            targets: targets.to_vec(),
            rollout: Rollout::InProgress,
            failed: 0,
            was_good: false,
        }
    }

    pub(super) fn new_service_deployment(
        &mut self,
        cluster: &str,
        service: &str,
        deployment: &DeploymentRecord,
    ) -> ServiceDeploymentRecord {
        let number = deployment.id.trim_start_matches("ecs-svc/").to_owned();
        ServiceDeploymentRecord {
            arn: self.arn("ecs", &format!("service-deployment/{cluster}/{service}/{number}")),
            definition: deployment.definition.clone(),
            status: ServiceDeploymentStatus::InProgress,
            reason: None,
            created_at: self.now,
            finished_at: None,
        }
    }

    /// Starts a deployment; one in progress is stopped by it.
    pub(super) fn redeploy(&mut self, at: usize, definition: String) {
        let (cluster, name) = {
            let service = &self.compute.services[at];
            (service.cluster.clone(), service.name.clone())
        };
        let desired = self.compute.services[at].desired;
        let targets = self.compute.services[at].targets.clone();
        let deployment = self.new_deployment(&definition, desired, &targets);
        let entry = self.new_service_deployment(&cluster, &name, &deployment);
        let now = self.now;
        let service = &mut self.compute.services[at];
        if let Some(newest) = service
            .history
            .front_mut()
            .filter(|newest| newest.finished_at.is_none())
        {
            newest.finish(
                ServiceDeploymentStatus::Stopped,
                "Service deployment was stopped because a newer one was started.",
                now,
            );
        }
        for old in &mut service.deployments {
            old.desired = 0;
        }
        service.task_definition = definition;
        service.deployments.insert(0, deployment);
        service.history.push_front(entry);
        service.history.truncate(HISTORY_KEPT);
        // A new revision clears the pause between start attempts (catalogue E12).
        (service.start_failures, service.launch_not_before, service.steady) = (0, None, false);
    }

    /// Takes note of a task that failed before its deployment was done.
    pub(super) fn note_failure(&mut self, at: usize, deployment: &str) {
        let service = &mut self.compute.services[at];
        let Some(primary) = service.deployments.first_mut() else {
            return;
        };
        if primary.id != deployment || primary.rollout != Rollout::InProgress {
            return;
        }
        primary.failed += 1;
        let Some(breaker) = service.settings.circuit_breaker else {
            return;
        };
        // Without a count AWS takes half of the desired tasks, at least 3 and at most 200.
        let threshold = breaker
            .failure_count
            .unwrap_or_else(|| primary.desired.div_ceil(2).clamp(3, 200));
        if primary.failed >= threshold.max(1) {
            self.break_circuit(at, breaker.rollback);
        }
    }

    fn break_circuit(&mut self, at: usize, rollback: bool) {
        let now = self.now;
        let service = &mut self.compute.services[at];
        let name = service.name.clone();
        let Some(primary) = service.deployments.first_mut() else {
            return;
        };
        primary.rollout = Rollout::Failed;
        primary.reason = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
        primary.desired = 0;
        let failed = primary.id.clone();
        // Not the primary itself: a way back that fails has no other one.
        let mut older = service.deployments.iter().enumerate().skip(1);
        let candidate = older.find(|(_, known)| known.was_good).map(|(at, _)| at);
        let candidate = candidate.filter(|_| rollback);
        let entry = service.history.front_mut();
        let back_to = match (candidate, entry) {
            (Some(good), Some(entry)) => {
                let mut deployment = service.deployments.remove(good);
                deployment.desired = service.desired;
                deployment.rollout = Rollout::InProgress;
                deployment.reason = format!(
                    "ECS deployment circuit breaker: rolling back to deploymentId {}.",
                    deployment.id
                );
                service.task_definition = deployment.definition.clone();
                service.targets = deployment.targets.clone();
                let id = deployment.id.clone();
                service.deployments.insert(0, deployment);
                entry.status = ServiceDeploymentStatus::RollbackInProgress;
                entry.reason = Some(
                    "Service deployment rolled back because the circuit breaker threshold was exceeded."
                        .into(),
                );
                (service.start_failures, service.launch_not_before, service.steady) = (0, None, false);
                Some(id)
            }
            (None, Some(entry)) if rollback => {
                let why = "Service deployment failed because the circuit breaker threshold was exceeded. No rollback \
                           candidate was found to run the rollback.";
                entry.finish(ServiceDeploymentStatus::RollbackFailed, why, now);
                None
            }
            (_, Some(entry)) => {
                let why = "Service deployment stopped because the circuit breaker threshold was exceeded.";
                entry.finish(ServiceDeploymentStatus::Stopped, why, now);
                None
            }
            (_, None) => None,
        };
        self.say(
            at,
            format!("(service {name}) (deployment {failed}) deployment failed: tasks failed to start."),
        );
        if let Some(id) = back_to {
            self.say(at, format!("(service {name}) rolling back to deployment {id}."));
        }
    }

    /// The primary deployment is done.
    pub(super) fn complete(&mut self, at: usize) {
        let now = self.now;
        let service = &mut self.compute.services[at];
        let name = service.name.clone();
        service.deployments.truncate(1);
        let Some(primary) = service.deployments.first_mut() else {
            return;
        };
        primary.rollout = Rollout::Completed;
        primary.was_good = true;
        primary.reason = format!("ECS deployment {} completed.", primary.id);
        let id = primary.id.clone();
        if let Some(entry) = service.history.front_mut() {
            match entry.status {
                ServiceDeploymentStatus::RollbackInProgress => {
                    entry.status = ServiceDeploymentStatus::RollbackSuccessful;
                    entry.finished_at = Some(now);
                }
                ServiceDeploymentStatus::InProgress => {
                    entry.status = ServiceDeploymentStatus::Successful;
                    entry.finished_at = Some(now);
                }
                _ => {}
            }
        }
        service.steady = true;
        self.say(at, format!("(service {name}) has reached a steady state."));
        self.say(
            at,
            format!("(service {name}) (deployment {id}) deployment completed."),
        );
    }

    pub(super) fn seen_deployments(&self, service: &ServiceRecord) -> Vec<Deployment> {
        if service.status == ServiceStatus::Inactive {
            return Vec::new();
        }
        let one = |(at, record): (usize, &DeploymentRecord)| {
            let (running, pending) = self.counts(service, Some(&record.id));
            Deployment {
                id: record.id.clone(),
                status: if at == 0 { "PRIMARY" } else { "ACTIVE" }.to_owned(),
                rollout_state: Some(record.rollout.name().to_owned()),
                rollout_reason: Some(record.reason.clone()),
                task_definition: record.definition.clone(),
                desired: record.desired,
                running,
                pending,
                failed: record.failed,
            }
        };
        service.deployments.iter().enumerate().map(one).collect()
    }

    pub(super) fn seen_history(&self, at: usize) -> Vec<ServiceDeployment> {
        let one = |record: &ServiceDeploymentRecord| ServiceDeployment {
            arn: record.arn.clone(),
            status: record.status,
            status_reason: record.reason.clone(),
            task_definition: Some(record.definition.clone()),
            created_at: Some(record.created_at),
            finished_at: record.finished_at,
        };
        let shown = |record: &&ServiceDeploymentRecord| {
            record
                .finished_at
                .is_none_or(|_| after(record.created_at, FORGET_DEPLOYMENTS_S) > self.now)
        };
        let history = self.compute.services[at].history.iter();
        history.filter(shown).map(one).collect()
    }
}

impl ServiceDeploymentRecord {
    fn finish(&mut self, status: ServiceDeploymentStatus, reason: &str, now: Timestamp) {
        self.status = status;
        self.reason = Some(reason.to_owned());
        self.finished_at = Some(now);
    }
}
