//! The printed policy allows what the steps declare, and not more than it has to.

#![expect(
    clippy::expect_used,
    reason = "the helpers of these tests stop where something is not as written"
)]

use std::collections::BTreeSet;

use engine::plan::action::Action;
use engine::policy;
use engine::step::step;
use serde_json::{Value, json};

/// One action of every kind.
fn every_kind() -> Vec<Action> {
    let known = |value: &str| json!({ "known": value });
    let settings = json!({ "minimum_healthy_percent": 100, "maximum_percent": 200, "circuit_breaker": null });
    let check = json!({ "path": "/", "interval_s": 10, "timeout_s": 5, "healthy_threshold": 2, "unhealthy_threshold": 2, "matcher": "200" });
    let container = json!({ "name": "api", "image": "i", "port": 80, "command": [], "environment": {}, "secrets": {}, "log_group": "g", "log_stream_prefix": "ecs" });
    let kinds = json!([
        { "kind": "linked_role", "service": "ecs" },
        { "kind": "repository", "name": "r", "scan_on_push": true, "lifecycle_policy": "{}" },
        { "kind": "image_pushed", "repository": "r", "reference": "latest", "architecture": "x86_64" },
        { "kind": "log_group", "name": "g", "retention_days": 30 },
        { "kind": "execution_role", "name": "e", "adopt": false, "policy_arn": "p", "secrets_policy": null },
        { "kind": "cluster", "name": "c" },
        { "kind": "vpc", "cidr": "10.0.0.0/16", "name": "v" },
        { "kind": "internet_gateway", "vpc": known("v"), "name": "i" },
        { "kind": "route_table", "vpc": known("v"), "gateway": known("i"), "name": "r" },
        { "kind": "subnet", "vpc": known("v"), "cidr": "10.0.0.0/24", "zone": { "name": "a", "id": "a" }, "route_table": null, "name": "s" },
        { "kind": "security_group", "role": "task", "vpc": known("v"), "name": "t", "adopt": null, "ingress": [], "egress": null },
        { "kind": "load_balancer", "name": "l", "subnets": [], "security_groups": [] },
        { "kind": "target_group", "name": "t", "port": 80, "vpc": known("v"), "health_check": check, "deregistration_delay_s": 30 },
        { "kind": "listener", "load_balancer": known("l"), "port": 80, "target_group": known("t") },
        { "kind": "task_definition", "family": "f", "cpu": 256, "memory_mib": 512, "architecture": "x86_64", "execution_role": known("e"), "task_role": null, "container": container },
        { "kind": "service", "cluster": "c", "name": "s", "task_definition": known("t"), "desired": 1, "subnets": [], "security_groups": [], "target_group": known("t"), "container": "api", "port": 80, "settings": settings, "health_grace_s": 60 },
        { "kind": "deployment", "cluster": "c", "service": "s", "task_definition": known("t"), "target_group": known("t"), "desired": 1 },
        { "kind": "reachable", "dns_name": known("d"), "path": "/", "matcher": "200" },
        { "kind": "closed_ports", "name": "t", "vpc": known("v"), "group": known("g"), "rules": [] },
        { "kind": "health_check", "name": "t", "target_group": known("t"), "health_check": check },
        { "kind": "frontend_variables", "app_id": "a", "scope": { "scope": "app" }, "variables": [], "dns_name": known("d") },
        { "kind": "frontend_release", "app_id": "a", "branch": "main" },
        { "kind": "remove", "target": { "what": "frontend_variables", "app_id": "a", "scope": { "scope": "app" }, "before": {} } },
        { "kind": "remove", "target": { "what": "service", "cluster": "c", "name": "s" } },
        { "kind": "remove", "target": { "what": "listener", "arn": "l", "port": 80 } },
        { "kind": "remove", "target": { "what": "load_balancer", "arn": "l", "name": "l" } },
        { "kind": "remove", "target": { "what": "target_group", "arn": "t", "name": "t" } },
        { "kind": "remove", "target": { "what": "task_definitions", "family": "f", "arns": [] } },
        { "kind": "remove", "target": { "what": "cluster", "name": "c" } },
        { "kind": "remove", "target": { "what": "security_group_rules", "group_id": "g", "ingress": [] } },
        { "kind": "remove", "target": { "what": "security_group", "id": "g", "name": "g" } },
        { "kind": "remove", "target": { "what": "subnet", "id": "s", "cidr": "10.0.0.0/24" } },
        { "kind": "remove", "target": { "what": "route_table", "id": "r" } },
        { "kind": "remove", "target": { "what": "internet_gateway", "id": "i", "vpc_id": null } },
        { "kind": "remove", "target": { "what": "vpc", "id": "v" } },
        { "kind": "remove", "target": { "what": "role_policy", "role": "r", "name": "p" } },
        { "kind": "remove", "target": { "what": "role", "name": "r", "attached_policies": [], "inline_policies": [] } },
        { "kind": "remove", "target": { "what": "log_group", "name": "g" } },
        { "kind": "remove", "target": { "what": "repository", "name": "r", "images": 0 } },
    ]);
    serde_json::from_value(kinds).expect("the kinds read as actions")
}

fn statements(document: &Value) -> &Vec<Value> {
    document["Statement"].as_array().expect("statements")
}

fn allowed(document: &Value) -> BTreeSet<String> {
    let actions = statements(document)
        .iter()
        .flat_map(|one| one["Action"].as_array().expect("actions"));
    actions
        .map(|action| action.as_str().expect("text").to_owned())
        .collect()
}

#[test]
fn every_declared_action_of_every_step_is_allowed() {
    let document = policy::document("123456789012", "ap-northeast-1");
    let allowed = allowed(&document);
    for action in every_kind() {
        for declared in step(&action).iam_actions() {
            assert!(allowed.contains(*declared), "{declared} of {action:?}");
        }
    }
}

#[test]
fn nothing_is_allowed_with_a_wildcard_and_nothing_changes_without_a_limit() {
    let document = policy::document("123456789012", "ap-northeast-1");
    for statement in statements(&document) {
        let everywhere = statement["Resource"] == "*";
        for action in statement["Action"].as_array().expect("actions") {
            let action = action.as_str().expect("text");
            assert!(!action.contains('*'), "{action}");
            let call = action.split(':').nth(1).expect("service:Call");
            let looks = ["Describe", "List", "Get", "Filter"]
                .iter()
                .any(|verb| call.starts_with(verb));
            // AWS offers neither resources nor tags for this one; it can't delete what runs.
            let known_exception = action == "ecs:DeregisterTaskDefinition";
            assert!(
                looks || known_exception || !everywhere,
                "{action} is allowed on everything"
            );
        }
    }
}

#[test]
fn roles_are_handed_to_ecs_tasks_only() {
    let document = policy::document("123456789012", "ap-northeast-1");
    let pass = statements(&document)
        .iter()
        .find(|one| one["Action"] == json!(["iam:PassRole"]))
        .expect("PassRole");
    assert_eq!(
        pass["Condition"]["StringEquals"]["iam:PassedToService"],
        "ecs-tasks.amazonaws.com"
    );
}

#[test]
fn it_fits_into_one_managed_policy() {
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>: 6,144 characters without spaces.
    for region in ["ap-northeast-1", "us-gov-west-1"] {
        let length = policy::document("123456789012", region).to_string().len();
        assert!(length <= 6_144, "{region}: {length}");
    }
}

#[test]
fn other_partitions_get_their_own_arns() {
    let document = policy::document("123456789012", "cn-north-1").to_string();
    assert!(document.contains("arn:aws-cn:ec2:cn-north-1:123456789012:"));
    assert!(!document.contains("arn:aws:"));
}
