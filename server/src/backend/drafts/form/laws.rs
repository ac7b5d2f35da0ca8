//! What holds for every spec: the panel's pages can hold it, and give it back as it was.

use std::collections::BTreeMap;

use engine::cloud::registry::Architecture;
use engine::spec::validate::validate;
use engine::spec::{ContainerSpec, HealthSpec, NetworkSpec, ServiceSpec, VpcChoice, fargate};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9-]{0,20}[a-z0-9]"
}

fn image() -> impl Strategy<Value = ImageSource> {
    prop_oneof![
        (
            "[a-z][a-z0-9]{1,10}(/[a-z0-9]{2,8})?",
            prop_oneof!["[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", "sha256:[0-9a-f]{64}"]
        )
            .prop_map(|(repository, tag)| ImageSource::Repository { repository, tag }),
        "public\\.ecr\\.aws/[a-z]{2,8}/[a-z]{2,8}:[a-z0-9]{1,8}".prop_map(|uri| ImageSource::Uri { uri }),
    ]
}

fn network() -> impl Strategy<Value = NetworkSpec> {
    let allow_from = || {
        btree_set((0u8..=255, 0u8..=255), 0..3).prop_map(|all| {
            all.into_iter()
                .map(|(a, b)| format!("{a}.{b}.0.0/16").parse().unwrap())
                .collect::<Vec<_>>()
        })
    };
    let created = (16u8..=27, allow_from()).prop_map(|(prefix, allow_from)| NetworkSpec {
        vpc: VpcChoice::Create(format!("10.0.0.0/{prefix}").parse().unwrap()),
        allow_from,
        ..NetworkSpec::default()
    });
    let found = (
        prop_oneof![Just(VpcChoice::Find), "vpc-[0-9a-f]{17}".prop_map(VpcChoice::Use)],
        btree_set("subnet-[0-9a-f]{17}", 0..4),
        option::of(0u8..=255),
        option::of("sg-[0-9a-f]{8}"),
        allow_from(),
    )
        .prop_map(
            |(vpc, subnets, range, task_security_group, allow_from)| NetworkSpec {
                vpc,
                subnets: subnets.into_iter().collect(),
                new_subnet_cidr: range.map(|third| format!("10.0.{third}.0/24").parse().unwrap()),
                task_security_group,
                allow_from,
            },
        );
    prop_oneof![found, created]
}

fn container() -> impl Strategy<Value = ContainerSpec> {
    let size = proptest::sample::select(
        fargate::CPU_CHOICES
            .iter()
            .flat_map(|cpu| {
                fargate::memory_choices(*cpu)
                    .into_iter()
                    .map(move |memory| (*cpu, memory))
            })
            .collect::<Vec<_>>(),
    );
    // Browsers change a lone carriage return; nothing else is lost.
    let text = "[^\\r\\x00]{0,16}";
    (
        "[a-zA-Z][a-zA-Z0-9_-]{0,10}",
        1u16..,
        size,
        any::<bool>(),
        vec(text, 0..4),
        btree_map("A[A-Z0-9_]{0,8}", text, 0..4),
        btree_map(
            "S[A-Z0-9_]{0,8}",
            "arn:aws:ssm:ap-northeast-1:123456789012:parameter/[a-z]{1,8}",
            0..3,
        ),
    )
        .prop_map(
            |(name, port, (cpu, memory_mib), arm, command, environment, secrets)| ContainerSpec {
                name,
                port,
                cpu,
                memory_mib,
                architecture: if arm {
                    Architecture::Arm64
                } else {
                    Architecture::X86_64
                },
                command,
                environment,
                secrets,
            },
        )
}

fn health() -> impl Strategy<Value = HealthSpec> {
    (
        "/[a-z0-9/_.-]{0,20}",
        proptest::sample::select(vec!["200", "200,204", "200-299"]),
        6u16..=300,
        2u8..=10,
        2u8..=10,
        0u32..=7200,
        0u16..=3600,
    )
        .prop_map(
            |(path, matcher, interval_s, healthy_threshold, unhealthy_threshold, grace_s, drain_s)| {
                HealthSpec {
                    path,
                    matcher: matcher.to_owned(),
                    interval_s,
                    timeout_s: (interval_s - 1).min(120),
                    healthy_threshold,
                    unhealthy_threshold,
                    grace_s,
                    drain_s,
                }
            },
        )
}

fn service() -> impl Strategy<Value = ServiceSpec> {
    (0u32..=100, prop_oneof![Just(0u32), 2u32..=100], any::<bool>()).prop_map(
        |(desired_count, failure_threshold, rollback)| ServiceSpec {
            desired_count,
            failure_threshold,
            rollback,
            minimum_healthy_percent: 50,
            maximum_percent: 200,
        },
    )
}

fn frontend() -> impl Strategy<Value = FrontendSpec> {
    (
        "[a-z]([a-zA-Z0-9 ]{0,10}[a-z])?",
        "[a-z][a-z/-]{0,10}",
        btree_set("N[A-Z_]{1,10}", 1..3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(app, branch, variables, branch_only, skip)| FrontendSpec {
            app,
            branch,
            variables: variables.into_iter().collect(),
            branch_only,
            when_missing: if skip {
                WhenMissing::Skip
            } else {
                WhenMissing::Fail
            },
        })
}

fn spec() -> impl Strategy<Value = StackSpec> {
    let roles = (
        option::of("[a-zA-Z]{1,20}"),
        option::of("arn:aws:iam::123456789012:role/[a-zA-Z]{1,20}"),
    )
        .prop_map(|(execution, task)| RoleSpec { execution, task });
    let logs = (
        proptest::sample::select(vec![1u16, 7, 30, 365]),
        option::of("/[a-z]{1,10}/[a-zA-Z0-9_.#-]{1,10}"),
    )
        .prop_map(|(retention_days, group)| LogSpec {
            retention_days,
            group,
        });
    let tags = btree_map(
        "[A-Z=@][a-zA-Z0-9 _.:/=+@-]{0,10}",
        "[a-zA-Z0-9 _.:/=+@-]{0,12}",
        0..4,
    );
    (
        (name(), name(), image(), container(), health()),
        (network(), service(), roles, logs, option::of(frontend()), tags),
    )
        .prop_map(
            |(
                (name, environment, image, container, health),
                (network, service, roles, logs, frontend, tags),
            )| {
                StackSpec {
                    version: SPEC_VERSION,
                    name,
                    environment,
                    region: "ap-northeast-1".to_owned(),
                    image,
                    container,
                    health,
                    network,
                    service,
                    roles,
                    logs,
                    frontend,
                    tags,
                }
            },
        )
        .prop_filter("only what is valid", |spec| validate(spec).is_empty())
}

proptest! {
    #[test]
    fn a_spec_survives_the_way_into_the_form_and_back(spec in spec()) {
        let again = read(&from_spec(&spec, "c"), "ap-northeast-1");
        prop_assert_eq!(again.problems, vec![]);
        prop_assert_eq!(again.spec, Some(spec));
    }
}

#[test]
fn every_field_of_a_spec_has_its_page() {
    let fields: BTreeMap<String, _> = from_spec(
        &read(&super::tests::filled(), "ap-northeast-1").spec.unwrap(),
        "c",
    );
    let misplaced: Vec<_> = fields
        .keys()
        .filter(|field| page_of(field) == WizardStep::Account)
        .collect();
    assert_eq!(misplaced, ["connection", "environment", "name"]);
}
