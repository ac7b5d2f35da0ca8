//! A task's life, from asked for to forgotten.

use std::net::Ipv4Addr;

use engine::cloud::compute::{Task, TaskContainer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::balancing::Probe;
use crate::image::ImageProfile;
use crate::timing::{CONTAINER_CHECK_INTERVAL_S, CONTAINER_CHECK_RETRIES, after};

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Its network interface is being attached.
    Provisioning,
    /// Registry credentials and secrets are being fetched.
    Authorizing,
    /// As before, but nothing answers: there is no way out of the subnet.
    Unroutable,
    /// The log stream is being made.
    OpeningLog,
    /// The image is being pulled.
    Pulling,
    /// The container is about to start.
    Activating,
    /// The container runs.
    Running,
    /// Out of the target group, finishing requests.
    Draining,
    /// SIGTERM was sent.
    Stopping,
    /// Over.
    Stopped,
}

/// What the container's own check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ContainerHealth {
    Unknown,
    Healthy,
    Unhealthy,
}

/// How a container ended or will end by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(super) at: Timestamp,
    pub(super) code: i32,
    pub(super) reason: Option<String>,
    pub(super) last_line: Option<String>,
}

/// What runs in the container.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(super) profile: ImageProfile,
    pub(super) port: u16,
    pub(super) loopback_only: bool,
    pub(super) ready_at: Timestamp,
    pub(super) end: Option<End>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskRecord {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) cluster: String,
    /// Service ARN.
    pub(crate) service: String,
    pub(crate) deployment: String,
    pub(crate) definition: String,
    pub(super) container: String,
    pub(super) stage: Stage,
    /// When the stage ends by itself.
    pub(super) due: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) stopped_at: Option<Timestamp>,
    pub(crate) subnet_id: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) interface_id: Option<String>,
    pub(super) private_ip: Option<Ipv4Addr>,
    pub(crate) public_ip: Option<Ipv4Addr>,
    pub(crate) security_groups: Vec<String>,
    pub(super) image: Option<ImageProfile>,
    pub(crate) process: Option<Process>,
    /// The process does not listen yet: its first moment matters to the checks.
    pub(super) ready_pending: bool,
    pub(super) health: ContainerHealth,
    /// The next run of the container's check that can decide something.
    pub(super) check_at: Option<Timestamp>,
    pub(super) stop_code: Option<String>,
    pub(super) stopped_reason: Option<String>,
    pub(super) exit_code: Option<i32>,
    pub(super) container_reason: Option<String>,
    pub(super) log_group: String,
    pub(super) log_stream: String,
}

impl TaskRecord {
    pub(crate) fn is_stopped(&self) -> bool {
        self.stage == Stage::Stopped
    }

    /// Asked for and not told to stop.
    pub(super) fn is_wanted(&self) -> bool {
        self.stage <= Stage::Running
    }

    pub(super) fn is_running(&self) -> bool {
        (Stage::Running..Stage::Stopped).contains(&self.stage) && self.started_at.is_some()
    }

    pub(super) fn is_starting(&self) -> bool {
        self.stage < Stage::Running
    }

    pub(super) fn next_moment(&self) -> Option<Timestamp> {
        let process = self
            .process
            .as_ref()
            .filter(|_| self.stage >= Stage::Running && !self.is_stopped());
        let ready = process
            .filter(|_| self.ready_pending)
            .map(|process| process.ready_at);
        let end = process.and_then(|process| process.end.as_ref()).map(|end| end.at);
        let check = self.check_at.filter(|_| self.stage == Stage::Running);
        [self.due, ready, end, check].into_iter().flatten().min()
    }

    pub(super) fn postpone(&mut self, later: impl Fn(&mut Option<Timestamp>)) {
        later(&mut self.due);
        later(&mut self.check_at);
        if let Some(process) = &mut self.process {
            let mut ready = Some(process.ready_at);
            if self.ready_pending {
                later(&mut ready);
            }
            process.ready_at = ready.unwrap_or(process.ready_at);
            if let Some(end) = &mut process.end {
                let mut at = Some(end.at);
                later(&mut at);
                end.at = at.unwrap_or(end.at);
            }
        }
    }

    /// What a request to the task's address meets, once the security groups let it through.
    pub(crate) fn answer(&self, port: u16, path: &str, timeout_s: u32, now: Timestamp) -> Probe {
        match &self.process {
            Some(process) if self.is_running() && !process.loopback_only => {
                process.answer(port, path, timeout_s, now)
            }
            _ => Probe::Refused,
        }
    }

    /// The body of the answer to a path, and the milliseconds it takes.
    pub(crate) fn page(&self, path: &str) -> (String, u32) {
        let profile = self.process.as_ref().map(|process| &process.profile);
        profile
            .map(|profile| (profile.answer(path).body.clone(), profile.answer_ms))
            .unwrap_or_default()
    }

    /// Whether the container's own check passes: the image must hold the program, and the program must like the answer.
    pub(super) fn check_passes(&self, command: &[String], now: Timestamp) -> bool {
        let Some(process) = &self.process else {
            return false;
        };
        let words: Vec<&str> = command
            .iter()
            .skip(1)
            .flat_map(|part| part.split_whitespace())
            .collect();
        let Some(program) = words.first() else {
            return false;
        };
        let shell = command.first().is_some_and(|kind| kind == "CMD-SHELL");
        if (shell && !process.profile.has("sh"))
            || !process.profile.has(program.rsplit('/').next().unwrap_or(program))
        {
            return false;
        }
        let Some(url) = words.iter().find_map(|word| {
            let from = word.find("http://")?;
            Some(word[from + 7..].trim_end_matches(['\'', '"', ')', ';']))
        }) else {
            return true;
        };
        let (host, path) = url
            .split_once('/')
            .map_or((url, String::from("/")), |(host, path)| {
                (host, format!("/{path}"))
            });
        let port = host
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .unwrap_or(80);
        matches!(process.answer(port, &path, 5, now), Probe::Code(code) if code < 400)
    }

    /// When the check decides: the first run can find it healthy, the last retry can find it unhealthy.
    pub(super) fn first_check(started_at: Timestamp) -> Timestamp {
        after(started_at, CONTAINER_CHECK_INTERVAL_S)
    }

    pub(super) fn last_check(started_at: Timestamp) -> Timestamp {
        after(started_at, CONTAINER_CHECK_INTERVAL_S * CONTAINER_CHECK_RETRIES)
    }

    /// A task as `DescribeTasks` shows it.
    pub(super) fn seen(&self) -> Task {
        let last_status = match self.stage {
            Stage::Provisioning => "PROVISIONING",
            Stage::Authorizing | Stage::Unroutable | Stage::OpeningLog | Stage::Pulling => "PENDING",
            Stage::Activating => "ACTIVATING",
            Stage::Running => "RUNNING",
            Stage::Draining => "DEACTIVATING",
            Stage::Stopping => "STOPPING",
            Stage::Stopped => "STOPPED",
        };
        let container = TaskContainer {
            name: self.container.clone(),
            last_status: match self.stage {
                Stage::Running | Stage::Draining | Stage::Stopping => "RUNNING",
                Stage::Stopped => "STOPPED",
                _ => "PENDING",
            }
            .to_owned(),
            exit_code: self.exit_code,
            reason: self.container_reason.clone(),
        };
        let health = match self.health {
            ContainerHealth::Unknown => "UNKNOWN",
            ContainerHealth::Healthy => "HEALTHY",
            ContainerHealth::Unhealthy => "UNHEALTHY",
        };
        Task {
            arn: self.arn.clone(),
            task_definition: self.definition.clone(),
            last_status: last_status.to_owned(),
            desired_status: if self.is_wanted() { "RUNNING" } else { "STOPPED" }.to_owned(),
            health: health.to_owned(),
            stop_code: self.stop_code.clone(),
            stopped_reason: self.stopped_reason.clone(),
            zone: self.zone.clone(),
            subnet_id: self.subnet_id.clone(),
            network_interface_id: self.interface_id.clone(),
            private_ip: self.private_ip.map(|ip| ip.to_string()),
            containers: vec![container],
            created_at: Some(self.created_at),
            started_at: self.started_at,
            stopped_at: self.stopped_at,
        }
    }
}

impl Process {
    fn answer(&self, port: u16, path: &str, timeout_s: u32, now: Timestamp) -> Probe {
        let over = self.end.as_ref().is_some_and(|end| end.at <= now);
        if over || now < self.ready_at || port != self.port {
            return Probe::Refused;
        }
        if self.profile.answer_ms > timeout_s.saturating_mul(1000) {
            return Probe::Timeout;
        }
        Probe::Code(self.profile.answer(path).status)
    }
}
