//! Why a deployment fails: from stopped tasks, target health and events to one cause. The earliest broken stage wins;
//! what follows from it is not reported as a cause of its own (catalogue §0).

use crate::cloud::balancing::{TargetHealth, TargetState};
use crate::cloud::compute::{ServiceEvent, Task};
use crate::step::DiagnosisCode;

/// What one observation points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Cause.
    pub code: DiagnosisCode,
    /// Entry of the catalogue.
    pub rule: &'static str,
    /// The word that matters: exit code, answered status, denied action, AWS's reason.
    pub detail: String,
}

impl Signal {
    fn new(code: DiagnosisCode, rule: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            rule,
            detail: detail.into(),
        }
    }

    /// How early in a task's life the cause strikes: the smaller, the more it explains.
    pub fn stage(&self) -> u8 {
        match self.code {
            DiagnosisCode::RoleTrust | DiagnosisCode::Denied | DiagnosisCode::Quota => 0,
            DiagnosisCode::NoRoute
            | DiagnosisCode::ImageMissing
            | DiagnosisCode::ImagePlatform
            | DiagnosisCode::ImagePull
            | DiagnosisCode::LogGroupMissing => 1,
            DiagnosisCode::OutOfMemory | DiagnosisCode::ContainerExited => 2,
            DiagnosisCode::ContainerCheck => 3,
            DiagnosisCode::TargetTimeout | DiagnosisCode::TargetRefused | DiagnosisCode::TargetWrongCode => 4,
            _ => 5,
        }
    }
}

/// Everything AWS says about why a task stopped, in one text.
pub fn words(task: &Task) -> String {
    let containers = task
        .containers
        .iter()
        .filter_map(|container| container.reason.as_deref());
    let mut parts: Vec<&str> = task.stop_code.as_deref().into_iter().collect();
    parts.extend(task.stopped_reason.as_deref());
    parts.extend(containers);
    parts.join(": ")
}

/// The action in AWS's sentence `… is not authorized to perform: ACTION …`.
fn denied_action(text: &str) -> String {
    let after = text.split("authorized to perform").nth(1).unwrap_or_default();
    let action = after
        .trim_start_matches([':', ' '])
        .split_whitespace()
        .next()
        .unwrap_or_default();
    action.trim_end_matches(['.', ',']).to_owned()
}

fn pull_failure(text: &str, lower: &str) -> Signal {
    let has = |part: &str| lower.contains(part);
    if has("descriptor matching platform") || has("does not match the specified platform") {
        Signal::new(DiagnosisCode::ImagePlatform, "D1", text)
    } else if has("i/o timeout") || has("request canceled") || has("context canceled") {
        Signal::new(DiagnosisCode::NoRoute, "D4", text)
    } else if has("toomanyrequests") || has("rate limit") {
        Signal::new(DiagnosisCode::ImagePull, "D6", text)
    } else if has("no basic auth") || has("pull access denied") || has("token has expired") {
        Signal::new(DiagnosisCode::ImagePull, "D7", text)
    } else if has("no space left") {
        Signal::new(DiagnosisCode::ImagePull, "D8", text)
    } else if has("repository") && has("not found") {
        Signal::new(DiagnosisCode::ImageMissing, "D3", text)
    } else if has("not found") || has("manifest unknown") {
        Signal::new(DiagnosisCode::ImageMissing, "D2", text)
    } else if has("invalid reference format") {
        Signal::new(DiagnosisCode::ImagePull, "D9", text)
    } else {
        Signal::new(DiagnosisCode::ImagePull, "D5", text)
    }
}

/// What a stopped task points to; `None` for a stop that is no failure (scaling in, a deployment taking over, a
/// person). `log_group_there` settles a sentence of AWS's that blames the log group for a missing route too (N7, N8).
pub fn stopped_task(task: &Task, log_group_there: Option<bool>) -> Option<Signal> {
    let text = words(task);
    let lower = text.to_lowercase();
    let has = |part: &str| lower.contains(part);
    let signal = |code, rule| Some(Signal::new(code, rule, text.clone()));
    if has("unable to assume the role") {
        return signal(DiagnosisCode::RoleTrust, "A4");
    }
    if has("cannotpullcontainererror") && !has("accessdenied") && !has("not authorized") {
        return Some(pull_failure(&text, &lower));
    }
    if has("log group does not exist") {
        return signal(DiagnosisCode::LogGroupMissing, "N8");
    }
    if has("failed to validate logger args") || has("failed to initialize logging driver") {
        return match log_group_there {
            Some(false) => signal(DiagnosisCode::LogGroupMissing, "N8"),
            _ if has("accessdenied") || has("not authorized") => {
                Some(Signal::new(DiagnosisCode::Denied, "N9", denied_action(&text)))
            }
            _ => signal(DiagnosisCode::NoRoute, "N7"),
        };
    }
    if has("accessdenied") || has("not authorized to perform") {
        let action = denied_action(&text);
        let rule = match action.split(':').next() {
            Some("ecr") => "A5",
            Some("logs") => "N9",
            _ => "N5",
        };
        return Some(Signal::new(DiagnosisCode::Denied, rule, action));
    }
    if has("can't find the specified secret") || has("invalid ssm parameters") {
        return signal(DiagnosisCode::DeploymentFailed, "N6");
    }
    if has("resourceinitializationerror")
        && (has("registry auth") || has("retrieve secret") || has("connection issue") || has("timeout"))
    {
        let rule = match (
            has("asm") || has("secrets manager"),
            has("ssm") || has("systems manager"),
        ) {
            (true, _) => "N3",
            (false, true) => "N4",
            (false, false) => "N1",
        };
        return signal(DiagnosisCode::NoRoute, rule);
    }
    if has("outofmemory") {
        return signal(DiagnosisCode::OutOfMemory, "E3");
    }
    if has("exec format error") {
        return signal(DiagnosisCode::ImagePlatform, "E1");
    }
    if has("failed container health checks") {
        return signal(DiagnosisCode::ContainerCheck, "F1");
    }
    if has("failed elb health checks") {
        // Which check failed is in the target's reason, not here.
        return signal(DiagnosisCode::DeploymentFailed, "F16");
    }
    if has("scaling activity initiated by") || has("userinitiated") {
        return None;
    }
    let exit = task.containers.iter().find_map(|container| container.exit_code);
    if has("essentialcontainerexited") || has("essential container") {
        let code = exit.unwrap_or_default();
        let rule = match code {
            0 => "E8",
            126 | 127 => "E9",
            134 => "E6",
            137 => "E4",
            139 => "E5",
            143 => "E7",
            _ => "E2",
        };
        return Some(Signal::new(
            DiagnosisCode::ContainerExited,
            rule,
            code.to_string(),
        ));
    }
    if has("cannotstartcontainererror") {
        return signal(DiagnosisCode::DeploymentFailed, "E9");
    }
    if has("taskfailedtostart") || has("resourceinitializationerror") {
        return signal(DiagnosisCode::DeploymentFailed, "E12");
    }
    None
}

/// The codes in `Health checks failed with these codes: [404]`.
fn answered_codes(text: &str) -> Option<String> {
    let (_, after) = text.split_once("with these codes: [")?;
    Some(after.split(']').next().unwrap_or_default().to_owned())
}

/// What a reason for failing load balancer checks points to, as a target or a service event gives it.
fn check_reason(reason: &str, text: &str) -> Option<Signal> {
    let lower = text.to_lowercase();
    if let Some(codes) = answered_codes(text) {
        let rule = match codes.as_str() {
            "404" => "F8",
            "301" | "302" | "307" | "308" => "F9",
            "400" => "F10",
            "401" | "403" => "F11",
            _ => "F12",
        };
        return Some(Signal::new(DiagnosisCode::TargetWrongCode, rule, codes));
    }
    match reason {
        "Target.Timeout" => Some(Signal::new(DiagnosisCode::TargetTimeout, "F13", text)),
        "Target.FailedHealthChecks" => Some(Signal::new(DiagnosisCode::TargetRefused, "F15", text)),
        "Target.ResponseCodeMismatch" => Some(Signal::new(DiagnosisCode::TargetWrongCode, "F8", text)),
        _ if lower.contains("request timed out") || lower.contains("request timeout") => {
            Some(Signal::new(DiagnosisCode::TargetTimeout, "F13", text))
        }
        _ if lower.contains("health checks failed") => {
            Some(Signal::new(DiagnosisCode::TargetRefused, "F15", text))
        }
        _ => None,
    }
}

/// What an unhealthy target points to.
pub fn target(health: &TargetHealth) -> Option<Signal> {
    if health.state != TargetState::Unhealthy {
        return None;
    }
    check_reason(
        health.reason.as_deref().unwrap_or_default(),
        health.description.as_deref().unwrap_or_default(),
    )
}

/// What a service event points to. Most events are news, not failures.
pub fn event(event: &ServiceEvent) -> Option<Signal> {
    let text = event.message.as_str();
    let lower = text.to_lowercase();
    if lower.contains("unable to assume the role") {
        return Some(Signal::new(DiagnosisCode::RoleTrust, "A4", text));
    }
    if lower.contains("you've reached the limit on") || lower.contains("configuration is above your limit") {
        return Some(Signal::new(DiagnosisCode::Quota, "A8", text));
    }
    if lower.contains("is unhealthy in (target-group") {
        return check_reason("", text);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::compute::TaskContainer;

    fn task(code: &str, reason: &str, exit: Option<i32>) -> Task {
        Task {
            arn: "arn:aws:ecs:ap-northeast-1:123456789012:task/c/1".into(),
            task_definition: "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/t:1".into(),
            last_status: "STOPPED".into(),
            desired_status: "STOPPED".into(),
            health: "UNKNOWN".into(),
            stop_code: Some(code.into()),
            stopped_reason: Some(reason.into()),
            zone: None,
            subnet_id: None,
            network_interface_id: None,
            private_ip: None,
            containers: vec![TaskContainer {
                name: "api".into(),
                last_status: "STOPPED".into(),
                exit_code: exit,
                reason: None,
            }],
            created_at: None,
            started_at: None,
            stopped_at: None,
        }
    }

    fn cause(
        code: &str,
        reason: &str,
        exit: Option<i32>,
        group: Option<bool>,
    ) -> Option<(DiagnosisCode, &'static str)> {
        stopped_task(&task(code, reason, exit), group).map(|signal| (signal.code, signal.rule))
    }

    #[test]
    fn a_missing_log_group_and_a_missing_route_to_logs_are_told_apart() {
        let blames_group = "ResourceInitializationError: failed to validate logger args: The task cannot find the \
            Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task \
            and Amazon CloudWatch. Check your network configuration.";
        let start = "TaskFailedToStart";
        assert_eq!(
            cause(start, blames_group, None, Some(false)),
            Some((DiagnosisCode::LogGroupMissing, "N8"))
        );
        assert_eq!(
            cause(start, blames_group, None, Some(true)),
            Some((DiagnosisCode::NoRoute, "N7"))
        );
        let plain = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 \
            times: ResourceNotFoundException: The specified log group does not exist.";
        assert_eq!(
            cause(start, plain, None, None),
            Some((DiagnosisCode::LogGroupMissing, "N8"))
        );
    }

    #[test]
    fn a_pull_that_fails_names_platform_route_or_missing_image() {
        let start = "TaskFailedToStart";
        let platform = "CannotPullContainerError: pull image manifest has been retried 5 time(s): image Manifest does \
            not contain descriptor matching platform 'linux/amd64'";
        assert_eq!(
            cause(start, platform, None, None),
            Some((DiagnosisCode::ImagePlatform, "D1"))
        );
        let missing = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
            x:latest: not found";
        assert_eq!(
            cause(start, missing, None, None),
            Some((DiagnosisCode::ImageMissing, "D2"))
        );
        let route = "CannotPullContainerError: failed to do request: Head https://x: dial tcp 1.2.3.4:443: i/o timeout";
        assert_eq!(
            cause(start, route, None, None),
            Some((DiagnosisCode::NoRoute, "D4"))
        );
        let auth = "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry \
            auth from Amazon ECR: There is a connection issue between the task and Amazon ECR.";
        assert_eq!(
            cause(start, auth, None, None),
            Some((DiagnosisCode::NoRoute, "N1"))
        );
    }

    #[test]
    fn exit_137_is_memory_only_when_aws_says_so() {
        let exited = "EssentialContainerExited";
        let plain = "Essential container in task exited";
        assert_eq!(
            cause(exited, plain, Some(137), None),
            Some((DiagnosisCode::ContainerExited, "E4"))
        );
        let memory = "OutOfMemoryError: Container killed due to memory usage";
        assert_eq!(
            cause(exited, memory, Some(137), None),
            Some((DiagnosisCode::OutOfMemory, "E3"))
        );
    }

    #[test]
    fn leaving_tasks_are_no_failures() {
        let scaling = "Scaling activity initiated by (deployment ecs-svc/1)";
        assert_eq!(cause("ServiceSchedulerInitiated", scaling, Some(143), None), None);
    }

    #[test]
    fn a_denied_call_of_the_role_names_the_action() {
        let text = "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: User: \
            arn:aws:sts::1:assumed-role/r/1 is not authorized to perform: ecr:GetAuthorizationToken on resource: *";
        let signal = stopped_task(&task("TaskFailedToStart", text, None), None).unwrap();
        assert_eq!((signal.code, signal.rule), (DiagnosisCode::Denied, "A5"));
        assert_eq!(signal.detail, "ecr:GetAuthorizationToken");
    }

    #[test]
    fn an_unhealthy_target_tells_timeout_refusal_and_wrong_answer_apart() {
        let of = |reason: &str, description: &str| {
            target(&TargetHealth {
                target: "10.0.2.10".into(),
                port: 8080,
                state: TargetState::Unhealthy,
                reason: Some(reason.into()),
                description: Some(description.into()),
            })
            .map(|signal| (signal.code, signal.rule, signal.detail))
        };
        let wrong = of(
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [404]",
        );
        assert_eq!(wrong, Some((DiagnosisCode::TargetWrongCode, "F8", "404".into())));
        let timeout = of("Target.Timeout", "Request timed out");
        assert_eq!(timeout.map(|one| one.0), Some(DiagnosisCode::TargetTimeout));
        let refused = of("Target.FailedHealthChecks", "Health checks failed");
        assert_eq!(refused.map(|one| one.0), Some(DiagnosisCode::TargetRefused));
    }

    #[test]
    fn the_earliest_broken_stage_has_the_smallest_number() {
        let pull = stopped_task(
            &task("TaskFailedToStart", "CannotPullContainerError: not found", None),
            None,
        )
        .unwrap();
        let exit = stopped_task(&task("EssentialContainerExited", "", Some(1)), None).unwrap();
        assert!(pull.stage() < exit.stage());
    }
}
