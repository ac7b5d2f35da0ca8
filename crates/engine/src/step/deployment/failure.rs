//! Whether a deployment has failed, and why. It need not be over for that: two tasks that die of the same cause, or a
//! cause that no second task can escape, are enough.

use super::super::image_pushed::{platform, platforms};
use super::super::{Context, Diagnosis, DiagnosisCode, StepError};
use super::ports::{name_in, port_closed};
use super::{Sight, trust};
use crate::cloud::balancing::{TargetHealth, TargetState};
use crate::cloud::compute::{ServiceDeploymentStatus, Task, TaskDefinition};
use crate::diagnosis::{self, Signal};

/// Failures of one kind that make a deployment hopeless.
const IDENTICAL: usize = 2;
/// A target that is unhealthy this close to the end of its grace, seconds, can't become healthy in time.
const GRACE_MARGIN_S: i64 = 4;
/// Log lines kept as evidence.
const LOG_LINES: usize = 20;

/// The diagnosis of a failed or hopeless deployment; `None`: it may still succeed.
pub(super) async fn find(context: &Context<'_>, sight: &Sight) -> Result<Option<Diagnosis>, StepError> {
    let lost = sight.lost();
    let definition = match sight.stopped.is_empty() && !lost {
        true => None,
        false => context.cloud.compute.task_definition(&sight.wanted).await?,
    };
    let log_group_there = log_group_there(context, sight, definition.as_ref()).await?;
    let signals = signals(context, sight, log_group_there, lost);
    let hopeless = lost || hopeless(context, sight, &signals, log_group_there).await?;
    if !hopeless {
        return Ok(None);
    }
    if let Some(other) = &sight.superseded_by {
        let reason = format!("{other} is being deployed instead of {}", sight.wanted);
        let diagnosis = Diagnosis::new(DiagnosisCode::DeploymentFailed, "G9").with("reason", reason);
        return Ok(Some(evidence(context, sight, diagnosis)));
    }
    let worst = signals.iter().min_by_key(|(signal, _)| signal.stage());
    let mut diagnosis = match worst {
        Some((signal, task)) => {
            let definition = match definition {
                Some(definition) => Some(definition),
                None => context.cloud.compute.task_definition(&sight.wanted).await?,
            };
            named(context, sight, signal, *task, definition.as_ref()).await?
        }
        None => unnamed(sight),
    };
    diagnosis = evidence(context, sight, diagnosis);
    if diagnosis.code == DiagnosisCode::ContainerExited {
        diagnosis = with_log(context, sight, diagnosis).await?;
    }
    Ok(Some(diagnosis))
}

/// Asked only when a task stopped with words about the log group.
async fn log_group_there(
    context: &Context<'_>,
    sight: &Sight,
    definition: Option<&TaskDefinition>,
) -> Result<Option<bool>, StepError> {
    let about_logs = |task: &Task| {
        let words = diagnosis::words(task).to_lowercase();
        words.contains("log group") || words.contains("logger args") || words.contains("logging driver")
    };
    match definition {
        Some(definition) if sight.stopped.iter().any(about_logs) => Ok(Some(
            context
                .cloud
                .logs
                .log_group(&definition.container.log_group)
                .await?
                .is_some(),
        )),
        _ => Ok(None),
    }
}

/// Everything that points to a cause, with the task it was seen on.
fn signals<'s>(
    context: &Context<'_>,
    sight: &'s Sight,
    log_group_there: Option<bool>,
    lost: bool,
) -> Vec<(Signal, Option<&'s Task>)> {
    // A deployment that failed is explained by all of its tasks. One that goes on is judged by what happened since
    // somebody asked to try again.
    let fresh = |task: &&Task| lost || task.stopped_at.is_some_and(|at| at >= context.execution_since);
    let tasks = sight.stopped.iter().filter(fresh);
    let mut signals: Vec<_> = tasks
        .filter_map(|task| diagnosis::stopped_task(task, log_group_there).map(|signal| (signal, Some(task))))
        .collect();
    let target_of = |health: &TargetHealth| {
        sight
            .running
            .iter()
            .find(|task| task.private_ip.as_ref() == Some(&health.target))
    };
    signals.extend(
        sight
            .targets
            .iter()
            .filter_map(|health| diagnosis::target(health).map(|signal| (signal, target_of(health)))),
    );
    let asked_at = sight.deployment.as_ref().and_then(|one| one.created_at);
    let since = if lost {
        asked_at
    } else {
        asked_at.max(Some(context.execution_since))
    };
    let events = sight
        .service
        .events
        .iter()
        .filter(|event| since.is_none_or(|since| event.at >= since));
    signals.extend(events.filter_map(diagnosis::event).map(|signal| (signal, None)));
    signals
}

async fn hopeless(
    context: &Context<'_>,
    sight: &Sight,
    signals: &[(Signal, Option<&Task>)],
    log_group_there: Option<bool>,
) -> Result<bool, StepError> {
    let of_tasks: Vec<&Signal> = signals
        .iter()
        .filter(|(_, task)| task.is_some_and(|task| task.stopped_at.is_some()))
        .map(|(one, _)| one)
        .collect();
    let repeated = of_tasks.iter().any(|one| {
        of_tasks
            .iter()
            .filter(|other| other.code == one.code && other.rule == one.rule)
            .count()
            >= IDENTICAL
    });
    let breaker = sight
        .service
        .settings
        .circuit_breaker
        .and_then(|breaker| breaker.failure_count);
    let threshold = breaker.and_then(|count| usize::try_from(count).ok());
    let too_many = threshold.is_some_and(|threshold| of_tasks.len() >= threshold.max(1));
    let certain = signals.iter().any(|(signal, _)| match signal.code {
        DiagnosisCode::LogGroupMissing => log_group_there == Some(false),
        DiagnosisCode::ImagePlatform | DiagnosisCode::Quota => true,
        _ => false,
    });
    if repeated || too_many || certain {
        return Ok(true);
    }
    let distrusted = signals
        .iter()
        .any(|(signal, _)| signal.code == DiagnosisCode::RoleTrust);
    if distrusted && trust::is_broken(context, sight).await? {
        return Ok(true);
    }
    let mut timed_out = false;
    for (signal, task) in signals {
        let Some(task) =
            task.filter(|task| task.stopped_at.is_none() && task.task_definition == sight.wanted)
        else {
            continue;
        };
        let grace = i64::from(sight.service.health_grace_s) - GRACE_MARGIN_S;
        let age = task
            .started_at
            .map_or(0, |started| context.now.as_second() - started.as_second());
        if age >= grace {
            return Ok(true);
        }
        timed_out |= signal.code == DiagnosisCode::TargetTimeout;
    }
    // A port that a security group closes stays closed: no need to wait for the grace to end.
    Ok(timed_out && port_closed(context, sight).await? == Some(true))
}

/// The diagnosis of a signal, with the values its sentences name.
async fn named(
    context: &Context<'_>,
    sight: &Sight,
    signal: &Signal,
    task: Option<&Task>,
    definition: Option<&TaskDefinition>,
) -> Result<Diagnosis, StepError> {
    let mut rule = signal.rule;
    let port = sight.service.targets.first().map_or(0, |target| target.port);
    let values: Vec<(&str, String)> = match signal.code {
        DiagnosisCode::LogGroupMissing => {
            vec![(
                "group",
                definition
                    .map(|one| one.container.log_group.clone())
                    .unwrap_or_default(),
            )]
        }
        DiagnosisCode::NoRoute => {
            vec![(
                "subnet",
                task.and_then(|task| task.subnet_id.clone()).unwrap_or_default(),
            )]
        }
        DiagnosisCode::ImageMissing => {
            vec![(
                "image",
                definition
                    .map(|one| one.container.image.clone())
                    .unwrap_or_default(),
            )]
        }
        DiagnosisCode::ImagePlatform => {
            let image = definition
                .map(|one| one.container.image.clone())
                .unwrap_or_default();
            let wanted = definition
                .map(|one| platform(one.architecture))
                .unwrap_or_default();
            vec![
                ("wanted", wanted.to_owned()),
                ("found", found_platforms(context, &image).await),
                ("image", image),
            ]
        }
        DiagnosisCode::RoleTrust => {
            let role = definition
                .and_then(|one| one.execution_role_arn.clone())
                .unwrap_or_default();
            vec![("role", role)]
        }
        DiagnosisCode::Denied => {
            let role = definition
                .and_then(|one| one.execution_role_arn.clone())
                .unwrap_or_default();
            vec![("action", signal.detail.clone()), ("resource", role)]
        }
        DiagnosisCode::ContainerExited => vec![("exit_code", signal.detail.clone())],
        DiagnosisCode::OutOfMemory => {
            vec![(
                "memory_mib",
                definition
                    .map(|one| one.memory_mib.to_string())
                    .unwrap_or_default(),
            )]
        }
        DiagnosisCode::TargetTimeout => {
            if port_closed(context, sight).await? == Some(false) {
                rule = "F14";
            }
            vec![("port", port.to_string())]
        }
        DiagnosisCode::TargetRefused => vec![("port", port.to_string())],
        DiagnosisCode::TargetWrongCode => {
            let check = match name_in(&sight.target_group) {
                Some(name) => context
                    .cloud
                    .balancing
                    .target_group(name)
                    .await?
                    .map(|group| group.health_check),
                None => None,
            };
            let (path, matcher) = check.map(|check| (check.path, check.matcher)).unwrap_or_default();
            vec![
                ("path", path),
                ("answer", signal.detail.clone()),
                ("matcher", matcher),
            ]
        }
        _ => vec![("reason", signal.detail.clone())],
    };
    let diagnosis = Diagnosis::new(signal.code, rule);
    Ok(values
        .into_iter()
        .fold(diagnosis, |diagnosis, (name, value)| diagnosis.with(name, value)))
}

/// What platforms an ECR image holds, for the sentence; empty where nobody can tell.
async fn found_platforms(context: &Context<'_>, image: &str) -> String {
    let Some((registry, rest)) = image.split_once('/') else {
        return String::new();
    };
    if !registry.contains(".dkr.ecr.") {
        return String::new();
    }
    let (repository, reference) = match rest.split_once('@') {
        Some(parts) => parts,
        None => rest.split_once(':').unwrap_or((rest, "latest")),
    };
    let facts = context.cloud.registry.image(repository, reference).await;
    facts
        .ok()
        .flatten()
        .map(|facts| platforms(&facts.architectures))
        .unwrap_or_default()
}

/// A deployment that is lost while nothing says why: AWS's own sentence is all there is.
fn unnamed(sight: &Sight) -> Diagnosis {
    let status = sight.deployment.as_ref();
    let of_service = sight
        .service
        .deployments
        .iter()
        .find_map(|one| one.rollout_reason.clone());
    let reason = status
        .and_then(|one| one.status_reason.clone())
        .or(of_service)
        .unwrap_or_default();
    let went_back = status.is_some_and(|one| {
        matches!(
            one.status,
            ServiceDeploymentStatus::RollbackRequested
                | ServiceDeploymentStatus::RollbackInProgress
                | ServiceDeploymentStatus::RollbackSuccessful
                | ServiceDeploymentStatus::RollbackFailed
        )
    });
    match went_back {
        true => Diagnosis::new(DiagnosisCode::RolledBack, "G2").with("reason", reason),
        false => Diagnosis::new(DiagnosisCode::DeploymentFailed, "G1").with("reason", reason),
    }
}

fn evidence(context: &Context<'_>, sight: &Sight, mut diagnosis: Diagnosis) -> Diagnosis {
    let mut stopped: Vec<&Task> = sight.stopped.iter().collect();
    stopped.sort_by_key(|task| std::cmp::Reverse(task.stopped_at));
    for task in stopped.into_iter().take(3) {
        let id = task.arn.rsplit('/').next().unwrap_or_default();
        let exit = task.containers.iter().find_map(|one| one.exit_code);
        let exit = exit
            .map(|code| format!(" (exit code {code})"))
            .unwrap_or_default();
        let text = format!("{id}: {}{exit}", diagnosis::words(task));
        diagnosis = diagnosis.seen(task.stopped_at.unwrap_or(context.now), "ecs:DescribeTasks", text);
    }
    for health in sight
        .targets
        .iter()
        .filter(|one| one.state == TargetState::Unhealthy)
        .take(3)
    {
        let reason = health.reason.as_deref().unwrap_or_default();
        let description = health.description.as_deref().unwrap_or_default();
        let text = format!("{}:{} {reason}: {description}", health.target, health.port);
        diagnosis = diagnosis.seen(context.now, "elasticloadbalancing:DescribeTargetHealth", text);
    }
    if let Some(reason) = sight
        .deployment
        .as_ref()
        .and_then(|one| one.status_reason.as_deref())
    {
        diagnosis = diagnosis.seen(context.now, "ecs:DescribeServiceDeployments", reason);
    }
    for event in sight.service.events.iter().take(3) {
        diagnosis = diagnosis.seen(event.at, "ecs:DescribeServices", &event.message);
    }
    diagnosis
}

/// The last words of a process that ended. They also tell a wrong platform that passed the pull (E1).
async fn with_log(
    context: &Context<'_>,
    sight: &Sight,
    diagnosis: Diagnosis,
) -> Result<Diagnosis, StepError> {
    let Some(definition) = context.cloud.compute.task_definition(&sight.wanted).await? else {
        return Ok(diagnosis);
    };
    let since = sight
        .deployment
        .as_ref()
        .and_then(|one| one.created_at)
        .unwrap_or(context.since);
    // A log that can't be read must not hide the cause that is known already.
    let lines = context
        .cloud
        .logs
        .tail(&definition.container.log_group, since, LOG_LINES)
        .await
        .unwrap_or_default();
    let mut diagnosis = diagnosis;
    if lines
        .iter()
        .any(|line| line.message.contains("exec format error"))
    {
        let image = definition.container.image.clone();
        let mut renamed = Diagnosis::new(DiagnosisCode::ImagePlatform, "E1")
            .with("wanted", platform(definition.architecture))
            .with("found", found_platforms(context, &image).await)
            .with("image", image);
        renamed.evidence = diagnosis.evidence;
        diagnosis = renamed;
    }
    for line in lines {
        diagnosis = diagnosis.seen(line.at, "logs:FilterLogEvents", line.message);
    }
    Ok(diagnosis)
}
