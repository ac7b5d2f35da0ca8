//! The printed policy allows what the steps declare, and not more than it has to.

use std::collections::{BTreeMap, BTreeSet};

use engine::plan::action::Action;
use engine::policy::{self, Lent};
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

const ACCOUNT: &str = "123456789012";

fn document(lent: &Lent) -> Value {
    policy::document(ACCOUNT, "ap-northeast-1", lent)
}

/// What a connection with everything may be lent.
fn much() -> Lent {
    Lent {
        execution_roles: BTreeSet::from(["ecsTaskExecutionRole".to_owned(), "team-execution".to_owned()]),
        task_roles: BTreeSet::from(["shop-task".to_owned()]),
        log_groups: BTreeSet::from(["/shop/api".to_owned()]),
        secrets: true,
    }
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

/// A list, or the one value that may stand for it.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// `*` is any run of characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((front, rest)) => text.strip_prefix(front).is_some_and(|text| {
            (0..=text.len())
                .filter(|from| text.is_char_boundary(*from))
                .any(|from| matches(rest, &text[from..]))
        }),
    }
}

/// Whether the document allows a call as IAM would read it, for the operators that it uses.
fn allows(document: &Value, action: &str, resource: &str, context: &BTreeMap<String, String>) -> bool {
    statements(document).iter().any(|statement| {
        let conditions = statement["Condition"].as_object().into_iter().flatten();
        let met = conditions.flat_map(|(operator, keys)| {
            keys.as_object()
                .expect("keys")
                .iter()
                .map(move |(key, wanted)| (operator, context.get(key), wanted))
        });
        let mut met = met.map(|(operator, given, wanted)| match operator.as_str() {
            "Null" => given.is_some() == (wanted == "false"),
            "StringEquals" | "ArnEquals" => {
                given.is_some_and(|given| texts(wanted).contains(&given.as_str()))
            }
            other => panic!("{other} is not read here"),
        });
        texts(&statement["Action"]).contains(&action)
            && texts(&statement["Resource"])
                .iter()
                .any(|pattern| matches(pattern, resource))
            && met.all(|one| one)
    })
}

fn bringing(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// What no step calls: discovery for the wizard, the connection's test, and the handy commands of the stack's page.
const DISCOVERY: [&str; 5] = [
    "amplify:ListApps",
    "ec2:DescribeAvailabilityZones",
    "ecs:ListTaskDefinitions",
    "iam:SimulatePrincipalPolicy",
    "sts:GetCallerIdentity",
];

#[test]
fn the_policy_is_what_steps_declare_and_discovery_needs_and_nothing_else() {
    let kinds = every_kind();
    let declared = kinds.iter().flat_map(|action| step(action).iam_actions());
    let wanted: BTreeSet<String> = declared
        .chain(&DISCOVERY)
        .map(|action| (*action).to_owned())
        .collect();
    let table: BTreeSet<String> = policy::actions().into_iter().map(str::to_owned).collect();
    assert_eq!(table, wanted);
    assert_eq!(
        allowed(&document(&much())),
        wanted,
        "everything in the table is written down"
    );
}

#[test]
fn nothing_is_allowed_with_a_wildcard_and_nothing_changes_without_a_limit() {
    for lent in [Lent::default(), much()] {
        let document = document(&lent);
        for statement in statements(&document) {
            let everywhere = statement["Resource"] == "*";
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{action}");
                let call = action.split(':').nth(1).expect("service:Call");
                let looks = ["Describe", "List", "Get", "Filter", "Simulate"]
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
}

#[test]
fn every_question_of_a_connections_test_is_one_that_the_policy_answers_with_yes() {
    for lent in [Lent::default(), much()] {
        let document = document(&lent);
        let mut asked = BTreeSet::new();
        for question in policy::questions(ACCOUNT, "ap-northeast-1", &lent) {
            let resource = question.resource.as_deref().unwrap_or("*");
            for action in &question.actions {
                assert!(
                    allows(&document, action, resource, &question.context),
                    "{action} on {resource} with {:?}",
                    question.context
                );
                asked.insert(action.clone());
            }
        }
        assert_eq!(asked, allowed(&document), "writes are asked about, too");
    }
}

#[test]
fn a_user_who_may_only_read_lacks_every_write() {
    let questions = policy::questions(ACCOUNT, "ap-northeast-1", &Lent::default());
    let writes = questions.iter().filter(|question| {
        let call = question.actions[0].split(':').nth(1).expect("service:Call");
        !["Describe", "List", "Get", "Filter", "Batch", "Simulate"]
            .iter()
            .any(|verb| call.starts_with(verb))
    });
    let named: Vec<_> = writes.filter(|question| question.resource.is_some()).collect();
    assert!(named.len() > 20, "{named:#?}");
}

#[test]
fn no_few_calls_make_more_of_the_policy_than_it_says() {
    let document = document(&Lent::default());
    let tagged = bringing(&[
        ("aws:RequestTag/slipway:stack", "shop"),
        ("aws:ResourceTag/slipway:stack", "shop"),
    ]);
    let admin = role("admin");
    for action in [
        "iam:CreateRole",
        "iam:TagRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
    ] {
        assert!(
            !allows(&document, action, &admin, &tagged),
            "{action} on a role of another name"
        );
        for name in ["shop-execution", "ecsTaskExecutionRole"] {
            assert!(
                allows(&document, action, &role(name), &tagged),
                "{action} on {name}"
            );
        }
    }
    for name in ["admin", "shop-execution", "ecsTaskExecutionRole"] {
        assert!(
            !allows(&document, "iam:PutRolePolicy", &role(name), &tagged),
            "who may write a policy for {name} may do everything with it"
        );
    }
    let mut attach = tagged.clone();
    attach.insert(
        "iam:PolicyARN".to_owned(),
        "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
    );
    assert!(!allows(
        &document,
        "iam:AttachRolePolicy",
        &role("shop-execution"),
        &attach
    ));
    let to = |service: &str| bringing(&[("iam:PassedToService", service)]);
    let (tasks, functions) = (to("ecs-tasks.amazonaws.com"), to("lambda.amazonaws.com"));
    assert!(
        !allows(&document, "iam:PassRole", &admin, &tasks),
        "not whatever role there is"
    );
    assert!(!allows(
        &document,
        "iam:PassRole",
        &role("shop-execution"),
        &functions
    ));
    for name in ["shop-execution", "ecsTaskExecutionRole"] {
        assert!(allows(&document, "iam:PassRole", &role(name), &tasks), "{name}");
    }
    let group = |name: &str| format!("arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:{name}");
    assert!(allows(
        &document,
        "logs:TagResource",
        &group("/ecs/shop-api"),
        &tagged
    ));
    assert!(
        !allows(&document, "logs:TagResource", &group("/aws/lambda/pay"), &tagged),
        "a tag would make it ours"
    );
}

#[test]
fn what_the_user_lends_can_be_used_and_only_where_secrets_are_read_written() {
    let chosen = Lent {
        secrets: false,
        ..much()
    };
    let tasks = bringing(&[("iam:PassedToService", "ecs-tasks.amazonaws.com")]);
    let none = BTreeMap::new();
    for name in ["team-execution", "shop-task"] {
        assert!(
            allows(&document(&chosen), "iam:PassRole", &role(name), &tasks),
            "{name}"
        );
        assert!(!allows(
            &document(&chosen),
            "iam:PutRolePolicy",
            &role(name),
            &none
        ));
    }
    let secret = document(&much());
    for name in ["team-execution", "ecsTaskExecutionRole"] {
        assert!(allows(&secret, "iam:PutRolePolicy", &role(name), &none), "{name}");
    }
    assert!(
        !allows(&secret, "iam:PutRolePolicy", &role("shop-task"), &none),
        "Slipway writes nothing into the containers' own role"
    );
    assert!(
        !allows(&secret, "iam:PutRolePolicy", &role("other-execution"), &none),
        "our own roles carry the tag"
    );
    let named = format!("arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:/shop/api");
    let tag = bringing(&[("aws:RequestTag/slipway:stack", "shop")]);
    assert!(allows(&secret, "logs:CreateLogGroup", &named, &tag));
}

#[test]
fn a_gateway_of_ours_can_be_attached_to_a_vpc_that_was_there() {
    // EC2 asks twice: about the gateway, and about the VPC, which carries no tag of ours.
    let document = document(&Lent::default());
    let arn = |rest: &str| format!("arn:aws:ec2:ap-northeast-1:{ACCOUNT}:{rest}");
    for action in ["ec2:AttachInternetGateway", "ec2:DetachInternetGateway"] {
        let ours = bringing(&[("aws:ResourceTag/slipway:stack", "shop")]);
        assert!(allows(&document, action, &arn("internet-gateway/igw-1"), &ours));
        assert!(allows(&document, action, &arn("vpc/vpc-1"), &BTreeMap::new()));
        assert!(!allows(
            &document,
            action,
            &arn("internet-gateway/igw-1"),
            &BTreeMap::new()
        ));
    }
}

#[test]
fn it_fits_into_one_managed_policy() {
    let nothing = Lent::default();
    // The longest ARNs, and the most that stacks commonly lend.
    let one_role = Lent {
        execution_roles: BTreeSet::from(["ecsTaskExecutionRole".to_owned()]),
        log_groups: BTreeSet::new(),
        ..much()
    };
    for (region, lent) in [
        ("us-gov-west-1", &nothing),
        ("us-gov-west-1", &one_role),
        ("ap-northeast-1", &much()),
    ] {
        let length = policy::document(ACCOUNT, region, lent).to_string().len();
        assert!(length <= policy::LONGEST, "{region}: {length}");
    }
}

#[test]
fn other_partitions_get_their_own_arns() {
    let document = policy::document(ACCOUNT, "cn-north-1", &much()).to_string();
    assert!(document.contains("arn:aws-cn:ec2:cn-north-1:123456789012:"));
    assert!(!document.contains("arn:aws:"));
}
