//! Asking for a task, and its way to RUNNING.

use engine::cloud::compute::TaskDefinition;

use super::needs::Hindrance;
use super::task::{ContainerHealth, End, Process, Stage, TaskRecord};
use crate::timing::{
    RELAUNCH_S, ROLE_SPREAD_S, TASK_AUTH_S, TASK_LOGGER_S, TASK_PROVISIONING_S, TASK_PULL_S, TASK_START_S,
    TASK_UNROUTABLE_S, after,
};
use crate::world::World;

/// Seconds between the pull and RUNNING.
const ACTIVATING_S: u32 = TASK_START_S - TASK_PROVISIONING_S - TASK_AUTH_S - TASK_LOGGER_S - TASK_PULL_S;

impl World {
    /// Asks for one task of a deployment. A failure to do even that is an event, and a pause.
    pub(super) fn launch(&mut self, at: usize, deployment: &str, definition: &str) {
        let service = self.compute.services[at].clone();
        let Some(definition) = self.compute.definitions.get(definition).cloned() else {
            return;
        };
        let name = &service.name;
        let role = definition.execution_role_arn.clone().unwrap_or_default();
        if !self.tasks_can_assume(&role) {
            self.say(at, format!(
                "(service {name}) failed to launch a task with (error ECS was unable to assume the role '{role}' that \
                 was provided for this task. Please verify that the role being passed has the proper trust \
                 relationship and permissions and that your IAM user has permissions to pass this role.)."
            ));
            self.failed_to_start(at, deployment, ROLE_SPREAD_S);
            return;
        }
        let id = self.hex(32);
        let arn = self.arn("ecs", &format!("task/{}/{id}", service.cluster));
        let mut groups = service.network.security_groups.clone();
        let load = |subnet: &String| {
            let here = |task: &&TaskRecord| !task.is_stopped() && task.subnet_id.as_ref() == Some(subnet);
            self.compute.tasks.iter().filter(here).count()
        };
        let mut choices = service.network.subnet_ids.clone();
        choices.sort_by_key(load);
        if groups.is_empty() {
            let vpc = choices
                .first()
                .and_then(|id| self.network.subnets.get(id))
                .map(|subnet| subnet.vpc_id.clone());
            let default = self
                .network
                .groups
                .values()
                .find(|g| Some(&g.vpc_id) == vpc.as_ref() && g.name == "default");
            groups.extend(default.map(|group| group.id.clone()));
        }
        let description = self.uuid();
        let description = self.arn("ecs", &format!("attachment/{description}"));
        let public = service.network.assign_public_ip;
        let interface = choices
            .iter()
            .find_map(|subnet| self.attach_interface(subnet, &groups, public, &arn, description.clone()));
        let Some(interface) = interface else {
            self.say(
                at,
                format!("(service {name}) was unable to place a task. Reason: RESOURCE:ENI."),
            );
            self.compute.services[at].launch_not_before = Some(after(self.now, 60));
            return;
        };
        let zone = self
            .network
            .subnets
            .get(&interface.nic.subnet_id)
            .map(|subnet| subnet.zone.name.clone());
        let container = &definition.container;
        self.compute.tasks.push(TaskRecord {
            log_group: container.log_group.clone(),
            log_stream: format!("{}/{}/{id}", container.log_stream_prefix, container.name),
            arn,
            cluster: service.cluster.clone(),
            service: service.arn.clone(),
            deployment: deployment.to_owned(),
            definition: definition.arn.clone(),
            container: container.name.clone(),
            stage: Stage::Provisioning,
            due: Some(after(self.now, TASK_PROVISIONING_S)),
            created_at: self.now,
            started_at: None,
            stopped_at: None,
            subnet_id: Some(interface.nic.subnet_id.clone()),
            zone,
            interface_id: Some(interface.nic.id.clone()),
            private_ip: Some(interface.private_ip),
            public_ip: interface.public_ip,
            security_groups: groups,
            image: None,
            process: None,
            ready_pending: false,
            health: ContainerHealth::Unknown,
            check_at: None,
            stop_code: None,
            stopped_reason: None,
            exit_code: None,
            container_reason: None,
            id: id.clone(),
        });
        self.say(at, format!("(service {name}) has started 1 tasks: (task {id})."));
    }

    /// Goes on with a task that starts, when its stage is over.
    pub(super) fn step_start(&mut self, at: usize) {
        let task = self.compute.tasks[at].clone();
        let Some(definition) = self.compute.definitions.get(&task.definition).cloned() else {
            return;
        };
        let found = match task.stage {
            Stage::Provisioning => Ok((Stage::Authorizing, TASK_AUTH_S)),
            Stage::Authorizing | Stage::Unroutable => self
                .check_init(&task, &definition)
                .map(|()| (Stage::OpeningLog, TASK_LOGGER_S)),
            Stage::OpeningLog => self
                .check_log(&task, &definition)
                .map(|()| (Stage::Pulling, TASK_PULL_S)),
            Stage::Pulling => self.pull_image(&task, &definition).map(|image| {
                self.compute.tasks[at].image = Some(image);
                (Stage::Activating, ACTIVATING_S)
            }),
            Stage::Activating => {
                self.start_process(at, &definition);
                return;
            }
            Stage::Running | Stage::Draining | Stage::Stopping | Stage::Stopped => return,
        };
        match found {
            Ok((stage, seconds)) => {
                let task = &mut self.compute.tasks[at];
                (task.stage, task.due) = (stage, Some(after(self.now, seconds)));
            }
            Err(Hindrance::Unroutable(_)) if after(task.created_at, TASK_UNROUTABLE_S) > self.now => {
                let task = &mut self.compute.tasks[at];
                (task.stage, task.due) = (Stage::Unroutable, Some(after(task.created_at, TASK_UNROUTABLE_S)));
            }
            Err(Hindrance::Unroutable(reason) | Hindrance::Refused(reason)) => {
                let (service, deployment) = (task.service.clone(), task.deployment.clone());
                self.end_task(at, "TaskFailedToStart", reason);
                if let Some(service) = self.service_index(&service) {
                    self.failed_to_start(service, &deployment, RELAUNCH_S);
                }
            }
        }
    }

    fn start_process(&mut self, at: usize, definition: &TaskDefinition) {
        let now = self.now;
        let task = &mut self.compute.tasks[at];
        let Some(profile) = task.image.take() else { return };
        let command = &definition.container.command;
        let port = profile
            .argument(command, "--port")
            .and_then(|port| port.parse().ok())
            .unwrap_or(profile.port);
        let loopback_only = match profile.argument(command, "--host") {
            Some(host) => host == "127.0.0.1" || host == "localhost",
            None => profile.loopback_only,
        };
        let end = |after_s: u32, code: i32, reason: Option<&str>, last_line: Option<String>| {
            Some(End {
                at: after(now, after_s),
                code,
                reason: reason.map(str::to_owned),
                last_line,
            })
        };
        let end = if !profile.architectures.contains(&definition.architecture) {
            let program = profile
                .entrypoint
                .first()
                .or(profile.command.first())
                .map_or("/bin/sh", String::as_str);
            end(1, 1, None, Some(format!("exec {program}: exec format error")))
        } else if profile.memory_mib > definition.memory_mib {
            let why = "OutOfMemoryError: Container killed due to memory usage";
            end(profile.ready_after_s.max(1), 137, Some(why), None)
        } else {
            profile
                .exit
                .as_ref()
                .and_then(|exit| end(exit.after_s.max(1), exit.code, None, Some(exit.last_line.clone())))
        };
        let ready_at = after(now, profile.ready_after_s);
        task.process = Some(Process {
            profile,
            port,
            loopback_only,
            ready_at,
            end,
        });
        task.ready_pending = true;
        (task.stage, task.due, task.started_at) = (Stage::Running, None, Some(now));
        task.check_at = definition
            .container
            .health_command
            .as_ref()
            .map(|_| TaskRecord::first_check(now));
        let (id, ip, service) = (task.id.clone(), task.private_ip, task.service.clone());
        let deployment = task.deployment.clone();
        let Some(service) = self.service_index(&service) else {
            return;
        };
        let record = &mut self.compute.services[service];
        record.start_failures = 0;
        let revision = record.deployments.iter().find(|known| known.id == deployment);
        let targets = revision.map_or_else(|| record.targets.clone(), |known| known.targets.clone());
        let name = record.name.clone();
        for target in targets {
            let arn = target.target_group_arn;
            if ip.is_some_and(|ip| self.register_target(&arn, ip, target.port, &id)) {
                self.say(
                    service,
                    format!("(service {name}) registered 1 targets in (target-group {arn})"),
                );
            }
        }
    }

    pub(super) fn service_index(&self, arn: &str) -> Option<usize> {
        self.compute
            .services
            .iter()
            .rposition(|service| service.arn == arn)
    }

    /// A start attempt failed: counted, and followed by a pause that grows (catalogue E12).
    pub(super) fn failed_to_start(&mut self, at: usize, deployment: &str, first_pause_s: u32) {
        let now = self.now;
        let service = &mut self.compute.services[at];
        service.start_failures += 1;
        let failures = service.start_failures;
        let pause = match failures {
            0..3 => first_pause_s,
            _ => 30_u32
                .saturating_mul(1 << (failures - 3).min(10))
                .min(crate::timing::RELAUNCH_MAX_S),
        };
        service.launch_not_before = Some(after(now, pause));
        let name = service.name.clone();
        self.note_failure(at, deployment);
        if failures >= 3 {
            self.say(at, format!(
                "(service {name}) is unable to consistently start tasks successfully. For more information, see the \
                 Troubleshooting section of the Amazon ECS Developer Guide."
            ));
        }
    }
}
