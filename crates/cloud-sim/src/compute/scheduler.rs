//! The service scheduler: as many healthy tasks as asked for, of the deployment asked for.

use engine::cloud::balancing::TargetState;
use engine::cloud::compute::ServiceStatus;
use jiff::Timestamp;

use super::deployments::Rollout;
use super::services::ServiceRecord;
use super::task::{ContainerHealth, Stage, TaskRecord};
use crate::timing::after;
use crate::world::World;

impl ServiceRecord {
    pub(super) fn next_moment(&self, world: &World) -> Option<Timestamp> {
        let launch = self
            .launch_not_before
            .filter(|at| *at > world.now && self.status == ServiceStatus::Active);
        let grace = world
            .compute
            .tasks
            .iter()
            .filter(|task| {
                task.service == self.arn && task.stage == Stage::Running && world.bad_target(task).is_some()
            })
            .filter_map(|task| task.started_at.map(|at| after(at, self.grace_s)))
            .filter(|at| *at > world.now);
        launch.into_iter().chain(grace).min()
    }
}

impl World {
    /// The group and description of an unhealthy target of a task.
    pub(super) fn bad_target(&self, task: &TaskRecord) -> Option<(String, u16, String)> {
        self.targets_of(&task.id)
            .find(|(_, target)| target.state == TargetState::Unhealthy)
            .map(|(arn, target)| {
                (
                    arn.to_owned(),
                    target.port,
                    target.description.clone().unwrap_or_default(),
                )
            })
    }

    fn is_healthy(&self, task: &TaskRecord, service: &ServiceRecord) -> bool {
        let own_check = self
            .compute
            .definitions
            .get(&task.definition)
            .and_then(|d| d.container.health_command.as_ref());
        let healthy = self
            .targets_of(&task.id)
            .filter(|(_, target)| target.state == TargetState::Healthy)
            .count();
        task.stage == Stage::Running
            && (own_check.is_none() || task.health == ContainerHealth::Healthy)
            && healthy >= service.targets.len()
    }

    /// One round of the scheduler for one service.
    pub(super) fn schedule(&mut self, at: usize) -> bool {
        let service = self.compute.services[at].clone();
        match service.status {
            ServiceStatus::Inactive => false,
            ServiceStatus::Draining => self.drain_service(at, &service),
            ServiceStatus::Active => self.run_service(at, &service),
        }
    }

    fn drain_service(&mut self, at: usize, service: &ServiceRecord) -> bool {
        let own: Vec<usize> = self.tasks_where(|task| task.service == service.arn && !task.is_stopped());
        if own.is_empty() {
            let now = self.now;
            let record = &mut self.compute.services[at];
            (record.status, record.inactive_at) = (ServiceStatus::Inactive, Some(now));
            return true;
        }
        let wanted: Vec<usize> = own
            .into_iter()
            .filter(|task| self.compute.tasks[*task].is_wanted())
            .collect();
        for task in &wanted {
            self.stop_task(*task, "ServiceSchedulerInitiated", scaling_by(service));
        }
        !wanted.is_empty()
    }

    fn tasks_where(&self, fits: impl Fn(&TaskRecord) -> bool) -> Vec<usize> {
        let all = self.compute.tasks.iter().enumerate();
        all.filter(|(_, task)| fits(task)).map(|(at, _)| at).collect()
    }

    fn run_service(&mut self, at: usize, service: &ServiceRecord) -> bool {
        let Some(primary) = service.primary().cloned() else {
            return false;
        };
        let mut moved = false;
        let own = self.tasks_where(|task| {
            task.service == service.arn && task.deployment == primary.id && task.is_wanted()
        });
        let old = self.tasks_where(|task| {
            task.service == service.arn && task.deployment != primary.id && task.is_wanted()
        });
        let desired = primary.desired as usize;

        // Too many of the new ones: the youngest go.
        for task in own.iter().skip(desired) {
            self.stop_task(*task, "ServiceSchedulerInitiated", scaling_by(service));
            moved = true;
        }

        let percent = |part: u16| (service.desired as usize * usize::from(part)).div_ceil(100);
        let upper = (service.desired as usize * usize::from(service.settings.maximum_percent)) / 100;
        let may_launch =
            primary.rollout != Rollout::Failed && service.launch_not_before.is_none_or(|at| at <= self.now);
        let missing = desired.saturating_sub(own.len());
        let room = upper.saturating_sub(own.len() + old.len());
        if may_launch && missing > 0 {
            for _ in 0..missing.min(room) {
                let failures = self.compute.services[at].start_failures;
                self.launch(at, &primary.id, &primary.definition);
                moved = true;
                let record = &self.compute.services[at];
                let changed = record.primary().map(|known| (&known.id, known.rollout))
                    != Some((&primary.id, primary.rollout));
                if changed || record.start_failures > failures || record.launch_not_before > Some(self.now) {
                    break;
                }
            }
        }

        moved |= self.retire(service, &old, percent(service.settings.minimum_healthy_percent));
        if missing > 0 && room == 0 && may_launch && !moved && !old.is_empty() && own.is_empty() {
            self.say(at, format!(
                "(service {}) was unable to stop or start tasks during a deployment because of the service deployment \
                 configuration. Update the minimumHealthyPercent or maximumPercent value and try again.",
                service.name
            ));
        }
        moved | self.judge(at, &primary.id)
    }

    /// Stops tasks of older deployments as far as enough healthy ones remain.
    fn retire(&mut self, service: &ServiceRecord, old: &[usize], minimum: usize) -> bool {
        let healthy_now = |world: &Self| {
            world
                .tasks_where(|task| task.service == service.arn && world.is_healthy(task, service))
                .len()
        };
        let mut moved = false;
        for task in old {
            let healthy = self.is_healthy(&self.compute.tasks[*task], service);
            if !healthy || healthy_now(self) > minimum {
                self.stop_task(*task, "ServiceSchedulerInitiated", scaling_by(service));
                moved = true;
            }
        }
        moved
    }

    /// Whether the primary deployment is done, and whether the service is steady.
    fn judge(&mut self, at: usize, primary_id: &str) -> bool {
        let service = self.compute.services[at].clone();
        let Some(primary) = service
            .primary()
            .filter(|primary| primary.id == primary_id)
            .cloned()
        else {
            return false;
        };
        let fine = self
            .tasks_where(|task| task.deployment == primary.id && self.is_healthy(task, &service))
            .len();
        let others = self.tasks_where(|task| {
            task.service == service.arn && !task.is_stopped() && task.deployment != primary.id
        });
        // A task that became healthy starts the count of failures anew (`resetOnHealthyTask`).
        if fine > 0
            && primary.failed > 0
            && primary.rollout == Rollout::InProgress
            && let Some(known) = self.compute.services[at].deployments.first_mut()
        {
            known.failed = 0;
        }
        let steady = fine == primary.desired as usize && others.is_empty();
        match primary.rollout {
            Rollout::InProgress if steady => {
                self.complete(at);
                true
            }
            Rollout::Completed if steady != service.steady => {
                self.compute.services[at].steady = steady;
                if steady {
                    self.say(
                        at,
                        format!("(service {}) has reached a steady state.", service.name),
                    );
                }
                true
            }
            _ => false,
        }
    }
}

fn scaling_by(service: &ServiceRecord) -> String {
    let id = service.primary().map_or("", |primary| primary.id.as_str());
    format!("Scaling activity initiated by (deployment {id})")
}
