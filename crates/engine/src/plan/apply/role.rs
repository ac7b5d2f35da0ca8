//! The execution role.

use crate::cloud::identity::Role;
use crate::plan::action::{Action, OutputName};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::documents::{EXECUTION_POLICY_ARN, TASKS_PRINCIPAL, same_json, secrets_policy};
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight};

/// The role ECS pulls images, writes logs and reads secrets with.
pub(super) fn execution_role(builder: &mut Builder<'_>) -> StepId {
    let name = builder.names.execution_role.clone();
    let named = builder.spec.roles.execution.is_some();
    let secrets = secrets_policy(builder.spec.container.secrets.values());
    let found = builder.snapshot.execution_role.as_ref();
    let read = &builder.spec.container.secrets;
    let proven = builder
        .own_task_definition()
        .is_some_and(|now| now.container.secrets == *read);
    if !read.is_empty() && !proven {
        builder.finding(FindingCode::SecretsKey, Weight::Warn, &[("role", &name)]);
    }
    let is_ours = found.is_some_and(|found| builder.owns(&found.tags));
    let adopt = found.is_some() && !is_ours && named;
    let (change, reason) = match found {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(found) => {
            check(builder, found, is_ours);
            if !is_ours && !named {
                builder.name_taken("role", &name);
            }
            if is_ours {
                compare(builder, found, secrets.as_deref())
            } else {
                chosen(builder, found, secrets.as_deref())
            }
        }
    };
    let action = Action::ExecutionRole {
        name: name.clone(),
        adopt,
        policy_arn: EXECUTION_POLICY_ARN.to_owned(),
        secrets_policy: secrets,
    };
    let step = builder.step("execution_role", action, change, reason, &[]);
    builder.knows(&step, [(OutputName::Name, name)]);
    if let Some(found) = found {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    step
}

/// What the role lacks. Somebody else's may carry an equivalent of the managed policy, so that is a warning.
fn check(builder: &mut Builder<'_>, found: &Role, is_ours: bool) {
    let trusts = found
        .trusted_services
        .iter()
        .any(|service| service == TASKS_PRINCIPAL);
    let may = is_ours
        || found
            .attached_policies
            .iter()
            .any(|arn| arn == EXECUTION_POLICY_ARN);
    let (weight, lacks) = match (trusts, may) {
        (false, _) => (Weight::Block, TASKS_PRINCIPAL),
        (true, false) => (Weight::Warn, "AmazonECSTaskExecutionRolePolicy"),
        (true, true) => (Weight::Pass, ""),
    };
    builder.finding(
        FindingCode::ExecutionRole,
        weight,
        &[("role", &found.name), ("lacks", &lacks)],
    );
}

fn secrets_differ(builder: &Builder<'_>, wanted: Option<&str>) -> bool {
    match (wanted, builder.snapshot.secrets_policy.as_deref()) {
        (None, None) => false,
        (Some(wanted), Some(now)) => !same_json(wanted, now),
        (None, Some(_)) | (Some(_), None) => true,
    }
}

fn compare(builder: &Builder<'_>, found: &Role, wanted: Option<&str>) -> (Change, Reason) {
    let mut differs = Vec::new();
    if !found
        .attached_policies
        .iter()
        .any(|arn| arn == EXECUTION_POLICY_ARN)
    {
        differs.push(Differing::AttachedPolicies);
    }
    if secrets_differ(builder, wanted) {
        differs.push(Differing::SecretsPolicy);
    }
    Builder::compared(&differs)
}

/// Somebody else's role: adopted the first time, kept once the stack runs with it, updated when the secrets change.
fn chosen(builder: &Builder<'_>, found: &Role, wanted: Option<&str>) -> (Change, Reason) {
    let definition = builder.own_task_definition();
    let used = definition.is_some_and(|one| one.execution_role_arn.as_deref() == Some(found.arn.as_str()));
    let change = match (used, secrets_differ(builder, wanted)) {
        (false, _) => Change::Adopt,
        (true, false) => Change::Keep,
        (true, true) => Change::Update,
    };
    (
        change,
        Reason::new(ReasonCode::ChosenByUser).with("checked", TASKS_PRINCIPAL),
    )
}
