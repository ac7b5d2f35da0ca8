//! Laws that hold for every spec and every account.

use std::collections::BTreeMap;

use engine::plan::{Change, Memory, apply, cidr, destroy, lint, schedule};
use engine::snapshot::Snapshot;
use ipnet::Ipv4Net;
use proptest::prelude::*;

use crate::accounts::{fresh, now, runbook};
use crate::fulfil::fulfil;
use crate::random::{account, net, seen, spec};

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
