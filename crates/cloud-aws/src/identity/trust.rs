//! Trust policies, and how IAM writes policy documents.

use serde_json::{Value, json};

/// IAM answers policy documents percent-encoded (RFC 3986, so `+` is itself).
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let escaped = (byte == b'%')
            .then(|| text.get(index + 1..index + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        index += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// IAM lets one value stand where a list may stand.
fn one_or_many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(one) => vec![one],
    }
}

/// The services that a trust policy lets assume the role.
pub(super) fn trusted_services(document: &str) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(&decode(document)) else {
        return Vec::new();
    };
    let mut services = Vec::new();
    for statement in one_or_many(document.get("Statement")) {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let assumes = one_or_many(statement.get("Action"))
            .iter()
            .any(|action| matches!(action.as_str(), Some("sts:AssumeRole" | "sts:*" | "*")));
        if !allows || !assumes {
            continue;
        }
        let principals = one_or_many(
            statement
                .get("Principal")
                .and_then(|principal| principal.get("Service")),
        );
        services.extend(
            principals
                .iter()
                .filter_map(|service| service.as_str().map(str::to_owned)),
        );
    }
    services.sort();
    services.dedup();
    services
}

pub(super) fn trust_policy(service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_read_from_every_way_iam_writes_it() {
        let cases = [
            (
                r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#,
                vec!["ecs-tasks.amazonaws.com"],
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["b.amazonaws.com","a.amazonaws.com"]},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#,
                vec!["a.amazonaws.com", "b.amazonaws.com"],
            ),
            (
                r#"{"Statement":[{"Effect":"Deny","Principal":{"Service":"a.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
                vec![],
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#,
                vec![],
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}"#,
                vec![],
            ),
            ("not json", vec![]),
        ];
        for (document, expected) in cases {
            assert_eq!(trusted_services(document), expected, "{document}");
        }
    }

    #[test]
    fn policy_documents_are_percent_decoded() {
        assert_eq!(decode("%7B%22a%22%3A%20%22b+c%22%7D"), r#"{"a": "b+c"}"#);
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%E3%81%82"), "あ");
        assert_eq!(decode("%E3あ%zz"), "\u{fffd}あ%zz");
    }
}
