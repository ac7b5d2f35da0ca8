//! What the exports promise: that others' tools read them, and that no value becomes code.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use engine::plan::export::{cli, graph, terraform};
use engine::plan::{Memory, Plan, apply, destroy};
use engine::spec::{StackSpec, VpcChoice};
use support::fulfil::fulfil;
use support::{fresh, hello, now, runbook, vendor};

fn plans() -> Vec<(&'static str, Plan)> {
    let vendor_plan = apply(&vendor(), &runbook(), now());
    let after = fulfil(&vendor_plan, &runbook());
    let mut own_vpc = hello();
    own_vpc.network.vpc = VpcChoice::Create("10.7.0.0/16".parse().expect("a range"));
    own_vpc.container.secrets = [(
        "DB".to_owned(),
        "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf:password::".to_owned(),
    )]
    .into();
    let empty = engine::snapshot::Snapshot {
        vpc_id: None,
        subnets: Vec::new(),
        route_tables: Vec::new(),
        internet_gateways: Vec::new(),
        security_groups: Vec::new(),
        ..fresh()
    };
    let mut adopted = vendor();
    adopted.network.task_security_group = Some("sg-023a5d27e13e2a967".into());
    let own_plan = apply(&own_vpc, &empty, now());
    let own_after = fulfil(&own_plan, &empty);
    vec![
        ("vendor", vendor_plan),
        ("vendor again", apply(&vendor(), &after, now())),
        (
            "vendor removed",
            destroy(&vendor(), &after, &Memory::default(), now()),
        ),
        ("own group", apply(&adopted, &runbook(), now())),
        ("own vpc again", apply(&own_vpc, &own_after, now())),
        (
            "own vpc removed",
            destroy(&own_vpc, &own_after, &Memory::default(), now()),
        ),
        ("own vpc", own_plan),
        ("hostile", apply(&hostile(), &fresh(), now())),
    ]
}

/// Values that a careless exporter would run.
fn hostile() -> StackSpec {
    let mut spec = hello();
    let nasty = "'; rm -rf / #\"$(id)`id`${HOME}%{ if true }\\ \n#{x}\u{7}";
    spec.container.environment = [("NASTY".to_owned(), nasty.to_owned())].into();
    spec.container.command = vec!["sh".into(), "-c".into(), nasty.into()];
    spec.tags = [("team".to_owned(), "a b=c".to_owned())].into();
    spec
}

#[test]
fn the_runbooks_script_reads_like_one_a_person_wrote() {
    insta::assert_snapshot!(cli::script(&plans()[0].1, &BTreeMap::new()));
}

#[test]
fn the_runbooks_terraform_reads_like_one_a_person_wrote() {
    insta::assert_snapshot!(terraform::hcl(&plans()[0].1));
}

#[test]
fn the_runbooks_removal_is_a_script_too() {
    insta::assert_snapshot!(cli::script(&plans()[2].1, &BTreeMap::new()));
}

#[test]
fn bash_reads_every_script() {
    for (name, plan) in plans() {
        let script = cli::script(&plan, &BTreeMap::new());
        let mut bash = Command::new("bash")
            .arg("-n")
            .stdin(Stdio::piped())
            .spawn()
            .expect("bash is there");
        bash.stdin
            .take()
            .expect("piped")
            .write_all(script.as_bytes())
            .expect("written");
        assert!(bash.wait().expect("ends").success(), "{name}:\n{script}");
    }
}

/// Runs the script with stand-ins for the tools and answers the arguments of each AWS call.
fn calls(script: &str) -> Vec<Vec<String>> {
    let stand_ins = "aws() { case \"$*\" in *get-caller-identity*) echo 123456789012; return;; esac; \
        { printf '%s\\0' \"$@\"; printf '\\1'; } >&3; echo made-up; }\njq() { cat > /dev/null; echo '{}'; }\n\
        curl() { :; }\nsleep() { :; }\n";
    let script = format!("exec 3>&1 1>/dev/null\n{stand_ins}{script}");
    let ran = Command::new("bash")
        .arg("-c")
        .arg(script)
        .output()
        .expect("bash is there");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).expect("text");
    let words = |call: &str| {
        call.split('\0')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    text.split('\u{1}')
        .filter(|call| !call.is_empty())
        .map(words)
        .collect()
}

#[test]
fn every_script_runs_to_its_end_and_hands_values_over_untouched() {
    for (name, plan) in plans() {
        let calls = calls(&cli::script(&plan, &BTreeMap::new()));
        let again = name.ends_with("again");
        assert_eq!(calls.is_empty(), again, "{name}: {calls:?}");
        assert!(
            calls.iter().flatten().all(|word| !word.contains("${")) || name == "hostile",
            "{name}"
        );
    }
    let calls = calls(&cli::script(
        &apply(&hostile(), &fresh(), now()),
        &BTreeMap::new(),
    ));
    let register = calls
        .iter()
        .find(|call| call[1] == "register-task-definition")
        .expect("there");
    let at = register
        .iter()
        .position(|word| word == "--container-definitions")
        .expect("there");
    let definitions: serde_json::Value = serde_json::from_str(&register[at + 1]).expect("JSON");
    let wanted = hostile();
    assert_eq!(
        definitions[0]["environment"][0]["value"],
        wanted.container.environment["NASTY"].as_str()
    );
    assert_eq!(definitions[0]["command"][2], wanted.container.command[2].as_str());
    for call in &calls {
        for (at, word) in call.iter().enumerate() {
            if matches!(
                word.as_str(),
                "--ip-permissions" | "--tag-specifications" | "--deployment-configuration"
            ) {
                let _: serde_json::Value = serde_json::from_str(&call[at + 1]).expect("JSON");
            }
        }
    }
}

#[test]
fn a_single_step_shows_the_real_values_once_they_are_known() {
    let before = runbook();
    let plan = apply(&vendor(), &before, now());
    let listener = plan.step(&"listener".into()).expect("there");
    let shown = cli::commands(&plan, listener, &BTreeMap::new()).join("\n");
    assert!(shown.contains("\"${LOAD_BALANCER_ARN}\""), "{shown}");
    let arn = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:loadbalancer/app/vendor0919-alb/0123456789abcdef";
    let outputs = [(
        "load_balancer".into(),
        [(engine::plan::action::OutputName::Arn, arn.to_owned())].into(),
    )]
    .into();
    let shown = cli::commands(&plan, listener, &outputs).join("\n");
    assert!(shown.contains(&format!("--load-balancer-arn {arn} ")), "{shown}");
    let again = apply(&vendor(), &fulfil(&plan, &before), now());
    assert!(
        again
            .steps
            .iter()
            .all(|step| cli::commands(&again, step, &BTreeMap::new()).is_empty())
    );
}

#[test]
fn terraform_text_parses_and_keeps_every_value() {
    for (name, plan) in plans() {
        let text = terraform::hcl(&plan);
        let body = hcl::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        assert!(body.blocks().count() >= 2, "{name}");
    }
    let text = terraform::hcl(&apply(&hostile(), &fresh(), now()));
    assert!(
        text.contains("$${HOME}") && text.contains("%%{ if true }"),
        "{text}"
    );
}

#[test]
fn terraform_itself_finds_nothing_to_reformat() {
    let found = Command::new("terraform")
        .arg("version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        let _ = writeln!(
            std::io::stderr(),
            "terraform is not installed: `terraform fmt -check` was left out"
        );
        return;
    }
    for (name, plan) in plans() {
        let mut fmt = Command::new("terraform")
            .args(["fmt", "-check", "-diff", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("terraform starts");
        fmt.stdin
            .take()
            .expect("piped")
            .write_all(terraform::hcl(&plan).as_bytes())
            .expect("written");
        let done = fmt.wait_with_output().expect("ends");
        let said = String::from_utf8_lossy(&done.stdout);
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{name}:\n{said}\n{errors}");
    }
}

#[test]
fn the_graph_has_a_node_for_each_step_and_an_arrow_for_each_wait() {
    for (_, plan) in plans() {
        let graph = graph::mermaid(&plan);
        let arrows: usize = plan.steps.iter().map(|step| step.after.len()).sum();
        assert_eq!(graph.matches("]:::").count(), plan.steps.len());
        assert_eq!(graph.matches(" --> ").count(), arrows);
    }
}
