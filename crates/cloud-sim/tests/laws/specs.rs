//! Any valid spec, and any account to bring it about in. The laws and the benches draw from here.

use cloud_sim::Scenario;
use engine::cloud::registry::Architecture;
use engine::spec::{ImageSource, StackSpec, VpcChoice};
use proptest::prelude::*;

use crate::stage::vendor;

/// Accounts.
pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    prop_oneof![Just(Scenario::Runbook), Just(Scenario::Fresh)]
}

/// Specs of every shape that the practice account can bring about.
pub(crate) fn spec() -> impl Strategy<Value = StackSpec> {
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
