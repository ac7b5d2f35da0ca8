//! Laws that hold for every spec and every account.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use std::collections::BTreeMap;

use engine::plan::{Change, Memory, apply, cidr, destroy, lint, schedule};
use engine::snapshot::{FrontendState, Snapshot};
use engine::spec::{FrontendSpec, ImageSource, StackSpec, VpcChoice, WhenMissing, fargate};
use ipnet::Ipv4Net;
use proptest::prelude::*;
use support::fulfil::fulfil;
use support::{fresh, hello, now, runbook, subnet, table};

fn net() -> impl Strategy<Value = Ipv4Net> {
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

fn spec() -> impl Strategy<Value = StackSpec> {
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
                let mut spec = StackSpec {
                    name,
                    image,
                    frontend,
                    ..hello()
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
fn account() -> impl Strategy<Value = Snapshot> {
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
fn seen(mut now: Snapshot, spec: &StackSpec) -> Snapshot {
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

proptest! {
    #[test]
    fn every_plan_passes_the_linter(spec in spec(), account in account()) {
        let plan = apply(&spec, &seen(account, &spec), now());
        prop_assert_eq!(lint(&plan), vec![]);
    }

    #[test]
    fn a_plan_come_true_and_planned_again_only_keeps_and_is_removed_whole(spec in spec(), account in account()) {
        let before = seen(account, &spec);
        let plan = apply(&spec, &before, now());
        prop_assume!(!plan.is_blocked());
        let after = fulfil(&plan, &before);
        let again = apply(&spec, &after, now());
        let changes: Vec<_> = again.steps.iter().filter(|step| step.change != Change::Keep).map(|step| &step.id).collect();
        prop_assert!(changes.is_empty(), "{:?}", changes);
        prop_assert_eq!(lint(&again), vec![]);
        let removal = destroy(&spec, &after, &Memory::default(), now());
        prop_assert_eq!(lint(&removal), vec![]);
        let made = plan.steps.iter().filter(|step| step.change == Change::Create).count();
        let waits = ["linked_role.", "frontend.", "image"];
        let lasting = plan.steps.iter().filter(|step| {
            step.change == Change::Create && !waits.iter().any(|prefix| step.id.0.starts_with(prefix))
        });
        let removed: BTreeMap<_, _> = removal.steps.iter().map(|step| (step.action.kind(), ())).collect();
        for step in lasting {
            let kind = match step.action.kind() {
                "task_definition" => "remove_task_definitions".to_owned(),
                "execution_role" => "remove_role".to_owned(),
                kind => format!("remove_{kind}"),
            };
            prop_assert!(removed.contains_key(kind.as_str()), "{} of {} made is not removed", kind, made);
        }
    }

    #[test]
    fn a_step_starts_when_the_last_it_waits_for_ends(spec in spec(), account in account()) {
        let plan = apply(&spec, &seen(account, &spec), now());
        let schedule = schedule(&plan);
        let ends: BTreeMap<_, _> = schedule.bars.iter().map(|bar| (bar.step.clone(), bar.start_s + bar.len_s)).collect();
        for (step, bar) in plan.steps.iter().zip(&schedule.bars) {
            let ready = step.after.iter().map(|other| ends[other]).max().unwrap_or(0);
            prop_assert_eq!(bar.start_s, ready);
        }
        let longest: u32 = ends.values().copied().max().unwrap_or(0);
        prop_assert_eq!(schedule.makespan_s, longest);
        prop_assert!(schedule.bars.is_empty() || schedule.bars.iter().any(|bar| bar.critical && bar.start_s == 0));
        prop_assert!(schedule.bars.is_empty() || schedule.bars.iter().any(|bar| bar.critical && bar.start_s + bar.len_s == longest));
    }

    #[test]
    fn a_free_range_is_inside_and_overlaps_nothing(vpc in net(), taken in proptest::collection::vec(net(), 0..40)) {
        let taken: Vec<Ipv4Net> = taken.into_iter().filter(|range| vpc.contains(range)).collect();
        match cidr::free(&[vpc], &taken) {
            Some(range) => {
                prop_assert!(vpc.contains(&range) && range != vpc);
                prop_assert!((24..=28).contains(&range.prefix_len()));
                prop_assert!(taken.iter().all(|other| !cidr::overlap(*other, range)));
            }
            None => {
                // Then truly no /28 is free.
                let full = vpc.prefix_len() >= 28
                    || vpc.subnets(28).expect("smaller").all(|one| taken.iter().any(|other| cidr::overlap(*other, one)));
                prop_assert!(full);
            }
        }
    }
}

#[test]
fn the_first_ten_ranges_are_left_to_people() {
    let vpc: Ipv4Net = "10.0.0.0/16".parse().expect("a range");
    let free = |taken: &[&str]| {
        let taken: Vec<Ipv4Net> = taken
            .iter()
            .map(|range| range.parse().expect("a range"))
            .collect();
        cidr::free(&[vpc], &taken).map(|range| range.to_string())
    };
    assert_eq!(
        free(&["10.0.2.0/24", "10.0.3.0/24"]).as_deref(),
        Some("10.0.10.0/24")
    );
    assert_eq!(free(&["10.0.10.0/24"]).as_deref(), Some("10.0.11.0/24"));
    assert_eq!(
        free(&["10.0.0.0/20", "10.0.16.0/20"]).as_deref(),
        Some("10.0.32.0/24")
    );
    assert_eq!(
        free(&[
            "10.0.128.0/17",
            "10.0.10.0/23",
            "10.0.12.0/22",
            "10.0.16.0/20",
            "10.0.32.0/19",
            "10.0.64.0/18"
        ])
        .as_deref(),
        Some("10.0.0.0/24")
    );
    assert_eq!(free(&["10.0.0.0/16"]), None);
}

fn fulfilled() -> impl Strategy<Value = Snapshot> {
    prop_oneof![Just(runbook()), Just(fresh())]
        .prop_flat_map(|before| spec().prop_map(move |spec| fulfil(&apply(&spec, &before, now()), &before)))
}

/// The same account, as AWS may answer it another time.
fn in_another_order(found: &Snapshot) -> impl Strategy<Value = Snapshot> + use<> {
    let found = found.clone();
    (0usize..7).prop_map(move |by| {
        let mut other = found.clone();
        fn turn<T>(list: &mut [T], by: usize) {
            if !list.is_empty() {
                let by = by % list.len();
                list.rotate_left(by);
                list.reverse();
            }
        }
        turn(&mut other.zones, by);
        turn(&mut other.vpcs, by);
        turn(&mut other.subnets, by);
        turn(&mut other.route_tables, by);
        turn(&mut other.internet_gateways, by);
        turn(&mut other.security_groups, by);
        turn(&mut other.listeners, by);
        for group in &mut other.security_groups {
            turn(&mut group.ingress, by);
            turn(&mut group.egress, by);
        }
        for table in &mut other.route_tables {
            turn(&mut table.routes, by);
            turn(&mut table.associations, by);
        }
        if let Some(balancer) = &mut other.load_balancer {
            turn(&mut balancer.subnet_ids, by);
            turn(&mut balancer.security_groups, by);
        }
        if let Some(service) = &mut other.service {
            turn(&mut service.network.subnet_ids, by);
        }
        if let Some(role) = &mut other.execution_role {
            turn(&mut role.attached_policies, by);
            turn(&mut role.trusted_services, by);
        }
        other
    })
}

proptest! {
    #[test]
    fn the_order_of_aws_lists_and_who_asks_do_not_change_the_digest((found, other) in fulfilled().prop_flat_map(|found| {
        let other = in_another_order(&found);
        (Just(found), other)
    })) {
        prop_assert_eq!(found.digest(), other.digest());
        let mut elsewhere = other;
        elsewhere.caller.arn = "arn:aws:sts::123456789012:assumed-role/panel/another-session".into();
        for vpc in &mut elsewhere.vpcs {
            vpc.tags.insert("cost-centre".into(), "42".into());
        }
        prop_assert_eq!(found.digest(), elsewhere.digest());
    }

    #[test]
    fn what_a_plan_reads_changes_the_digest(found in fulfilled()) {
        let digest = found.digest();
        let mut other = found.clone();
        other.task_definition.as_mut().expect("there").container.command = vec!["b".into(), "a".into()];
        let turned = other.digest();
        prop_assert_ne!(&digest, &turned);
        other.task_definition.as_mut().expect("there").container.command.reverse();
        prop_assert_ne!(&turned, &other.digest());
        let mut other = found;
        other.security_groups.iter_mut().for_each(|group| group.ingress.clear());
        prop_assert_ne!(&digest, &other.digest());
    }
}
