//! The program through the official SDK against an emulator: what it makes there is wired as the AWS CLI reads it back,
//! made once, and taken down again.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::bed::{Bed, Done, example};
use crate::emulator::{Emulator, REGION};

/// A VPC as the runbook found it: two public subnets, both in one zone.
struct Ground {
    vpc: String,
    subnets: [String; 2],
    gateway: String,
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("text: {value}"))
        .to_owned()
}

fn ground(emulator: &Emulator) -> Ground {
    let aws = |arguments: &[&str]| emulator.aws(arguments);
    let vpc = text(&aws(&["ec2", "create-vpc", "--cidr-block", "10.0.0.0/16"])["Vpc"]["VpcId"]);
    aws(&[
        "ec2",
        "modify-vpc-attribute",
        "--vpc-id",
        &vpc,
        "--enable-dns-hostnames",
    ]);
    let gateway = text(&aws(&["ec2", "create-internet-gateway"])["InternetGateway"]["InternetGatewayId"]);
    aws(&[
        "ec2",
        "attach-internet-gateway",
        "--vpc-id",
        &vpc,
        "--internet-gateway-id",
        &gateway,
    ]);
    let of_vpc = format!("Name=vpc-id,Values={vpc}");
    let tables = aws(&["ec2", "describe-route-tables", "--filters", &of_vpc]);
    let table = text(&tables["RouteTables"][0]["RouteTableId"]);
    aws(&[
        "ec2",
        "create-route",
        "--route-table-id",
        &table,
        "--destination-cidr-block",
        "0.0.0.0/0",
        "--gateway-id",
        &gateway,
    ]);
    let zone = format!("{REGION}a");
    let subnets = ["10.0.0.0/24", "10.0.1.0/24"].map(|cidr| {
        let made = aws(&[
            "ec2",
            "create-subnet",
            "--vpc-id",
            &vpc,
            "--cidr-block",
            cidr,
            "--availability-zone",
            &zone,
        ]);
        let id = text(&made["Subnet"]["SubnetId"]);
        aws(&[
            "ec2",
            "modify-subnet-attribute",
            "--subnet-id",
            &id,
            "--map-public-ip-on-launch",
        ]);
        id
    });
    Ground {
        vpc,
        subnets,
        gateway,
    }
}

/// What there is in the account, as far as a stack could leave something behind.
fn everything(emulator: &Emulator) -> Value {
    let list = |arguments: &[&str], field: &str| emulator.aws(arguments)[field].clone();
    let ids = |arguments: &[&str], field: &str, id: &str| -> Vec<String> {
        let found = list(arguments, field);
        let mut ids: Vec<String> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| text(&one[id]))
            .collect();
        ids.sort();
        ids
    };
    json!({
        "subnets": ids(&["ec2", "describe-subnets"], "Subnets", "SubnetId"),
        "tables": ids(&["ec2", "describe-route-tables"], "RouteTables", "RouteTableId"),
        "gateways": ids(&["ec2", "describe-internet-gateways"], "InternetGateways", "InternetGatewayId"),
        "groups": ids(&["ec2", "describe-security-groups"], "SecurityGroups", "GroupId"),
        "rules": ids(&["ec2", "describe-security-group-rules"], "SecurityGroupRules", "SecurityGroupRuleId"),
        "balancers": list(&["elbv2", "describe-load-balancers"], "LoadBalancers"),
        "target_groups": list(&["elbv2", "describe-target-groups"], "TargetGroups"),
        "clusters": active_clusters(emulator),
        "definitions": list(&["ecs", "list-task-definitions"], "taskDefinitionArns"),
        "repositories": list(&["ecr", "describe-repositories"], "repositories"),
        "logs": list(&["logs", "describe-log-groups"], "logGroups"),
        "roles": ids(&["iam", "list-roles", "--path-prefix", "/"], "Roles", "Arn")
            .into_iter()
            // AWS makes these once for an account, and they stay.
            .filter(|arn| !arn.contains("/aws-service-role/"))
            .collect::<Vec<_>>(),
    })
}

/// A deleted cluster stays for a while as INACTIVE; the emulator lists it, too.
fn active_clusters(emulator: &Emulator) -> Vec<String> {
    let listed = emulator.aws(&["ecs", "list-clusters"]);
    let arns: Vec<String> = listed["clusterArns"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let described =
        |arn: &String| emulator.aws(&["ecs", "describe-clusters", "--clusters", arn])["clusters"][0].clone();
    arns.into_iter()
        .filter(|arn| described(arn)["status"] == "ACTIVE")
        .collect()
}

fn outcomes(done: &Done) -> BTreeMap<String, String> {
    let document = done.json();
    let steps = document["steps"].as_array().unwrap().clone();
    let outcome = |step: Value| {
        (
            text(&step["id"]),
            step["outcome"].as_str().unwrap_or("null").to_owned(),
        )
    };
    steps.into_iter().map(outcome).collect()
}

fn expected(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(step, outcome): &(&str, &str)| ((*step).to_owned(), (*outcome).to_owned());
    pairs.iter().map(owned).collect()
}

async fn off<T: Send + 'static>(
    emulator: &Arc<Emulator>,
    work: impl FnOnce(&Emulator) -> T + Send + 'static,
) -> T {
    let emulator = Arc::clone(emulator);
    tokio::task::spawn_blocking(move || work(&emulator))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stack_on_the_runbooks_ground_is_wired_kept_and_taken_down() {
    let bed = Bed::new().await;
    let emulator = Arc::new(tokio::task::spawn_blocking(Emulator::start).await.unwrap());
    let ground = off(&emulator, ground).await;
    let spec = bed.path("spec.toml");
    let written = std::fs::read_to_string(example("vendor0919.toml")).unwrap();
    let chosen = format!("[network]\nvpc = {{ use = \"{}\" }}\n", ground.vpc);
    std::fs::write(&spec, written.replace("[network]\n", &chosen)).unwrap();
    let spec = spec.to_str().unwrap();
    let connection = format!("aws:default@{REGION}");
    let apply = [
        "apply",
        "--connection",
        &connection,
        "--spec",
        spec,
        "--yes",
        "--json",
        "--no-wait",
    ];
    let before = off(&emulator, everything).await;

    let first = emulator.slipway(&bed, &apply).await;
    assert_eq!(
        first.code, 3,
        "made, and not waited for: {}\n{}",
        first.stdout, first.stderr
    );
    let (made, waits) = ("created", "waiting");
    let linked = [
        ("linked_role.ecs", made),
        ("linked_role.elastic_load_balancing", made),
    ];
    // The emulator holds no image and never runs a task, so nothing answers.
    let open = [("image", waits), ("deployment", waits), ("reachable", waits)];
    let all = [&linked[..], &open, &PARTS.map(|part| (part, made))].concat();
    assert_eq!(outcomes(&first), expected(&all));
    let ground = Arc::new(ground);
    let seen = Arc::clone(&ground);
    off(&emulator, move |emulator| wired(emulator, &seen)).await;

    let again = emulator.slipway(&bed, &apply).await;
    // The emulator forgets a service's circuit breaker and grace period, so these are set once more. Everything else is
    // as it should be.
    let kept = PARTS.map(|part| (part, if part == "service" { "updated" } else { "kept" }));
    assert_eq!(outcomes(&again), expected(&[&open[..], &kept].concat()));

    let destroy = [
        "destroy",
        "--stack",
        STACK,
        "--connection",
        &connection,
        "--yes",
        "--json",
    ];
    let gone = emulator.slipway(&bed, &destroy).await;
    assert_eq!(gone.good()["state"], "succeeded");
    let removed = outcomes(&gone);
    assert_eq!(removed.len(), PARTS.len(), "{removed:?}");
    assert!(
        removed.values().all(|outcome| outcome == "deleted"),
        "{removed:?}"
    );
    let after = off(&emulator, everything).await;
    assert_eq!(after, before, "the account is as it was");
}

/// What a stack on this ground is made of.
const PARTS: [&str; 12] = [
    "cluster",
    "execution_role",
    "group.load_balancer",
    "group.task",
    "listener",
    "load_balancer",
    "log_group",
    "repository",
    "service",
    "subnet.apne1-az1",
    "target_group",
    "task_definition",
];

const STACK: &str = "vendor0919";

/// The value of a tag, from either spelling that AWS's services have.
fn tag(tags: &Value, key: &str) -> Option<String> {
    let found = tags
        .as_array()?
        .iter()
        .find(|tag| tag["Key"] == key || tag["key"] == key)?;
    found["Value"]
        .as_str()
        .or(found["value"].as_str())
        .map(str::to_owned)
}

fn assert_ours(tags: &Value, what: &str) {
    assert_eq!(
        tag(tags, "slipway:stack").as_deref(),
        Some(STACK),
        "{what}: {tags}"
    );
    assert!(
        tag(tags, "slipway:run").is_some_and(|run| !run.is_empty()),
        "{what}: {tags}"
    );
}

/// The identities, image and logs.
fn around(emulator: &Emulator) {
    for name in ["AWSServiceRoleForecs", "AWSServiceRoleForelasticloadbalancing"] {
        emulator.aws(&["iam", "get-role", "--role-name", name]);
    }
    let role = &emulator.aws(&["iam", "get-role", "--role-name", "ecsTaskExecutionRole"])["Role"];
    let trust = &role["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(
        trust,
        &json!([{ "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" }])
    );
    assert_ours(&role["Tags"], "the role");
    let attached = emulator.aws(&[
        "iam",
        "list-attached-role-policies",
        "--role-name",
        "ecsTaskExecutionRole",
    ]);
    let attached = &attached["AttachedPolicies"];
    assert_eq!(attached.as_array().unwrap().len(), 1, "{attached}");
    assert_eq!(
        attached[0]["PolicyArn"],
        "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    );

    let repository = &emulator.aws(&[
        "ecr",
        "describe-repositories",
        "--repository-names",
        "vendor0919-api",
    ])["repositories"][0];
    assert_eq!(repository["imageScanningConfiguration"]["scanOnPush"], true);
    let tags = emulator.aws(&[
        "ecr",
        "list-tags-for-resource",
        "--resource-arn",
        &text(&repository["repositoryArn"]),
    ]);
    assert_ours(&tags["tags"], "the repository");
    let lifecycle = emulator.aws(&[
        "ecr",
        "get-lifecycle-policy",
        "--repository-name",
        "vendor0919-api",
    ]);
    let rules: Value = serde_json::from_str(lifecycle["lifecyclePolicyText"].as_str().unwrap()).unwrap();
    assert_eq!(rules["rules"][0]["action"]["type"], "expire", "{rules}");

    let logs = emulator.aws(&[
        "logs",
        "describe-log-groups",
        "--log-group-name-prefix",
        "/ecs/vendor0919-api",
    ]);
    assert_eq!(logs["logGroups"].as_array().unwrap().len(), 1);
    assert_eq!(logs["logGroups"][0]["retentionInDays"], 30);
    let tags = emulator.aws(&[
        "logs",
        "list-tags-log-group",
        "--log-group-name",
        "/ecs/vendor0919-api",
    ]);
    assert_eq!(tags["tags"]["slipway:stack"], STACK);
}

/// The subnets, and who may reach whom. Answers the subnets and the two groups, the ALB's first.
fn network(emulator: &Emulator, ground: &Ground) -> (Vec<String>, String, String) {
    let of_vpc = format!("Name=vpc-id,Values={}", ground.vpc);
    let found = emulator.aws(&["ec2", "describe-subnets", "--filters", &of_vpc]);
    let mut made: Vec<&Value> = found["Subnets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|subnet| !ground.subnets.contains(&text(&subnet["SubnetId"])))
        .collect();
    let new = made.pop().expect("the missing zone got a subnet");
    assert!(
        made.is_empty(),
        "one subnet was missing, more were made: {made:?}"
    );
    assert_eq!(new["MapPublicIpOnLaunch"], true);
    assert_ne!(new["AvailabilityZone"], format!("{REGION}a"));
    assert_ours(&new["Tags"], "the subnet");
    let new_id = text(&new["SubnetId"]);
    // Its road out: its own association, or the VPC's main table.
    let tables = emulator.aws(&["ec2", "describe-route-tables", "--filters", &of_vpc]);
    let tables = tables["RouteTables"].as_array().unwrap();
    let serves = |table: &&Value, by: &dyn Fn(&Value) -> bool| {
        table["Associations"].as_array().unwrap().iter().any(by)
    };
    let table = tables
        .iter()
        .find(|table| serves(table, &|one| one["SubnetId"] == new_id))
        .or_else(|| {
            tables
                .iter()
                .find(|table| serves(table, &|one| one["Main"] == true))
        })
        .unwrap();
    let out = table["Routes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|route| route["DestinationCidrBlock"] == "0.0.0.0/0");
    assert_eq!(out.expect("a road out")["GatewayId"], ground.gateway);

    let groups = emulator.aws(&["ec2", "describe-security-groups", "--filters", &of_vpc]);
    let group = |name: &str| {
        let groups = groups["SecurityGroups"].as_array().unwrap();
        groups
            .iter()
            .find(|group| group["GroupName"] == name)
            .unwrap_or_else(|| panic!("{name}: {groups:?}"))
    };
    let (door, tasks) = (group("vendor0919-alb"), group("vendor0919-task"));
    let door_id = text(&door["GroupId"]);
    let ports = |rule: &Value| {
        (
            rule["IpProtocol"].clone(),
            rule["FromPort"].clone(),
            rule["ToPort"].clone(),
        )
    };
    let tcp = |port: i64| (json!("tcp"), json!(port), json!(port));
    let only = |group: &Value, direction: &str| {
        let rules = group[direction].as_array().unwrap();
        assert_eq!(rules.len(), 1, "{direction} of {}: {rules:?}", group["GroupName"]);
        rules[0].clone()
    };
    let cidrs = |rule: &Value| -> Vec<String> {
        rule["IpRanges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|range| text(&range["CidrIp"]))
            .collect()
    };
    let world = only(door, "IpPermissions");
    assert_eq!(ports(&world), tcp(80));
    assert_eq!(cidrs(&world), ["0.0.0.0/0"]);
    let door_only = only(tasks, "IpPermissions");
    assert_eq!(ports(&door_only), tcp(8080));
    assert_eq!(cidrs(&door_only), [""; 0], "nobody but the load balancer");
    assert_eq!(door_only["UserIdGroupPairs"].as_array().unwrap().len(), 1);
    assert_eq!(door_only["UserIdGroupPairs"][0]["GroupId"], door_id);
    let out = only(tasks, "IpPermissionsEgress");
    assert_eq!(ports(&out), tcp(443));
    assert_eq!(cidrs(&out), ["0.0.0.0/0"]);
    for group in [door, tasks] {
        assert_ours(&group["Tags"], "a group");
    }
    (vec![new_id], door_id, text(&tasks["GroupId"]))
}

/// The load balancer's own parts. Answers its subnets and the target group's ARN.
fn balancing(emulator: &Emulator, ground: &Ground, new: &[String], door: &str) -> (Vec<String>, String) {
    let balancer =
        &emulator.aws(&["elbv2", "describe-load-balancers", "--names", "vendor0919-alb"])["LoadBalancers"][0];
    assert_eq!(balancer["Scheme"], "internet-facing");
    assert_eq!(balancer["VpcId"], ground.vpc);
    assert_eq!(balancer["SecurityGroups"], json!([door]));
    let zones = balancer["AvailabilityZones"].as_array().unwrap();
    assert_eq!(zones.len(), 2, "{zones:?}");
    assert_ne!(zones[0]["ZoneName"], zones[1]["ZoneName"]);
    let mut subnets: Vec<String> = zones.iter().map(|zone| text(&zone["SubnetId"])).collect();
    subnets.sort();
    assert!(
        subnets.contains(&new[0]) && subnets.iter().any(|id| ground.subnets.contains(id)),
        "{subnets:?}"
    );
    let arn = text(&balancer["LoadBalancerArn"]);

    let group =
        &emulator.aws(&["elbv2", "describe-target-groups", "--names", "vendor0919-tg"])["TargetGroups"][0];
    let group_arn = text(&group["TargetGroupArn"]);
    let settings = json!({
        "TargetType": "ip", "Protocol": "HTTP", "Port": 8080, "VpcId": ground.vpc, "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 2,
        "Matcher": { "HttpCode": "200" },
    });
    for (field, wanted) in settings.as_object().unwrap() {
        assert_eq!(&group[field], wanted, "{field}");
    }
    let attributes = emulator.aws(&[
        "elbv2",
        "describe-target-group-attributes",
        "--target-group-arn",
        &group_arn,
    ]);
    assert_eq!(
        tag(&attributes["Attributes"], "deregistration_delay.timeout_seconds").as_deref(),
        Some("30"),
        "{attributes}"
    );
    let listeners = emulator.aws(&["elbv2", "describe-listeners", "--load-balancer-arn", &arn]);
    let listeners = listeners["Listeners"].as_array().unwrap();
    assert_eq!(listeners.len(), 1, "{listeners:?}");
    assert_eq!(
        (&listeners[0]["Port"], &listeners[0]["Protocol"]),
        (&json!(80), &json!("HTTP"))
    );
    assert_eq!(listeners[0]["DefaultActions"][0]["Type"], "forward");
    assert_eq!(listeners[0]["DefaultActions"][0]["TargetGroupArn"], group_arn);
    for owned in [&arn, &group_arn, &text(&listeners[0]["ListenerArn"])] {
        let tags = emulator.aws(&["elbv2", "describe-tags", "--resource-arns", owned]);
        assert_ours(&tags["TagDescriptions"][0]["Tags"], owned);
    }
    (subnets, group_arn)
}

/// The cluster, the task definition and the service.
fn containers(emulator: &Emulator, subnets: &[String], tasks: &str, group_arn: &str) {
    let cluster = &emulator.aws(&[
        "ecs",
        "describe-clusters",
        "--clusters",
        "vendor0919-cluster",
        "--include",
        "TAGS",
    ])["clusters"][0];
    assert_eq!(cluster["status"], "ACTIVE");
    assert_ours(&cluster["tags"], "the cluster");
    let service = &emulator.aws(&[
        "ecs",
        "describe-services",
        "--cluster",
        "vendor0919-cluster",
        "--services",
        "vendor0919-service",
        "--include",
        "TAGS",
    ])["services"][0];
    assert_ours(&service["tags"], "the service");
    assert_eq!(
        (&service["desiredCount"], &service["launchType"]),
        (&json!(1), &json!("FARGATE"))
    );
    assert_eq!(
        service["loadBalancers"],
        json!([{ "targetGroupArn": group_arn, "containerName": "api", "containerPort": 8080 }])
    );
    let network = &service["networkConfiguration"]["awsvpcConfiguration"];
    let mut used: Vec<String> = network["subnets"].as_array().unwrap().iter().map(text).collect();
    used.sort();
    assert_eq!(used, subnets);
    assert_eq!(network["securityGroups"], json!([tasks]));
    assert_eq!(network["assignPublicIp"], "ENABLED");
    // The emulator forgets the circuit breaker; that it is sent is held by the adapter's own replayed tests.

    let definition = text(&service["taskDefinition"]);
    let definition = &emulator.aws(&[
        "ecs",
        "describe-task-definition",
        "--task-definition",
        &definition,
        "--include",
        "TAGS",
    ]);
    assert_ours(&definition["tags"], "the task definition");
    let definition = &definition["taskDefinition"];
    assert_eq!(
        (&definition["cpu"], &definition["memory"]),
        (&json!("256"), &json!("512"))
    );
    assert_eq!(definition["networkMode"], "awsvpc");
    assert_eq!(definition["requiresCompatibilities"], json!(["FARGATE"]));
    let role =
        text(&emulator.aws(&["iam", "get-role", "--role-name", "ecsTaskExecutionRole"])["Role"]["Arn"]);
    assert_eq!(definition["executionRoleArn"], role);
    let containers = definition["containerDefinitions"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    let container = &containers[0];
    let repository = &emulator.aws(&[
        "ecr",
        "describe-repositories",
        "--repository-names",
        "vendor0919-api",
    ])["repositories"][0];
    let uri = text(&repository["repositoryUri"]);
    let image = text(&container["image"]);
    assert!(image.starts_with(&uri), "{image} is not of {uri}");
    assert_eq!(container["portMappings"][0]["containerPort"], 8080);
    assert_eq!(
        container["logConfiguration"]["options"],
        json!({ "awslogs-group": "/ecs/vendor0919-api", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs" })
    );
    assert!(
        container["healthCheck"].is_null(),
        "the image can't run a check of its own"
    );
}

fn wired(emulator: &Emulator, ground: &Ground) {
    around(emulator);
    let (new, door, tasks) = network(emulator, ground);
    let (subnets, group_arn) = balancing(emulator, ground, &new, &door);
    containers(emulator, &subnets, &tasks, &group_arn);
}
