//! What reading, checking and naming promise.

use engine::spec::names::Names;
use engine::spec::problem::{Problem, ProblemCode, ValueKind};
use engine::spec::validate::validate;
use engine::spec::{StackSpec, VpcChoice, fargate, field, limits, read, region};
use proptest::prelude::*;

const VENDOR: &str = include_str!("../../../../examples/vendor0919.toml");
const HELLO: &str = include_str!("../../../../examples/hello.toml");

fn hello() -> StackSpec {
    read::from_toml(HELLO).expect("the example is valid")
}

fn problems(toml: &str) -> Vec<Problem> {
    read::from_toml(toml).expect_err("the document has problems")
}

/// The smallest valid document with one line changed or added.
fn with(line: &str) -> String {
    let (section, line) = line.split_once(" | ").unwrap_or(("", line));
    let key = line.split('=').next().unwrap_or_default().trim();
    let lines = [
        ("", "version = 1"),
        ("", "name = \"shop\""),
        ("", "region = \"ap-northeast-1\""),
        ("image", "uri = \"public.ecr.aws/nginx/nginx:1.27\""),
        ("container", "port = 8080"),
    ];
    let mut text = String::new();
    let mut sections = vec!["", "image", "container"];
    if !sections.contains(&section) {
        sections.push(section);
    }
    for current in sections {
        if !current.is_empty() {
            text.push_str(&format!("[{current}]\n"));
        }
        for (at, usual) in lines {
            if at == current && !(at == section && usual.starts_with(&format!("{key} ="))) {
                text.push_str(&format!("{usual}\n"));
            }
        }
        if current == section {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

#[test]
fn the_examples_are_valid_and_say_what_the_runbook_says() {
    let spec = read::from_toml(VENDOR).expect("valid");
    assert_eq!(spec.container.port, 8080);
    assert_eq!(spec.roles.execution.as_deref(), Some("ecsTaskExecutionRole"));
    let names = Names::of(&spec);
    assert_eq!(names.cluster, "vendor0919-cluster");
    assert_eq!(names.family, "vendor0919-task");
    assert_eq!(names.service, "vendor0919-service");
    assert_eq!(names.load_balancer, "vendor0919-alb");
    assert_eq!(names.target_group, "vendor0919-tg");
    assert_eq!(names.log_group, "/ecs/vendor0919-api");
    assert_eq!(
        spec.image.uri("123456789012", "ap-northeast-1"),
        "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/vendor0919-api:latest"
    );
    assert_eq!(
        hello().image.uri("123456789012", "ap-northeast-1"),
        "public.ecr.aws/nginx/nginx:1.27"
    );
}

#[test]
fn every_single_mistake_gets_one_clear_sentence() {
    let lines = [
        "version = 2",
        "version = \"1\"",
        "name = \"Shop\"",
        "name = \"s\"",
        "name = 7",
        "name = \"a-name-that-is-far-too-long-to-use\"",
        "region = \"ap-northeats-1\"",
        "region = \"mars-north-1\"",
        "regoin = \"ap-northeast-1\"",
        "port = 80",
        "image | uri = \"https://example.com/app:1\"",
        "image | uri = \"nginx\"",
        "image | uri = \"Example.com/App:1\"",
        "image | repository = \"also\"",
        "image | tag = \"1.0\"",
        "container | port = 0",
        "container | port = 70000",
        "container | port = \"8080\"",
        "container | cpu = 300",
        "container | memory_mib = 700",
        "container | memory_mib = 4096",
        "container | architecture = \"amd64\"",
        "container | command = \"serve\"",
        "container | environment = { \"1A\" = \"x\" }",
        "container | environment = { PORT = 8080 }",
        "container | secrets = { KEY = \"password\" }",
        "container | secrets = { KEY = \"arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf:password\" }",
        "container | secrets = { KEY = \"arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf:password:\" }",
        "health | path = \"health\"",
        "health | path = \"/health?full=1\"",
        "health | matcher = \"600\"",
        "health | interval_s = 5",
        "health | healthy_threshold = 1",
        "health | pth = \"/\"",
        "network | vpc = \"new\"",
        "network | vpc = { use = \"vpc-1\" }",
        "network | vpc = { create = \"8.0.0.0/16\" }",
        "network | vpc = { create = \"10.0.0.0/28\" }",
        "network | vpc = { create = \"10.0.0.1/16\" }",
        "network | subnets = [\"10.0.0.0/24\"]",
        "network | new_subnet_cidr = \"10.0.10.5/24\"",
        "network | new_subnet_cidr = \"10.0.10.0\"",
        "network | new_subnet_cidr = \"10.0.0.0/8\"",
        "network | task_security_group = \"default\"",
        "network | allow_from = [\"everybody\"]",
        "service | desired_count = 101",
        "service | desired_count = -1",
        "service | failure_threshold = 1",
        "service | maximum_percent = 100",
        "service | rollback = \"yes\"",
        "roles | execution = \"arn:aws:iam::123456789012:role/x\"",
        "roles | task = \"app\"",
        "logs | retention_days = 31",
        "logs | group = \"my logs\"",
        "frontend | branch = \"main\"",
        "tags | \"aws:x\" = \"1\"",
        "tags | \"slipway:stack\" = \"other\"",
    ];
    let mut seen = String::new();
    for line in lines {
        let found = problems(&with(line));
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        seen.push_str(&format!("{line}\n    {}\n", found[0]));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn all_problems_of_a_document_are_reported_at_once() {
    let text = "
        version = 1
        name = \"Shop!\"
        region = \"tokyo\"
        colour = \"red\"
        [image]
        uri = \"a b\"
        [container]
        port = 0
        cpu = 256
        memory_mib = 8192
        [health]
        path = \"x\"
        timeout_s = 30
        [network]
        allow_from = [\"10.0.0.1/8\", \"nowhere\"]
        [container.environment]
        \"A-B\" = \"1\"
        KEY = \"1\"
        [container.secrets]
        KEY = \"arn:aws:ssm:ap-northeast-1:123456789012:parameter/key\"
    ";
    let fields: Vec<String> = problems(text).into_iter().map(|problem| problem.field).collect();
    for field in [
        "name",
        "region",
        "colour",
        "image.uri",
        "container.port",
        "container.memory_mib",
        "health.path",
        "health.timeout_s",
        "network.allow_from[0]",
        "network.allow_from[1]",
        "container.environment.A-B",
        "container.secrets.KEY",
    ] {
        assert!(
            fields.iter().any(|found| found == field),
            "{field} not among {fields:?}"
        );
    }
    assert_eq!(fields.len(), 12, "{fields:?}");
}

#[test]
fn an_empty_document_names_everything_that_has_to_be_given() {
    let fields: Vec<String> = problems("").into_iter().map(|problem| problem.field).collect();
    assert_eq!(fields, ["version", "name", "region", "image", "container"]);
    assert!(read::from_json("{}").is_err());
}

#[test]
fn broken_syntax_is_told_with_its_line() {
    let broken = "version = 1\nname = \"shop\nregion = 7 7\n";
    let lines: Vec<Option<usize>> = problems(broken)
        .into_iter()
        .map(|problem| match problem.code {
            ProblemCode::Syntax { line, .. } => line,
            other => panic!("not a syntax problem: {other:?}"),
        })
        .collect();
    assert!(lines.contains(&Some(2)) && lines.contains(&Some(3)), "{lines:?}");
    let found = read::from_json("{\n  \"version\": 1,\n  oops\n}").expect_err("broken");
    assert!(
        matches!(found[0].code, ProblemCode::Syntax { line: Some(3), .. }),
        "{found:?}"
    );
    let found = read::from_json("[]").expect_err("not a table");
    assert_eq!(
        found[0].code,
        ProblemCode::WrongType {
            expected: ValueKind::Table
        }
    );
}

#[test]
fn a_misplaced_field_is_told_where_it_belongs() {
    let found = problems(&with("memory_mib = 512"));
    assert_eq!(
        found[0].code,
        ProblemCode::UnknownField {
            nearest: Some("container.memory_mib".into())
        }
    );
}

#[test]
fn the_fargate_table_is_amazons() {
    let ends: Vec<(u32, u32, u32, usize)> = fargate::CPU_CHOICES
        .into_iter()
        .map(|cpu| {
            let sizes = fargate::memory_choices(cpu);
            (cpu, sizes[0], sizes[sizes.len() - 1], sizes.len())
        })
        .collect();
    assert_eq!(
        ends,
        [
            (256, 512, 2048, 3),
            (512, 1024, 4096, 4),
            (1024, 2048, 8192, 7),
            (2048, 4096, 16_384, 13),
            (4096, 8192, 30_720, 23),
            (8192, 16_384, 61_440, 12),
            (16_384, 32_768, 122_880, 12),
        ]
    );
    assert!(fargate::memory_choices(300).is_empty());
}

#[test]
fn tokyo_comes_first_among_the_regions_and_codes_are_unique() {
    assert_eq!(region::REGIONS[0].name, "Tokyo");
    let codes: std::collections::BTreeSet<_> = region::REGIONS.iter().map(|region| region.code).collect();
    assert_eq!(codes.len(), region::REGIONS.len());
}

#[test]
fn a_name_that_aws_keeps_for_itself_is_avoided() {
    let named = |name: &str| {
        Names::of(&StackSpec {
            name: name.into(),
            ..hello()
        })
    };
    assert!(!named("internal").load_balancer.starts_with("internal-"));
    assert!(!named("sg").task_group.starts_with("sg-"));
    assert_eq!(named("sg").load_balancer, "sg-alb");
}

proptest! {
    #[test]
    fn every_name_is_valid_for_aws(name in "[a-z][a-z0-9-]{0,60}[a-z0-9]") {
        let names = Names::of(&StackSpec { name, ..hello() });
        for short in [&names.load_balancer, &names.target_group] {
            prop_assert!(short.len() <= 32, "{short}");
            prop_assert!(short.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            prop_assert!(!short.starts_with('-') && !short.ends_with('-') && !short.starts_with("internal-"));
        }
        prop_assert!(!names.task_group.starts_with("sg-") && !names.load_balancer_group.starts_with("sg-"));
        prop_assert!(names.execution_role.len() <= 64);
    }

    #[test]
    fn two_long_names_with_one_beginning_stay_apart(stem in "[a-z]{40}", left in "[a-z]{3}", right in "[a-z]{3}") {
        prop_assume!(left != right);
        let named = |end: &str| Names::of(&StackSpec { name: format!("{stem}{end}"), ..hello() });
        prop_assert_ne!(named(&left).load_balancer, named(&right).load_balancer);
        prop_assert_ne!(named(&left).target_group, named(&right).target_group);
    }

    #[test]
    fn what_is_written_reads_back_the_same(
        name in "[a-z][a-z0-9]{1,20}",
        desired in 0u32..20,
        pair in (0usize..7, 0usize..3),
        vpc in 0u8..3,
        retention in 0usize..22,
        variables in proptest::collection::btree_map("[A-Z_]{1,8}", "\\PC{0,20}", 0..4),
    ) {
        let mut spec = hello();
        spec.name = name;
        spec.service.desired_count = desired;
        spec.container.cpu = fargate::CPU_CHOICES[pair.0];
        spec.container.memory_mib = fargate::memory_choices(spec.container.cpu)[pair.1];
        spec.container.environment = variables;
        spec.logs.retention_days = limits::RETENTION_DAYS[retention];
        spec.network.vpc = match vpc {
            0 => VpcChoice::Find,
            1 => VpcChoice::Use("vpc-0123456789abcdef0".into()),
            _ => VpcChoice::Create("10.1.0.0/16".parse().expect("a range")),
        };
        prop_assert_eq!(validate(&spec), vec![]);
        prop_assert_eq!(read::from_toml(&read::to_toml(&spec).expect("writes")), Ok(spec.clone()));
        prop_assert_eq!(read::from_json(&read::to_json(&spec).expect("writes")), Ok(spec));
    }

    #[test]
    fn no_text_makes_the_reader_stumble(text in "\\PC{0,200}") {
        let _ = read::from_toml(&text);
        let _ = read::from_json(&text);
        for check in [field::path, field::name, field::variable, field::secret_arn, field::role_arn, field::matcher] {
            let _ = check(&text);
        }
        let _ = (field::cidr(&text), field::port(&text), field::image_uri(&text));
    }
}
