//! The program through the official SDK against an emulator, read back with the AWS CLI.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;

use crate::bed::{Bed, Done, example, finish};

const REGION: &str = "ap-northeast-1";

/// An emulator, and keys of an account in it that no other test has.
struct Emulator {
    url: String,
    keys: [(&'static str, String); 3],
    _server: Option<Ended>,
}

/// Ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

impl Emulator {
    fn start() -> Self {
        let (url, server) = match std::env::var("SLIPWAY_TEST_EMULATOR_URL") {
            Ok(url) => (url, None),
            Err(_) => spawn(),
        };
        let nanos = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let account = 100_000_000_000 + nanos % 899_999_999_999;
        let first = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
            .map(|name| (name, "test".to_owned()));
        let mut emulator = Self {
            url,
            keys: first,
            _server: server,
        };
        let role = format!("arn:aws:iam::{account}:role/tester");
        let answer = emulator.aws(&[
            "sts",
            "assume-role",
            "--role-arn",
            &role,
            "--role-session-name",
            "test",
        ]);
        let key = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
        emulator.keys = [
            ("AWS_ACCESS_KEY_ID", key("AccessKeyId")),
            ("AWS_SECRET_ACCESS_KEY", key("SecretAccessKey")),
            ("AWS_SESSION_TOKEN", key("SessionToken")),
        ];
        emulator
    }

    fn environment(&self, command: &mut Command) {
        command.envs(self.keys.iter().map(|(name, value)| (*name, value)));
        command
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true");
    }

    /// What the AWS CLI answers.
    fn aws(&self, arguments: &[&str]) -> Value {
        let program = std::env::var("SLIPWAY_TEST_AWS_CLI").unwrap_or_else(|_| "aws".to_owned());
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .args(["--output", "json", "--region", REGION]);
        self.environment(&mut command);
        let output = command.output().unwrap_or_else(|error| {
            panic!("the AWS CLI is missing: `pip install awscli`, or set SLIPWAY_TEST_AWS_CLI ({program}: {error})")
        });
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    async fn slipway(&self, bed: &Bed, arguments: &[&str]) -> Done {
        let mut command = bed.command(arguments);
        self.environment(&mut command);
        finish(command).await
    }
}

fn spawn() -> (String, Option<Ended>) {
    let program = std::env::var("SLIPWAY_MOTO_SERVER").unwrap_or_else(|_| "moto_server".to_owned());
    let mut server = Command::new(&program)
        .args(["-p", "0"])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("the emulator is missing: `pip install 'moto[server]'`, or set SLIPWAY_TEST_EMULATOR_URL ({program}: {error})")
        });
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let url = lines.find_map(|line| {
        line.unwrap()
            .split_once("Running on ")
            .map(|(_, url)| url.trim().to_owned())
    });
    // A full pipe would stop it.
    std::thread::spawn(move || lines.for_each(drop));
    (url.expect("the emulator prints its address"), Some(Ended(server)))
}

/// Lines of a JSON array's field.
fn texts<'a>(values: &'a Value, field: &str) -> Vec<&'a str> {
    values
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|value| value[field].as_str())
        .collect()
}

#[tokio::test]
async fn the_example_is_wired_as_the_aws_cli_reads_it_back() {
    let bed = Bed::new().await;
    let emulator = tokio::task::spawn_blocking(Emulator::start).await.unwrap();
    let spec = example("vendor0919.toml");
    let connection = format!("aws:default@{REGION}");
    let apply = [
        "apply",
        "--connection",
        &connection,
        "--spec",
        &spec,
        "--yes",
        "--json",
        "--no-wait",
    ];
    let done = emulator.slipway(&bed, &apply).await;
    assert!([0, 3].contains(&done.code), "{}\n{}", done.stdout, done.stderr);
    let document = done.json();
    let blocked: Vec<&Value> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["outcome"] == "blocked")
        .collect();
    assert!(blocked.is_empty(), "{blocked:?}");

    let read = tokio::task::spawn_blocking(move || read_back(&emulator));
    read.await.unwrap();
}

fn read_back(emulator: &Emulator) {
    let balancer = emulator.aws(&["elbv2", "describe-load-balancers", "--names", "vendor0919-alb"]);
    let balancer = &balancer["LoadBalancers"][0];
    assert_eq!(balancer["Scheme"], "internet-facing");
    let zones = texts(&balancer["AvailabilityZones"], "ZoneName");
    assert!(zones.len() >= 2 && zones[0] != zones[1], "{zones:?}");
    let arn = balancer["LoadBalancerArn"].as_str().unwrap();
    let door = balancer["SecurityGroups"][0].as_str().unwrap();

    let groups = emulator.aws(&["elbv2", "describe-target-groups", "--names", "vendor0919-tg"]);
    let group = &groups["TargetGroups"][0];
    assert_eq!(
        (group["TargetType"].as_str(), group["Port"].as_i64()),
        (Some("ip"), Some(8080))
    );
    assert_eq!(group["HealthCheckPath"], "/health");
    assert_eq!(group["HealthCheckIntervalSeconds"], 10);
    let group_arn = group["TargetGroupArn"].as_str().unwrap();

    let listeners = emulator.aws(&["elbv2", "describe-listeners", "--load-balancer-arn", arn]);
    let listener = &listeners["Listeners"][0];
    assert_eq!(listener["Port"], 80);
    assert_eq!(listener["DefaultActions"][0]["TargetGroupArn"], group_arn);

    let services = emulator.aws(&[
        "ecs",
        "describe-services",
        "--cluster",
        "vendor0919-cluster",
        "--services",
        "vendor0919-service",
    ]);
    let service = &services["services"][0];
    assert_eq!(service["loadBalancers"][0]["targetGroupArn"], group_arn);
    assert_eq!(service["loadBalancers"][0]["containerPort"], 8080);
    // The emulator forgets the circuit breaker; that it is sent is held by the adapter's own replayed tests.
    let tasks = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"][0]
        .as_str()
        .unwrap();

    let definition = service["taskDefinition"].as_str().unwrap();
    let definition = emulator.aws(&["ecs", "describe-task-definition", "--task-definition", definition]);
    let definition = &definition["taskDefinition"];
    assert_eq!(
        (definition["cpu"].as_str(), definition["memory"].as_str()),
        (Some("256"), Some("512"))
    );
    let container = &definition["containerDefinitions"][0];
    assert_eq!(
        container["logConfiguration"]["options"]["awslogs-group"],
        "/ecs/vendor0919-api"
    );
    assert!(
        container["healthCheck"].is_null(),
        "the image can't run a check of its own"
    );

    let logs = emulator.aws(&[
        "logs",
        "describe-log-groups",
        "--log-group-name-prefix",
        "/ecs/vendor0919-api",
    ]);
    assert_eq!(logs["logGroups"][0]["retentionInDays"], 30);

    let repositories = emulator.aws(&[
        "ecr",
        "describe-repositories",
        "--repository-names",
        "vendor0919-api",
    ]);
    assert_eq!(
        repositories["repositories"][0]["imageScanningConfiguration"]["scanOnPush"],
        true
    );
    let lifecycle = emulator.aws(&[
        "ecr",
        "get-lifecycle-policy",
        "--repository-name",
        "vendor0919-api",
    ]);
    assert!(
        lifecycle["lifecyclePolicyText"]
            .as_str()
            .unwrap()
            .contains("rules")
    );

    let door_rules = emulator.aws(&["ec2", "describe-security-groups", "--group-ids", door]);
    let ingress = &door_rules["SecurityGroups"][0]["IpPermissions"][0];
    assert_eq!(
        (ingress["FromPort"].as_i64(), &ingress["IpRanges"][0]["CidrIp"]),
        (Some(80), &Value::from("0.0.0.0/0"))
    );
    let task_rules = emulator.aws(&["ec2", "describe-security-groups", "--group-ids", tasks]);
    let ingress = &task_rules["SecurityGroups"][0]["IpPermissions"];
    assert_eq!(
        ingress.as_array().unwrap().len(),
        1,
        "only the load balancer reaches the container: {ingress}"
    );
    assert_eq!(ingress[0]["FromPort"], 8080);
    assert_eq!(ingress[0]["UserIdGroupPairs"][0]["GroupId"], door);
    assert!(
        ingress[0]["IpRanges"].as_array().is_none_or(Vec::is_empty),
        "{ingress}"
    );
}
