//! The service scheduler: as many healthy tasks as asked for, of the deployment asked for.

use engine::cloud::balancing::TargetState;
use engine::cloud::compute::ServiceStatus;
use engine::cloud::logs::LogLine;
use jiff::Timestamp;

use super::deployments::Rollout;
use super::services::ServiceRecord;
use super::task::{ContainerHealth, Stage, TaskRecord};
use crate::balancing::Probe;
use crate::timing::{RELAUNCH_S, after};
use crate::world::World;

/// Between two access lines that are shown of the many a load balancer's checks write.
const ACCESS_LINE_S: u32 = 30;

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
    fn bad_target(&self, task: &TaskRecord) -> Option<(String, u16, String)> {
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

    /// Goes on with a task whose moment has come.
    pub(super) fn step_task(&mut self, id: &str) -> bool {
        let now = self.now;
        let Some(at) = self.compute.tasks.iter().position(|task| task.id == id) else {
            return false;
        };
        let task = &self.compute.tasks[at];
        let due = task.due.is_some_and(|due| due <= now);
        match task.stage {
            Stage::Stopped => false,
            Stage::Running => self.step_running(at),
            Stage::Draining if due => {
                let pause = task
                    .process
                    .as_ref()
                    .map_or(0, |process| process.profile.stops_after_s.min(30));
                let task = &mut self.compute.tasks[at];
                (task.stage, task.due) = (Stage::Stopping, Some(after(now, pause)));
                true
            }
            Stage::Stopping if due => {
                let stubborn = task
                    .process
                    .as_ref()
                    .is_some_and(|process| process.profile.stops_after_s > 30);
                let lines = task
                    .process
                    .as_ref()
                    .map(|process| process.profile.goodbye.clone())
                    .unwrap_or_default();
                let (group, stream) = (task.log_group.clone(), task.log_stream.clone());
                for line in lines.into_iter().filter(|_| !stubborn) {
                    self.write_log(&group, &stream, now, line);
                }
                let task = &mut self.compute.tasks[at];
                task.exit_code = Some(if stubborn { 137 } else { 0 });
                self.finish_task(at);
                true
            }
            _ if due => {
                self.step_start(at);
                true
            }
            _ => false,
        }
    }

    fn step_running(&mut self, at: usize) -> bool {
        let now = self.now;
        let task = self.compute.tasks[at].clone();
        let Some(process) = &task.process else {
            return false;
        };
        let service = self.service_index(&task.service);
        if let Some(end) = process.end.clone().filter(|end| end.at <= now) {
            if let Some(line) = end.last_line {
                self.write_log(&task.log_group, &task.log_stream, end.at, line);
            }
            let record = &mut self.compute.tasks[at];
            record.exit_code = Some(end.code);
            record.container_reason = end.reason;
            self.end_task(
                at,
                "EssentialContainerExited",
                "Essential container in task exited".to_owned(),
            );
            if let Some(service) = service {
                self.compute.services[service].launch_not_before = Some(after(now, RELAUNCH_S));
                self.note_failure(service, &task.deployment);
            }
            return true;
        }
        if task.ready_pending && process.ready_at <= now {
            self.compute.tasks[at].ready_pending = false;
            for line in &process.profile.hello {
                let line = line.replace("{port}", &process.port.to_string());
                self.write_log(&task.log_group, &task.log_stream, process.ready_at, line);
            }
            return true;
        }
        if let Some(due) = task.check_at.filter(|due| *due <= now) {
            return self.run_check(at, &task, due);
        }
        let Some(service) = service else { return false };
        let record = &self.compute.services[service];
        let name = record.name.clone();
        let grace_over = task
            .started_at
            .is_some_and(|started| after(started, record.grace_s) <= now);
        if let Some((group, port, why)) = self.bad_target(&task).filter(|_| grace_over) {
            let id = &task.id;
            self.say(service, format!(
                "(service {name}) (task {id}) (port {port}) is unhealthy in (target-group {group}) due to (reason {why})."
            ));
            self.stop_task(
                at,
                "ServiceSchedulerInitiated",
                format!("Task failed ELB health checks in (target-group {group})"),
            );
            self.note_failure(service, &task.deployment);
            return true;
        }
        false
    }

    fn run_check(&mut self, at: usize, task: &TaskRecord, due: Timestamp) -> bool {
        let definition = self.compute.definitions.get(&task.definition);
        let command = definition
            .and_then(|definition| definition.container.health_command.clone())
            .unwrap_or_default();
        let last = task.started_at.map(TaskRecord::last_check);
        let record = &mut self.compute.tasks[at];
        if task.check_passes(&command, self.now) {
            (record.health, record.check_at) = (ContainerHealth::Healthy, None);
        } else if Some(due) < last {
            record.check_at = last;
        } else {
            (record.health, record.check_at) = (ContainerHealth::Unhealthy, None);
            self.stop_task(
                at,
                "ServiceSchedulerInitiated",
                "Task failed container health checks".to_owned(),
            );
            if let Some(service) = self.service_index(&task.service) {
                let name = self.compute.services[service].name.clone();
                self.say(
                    service,
                    format!(
                        "(service {name}) (task {}) failed container health checks.",
                        task.id
                    ),
                );
                self.note_failure(service, &task.deployment);
            }
        }
        true
    }

    /// Tells a task to stop: out of its target groups first, SIGTERM when they have drained.
    pub(super) fn stop_task(&mut self, at: usize, code: &str, reason: String) {
        let (id, service) = (
            self.compute.tasks[at].id.clone(),
            self.compute.tasks[at].service.clone(),
        );
        if !self.compute.tasks[at].is_wanted() {
            return;
        }
        if self.compute.tasks[at].is_starting() {
            self.end_task(at, code, reason);
            return;
        }
        let (groups, drain) = self.deregister_targets(&id);
        let now = self.now;
        let record = &mut self.compute.tasks[at];
        (record.stop_code, record.stopped_reason) = (Some(code.to_owned()), Some(reason));
        (record.stage, record.due) = (Stage::Draining, Some(after(now, drain)));
        if let Some(service) = self.service_index(&service) {
            let name = self.compute.services[service].name.clone();
            for group in groups {
                self.say(
                    service,
                    format!("(service {name}) deregistered 1 targets in (target-group {group})"),
                );
                self.say(
                    service,
                    format!("(service {name}) has begun draining connections on 1 tasks."),
                );
            }
            self.say(
                service,
                format!("(service {name}) has stopped 1 running tasks: (task {id})."),
            );
        }
    }

    /// A task is over at once.
    pub(super) fn end_task(&mut self, at: usize, code: &str, reason: String) {
        let record = &mut self.compute.tasks[at];
        (record.stop_code, record.stopped_reason) = (Some(code.to_owned()), Some(reason));
        self.finish_task(at);
    }

    fn finish_task(&mut self, at: usize) {
        let now = self.now;
        let record = &mut self.compute.tasks[at];
        (record.stage, record.due, record.stopped_at) = (Stage::Stopped, None, Some(now));
        (record.image, record.process, record.check_at) = (None, None, None);
        let (id, arn) = (record.id.clone(), record.arn.clone());
        self.deregister_targets(&id);
        self.release_interfaces(&arn, 0);
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

    /// The access lines a group's running tasks have written since, the youngest `limit` of each.
    pub(crate) fn access_lines(&self, group: &str, since: Timestamp, limit: usize) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for task in self
            .compute
            .tasks
            .iter()
            .filter(|task| task.log_group == group && task.stage == Stage::Running)
        {
            let Some(process) = task
                .process
                .as_ref()
                .filter(|process| process.ready_at <= self.now)
            else {
                continue;
            };
            let Some((arn, target)) = self.targets_of(&task.id).next() else {
                continue;
            };
            let Some(record) = self.balancing.target_groups.get(arn) else {
                continue;
            };
            let Some(balancer) = self.balancing.balancers_of(arn).into_iter().next() else {
                continue;
            };
            let check = &record.group.health_check;
            let Probe::Code(code) = self.probe(&balancer, target, &check.path, u32::from(check.timeout_s))
            else {
                continue;
            };
            let from = self
                .network
                .owned_by(&balancer)
                .next()
                .map(|interface| interface.private_ip.to_string());
            let from = from.unwrap_or_default();
            let first = process.ready_at.max(since);
            let count = crate::timing::seconds_between(first, self.now) / ACCESS_LINE_S;
            let skip = count.saturating_sub(u32::try_from(limit).unwrap_or(u32::MAX));
            let elapsed =
                crate::timing::seconds_between(process.ready_at, first).next_multiple_of(ACCESS_LINE_S);
            for number in skip..count {
                let at = after(process.ready_at, elapsed + (number + 1) * ACCESS_LINE_S);
                if at <= self.now {
                    let source = 40_000 + (elapsed / ACCESS_LINE_S + number) % 20_000;
                    let message = format!(
                        "INFO:     {from}:{source} - \"GET {} HTTP/1.1\" {code}",
                        check.path
                    );
                    lines.push(LogLine {
                        at,
                        stream: task.log_stream.clone(),
                        message,
                    });
                }
            }
        }
        lines
    }
}

fn scaling_by(service: &ServiceRecord) -> String {
    let id = service.primary().map_or("", |primary| primary.id.as_str());
    format!("Scaling activity initiated by (deployment {id})")
}
