//! What a destroy plan promises.

use std::collections::BTreeMap;

use engine::cloud::network::{Peer, Rule, Traffic};
use engine::plan::action::{Action, OutputName, Removal};
use engine::plan::{Change, Memory, Plan, apply, destroy, lint};
use engine::run::{StepRecord, StepState};
use engine::snapshot::{FrontendState, Snapshot};

use crate::accounts::{fresh, now, runbook};
use crate::examples::{hello, vendor};
use crate::fulfil::fulfil;

fn built(spec: &engine::spec::StackSpec, before: &Snapshot) -> (Plan, Snapshot) {
    let plan = apply(spec, before, now());
    let after = fulfil(&plan, before);
    (plan, after)
}

fn done(plan: &Plan, step: &str, outputs: &[(OutputName, String)]) -> (Plan, Vec<StepRecord>) {
    let mut record = StepRecord::pending(step.into());
    record.state = StepState::Done;
    record.outputs = outputs.iter().cloned().collect();
    (plan.clone(), vec![record])
}

fn lines(plan: &Plan) -> String {
    let line = |step: &engine::plan::PlannedStep| {
        let after: Vec<&str> = step.after.iter().map(|id| id.0.as_str()).collect();
        format!(
            "{}  {}  after {}\n",
            step.id,
            step.action.name(),
            after.join(", ")
        )
    };
    plan.steps.iter().map(line).collect()
}

/// The URL the fulfilled plan wrote.
fn written(after: &Snapshot) -> String {
    format!("http://{}", after.load_balancer.as_ref().expect("there").dns_name)
}

#[test]
fn the_runbooks_stack_goes_in_safe_order_and_what_was_there_stays() {
    let (plan, after) = built(&vendor(), &runbook());
    let before = r#"{"NEXT_PUBLIC_API_BASE":null}"#.to_owned();
    let outputs = [(OutputName::Before, before), (OutputName::Url, written(&after))];
    let memory = Memory::collect(&[done(&plan, "frontend.variables", &outputs)]);
    let plan = destroy(&vendor(), &after, &memory, now());
    assert_eq!(lint(&plan), vec![]);
    assert!(plan.steps.iter().all(|step| step.change == Change::Delete));
    insta::assert_snapshot!(lines(&plan));
}

#[test]
fn nothing_without_the_stacks_tag_is_removed() {
    let plan = destroy(&vendor(), &runbook(), &Memory::default(), now());
    assert_eq!(lines(&plan), "");
    let mut foreign = built(&hello(), &fresh()).1;
    foreign.load_balancer.as_mut().expect("there").tags.clear();
    let plan = destroy(&hello(), &foreign, &Memory::default(), now());
    assert!(!plan.steps.iter().any(|step| matches!(
        &step.action,
        Action::Remove {
            target: Removal::LoadBalancer { .. }
        }
    )));
}

#[test]
fn another_stacks_things_are_not_ours() {
    let (_, mut after) = built(&hello(), &fresh());
    // A snapshot lists only revisions with the stack's own tag.
    after.task_definition_arns.clear();
    let other = engine::spec::StackSpec {
        name: "other".into(),
        ..hello()
    };
    assert_eq!(lines(&destroy(&other, &after, &Memory::default(), now())), "");
}

#[test]
fn a_half_made_stack_goes_as_far_as_it_was_made() {
    let (_, mut after) = built(&vendor(), &runbook());
    after.service = None;
    after.listeners.clear();
    after.load_balancer = None;
    let plan = destroy(&vendor(), &after, &Memory::default(), now());
    assert_eq!(lint(&plan), vec![]);
    let kinds: Vec<&str> = plan.steps.iter().map(|step| step.action.kind()).collect();
    assert!(
        kinds.contains(&"remove_subnet") && kinds.contains(&"remove_target_group"),
        "{kinds:?}"
    );
}

#[test]
fn a_vpc_of_its_own_goes_last_of_the_network() {
    let mut spec = hello();
    spec.network.vpc = engine::spec::VpcChoice::Create("10.7.0.0/16".parse().expect("a range"));
    let before = Snapshot {
        vpc_id: None,
        subnets: Vec::new(),
        route_tables: Vec::new(),
        internet_gateways: Vec::new(),
        security_groups: Vec::new(),
        ..fresh()
    };
    let (_, after) = built(&spec, &before);
    let plan = destroy(&spec, &after, &Memory::default(), now());
    assert_eq!(lint(&plan), vec![]);
    insta::assert_snapshot!(lines(&plan));
}

fn restored(plan: &Plan) -> Option<BTreeMap<String, Option<String>>> {
    plan.steps.iter().find_map(|step| match &step.action {
        Action::Remove {
            target: Removal::FrontendVariables { before, .. },
        } => Some(before.clone()),
        _ => None,
    })
}

#[test]
fn the_frontend_gets_back_the_value_from_before_the_first_run() {
    let (plan, after) = built(&vendor(), &runbook());
    let run = |before: &str| {
        let outputs = [
            (
                OutputName::Before,
                format!("{{\"NEXT_PUBLIC_API_BASE\":{before}}}"),
            ),
            (OutputName::Url, written(&after)),
        ];
        done(&plan, "frontend.variables", &outputs)
    };
    let memory = Memory::collect(&[
        run("\"https://old.example.com\""),
        run("\"http://an-earlier-alb\""),
    ]);
    let before = restored(&destroy(&vendor(), &after, &memory, now())).expect("restored");
    assert_eq!(
        before["NEXT_PUBLIC_API_BASE"].as_deref(),
        Some("https://old.example.com")
    );

    // After a destroy the slate is clean.
    let gone = destroy(&vendor(), &after, &memory, now());
    let memory = Memory::collect(&[run("null"), done(&gone, "frontend.variables", &[])]);
    assert_eq!(memory, Memory::default());
}

#[test]
fn a_value_that_somebody_changed_since_stays_theirs() {
    let (plan, mut after) = built(&vendor(), &runbook());
    let outputs = [
        (OutputName::Before, r#"{"NEXT_PUBLIC_API_BASE":null}"#.to_owned()),
        (OutputName::Url, written(&after)),
    ];
    let memory = Memory::collect(&[done(&plan, "frontend.variables", &outputs)]);
    if let FrontendState::Found { values, .. } = &mut after.frontend {
        values.insert(
            "NEXT_PUBLIC_API_BASE".into(),
            "https://by-hand.example.com".into(),
        );
    }
    assert_eq!(restored(&destroy(&vendor(), &after, &memory, now())), None);
}

#[test]
fn rules_granted_to_the_users_own_group_are_taken_back() {
    let mut spec = vendor();
    spec.network.task_security_group = Some("sg-023a5d27e13e2a967".into());
    let (plan, after) = built(&spec, &runbook());
    let rule = Rule {
        traffic: Traffic::Tcp { from: 8080, to: 8080 },
        peer: Peer::Group("sg-00000000000000099".into()),
        description: "slipway:vendor0919 From the load balancer only".into(),
    };
    let text = serde_json::to_string(&[&rule]).expect("plain data");
    let memory = Memory::collect(&[done(&plan, "group.task", &[(OutputName::Granted, text)])]);
    let plan = destroy(&spec, &after, &memory, now());
    assert_eq!(lint(&plan), vec![]);
    let found = plan.steps.iter().find_map(|step| match &step.action {
        Action::Remove {
            target: Removal::SecurityGroupRules { group_id, ingress },
        } => Some((group_id.clone(), ingress.clone())),
        _ => None,
    });
    assert_eq!(found, Some(("sg-023a5d27e13e2a967".to_owned(), vec![rule])));
    let balancer = plan.step(&"group.load_balancer".into()).expect("there");
    assert!(balancer.after.iter().any(|id| id.0.starts_with("group.rules.")));
}
