//! Task definitions and services.

use super::Differences;
use crate::cloud::compute::{CircuitBreaker, Service, TaskDefinition};
use crate::plan::action::{PlannedContainer, PlannedService, PlannedTaskDefinition};

impl Differences<'_> {
    pub(super) fn task_definition(&mut self, found: &TaskDefinition, wanted: &PlannedTaskDefinition) {
        self.value("cpu", Some(found.cpu), Some(wanted.cpu));
        self.value("memory_mib", Some(found.memory_mib), Some(wanted.memory_mib));
        if found.architecture != wanted.architecture {
            let (one, other) = (
                format!("{:?}", found.architecture),
                format!("{:?}", wanted.architecture),
            );
            self.value("architecture", Some(one), Some(other));
        }
        let role = self.shown(&wanted.execution_role);
        self.value("execution_role", found.execution_role_arn.as_ref(), Some(role));
        self.value(
            "task_role",
            found.task_role_arn.as_ref(),
            wanted.task_role.as_ref(),
        );
        self.container(found, &wanted.container);
    }

    fn container(&mut self, found: &TaskDefinition, wanted: &PlannedContainer) {
        let now = &found.container;
        self.value("name", Some(&now.name), Some(&wanted.name));
        self.value("image", Some(&now.image), Some(&wanted.image));
        self.value("port", Some(now.port), Some(wanted.port));
        let command = |words: &[String]| (!words.is_empty()).then(|| words.join(" "));
        if now.command != wanted.command {
            self.value("command", command(&now.command), command(&wanted.command));
        }
        self.map("environment", &now.environment, &wanted.environment);
        self.map("secrets", &now.secrets, &wanted.secrets);
        self.value("log_group", Some(&now.log_group), Some(&wanted.log_group));
        let (one, other) = (&now.log_stream_prefix, &wanted.log_stream_prefix);
        self.value("log_stream_prefix", Some(one), Some(other));
        self.value(
            "health_command",
            now.health_command.as_ref().map(|words| words.join(" ")),
            None::<&str>,
        );
    }

    pub(super) fn service(&mut self, found: &Service, wanted: &PlannedService) {
        let revision = self.shown(&wanted.task_definition);
        self.value("task_definition", Some(&found.task_definition), Some(revision));
        self.value("desired", Some(found.desired), Some(wanted.desired));
        self.members("subnets", &found.network.subnet_ids, &wanted.subnets);
        self.members(
            "security_groups",
            &found.network.security_groups,
            &wanted.security_groups,
        );
        self.value(
            "assign_public_ip",
            Some(found.network.assign_public_ip),
            Some(true),
        );
        let targets: Vec<String> = found
            .targets
            .iter()
            .map(|one| format!("{}:{} {}", one.container, one.port, one.target_group_arn))
            .collect();
        let group = self.shown(&wanted.target_group);
        let target = format!("{}:{} {group}", wanted.container, wanted.port);
        self.value("target_group", Some(targets.join(", ")), Some(target));
        let (now, settings) = (found.settings, wanted.settings);
        self.value(
            "minimum_healthy_percent",
            Some(now.minimum_healthy_percent),
            Some(settings.minimum_healthy_percent),
        );
        self.value(
            "maximum_percent",
            Some(now.maximum_percent),
            Some(settings.maximum_percent),
        );
        let failures = |breaker: Option<CircuitBreaker>| {
            breaker.map(|one| {
                one.failure_count
                    .map_or_else(|| "AWS".to_owned(), |count| count.to_string())
            })
        };
        let (one, other) = (failures(now.circuit_breaker), failures(settings.circuit_breaker));
        self.value("failure_threshold", one, other);
        let (one, other) = (now.circuit_breaker, settings.circuit_breaker);
        self.value(
            "rollback",
            one.map(|one| one.rollback),
            other.map(|one| one.rollback),
        );
        self.value(
            "health_grace_s",
            Some(found.health_grace_s),
            Some(wanted.health_grace_s),
        );
    }
}
