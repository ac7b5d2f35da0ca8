//! What the account says of a stack: its targets, and its tasks.

use engine::cloud::balancing::{TargetHealth, TargetState};
use engine::cloud::compute::{Service, ServiceStatus};
use engine::cloud::{Cloud, CloudError};
use engine::health::state::Look;

use super::monitors::{TargetsTarget, TasksTarget};
use super::sight::{Running, Sight, Trouble};

/// One look at the targets.
pub async fn targets(cloud: &Cloud, target: &TargetsTarget) -> Sight {
    match cloud.balancing.target_health(&target.target_group_arn).await {
        Ok(found) => judge_targets(&found),
        Err(error) => refused(&error),
    }
}

/// One look at the tasks. `before` is what ran at the last one: a definition never changes, so it is read once.
pub async fn tasks(cloud: &Cloud, target: &TasksTarget, before: Option<&Running>) -> Sight {
    match cloud.compute.service(&target.cluster, &target.service).await {
        Ok(found) => {
            let running = match found.as_ref().and_then(runs) {
                Some(definition) => Some(made_of(cloud, definition, before).await),
                None => None,
            };
            Sight {
                running,
                ..judge_tasks(&target.service, found.as_ref())
            }
        }
        Err(error) => refused(&error),
    }
}

/// The task definition that most of the running tasks have. While a deployment replaces them, or fails to, that is the
/// one before.
fn runs(service: &Service) -> Option<&str> {
    service
        .deployments
        .iter()
        .filter(|deployment| deployment.running > 0)
        // Of equals the last is taken: the primary one comes first in AWS's list.
        .rev()
        .max_by_key(|deployment| deployment.running)
        .map(|deployment| deployment.task_definition.as_str())
}

async fn made_of(cloud: &Cloud, definition: &str, before: Option<&Running>) -> Running {
    if let Some(known) = before.filter(|known| known.definition == definition && known.image.is_some()) {
        return known.clone();
    }
    // That the definition can't be read says nothing about the tasks.
    let found = cloud.compute.task_definition(definition).await.ok().flatten();
    Running {
        definition: definition.to_owned(),
        image: found.map(|found| found.container.image),
    }
}

/// Only an account that answers can say that something is wrong.
fn refused(error: &CloudError) -> Sight {
    match error {
        CloudError::NotFound { .. } => Sight::wrong(Look::Bad, Trouble::Gone, error.to_string()),
        CloudError::Denied { .. } => Sight::blind(Trouble::Denied, error.to_string()),
        CloudError::AlreadyExists { .. }
        | CloudError::InUse { .. }
        | CloudError::Throttled { .. }
        | CloudError::Invalid { .. }
        | CloudError::Unavailable { .. } => Sight::blind(Trouble::OwnSide, error.to_string()),
    }
}

/// Targets that leave do not count. New ones that are still being checked are nobody's trouble while others serve.
fn judge_targets(found: &[TargetHealth]) -> Sight {
    let staying = || found.iter().filter(|it| it.state != TargetState::Draining);
    let count = |wanted: fn(TargetState) -> bool| {
        u32::try_from(staying().filter(|it| wanted(it.state)).count()).unwrap_or(u32::MAX)
    };
    let healthy = count(|state| state == TargetState::Healthy);
    let settled = count(|state| state != TargetState::Initial);
    let all = count(|_| true);
    let look = match healthy {
        0 => Look::Bad,
        some if some < settled => Look::Slow,
        _ => Look::Good,
    };
    if look == Look::Good {
        return Sight::good().counting((healthy, all));
    }
    let ill = staying().find(|it| !matches!(it.state, TargetState::Healthy | TargetState::Initial));
    let Some(target) = ill.or_else(|| staying().next()) else {
        return Sight::wrong(look, Trouble::NoTargets, "").counting((healthy, all));
    };
    let place = format!("{}:{}", target.target, target.port);
    let words = match target.description.as_deref().or(target.reason.as_deref()) {
        Some(said) => format!("{place}: {said}"),
        None => place,
    };
    Sight::wrong(look, Trouble::Targets, words).counting((healthy, all))
}

fn judge_tasks(name: &str, found: Option<&Service>) -> Sight {
    let Some(service) = found.filter(|service| service.status == ServiceStatus::Active) else {
        return Sight::wrong(Look::Bad, Trouble::Gone, name);
    };
    let counts = (service.running, service.desired);
    if service.running > 0 && service.running >= service.desired {
        return Sight::good().counting(counts);
    }
    let look = if service.running == 0 {
        Look::Bad
    } else {
        Look::Slow
    };
    let said = service
        .events
        .first()
        .map(|event| format!(": {}", event.message))
        .unwrap_or_default();
    let words = format!("{} / {}{said}", service.running, service.desired);
    Sight::wrong(look, Trouble::Tasks, words).counting(counts)
}

#[cfg(test)]
mod tests {
    use engine::cloud::AwsFault;

    use super::*;

    fn targets_in(states: &[TargetState]) -> Vec<TargetHealth> {
        let target = |state: &TargetState| TargetHealth {
            target: "172.31.0.7".to_owned(),
            port: 8080,
            state: *state,
            reason: (*state == TargetState::Unhealthy).then(|| "Target.Timeout".to_owned()),
            description: None,
        };
        states.iter().map(target).collect()
    }

    #[test]
    fn targets_are_counted_and_judged() {
        use TargetState::{Draining, Healthy, Initial, Unhealthy, Unused};
        for (states, look, counts) in [
            (vec![], Look::Bad, (0, 0)),
            (vec![Initial], Look::Bad, (0, 1)),
            (vec![Healthy], Look::Good, (1, 1)),
            (vec![Healthy, Initial], Look::Good, (1, 2)),
            (vec![Healthy, Draining], Look::Good, (1, 1)),
            (vec![Healthy, Unhealthy], Look::Slow, (1, 2)),
            (vec![Unhealthy, Unhealthy], Look::Bad, (0, 2)),
            (vec![Unused], Look::Bad, (0, 1)),
        ] {
            let sight = judge_targets(&targets_in(&states));
            assert_eq!((sight.look, sight.counts), (look, Some(counts)), "{states:?}");
            assert_eq!(sight.trouble.is_none(), look == Look::Good, "{states:?}");
        }
        let (_, words) = judge_targets(&targets_in(&[Initial, Unhealthy])).trouble.unwrap();
        assert_eq!(words, "172.31.0.7:8080: Target.Timeout");
    }

    #[test]
    fn an_account_that_does_not_answer_says_nothing_about_the_stack() {
        let fault = || AwsFault {
            operation: "elasticloadbalancing:DescribeTargetHealth".to_owned(),
            code: "x".to_owned(),
            message: "y".to_owned(),
            request_id: None,
        };
        assert_eq!(
            refused(&CloudError::Throttled { fault: fault() }).look,
            Look::Blind
        );
        assert_eq!(
            refused(&CloudError::Unavailable {
                fault: fault(),
                retryable: true
            })
            .look,
            Look::Blind
        );
        assert_eq!(
            refused(&CloudError::Denied {
                action: String::new(),
                resource: None,
                fault: fault()
            })
            .look,
            Look::Blind
        );
        assert_eq!(refused(&CloudError::NotFound { fault: fault() }).look, Look::Bad);
    }

    #[test]
    fn no_service_is_no_tasks() {
        let sight = judge_tasks("shop", None);
        assert_eq!((sight.look, sight.counts), (Look::Bad, None));
    }
}
