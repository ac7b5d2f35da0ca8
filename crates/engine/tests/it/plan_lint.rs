//! Every fault that the linter knows is found in a plan that was broken on purpose.

use engine::plan::action::{Action, OutputName, Ref};
use engine::plan::lint::LintFault;
use engine::plan::{Change, Memory, Plan, PlannedStep, apply, destroy, lint, lint_against};

use crate::accounts::{fresh, now};
use crate::examples::hello;
use crate::fulfil::fulfil;

/// What the linter says about a plan after it was broken.
fn broken(break_it: impl FnOnce(&mut Plan)) -> Vec<LintFault> {
    let mut plan = apply(&hello(), &fresh(), now());
    assert_eq!(lint(&plan), [], "it was sound");
    break_it(&mut plan);
    lint(&plan)
}

fn step<'p>(plan: &'p mut Plan, id: &str) -> &'p mut PlannedStep {
    plan.steps.iter_mut().find(|step| step.id.0 == id).expect("there")
}

#[test]
fn a_step_that_is_there_twice_is_found() {
    let faults = broken(|plan| plan.steps.push(plan.steps[0].clone()));
    assert!(
        matches!(faults.as_slice(), [LintFault::DuplicateId { .. }]),
        "{faults:?}"
    );
}

#[test]
fn a_wait_for_a_step_that_is_not_there_is_found() {
    let faults = broken(|plan| step(plan, "service").after.push("nobody".into()));
    assert!(
        faults
            .iter()
            .any(|fault| matches!(fault, LintFault::UnknownStep { missing, .. } if missing.0 == "nobody"))
    );
}

#[test]
fn a_cycle_is_found() {
    let faults = broken(|plan| step(plan, "log_group").after.push("service".into()));
    assert!(
        faults
            .iter()
            .any(|fault| matches!(fault, LintFault::OutOfOrder { later, .. } if later.0 == "service"))
    );
}

#[test]
fn a_reference_without_a_wait_is_found() {
    let faults = broken(|plan| step(plan, "listener").after.clear());
    assert!(
        faults
            .iter()
            .any(|fault| matches!(fault, LintFault::NotAfter { to, .. } if to.0 == "target_group"))
    );
}

#[test]
fn a_reference_to_what_nobody_answers_is_found() {
    let faults = broken(|plan| {
        if let Action::Listener { target_group, .. } = &mut step(plan, "listener").action {
            *target_group = Ref::output(&"target_group".into(), OutputName::DnsName);
        }
    });
    assert!(
        matches!(
            faults.as_slice(),
            [LintFault::NoSuchOutput {
                name: OutputName::DnsName,
                ..
            }]
        ),
        "{faults:?}"
    );
}

#[test]
fn an_empty_reference_is_found() {
    let faults = broken(|plan| {
        if let Action::TargetGroup { vpc, .. } = &mut step(plan, "target_group").action {
            *vpc = Ref::Known(String::new());
        }
    });
    assert!(
        matches!(faults.as_slice(), [LintFault::EmptyReference { .. }]),
        "{faults:?}"
    );
}

#[test]
fn a_deletion_in_a_plan_that_builds_is_found() {
    let faults = broken(|plan| step(plan, "cluster").change = Change::Delete);
    assert!(
        matches!(
            faults.as_slice(),
            [LintFault::WrongChange {
                change: Change::Delete,
                ..
            }]
        ),
        "{faults:?}"
    );
}

#[test]
fn a_load_balancer_in_one_zone_is_found() {
    let faults = broken(|plan| {
        if let Action::LoadBalancer { subnets, .. } = &mut step(plan, "load_balancer").action {
            subnets.truncate(1);
        }
    });
    assert!(
        matches!(faults.as_slice(), [LintFault::TooFewSubnets { count: 1, .. }]),
        "{faults:?}"
    );
}

#[test]
fn a_cost_that_is_no_number_is_found() {
    let faults = broken(|plan| step(plan, "service").monthly_usd = f64::NAN);
    assert!(
        matches!(faults.as_slice(), [LintFault::BadCost { .. }]),
        "{faults:?}"
    );
}

#[test]
fn a_removal_of_what_does_not_carry_the_stacks_tag_is_found() {
    let built = fulfil(&apply(&hello(), &fresh(), now()), &fresh());
    let plan = destroy(&hello(), &built, &Memory::default(), now());
    assert_eq!(lint_against(&plan, &built), []);
    let mut foreign = built;
    foreign.load_balancer.as_mut().expect("there").tags.clear();
    foreign.log_group.as_mut().expect("there").tags.clear();
    let faults = lint_against(&plan, &foreign);
    let found: Vec<&str> = faults
        .iter()
        .map(|fault| match fault {
            LintFault::NotOwned { step } => step.0.as_str(),
            _ => "",
        })
        .collect();
    assert_eq!(found, ["load_balancer", "log_group"]);
}
