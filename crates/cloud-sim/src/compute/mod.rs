//! ECS on Fargate.

mod access;
mod api;
mod definitions;
mod deployments;
mod launch;
mod needs;
mod running;
mod scheduler;
mod services;
mod task;

use std::collections::BTreeMap;

use engine::cloud::compute::{Cluster, TaskDefinition};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use services::ServiceRecord;
pub(crate) use task::TaskRecord;

use crate::timing::{FORGET_S, after};
use crate::world::World;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) clusters: BTreeMap<String, ClusterRecord>,
    /// Revisions given out, by family.
    revisions: BTreeMap<String, u32>,
    pub(crate) definitions: BTreeMap<String, TaskDefinition>,
    pub(crate) services: Vec<ServiceRecord>,
    pub(crate) tasks: Vec<TaskRecord>,
    /// Secrets of this account that tasks will not find (see [`World::lose_secret`]).
    lost_secrets: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ClusterRecord {
    pub(crate) cluster: Cluster,
    deleted_at: Option<Timestamp>,
}

impl State {
    pub(crate) fn task(&self, id: &str) -> Option<&TaskRecord> {
        self.tasks.iter().find(|task| task.id == id)
    }

    pub(crate) fn next_moment(&self, world: &World) -> Option<Timestamp> {
        let tasks = self.tasks.iter().filter_map(TaskRecord::next_moment);
        let services = self
            .services
            .iter()
            .filter_map(|service| service.next_moment(world));
        tasks.chain(services).min()
    }

    pub(crate) fn postpone(&mut self, gap: SignedDuration) {
        let later = |at: &mut Option<Timestamp>| {
            if let Some(at) = at {
                *at = at.checked_add(gap).unwrap_or(Timestamp::MAX);
            }
        };
        for task in &mut self.tasks {
            task.postpone(later);
        }
        for service in &mut self.services {
            later(&mut service.launch_not_before);
        }
    }
}

impl World {
    /// Makes a secret or parameter unknown: tasks that need it stop (catalogue N6). Every other one of this account
    /// and region is there, because a practice account has no place to put secrets in.
    pub fn lose_secret(&mut self, arn: &str) {
        self.compute.lost_secrets.push(arn.to_owned());
        self.touch();
    }

    pub(crate) fn settle_compute(&mut self) -> bool {
        self.forget();
        let mut moved = false;
        let living = self.compute.tasks.iter().filter(|task| !task.is_stopped());
        let tasks: Vec<String> = living.map(|task| task.id.clone()).collect();
        for id in tasks {
            moved |= self.step_task(&id);
        }
        for at in 0..self.compute.services.len() {
            moved |= self.schedule(at);
        }
        moved
    }

    /// Drops what AWS no longer shows.
    pub(crate) fn forget(&mut self) {
        let now = self.now;
        let old = |at: Option<Timestamp>| at.is_some_and(|at| after(at, FORGET_S) <= now);
        self.compute.tasks.retain(|task| !old(task.stopped_at));
        self.compute.services.retain(|service| !old(service.inactive_at));
        self.compute.clusters.retain(|_, record| !old(record.deleted_at));
    }
}
