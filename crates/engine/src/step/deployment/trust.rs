//! Whether ECS can't assume the execution role because of the role, or only because IAM has not spread it yet.

use super::super::execution_role::TASKS_PRINCIPAL;
use super::super::{Context, StepError};
use super::Sight;

/// How long IAM may take to spread a new role or policy, seconds.
const SPREADING_S: i64 = 60;

/// Whether waiting can't help: the role is gone, does not trust ECS tasks, or has had its time.
pub(super) async fn is_broken(context: &Context<'_>, sight: &Sight) -> Result<bool, StepError> {
    if context.waited_s() >= SPREADING_S {
        return Ok(true);
    }
    let definition = context.cloud.compute.task_definition(&sight.wanted).await?;
    let role = definition.and_then(|definition| definition.execution_role_arn);
    let Some(name) = role.as_deref().and_then(|arn| arn.rsplit('/').next()) else {
        return Ok(true);
    };
    let role = context.cloud.identity.role(name).await?;
    Ok(role.is_none_or(|role| {
        !role
            .trusted_services
            .iter()
            .any(|service| service == TASKS_PRINCIPAL)
    }))
}
