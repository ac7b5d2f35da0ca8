//! What a task needs to start, and what AWS says when it does not have it.

use engine::cloud::compute::TaskDefinition;

use super::definitions::platform;
use super::task::{ContainerHealth, End, Process, Stage, TaskRecord};
use crate::image::ImageProfile;
use crate::registry::Missing;
use crate::timing::{
    RELAUNCH_S, TASK_AUTH_S, TASK_LOGGER_S, TASK_PROVISIONING_S, TASK_PULL_S, TASK_START_S,
    TASK_UNROUTABLE_S, after,
};
use crate::world::World;

/// Seconds between the pull and RUNNING.
const ACTIVATING_S: u32 = TASK_START_S - TASK_PROVISIONING_S - TASK_AUTH_S - TASK_LOGGER_S - TASK_PULL_S;

/// What stands in the way of a task.
pub(super) enum Hindrance {
    /// Nothing answers; AWS tries for minutes before it says this.
    Unroutable(String),
    /// AWS says this at once.
    Refused(String),
}

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
            self.failed_to_start(at, deployment);
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

    /// Registry credentials and secrets (catalogue N1, N3–N6, A5).
    pub(super) fn check_init(&self, task: &TaskRecord, definition: &TaskDefinition) -> Result<(), Hindrance> {
        let head = "ResourceInitializationError: unable to pull secrets or registry auth:";
        let region = &self.region;
        let role = definition.execution_role_arn.as_deref().unwrap_or_default();
        let role_name = role.rsplit('/').next().unwrap_or(role);
        let user = format!(
            "arn:aws:sts::{}:assumed-role/{role_name}/{}",
            self.account_id, task.id
        );
        let routed = task
            .subnet_id
            .as_ref()
            .is_some_and(|subnet| self.https_out(subnet, task.public_ip.is_some(), &task.security_groups));
        if self.is_ecr(&definition.container.image) {
            if !routed {
                return Err(Hindrance::Unroutable(format!(
                    "{head} The task cannot pull registry auth from Amazon ECR: There is a connection issue between \
                     the task and Amazon ECR. Check your task network configuration. RequestError: send request \
                     failed caused by: Post \"https://api.ecr.{region}.amazonaws.com/\": dial tcp \
                     52.119.216.1:443: i/o timeout"
                )));
            }
            let action = "ecr:GetAuthorizationToken";
            if !self.role_allows(role, action, "*") {
                return Err(Hindrance::Refused(format!(
                    "{head} execution resource retrieval failed: unable to retrieve ecr registry auth: service call \
                     has been retried 1 time(s): AccessDeniedException: User: {user} is not authorized to perform: \
                     {action} on resource: * because no identity-based policy allows the {action} action"
                )));
            }
        }
        for arn in definition.container.secrets.values() {
            self.check_secret(arn, role, &user, routed)?;
        }
        Ok(())
    }

    fn check_secret(&self, arn: &str, role: &str, user: &str, routed: bool) -> Result<(), Hindrance> {
        let head = "ResourceInitializationError: unable to pull secrets or registry auth:";
        let asm = arn.contains(":secretsmanager:");
        let (short, action) = if asm {
            ("asm", "secretsmanager:GetSecretValue")
        } else {
            ("ssm", "ssm:GetParameters")
        };
        if !routed {
            return Err(Hindrance::Unroutable(if asm {
                format!(
                    "{head} unable to retrieve secret from asm: There is a connection issue between the task and AWS \
                     Secrets Manager. Check your task network configuration. failed to fetch secret {arn} from secrets \
                     manager: operation error Secrets Manager: GetSecretValue, context deadline exceeded"
                )
            } else {
                format!(
                    "{head} unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems \
                     Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. \
                     Check your task network configuration. context deadline exceeded"
                )
            }));
        }
        // A JSON key may follow the ARN of a secret: arn:…:secret:name:key::
        let resource = arn.splitn(8, ':').take(7).collect::<Vec<_>>().join(":");
        let resource = if asm { resource } else { arn.to_owned() };
        if !self.role_allows(role, action, &resource) {
            return Err(Hindrance::Refused(format!(
                "{head} execution resource retrieval failed: unable to retrieve secret from {short}: service call has \
                 been retried 1 time(s): AccessDeniedException: User: {user} is not authorized to perform: {action} \
                 on resource: {resource} because no identity-based policy allows the {action} action"
            )));
        }
        let here = arn.contains(&format!(":{}:{}:", self.region, self.account_id));
        if !here || self.compute.lost_secrets.iter().any(|lost| lost == arn) {
            return Err(Hindrance::Refused(if asm {
                format!(
                    "{head} execution resource retrieval failed: unable to retrieve secret from asm: service call has \
                     been retried 1 time(s): failed to fetch secret {arn} from secrets manager: \
                     ResourceNotFoundException: Secrets Manager can't find the specified secret."
                )
            } else {
                let name = arn.split_once(":parameter").map_or(arn, |(_, name)| name);
                format!(
                    "{head} execution resource retrieval failed: unable to retrieve secrets from ssm: service call has \
                     been retried 1 time(s): invalid ssm parameters: {name}"
                )
            }));
        }
        Ok(())
    }

    /// The log stream (catalogue N7–N9).
    pub(super) fn check_log(&self, task: &TaskRecord, definition: &TaskDefinition) -> Result<(), Hindrance> {
        let group = &definition.container.log_group;
        let role = definition.execution_role_arn.as_deref().unwrap_or_default();
        let routed = task
            .subnet_id
            .as_ref()
            .is_some_and(|subnet| self.https_out(subnet, task.public_ip.is_some(), &task.security_groups));
        if !routed {
            return Err(Hindrance::Unroutable(
                "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon \
                 CloudWatch log group defined in the task definition. There is a connection issue between the task \
                 and Amazon CloudWatch. Check your network configuration. : signal: killed"
                    .to_owned(),
            ));
        }
        let head = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 \
                    times: failed to create Cloudwatch log stream:";
        let resource = self.arn(
            "logs",
            &format!("log-group:{group}:log-stream:{}", task.log_stream),
        );
        if !self.role_allows(role, "logs:CreateLogStream", &resource) {
            let role_name = role.rsplit('/').next().unwrap_or(role);
            return Err(Hindrance::Refused(format!(
                "{head} AccessDeniedException: User: arn:aws:sts::{}:assumed-role/{role_name}/{} is not authorized to \
                 perform: logs:CreateLogStream on resource: {resource} because no identity-based policy allows the \
                 logs:CreateLogStream action : exit status 1",
                self.account_id, task.id
            )));
        }
        if !self.logs.groups.contains_key(group) {
            return Err(Hindrance::Refused(format!(
                "{head} ResourceNotFoundException: The specified log group does not exist. : exit status 1"
            )));
        }
        Ok(())
    }

    /// The image (catalogue D1–D5).
    pub(super) fn pull_image(
        &self,
        task: &TaskRecord,
        definition: &TaskDefinition,
    ) -> Result<ImageProfile, Hindrance> {
        let uri = &definition.container.image;
        let role = definition.execution_role_arn.as_deref().unwrap_or_default();
        let routed = task
            .subnet_id
            .as_ref()
            .is_some_and(|subnet| self.https_out(subnet, task.public_ip.is_some(), &task.security_groups));
        let host = uri
            .split('/')
            .next()
            .filter(|host| host.contains('.'))
            .unwrap_or("registry-1.docker.io");
        if !routed {
            return Err(Hindrance::Unroutable(format!(
                "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref \
                 {uri}: failed to do request: Head \"https://{host}/v2/\": dial tcp 52.119.216.1:443: i/o timeout"
            )));
        }
        if self.is_ecr(uri) && !self.role_allows(role, "ecr:BatchGetImage", "*") {
            return Err(Hindrance::Refused(format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
                 {uri}: unexpected status from HEAD request to https://{host}/v2/: 403 Forbidden"
            )));
        }
        let image = self.pull(uri).map_err(|missing| {
            Hindrance::Refused(match missing {
                Missing::Repository(name) => {
                    format!("CannotPullContainerError: API error (404): repository {name} not found")
                }
                Missing::Reference => format!(
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
                     {uri}: {uri}: not found"
                ),
            })
        })?;
        if image.index && !image.architectures.contains(&definition.architecture) {
            return Err(Hindrance::Refused(format!(
                "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not \
                 contain descriptor matching platform '{}'",
                platform(definition.architecture)
            )));
        }
        Ok(image)
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
                    self.failed_to_start(service, &deployment);
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
        let Some(service) = self.service_index(&service) else {
            return;
        };
        let record = &mut self.compute.services[service];
        record.start_failures = 0;
        let (name, targets) = (record.name.clone(), record.targets.clone());
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
    pub(super) fn failed_to_start(&mut self, at: usize, deployment: &str) {
        let now = self.now;
        let service = &mut self.compute.services[at];
        service.start_failures += 1;
        let failures = service.start_failures;
        let pause = match failures {
            0..3 => RELAUNCH_S,
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
