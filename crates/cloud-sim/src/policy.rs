//! What a role may do, as far as starting a task depends on it.

use serde_json::Value;

const EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const EXECUTION_ACTIONS: [&str; 6] = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// Whether an AWS managed policy allows an action.
pub(crate) fn managed_allows(policy_arn: &str, action: &str) -> bool {
    match policy_arn {
        EXECUTION => EXECUTION_ACTIONS.contains(&action),
        "arn:aws:iam::aws:policy/AdministratorAccess" | "arn:aws:iam::aws:policy/PowerUserAccess" => true,
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly" => action.starts_with("ecr:"),
        "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess" => action.starts_with("logs:"),
        "arn:aws:iam::aws:policy/SecretsManagerReadWrite" => action.starts_with("secretsmanager:"),
        "arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess" => action.starts_with("ssm:"),
        _ => false,
    }
}

/// Whether a policy document allows an action on a resource. Conditions are not read.
pub(crate) fn document_allows(document: &str, action: &str, resource: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(document) else {
        return false;
    };
    let one_or_many = |value: Option<&Value>| -> Vec<String> {
        match value {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(|item| item.as_str().map(String::from))
                .collect(),
            _ => Vec::new(),
        }
    };
    let statements = match document.get("Statement") {
        Some(Value::Array(items)) => items.clone(),
        Some(statement) => vec![statement.clone()],
        None => return false,
    };
    let speaks = |statement: &Value| {
        one_or_many(statement.get("Action"))
            .iter()
            .any(|pattern| matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()))
            && one_or_many(statement.get("Resource"))
                .iter()
                .any(|pattern| matches(pattern, resource))
    };
    let effect = |effect: &str| {
        statements.iter().any(|statement| {
            statement.get("Effect").and_then(Value::as_str) == Some(effect) && speaks(statement)
        })
    };
    effect("Allow") && !effect("Deny")
}

/// `*` is any run of characters, `?` any one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_iam_reads_them() {
        assert!(matches("ssm:Get*", "ssm:GetParameters"));
        assert!(matches(
            "arn:aws:ssm:*:123456789012:parameter/a?c",
            "arn:aws:ssm:x:123456789012:parameter/abc"
        ));
        assert!(!matches("ssm:Get", "ssm:GetParameters"));
        assert!(!matches("*Put*", "ssm:GetParameters"));
    }

    #[test]
    fn a_deny_wins_over_an_allow() {
        let document = r#"{"Statement":[{"Effect":"Allow","Action":"ssm:*","Resource":"*"},
            {"Effect":"Deny","Action":"ssm:GetParameters","Resource":"*"}]}"#;
        assert!(document_allows(document, "ssm:GetParameter", "arn:x"));
        assert!(!document_allows(document, "ssm:GetParameters", "arn:x"));
    }
}
