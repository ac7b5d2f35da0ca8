//! A task from RUNNING to its end.

use jiff::Timestamp;

use super::task::{ContainerHealth, Stage, TaskRecord};
use crate::timing::{RELAUNCH_S, after};
use crate::world::World;

impl World {
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
}
