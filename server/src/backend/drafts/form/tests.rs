//! What reading a draft promises.

use std::collections::BTreeMap;

use super::*;

pub(super) fn filled() -> FormValues {
    let mut values = defaults();
    for (field, value) in [
        ("connection", "c"),
        ("name", "vendor0919"),
        ("image.choice", "new"),
        ("image.new_repository", "vendor0919-api"),
        ("container.port", "8080"),
    ] {
        values.insert(field.to_owned(), vec![value.to_owned()]);
    }
    values
}

fn codes(values: &FormValues) -> Vec<(WizardStep, String)> {
    let reading = read(values, "ap-northeast-1");
    reading
        .problems
        .into_iter()
        .map(|(page, problem)| (page, problem.field))
        .collect()
}

#[test]
fn proposals_and_four_answers_make_a_spec() {
    let spec = read(&filled(), "ap-northeast-1").spec.unwrap();
    assert_eq!(spec.name, "vendor0919");
    assert_eq!((spec.container.cpu, spec.container.memory_mib), (256, 512));
    assert_eq!(spec.frontend, None);
}

#[test]
fn a_spec_survives_the_way_into_the_form_and_back() {
    let mut spec = read(&filled(), "ap-northeast-1").spec.unwrap();
    spec.container.command = vec![
        "uvicorn".into(),
        "main:app".into(),
        "--header".into(),
        "a b".into(),
    ];
    spec.container.environment = BTreeMap::from([("LOG_LEVEL".into(), "info=debug".into())]);
    spec.service.rollback = false;
    let again = read(&from_spec(&spec, "c"), "ap-northeast-1");
    assert_eq!(again.problems, vec![]);
    assert_eq!(again.spec, Some(spec));
}

#[test]
fn every_wrong_field_is_named_on_its_page_at_once() {
    let mut values = filled();
    for (field, value) in [
        ("name", "Vendor_0919"),
        ("image.new_repository", "UPPER"),
        ("network.allow_from", "10.0.0.1/99"),
        ("container.size", "256/4096"),
        ("container.port", "99999"),
        ("health.path", "health"),
        ("container.environment", "1BAD=x"),
        ("logs.retention_days", "31"),
    ] {
        values.insert(field.to_owned(), vec![value.to_owned()]);
    }
    let found = codes(&values);
    for (page, field) in [
        (WizardStep::Account, "name"),
        (WizardStep::Image, "image.new_repository"),
        (WizardStep::Network, "network.allow_from"),
        (WizardStep::Service, "container.size"),
        (WizardStep::Service, "container.port"),
        (WizardStep::Service, "health.path"),
        (WizardStep::Service, "container.environment"),
        (WizardStep::Service, "logs.retention_days"),
    ] {
        assert!(found.contains(&(page, field.to_owned())), "{field} in {found:?}");
    }
}

#[test]
fn an_untyped_draft_asks_for_what_has_no_proposal() {
    let fields: Vec<_> = codes(&defaults()).into_iter().map(|(_, field)| field).collect();
    assert_eq!(fields, ["connection", "name", "image.choice", "container.port"]);
}

#[test]
fn refusing_the_only_second_zone_is_a_problem() {
    let mut values = filled();
    values.insert("network.offered".to_owned(), vec!["1".to_owned()]);
    assert_eq!(
        codes(&values),
        [(WizardStep::Network, "network.subnets".to_owned())]
    );
    values.insert("network.proposed".to_owned(), vec!["10.0.10.0/24".to_owned()]);
    assert_eq!(codes(&values), []);
}

#[test]
fn a_ticked_subnet_in_the_second_zone_is_as_good_as_the_proposed_one() {
    let mut values = filled();
    values.insert("network.offered".to_owned(), vec!["1".to_owned()]);
    let (a, b, c) = (
        "subnet-0aaaaaaaaaaaaaaaa",
        "subnet-0bbbbbbbbbbbbbbbb",
        "subnet-0cccccccccccccccc",
    );
    let zones = [
        format!("{a}=apne1-az4"),
        format!("{b}=apne1-az1"),
        format!("{c}=apne1-az4"),
    ];
    values.insert("network.zone_of".to_owned(), zones.to_vec());
    values.insert("network.subnets".to_owned(), vec![a.to_owned(), b.to_owned()]);
    assert_eq!(codes(&values), []);
    values.insert("network.subnets".to_owned(), vec![a.to_owned()]);
    assert_eq!(
        codes(&values),
        [(WizardStep::Network, "network.subnets".to_owned())]
    );
    // One of the stack's own counts.
    values.insert("network.own_zones".to_owned(), vec!["apne1-az1".to_owned()]);
    assert_eq!(codes(&values), []);
}

#[test]
fn two_subnets_in_one_zone_are_a_problem_at_once() {
    let mut values = filled();
    let (a, b, c) = (
        "subnet-0aaaaaaaaaaaaaaaa",
        "subnet-0bbbbbbbbbbbbbbbb",
        "subnet-0cccccccccccccccc",
    );
    let zones = [
        format!("{a}=apne1-az4"),
        format!("{b}=apne1-az1"),
        format!("{c}=apne1-az4"),
    ];
    values.insert("network.zone_of".to_owned(), zones.to_vec());
    let ticked = [a, b, c].map(str::to_owned).to_vec();
    values.insert("network.subnets".to_owned(), ticked);
    let problems = read(&values, "ap-northeast-1").problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].1.code, ProblemCode::SameZone { other: a.to_owned() });
    assert_eq!(problems[0].1.given, c);
}

#[test]
fn a_page_says_the_same_of_a_field_while_it_is_typed_as_after_it_was_sent() {
    for name in field::NAMED {
        for text in ["", "0", "99999", "-1", "x", "Not Right!", "10.0.0.1/33", "AWS_X"] {
            let mut values = filled();
            let choice = if name == "image.uri" { "uri" } else { "new" };
            values.insert("image.choice".to_owned(), vec![choice.to_owned()]);
            values.insert("image.uri".to_owned(), vec!["nginx:1".to_owned()]);
            values.insert("network.vpc".to_owned(), vec!["new".to_owned()]);
            values.insert("frontend.app".to_owned(), vec!["d123".to_owned()]);
            values.insert(name.to_owned(), vec![text.to_owned()]);
            let mut form = Form {
                values: &values,
                problems: Vec::new(),
            };
            form.spec("ap-northeast-1");
            let sent = form.problems.iter().find(|problem| problem.field == name);
            let typed = field::named(name, text).err();
            // That one of several is needed is known only when the whole is there.
            if text.is_empty() && name == "frontend.variables" {
                continue;
            }
            assert_eq!(
                sent.map(|problem| &problem.code),
                typed.as_ref(),
                "{name}: {text:?}"
            );
        }
    }
}
