//! Any spec, and any account to plan it for. The laws and the benches draw from here.

use engine::plan::cidr;
use engine::snapshot::{FrontendState, Snapshot};
use engine::spec::{FrontendSpec, ImageSource, StackSpec, VpcChoice, WhenMissing, fargate, read};
use ipnet::Ipv4Net;
use proptest::prelude::*;

use crate::accounts::{fresh, runbook, subnet, table};

/// Ranges inside of 10.0.0.0/16.
pub(crate) fn net() -> impl Strategy<Value = Ipv4Net> {
    (0u32..1 << 16, 16u8..=28).prop_map(|(low, prefix)| {
        Ipv4Net::new(std::net::Ipv4Addr::from(0x0a00_0000 | low), prefix)
            .expect("a range")
            .trunc()
    })
}

fn frontend() -> impl Strategy<Value = Option<FrontendSpec>> {
    proptest::option::of(
        (any::<bool>(), any::<bool>()).prop_map(|(branch_only, skip)| FrontendSpec {
            app: "vendor0919-web".into(),
            branch: "main".into(),
            variables: vec!["NEXT_PUBLIC_API_BASE".into(), "API".into()],
            branch_only,
            when_missing: if skip {
                WhenMissing::Skip
            } else {
                WhenMissing::Fail
            },
        }),
    )
}

/// Specs of every shape.
pub(crate) fn spec() -> impl Strategy<Value = StackSpec> {
    let image = prop_oneof![
        Just(ImageSource::Repository {
            repository: "vendor0919-api".into(),
            tag: "latest".into()
        }),
        Just(ImageSource::Uri {
            uri: "public.ecr.aws/nginx/nginx:1.27".into()
        }),
    ];
    let vpc = prop_oneof![
        3 => Just(VpcChoice::Find),
        1 => (16u8..=27).prop_map(|prefix| VpcChoice::Create(format!("10.9.0.0/{prefix}").parse().expect("a range"))),
    ];
    let secrets = proptest::collection::btree_map(
        "[A-Z]{1,6}",
        Just("arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf:password::".to_owned()),
        0..3,
    );
    let role = proptest::option::of(Just("ecsTaskExecutionRole".to_owned()));
    (
        ("[a-z][a-z0-9]{1,20}", image, vpc, frontend()),
        (1u16.., 0usize..7, 0u32..5, 0u32..4, secrets, role),
        proptest::collection::vec(net(), 0..3),
    )
        .prop_map(
            |((name, image, vpc, frontend), (port, cpu, desired, threshold, secrets, role), allow_from)| {
                let example = include_str!("../../../../examples/hello.toml");
                let mut spec = StackSpec {
                    name,
                    image,
                    frontend,
                    ..read::from_toml(example).expect("valid")
                };
                spec.network.vpc = vpc;
                spec.network.allow_from = allow_from;
                spec.container.port = port;
                spec.container.cpu = fargate::CPU_CHOICES[cpu];
                spec.container.memory_mib = fargate::memory_choices(spec.container.cpu)[0];
                spec.container.secrets = secrets;
                spec.roles.execution = role;
                spec.service.desired_count = desired;
                spec.service.failure_threshold = if threshold < 2 { 0 } else { threshold };
                spec
            },
        )
}

/// Accounts: the two known ones with subnets, routes and images taken away or added.
pub(crate) fn account() -> impl Strategy<Value = Snapshot> {
    let base = prop_oneof![Just(runbook()), Just(fresh())];
    let extra = proptest::collection::vec((0u8..200, 0usize..3, 0u32..300, any::<bool>()), 0..4);
    (base, extra, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(mut now, extra, image, roads, gateway)| {
            let vpc = now.vpc_id.clone().expect("a VPC");
            let base: Ipv4Net = now.vpcs[0].cidrs[0];
            let mut public = Vec::new();
            for (index, (third, zone, free, is_public)) in extra.into_iter().enumerate() {
                let [a, b, ..] = base.network().octets();
                let range = format!("{a}.{b}.{third}.0/28");
                let range: Ipv4Net = range.parse().expect("a range");
                if now.subnets.iter().any(|other| cidr::overlap(other.cidr, range)) {
                    continue;
                }
                let id = format!("subnet-{index:0>17}");
                now.subnets
                    .push(subnet(&id, &vpc, &range.to_string(), ["a", "c", "d"][zone], free));
                if is_public {
                    public.push(id);
                }
            }
            let public: Vec<&str> = public.iter().map(String::as_str).collect();
            let igw = now.internet_gateways[0].id.clone();
            now.route_tables
                .push(table("rtb-0000000000000000a", &vpc, false, Some(&igw), &public));
            if !roads {
                now.route_tables.iter_mut().for_each(|table| table.routes.clear());
            }
            if !gateway && !roads {
                now.internet_gateways.clear();
            }
            if !image {
                now.image = None;
                now.repository = None;
            }
            now
        },
    )
}

/// What `observe` would answer for this spec: only what the spec speaks about.
pub(crate) fn seen(mut now: Snapshot, spec: &StackSpec) -> Snapshot {
    if matches!(spec.network.vpc, VpcChoice::Create(_)) {
        now.vpc_id = None;
        now.subnets.clear();
        now.route_tables.clear();
        now.internet_gateways.clear();
        now.security_groups.clear();
    }
    if matches!(spec.image, ImageSource::Uri { .. }) {
        now.image = None;
        now.repository = None;
    }
    if spec.roles.execution.is_none() {
        now.execution_role = None;
    }
    if spec.frontend.is_none() {
        now.frontend = FrontendState::NotWanted;
    }
    now
}
