//! What a plan promises.

use std::fmt::Write;

use engine::plan::action::Action;
use engine::plan::{Change, FindingCode, Plan, Weight, apply, lint, prepare, schedule};
use engine::snapshot::FrontendState;
use engine::spec::WhenMissing;

use crate::accounts::{fresh, now, runbook};
use crate::examples::{hello, vendor};
use crate::fulfil::fulfil;

/// A plan in lines: step, change, expected seconds, name, what it comes after; then the findings.
fn shown(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let after: Vec<&str> = step.after.iter().map(|id| id.0.as_str()).collect();
        let line = format!(
            "{:<16} {:<8} {:>3} s {:>6.2} $  {}  {:?}  after {}",
            step.id.0,
            format!("{:?}", step.change),
            step.expected_s,
            step.monthly_usd,
            step.action.name(),
            step.reason.code,
            after.join(", ")
        );
        writeln!(text, "{line}").expect("a string");
    }
    for finding in &plan.findings {
        writeln!(
            text,
            "{:?} {:?} {:?}",
            finding.weight, finding.code, finding.values
        )
        .expect("a string");
    }
    let schedule = schedule(plan);
    writeln!(text, "{} s, {:.2} $", schedule.makespan_s, plan.monthly_usd()).expect("a string");
    text
}

#[test]
fn the_runbooks_stack_is_planned_as_its_people_would_have_wished() {
    let plan = apply(&vendor(), &runbook(), now());
    assert_eq!(lint(&plan), vec![]);
    assert!(!plan.is_blocked());
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn a_fresh_account_gets_the_smallest_stack() {
    let plan = apply(&hello(), &fresh(), now());
    assert_eq!(lint(&plan), vec![]);
    assert!(!plan.is_blocked());
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn the_runbooks_first_deploy_takes_no_more_than_four_minutes() {
    let schedule = schedule(&apply(&vendor(), &runbook(), now()));
    assert!(schedule.makespan_s <= 240, "{} s", schedule.makespan_s);
}

#[test]
fn planning_what_is_there_already_only_keeps() {
    for (spec, before) in [(vendor(), runbook()), (hello(), fresh()), (vendor(), fresh())] {
        let first = apply(&spec, &before, now());
        let after = fulfil(&first, &before);
        let second = apply(&spec, &after, now());
        assert_eq!(lint(&second), vec![]);
        assert!(second.is_settled(), "{}", shown(&second));
        assert_eq!(second.monthly_usd(), 0.0);
        assert_eq!(schedule(&second).bars.len(), second.steps.len());
    }
}

#[test]
fn a_service_that_is_not_steady_is_waited_for_though_nothing_changes() {
    let before = runbook();
    let mut after = fulfil(&apply(&vendor(), &before, now()), &before);
    after.service.as_mut().expect("there").running = 0;
    let plan = apply(&vendor(), &after, now());
    let waits: Vec<&str> = plan
        .steps
        .iter()
        .filter(|step| step.change != Change::Keep)
        .map(|step| step.id.0.as_str())
        .collect();
    assert_eq!(waits, ["deployment", "reachable"]);
}

#[test]
fn an_image_that_is_not_there_is_waited_for_and_one_of_another_platform_blocks() {
    let mut snapshot = runbook();
    snapshot.image = None;
    let plan = apply(&vendor(), &snapshot, now());
    assert!(!plan.is_blocked());
    let image = plan.step(&"image".into()).expect("the wait");
    assert_eq!(image.change, Change::Wait);
    let service = plan.step(&"service".into()).expect("there");
    assert!(service.after.contains(&"image".into()));

    let mut spec = vendor();
    spec.container.architecture = engine::cloud::registry::Architecture::Arm64;
    let plan = apply(&spec, &runbook(), now());
    let blocks: Vec<FindingCode> = plan
        .findings_of(Weight::Block)
        .map(|finding| finding.code)
        .collect();
    assert_eq!(blocks, [FindingCode::ImagePlatform]);
}

#[test]
fn a_foreign_resource_of_the_same_name_blocks() {
    let (spec, before) = (hello(), fresh());
    let made = fulfil(&apply(&spec, &before, now()), &before);
    let mut foreign = made.clone();
    let strip = |tags: &mut engine::cloud::Tags| tags.clear();
    strip(&mut foreign.load_balancer.as_mut().expect("there").tags);
    strip(&mut foreign.target_group.as_mut().expect("there").tags);
    strip(&mut foreign.cluster.as_mut().expect("there").tags);
    strip(&mut foreign.service.as_mut().expect("there").tags);
    strip(&mut foreign.log_group.as_mut().expect("there").tags);
    strip(&mut foreign.execution_role.as_mut().expect("there").tags);
    strip(&mut foreign.listeners[0].tags);
    for group in &mut foreign.security_groups {
        strip(&mut group.tags);
    }
    let plan = apply(&spec, &foreign, now());
    let mut kinds: Vec<&str> = plan
        .findings_of(Weight::Block)
        .filter(|finding| finding.code == FindingCode::NameFree)
        .map(|finding| finding.values["kind"].as_str())
        .collect();
    kinds.sort_unstable();
    let all = [
        "cluster",
        "listener",
        "load_balancer",
        "log_group",
        "role",
        "security_group",
        "security_group",
        "service",
        "target_group",
    ];
    assert_eq!(kinds, all);
}

#[test]
fn a_changed_field_updates_exactly_what_depends_on_it() {
    let before = runbook();
    let after = fulfil(&apply(&vendor(), &before, now()), &before);
    let changed = |edit: &dyn Fn(&mut engine::spec::StackSpec)| {
        let mut spec = vendor();
        edit(&mut spec);
        let plan = apply(&spec, &after, now());
        assert_eq!(lint(&plan), vec![]);
        let ids = plan
            .steps
            .iter()
            .filter(|step| step.change != Change::Keep)
            .map(|step| step.id.0.clone());
        ids.collect::<Vec<String>>().join(" ")
    };
    assert_eq!(
        changed(&|spec| spec.service.desired_count = 2),
        "service deployment reachable"
    );
    assert_eq!(
        changed(&|spec| spec.container.memory_mib = 1024),
        "task_definition service deployment reachable"
    );
    assert_eq!(
        changed(&|spec| spec.logs.retention_days = 7),
        "log_group deployment reachable"
    );
    assert_eq!(
        changed(&|spec| spec.health.path = "/ready".into()),
        "target_group deployment reachable"
    );
    let office = "203.0.113.0/24".parse().expect("a range");
    assert_eq!(
        changed(&|spec| spec.network.allow_from = vec![office]),
        "group.load_balancer deployment reachable"
    );
}

#[test]
fn a_vpc_of_its_own_comes_with_all_it_needs() {
    let mut spec = hello();
    spec.network.vpc = engine::spec::VpcChoice::Create("10.7.0.0/16".parse().expect("a range"));
    let mut before = fresh();
    before.vpc_id = None;
    before.subnets.clear();
    before.route_tables.clear();
    before.internet_gateways.clear();
    before.security_groups.clear();
    let plan = apply(&spec, &before, now());
    assert_eq!(lint(&plan), vec![]);
    assert!(!plan.is_blocked());
    insta::assert_snapshot!(shown(&plan));
    let second = apply(&spec, &fulfil(&plan, &before), now());
    assert!(second.is_settled(), "{}", shown(&second));
}

#[test]
fn a_missing_frontend_is_skipped_or_refused_as_the_spec_says() {
    let mut snapshot = runbook();
    snapshot.frontend = FrontendState::AppMissing;
    let mut spec = vendor();
    let plan = apply(&spec, &snapshot, now());
    assert!(!plan.is_blocked());
    assert!(
        !plan
            .steps
            .iter()
            .any(|step| matches!(step.action, Action::FrontendVariables { .. }))
    );
    assert!(
        plan.findings
            .iter()
            .any(|finding| finding.code == FindingCode::FrontendSkipped)
    );
    spec.frontend.as_mut().expect("there").when_missing = WhenMissing::Fail;
    assert!(apply(&spec, &snapshot, now()).is_blocked());
}

#[test]
fn a_frontend_that_works_now_is_switched_only_once_the_backend_answers() {
    let mut snapshot = runbook();
    if let FrontendState::Found { values, .. } = &mut snapshot.frontend {
        values.insert("NEXT_PUBLIC_API_BASE".into(), "https://api.example.com".into());
    }
    let plan = apply(&vendor(), &snapshot, now());
    let variables = plan.step(&"frontend.variables".into()).expect("there");
    assert!(variables.after.contains(&"reachable".into()));
}

#[test]
fn without_any_vpc_the_plan_is_blocked_and_says_so() {
    let mut snapshot = fresh();
    snapshot.vpcs.clear();
    snapshot.vpc_id = None;
    let plan = apply(&hello(), &snapshot, now());
    assert!(plan.is_blocked());
    assert_eq!(lint(&plan), vec![]);
    assert!(
        plan.findings_of(Weight::Block)
            .any(|finding| finding.code == FindingCode::VpcChosen)
    );
}

#[test]
fn preparing_plans_the_repository_alone() {
    let mut snapshot = runbook();
    snapshot.repository = None;
    snapshot.image = None;
    let plan = prepare(&vendor(), &snapshot, now());
    let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.0.as_str()).collect();
    assert_eq!(ids, ["repository"]);
    assert_eq!(lint(&plan), vec![]);
}
