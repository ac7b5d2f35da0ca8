//! JSON documents that a plan hands to AWS.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// The managed policy that lets ECS pull images and write logs (catalogue A5).
pub const EXECUTION_POLICY_ARN: &str =
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
/// Who has to be able to assume the execution role.
pub const TASKS_PRINCIPAL: &str = "ecs-tasks.amazonaws.com";
/// Days after which an image that lost its tags goes.
pub const UNTAGGED_DAYS: u32 = 90;

/// Lifecycle rule of a repository: what lost its tags long ago goes. A tagged image never does, and one whose tag has
/// moved on stays for long: ECS pins a deployment to the image's digest, and starts replacements from it.
pub fn lifecycle_policy() -> String {
    json!({
        "rules": [{
            "rulePriority": 1,
            "description": format!("Expire images {UNTAGGED_DAYS} days after their push that have no tag"),
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            },
            "action": { "type": "expire" }
        }]
    })
    .to_string()
}

/// Inline policy that lets the execution role read these secrets, and nothing else.
pub fn secrets_policy<'a>(arns: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let mut secrets = BTreeSet::new();
    let mut parameters = BTreeSet::new();
    for arn in arns {
        if arn.split(':').nth(2) == Some("ssm") {
            parameters.insert(arn.clone());
        } else {
            // `…:secret:NAME:json-key:stage:version` names a part of the secret; the permission is on the whole. A name
            // without the six characters AWS appends is matched with them.
            let whole: Vec<&str> = arn.splitn(8, ':').take(7).collect();
            let whole = whole.join(":");
            secrets.insert(format!("{whole}-??????"));
            secrets.insert(whole);
        }
    }
    let statement = |sid: &str, action: &str, resources: BTreeSet<String>| json!({ "Sid": sid, "Effect": "Allow", "Action": action, "Resource": resources });
    let mut statements: Vec<Value> = Vec::new();
    if !secrets.is_empty() {
        statements.push(statement("ReadSecrets", "secretsmanager:GetSecretValue", secrets));
    }
    if !parameters.is_empty() {
        statements.push(statement("ReadParameters", "ssm:GetParameters", parameters));
    }
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
}

/// Trust policy of an execution role.
pub fn tasks_trust_policy() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": TASKS_PRINCIPAL }, "Action": "sts:AssumeRole" }]
    })
    .to_string()
}

/// Whether two texts are the same JSON.
pub fn same_json(one: &str, other: &str) -> bool {
    match (
        serde_json::from_str::<Value>(one),
        serde_json::from_str::<Value>(other),
    ) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
