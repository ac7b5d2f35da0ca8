//! Every valid spec gives a plan that passes the linter, finishes on the practice account, and takes no longer than
//! its critical path.

use cloud_sim::{ImageProfile, Scenario};
use engine::cloud::registry::Architecture;
use engine::plan::schedule;
use engine::run::{RunState, summary};
use engine::spec::validate::validate;
use engine::spec::{ImageSource, StackSpec, VpcChoice};
use proptest::prelude::*;

use crate::stage::{Stage, vendor};

fn scenario() -> impl Strategy<Value = Scenario> {
    prop_oneof![Just(Scenario::Runbook), Just(Scenario::Fresh)]
}

fn spec() -> impl Strategy<Value = StackSpec> {
    let shape = (
        "[a-z][a-z0-9]{1,12}",
        1_u16..=65_535,
        prop_oneof![
            Just((256, 512)),
            Just((256, 1024)),
            Just((512, 2048)),
            Just((1024, 4096))
        ],
        prop_oneof![Just(Architecture::X86_64), Just(Architecture::Arm64)],
        any::<bool>(),
    );
    let health = (5_u16..=30, 2_u8..=4, 0_u32..=120, 0_u16..=60);
    let rest = (1_u32..=3, any::<bool>(), any::<bool>(), any::<bool>());
    (shape, health, rest).prop_map(|(shape, health, rest)| {
        let (name, port, (cpu, memory_mib), architecture, own_repository) = shape;
        let (interval_s, healthy_threshold, grace_s, drain_s) = health;
        let (desired, new_vpc, adopt_role, frontend) = rest;
        let mut spec = vendor();
        spec.name = name;
        spec.container.port = port;
        spec.container.cpu = cpu;
        spec.container.memory_mib = memory_mib;
        spec.container.architecture = architecture;
        if !own_repository {
            spec.image = ImageSource::Uri {
                uri: "public.ecr.aws/nginx/nginx:1.27".into(),
            };
            spec.container.port = 80;
            spec.health.path = "/".into();
        }
        spec.health.interval_s = interval_s;
        spec.health.timeout_s = interval_s.min(6) - 2;
        spec.health.healthy_threshold = healthy_threshold;
        spec.health.grace_s = grace_s;
        spec.health.drain_s = drain_s;
        spec.service.desired_count = desired;
        if new_vpc {
            spec.network.vpc = VpcChoice::Create("10.20.0.0/16".parse().expect("a range"));
        }
        if !adopt_role {
            spec.roles.execution = None;
        }
        if !frontend {
            spec.frontend = None;
        }
        spec
    })
}

async fn finishes(scenario: Scenario, mut spec: StackSpec) -> Result<(), TestCaseError> {
    if scenario == Scenario::Fresh {
        spec.roles.execution = None;
    }
    prop_assert_eq!(validate(&spec), []);
    let mut stage = Stage::new(scenario);
    let image = ImageProfile::fastapi()
        .listening(spec.container.port)
        .on(&[spec.container.architecture]);
    if let ImageSource::Repository { repository, tag } = &spec.image {
        stage
            .cell
            .look(|world| world.expect_push(repository, tag, image, 2));
    }
    let plan = stage.plan(&spec).await;
    let state = stage.run(&plan, "run-1").await;
    prop_assert_eq!(state, RunState::Succeeded, "{:#?}", stage.blocked());
    let summary = summary(&plan, &stage.ledger.records());
    let ratio = summary.makespan_ms as f64 / summary.critical_path_ms as f64;
    let expected_ms = 1_000.0 * f64::from(schedule(&plan).makespan_s);
    prop_assert!(
        summary.makespan_ms as f64 <= 1.05 * expected_ms,
        "{expected_ms} ms expected: {summary:?}"
    );
    prop_assert!(ratio <= 1.05, "{ratio}: {summary:?}");
    let again = stage.plan(&spec).await;
    prop_assert!(again.is_settled(), "{again:#?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_valid_spec_comes_true(scenario in scenario(), spec in spec()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(finishes(scenario, spec))?;
    }
}
