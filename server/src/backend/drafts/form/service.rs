//! The service page: the container, how it is asked whether it is well, and how many of it run.

use engine::cloud::registry::Architecture;
use engine::spec::field;
use engine::spec::problem::ProblemCode;
use engine::spec::{ContainerSpec, HealthSpec, ServiceSpec, limits};

use super::{Form, lines};

impl Form<'_> {
    pub(super) fn container(&mut self) -> Option<ContainerSpec> {
        let name = self.take("container.name", field::container_name);
        let port = self.take("container.port", field::port);
        let size = self.size();
        let architecture = match self.one("container.architecture") {
            "arm64" => Architecture::Arm64,
            _ => Architecture::X86_64,
        };
        let command = self.command();
        let environment = self.lines("container.environment", |name, value| {
            Ok((field::variable(name)?, value.to_owned()))
        });
        let secrets = self.lines("container.secrets", |name, value| {
            Ok((field::variable(name)?, field::secret_arn(value)?))
        });
        let (cpu, memory_mib) = size?;
        Some(ContainerSpec {
            name: name?,
            port: port?,
            cpu,
            memory_mib,
            architecture,
            command: command?,
            environment,
            secrets,
        })
    }

    /// `256/512`.
    fn size(&mut self) -> Option<(u32, u32)> {
        let given = self.one("container.size").to_owned();
        let (cpu, memory) = given.split_once('/').unwrap_or((&given, ""));
        let checked =
            field::cpu(cpu).and_then(|cpu| field::memory_mib(cpu, memory).map(|memory| (cpu, memory)));
        checked
            .map_err(|code| self.refuse("container.size", code, &given))
            .ok()
    }

    fn command(&mut self) -> Option<Vec<String>> {
        // Browsers send line ends as two characters.
        let given = self.one("container.command").replace("\r\n", "\n");
        match lines::split_words(&given) {
            Some(words) => Some(words),
            None => {
                self.refuse("container.command", ProblemCode::OpenQuote, &given);
                None
            }
        }
    }

    pub(super) fn health(&mut self) -> Option<HealthSpec> {
        let path = self.take("health.path", field::path);
        let matcher = self.take("health.matcher", field::matcher);
        let interval_s = self.number("health.interval_s", limits::HEALTH_INTERVAL_S);
        let timeout_s = self.number("health.timeout_s", limits::HEALTH_TIMEOUT_S);
        let healthy_threshold = self.number("health.healthy_threshold", limits::HEALTH_THRESHOLD);
        let unhealthy_threshold = self.number("health.unhealthy_threshold", limits::HEALTH_THRESHOLD);
        let grace_s = self.number("health.grace_s", limits::HEALTH_GRACE_S);
        let drain_s = self.number("health.drain_s", limits::DRAIN_S);
        Some(HealthSpec {
            path: path?,
            matcher: matcher?,
            interval_s: interval_s?,
            timeout_s: timeout_s?,
            healthy_threshold: healthy_threshold?,
            unhealthy_threshold: unhealthy_threshold?,
            grace_s: grace_s?,
            drain_s: drain_s?,
        })
    }

    pub(super) fn service(&mut self) -> Option<ServiceSpec> {
        let desired_count = self.number("service.desired_count", limits::DESIRED_COUNT);
        let failure_threshold = match self.one("service.failure_threshold") {
            "0" => Some(0),
            _ => self.number("service.failure_threshold", limits::FAILURE_THRESHOLD),
        };
        let minimum = self.number("service.minimum_healthy_percent", limits::MINIMUM_HEALTHY_PERCENT);
        let maximum = self.number("service.maximum_percent", limits::MAXIMUM_PERCENT);
        Some(ServiceSpec {
            desired_count: desired_count?,
            failure_threshold: failure_threshold?,
            rollback: self.one("service.rollback") == "on",
            minimum_healthy_percent: minimum?,
            maximum_percent: maximum?,
        })
    }
}
