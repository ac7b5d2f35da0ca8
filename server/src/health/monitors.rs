//! Which monitors a stack has, and what each of them asks.

use engine::plan::Plan;
use engine::plan::action::{Action, Ref};
use engine::run::StepRecord;
use serde::{Deserialize, Serialize};
use store::health::{self, Kind};
use store::{Database, Result};
use uuid::Uuid;

/// Seconds between looks, by the wall's clock.
pub const INTERVAL_S: u32 = 30;

/// What the `http` monitor asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpTarget {
    /// `http://` + the load balancer's name + the health path.
    pub url: String,
    /// Accepted codes, as the target group's health check has them.
    pub matcher: String,
}

/// What the `targets` monitor asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetsTarget {
    /// The target group.
    pub target_group_arn: String,
}

/// What the `tasks` monitor asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasksTarget {
    /// Cluster name.
    pub cluster: String,
    /// Service name.
    pub service: String,
}

/// Everything that is watched of a stack. What a run did not get to is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// The answer through the load balancer.
    pub http: Option<HttpTarget>,
    /// The targets' health.
    pub targets: Option<TargetsTarget>,
    /// The tasks.
    pub tasks: Option<TasksTarget>,
}

impl Watched {
    /// What there is to watch after a run.
    #[must_use]
    pub fn of(plan: &Plan, steps: &[StepRecord]) -> Self {
        let value = |reference: &Ref| match reference {
            Ref::Known(value) => Some(value.clone()),
            Ref::Output { step, name } => steps
                .iter()
                .find(|record| record.step == *step)?
                .outputs
                .get(name)
                .cloned(),
        };
        let mut watched = Self::default();
        for step in &plan.steps {
            match &step.action {
                Action::Reachable {
                    dns_name,
                    path,
                    matcher,
                    shut_out,
                } => {
                    // Where `allow_from` shuts the panel out its look would say nothing about the stack.
                    watched.http = value(dns_name)
                        .filter(|_| shut_out.is_none())
                        .map(|host| HttpTarget {
                            url: format!("http://{host}{path}"),
                            matcher: matcher.clone(),
                        });
                }
                Action::Deployment {
                    cluster,
                    service,
                    target_group,
                    ..
                } => {
                    watched.targets =
                        value(target_group).map(|target_group_arn| TargetsTarget { target_group_arn });
                    watched.tasks = Some(TasksTarget {
                        cluster: cluster.clone(),
                        service: service.clone(),
                    });
                }
                _ => {}
            }
        }
        watched
    }
}

/// Watches what a run of a stack made, from now on. Doing it twice changes nothing. Removing the stack ends it
/// ([`store::stacks::remove`]).
///
/// A stack whose spec wants no tasks has nobody to answer: it is left alone until a run wants some again.
pub(crate) async fn ensure(db: &Database, stack_id: Uuid, plan: &Plan, steps: &[StepRecord]) -> Result<()> {
    let watched = Watched::of(plan, steps);
    let Some(target) = &watched.http else {
        return health::pause(db, stack_id, true).await;
    };
    health::ensure(db, stack_id, Kind::Http, target, INTERVAL_S).await?;
    if let Some(target) = &watched.targets {
        health::ensure(db, stack_id, Kind::Targets, target, INTERVAL_S).await?;
    }
    if let Some(target) = &watched.tasks {
        health::ensure(db, stack_id, Kind::Tasks, target, INTERVAL_S).await?;
    }
    health::pause(db, stack_id, false).await
}
