//! What the exports promise: that others' tools read them, and that no value becomes code.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use engine::plan::export::{cli, graph, terraform};
use engine::plan::{Memory, Plan, apply, destroy};
use engine::spec::{StackSpec, VpcChoice};

use crate::accounts::{fresh, now, runbook};
use crate::examples::{hello, vendor};
use crate::fulfil::fulfil;

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

/// Runs the script with stand-ins for the tools and answers the arguments of each AWS call that changes something, and
/// what the script said to the person. `aws` is the body of a function that may answer before the usual stand-in does.
fn run(script: &str, aws: &str) -> (std::process::ExitStatus, Vec<Vec<String>>, String) {
    let stand_ins = format!(
        "aws() {{ {aws}\n case \"$*\" in *get-caller-identity*) echo 123456789012; return;; \
        *generate-cli-skeleton*) echo thresholdConfiguration; return;; \
        *deployments*) printf 'made-up\\tCOMPLETED\\n'; return;; *get-job*) echo SUCCEED; return;; \
        *amplify\\ get-*) echo '{{}}'; return;; *elbv2\\ *--load-balancer-arns*) echo made-up; return;; *\\ wait\\ *) return;; \
        *describe-images*) return;; *\\ describe-*|*\\ get-*) echo None; return;; esac; \
        {{ printf '%s\\0' \"$@\"; printf '\\1'; }} >&3; echo made-up; }}\njq() {{ cat > /dev/null; echo '{{}}'; }}\n\
        curl() {{ echo 200; }}\nsleep() {{ :; }}\n"
    );
    let script = format!("exec 3>&1 1>/dev/null\n{stand_ins}{script}");
    let ran = Command::new("bash")
        .arg("-c")
        .arg(script)
        .output()
        .expect("bash is there");
    let text = String::from_utf8(ran.stdout).expect("text");
    let words = |call: &str| {
        call.split('\0')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let calls = text
        .split('\u{1}')
        .filter(|call| !call.is_empty())
        .map(words)
        .collect();
    (
        ran.status,
        calls,
        String::from_utf8_lossy(&ran.stderr).into_owned(),
    )
}

fn calls(script: &str) -> Vec<Vec<String>> {
    let (status, calls, said) = run(script, "");
    assert!(status.success(), "{said}\n{script}");
    calls
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

/// The words of the calls of one operation, one call a line.
fn of(calls: &[Vec<String>], operation: &str) -> Vec<String> {
    calls
        .iter()
        .filter(|call| call.iter().any(|word| word == operation))
        .map(|call| call.join(" "))
        .collect()
}

#[test]
fn an_updated_group_loses_what_the_plan_does_not_want() {
    use engine::cloud::network::{Peer, Rule, Traffic};
    let plan = apply(&vendor(), &runbook(), now());
    let mut after = fulfil(&plan, &runbook());
    let world = |peer| Rule {
        traffic: Traffic::All,
        peer,
        description: String::new(),
    };
    for group in &mut after.security_groups {
        if group.name == "vendor0919-task" {
            group
                .ingress
                .push(world(Peer::Cidr("0.0.0.0/0".parse().expect("a range"))));
            group.egress.push(world(Peer::Other("::/0".into())));
        }
    }
    let mut spec = vendor();
    spec.container.port = 9090;
    let plan = apply(&spec, &after, now());
    let calls = calls(&cli::script(&plan, &BTreeMap::new()));
    let revoked = of(&calls, "revoke-security-group-ingress").join("\n");
    assert!(
        revoked.contains("0.0.0.0/0") && revoked.contains("8080"),
        "{revoked}"
    );
    let revoked = of(&calls, "revoke-security-group-egress").join("\n");
    assert!(revoked.contains(r#""CidrIpv6":"::/0""#), "{revoked}");
    let added = of(&calls, "authorize-security-group-ingress");
    assert!(
        matches!(added.as_slice(), [one] if one.contains("9090")),
        "{added:?}"
    );
    assert!(of(&calls, "authorize-security-group-egress").is_empty());
}

#[test]
fn a_new_group_lets_nothing_out_over_ipv6_either() {
    let calls = calls(&cli::script(
        &apply(&vendor(), &runbook(), now()),
        &BTreeMap::new(),
    ));
    let revoked = of(&calls, "revoke-security-group-egress").join("\n");
    assert!(
        revoked.contains("::/0") && revoked.contains("0.0.0.0/0"),
        "{revoked}"
    );
}

#[test]
fn secrets_on_a_role_of_the_users_are_shown_and_exported() {
    let mut spec = vendor();
    let secret = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:db-AbCdEf";
    spec.container.secrets = [("DB".to_owned(), secret.to_owned())].into();
    let plan = apply(&spec, &runbook(), now());
    let step = plan.step(&"execution_role".into()).expect("there");
    assert_eq!(step.change, engine::plan::Change::Adopt);
    let shown = cli::commands(&plan, step, &BTreeMap::new()).join("\n");
    assert!(
        shown.contains("put-role-policy --role-name ecsTaskExecutionRole"),
        "{shown}"
    );
    assert!(shown.contains(secret), "{shown}");
    assert!(
        matches!(step.differences.as_slice(), [engine::plan::Difference::Value { field, before: None, after: Some(after) }]
            if field == "secrets_policy" && after.contains(secret)),
        "{:?}",
        step.differences
    );
    // Without a change of the secrets nothing is written; without secrets the policy goes.
    let after = fulfil(&plan, &runbook());
    let again = apply(&spec, &after, now());
    assert_eq!(
        of(&calls(&cli::script(&again, &BTreeMap::new())), "iam"),
        Vec::<String>::new()
    );
    let less = apply(&vendor(), &after, now());
    let calls = calls(&cli::script(&less, &BTreeMap::new()));
    assert!(
        matches!(of(&calls, "delete-role-policy").as_slice(), [one] if one.contains("slipway-vendor0919-secrets"))
    );
}

#[test]
fn a_script_fails_when_the_deployment_does() {
    let script = cli::script(&apply(&vendor(), &runbook(), now()), &BTreeMap::new());
    for rolled_back in ["older\\tCOMPLETED", "older\\tIN_PROGRESS", "made-up\\tFAILED"] {
        let aws = format!("case \"$*\" in *deployments*) printf '{rolled_back}\\n'; return;; esac");
        let (status, calls, said) = run(&script, &aws);
        assert!(!status.success(), "{rolled_back}");
        assert!(said.contains("did not succeed"), "{said}");
        assert!(of(&calls, "amplify").is_empty(), "nothing after it: {calls:?}");
    }
}

#[test]
fn a_script_makes_nothing_with_a_tool_that_is_too_old_or_missing() {
    let script = cli::script(&apply(&vendor(), &runbook(), now()), &BTreeMap::new());
    let (status, calls, said) = run(&script, "case \"$*\" in *skeleton*) echo '{}'; return;; esac");
    assert!(!status.success() && calls.is_empty(), "{calls:?}");
    assert!(said.contains("thresholdConfiguration"), "{said}");
    let without_jq = format!("command() {{ [ \"$2\" != jq ]; }}\n{script}");
    let (status, calls, said) = run(&without_jq, "");
    assert!(!status.success() && calls.is_empty(), "{calls:?}");
    assert!(said.contains("jq is needed"), "{said}");
}

#[test]
fn a_script_that_is_started_again_skips_what_is_there_and_gives_up_in_the_end() {
    let script = cli::script(&apply(&hello(), &fresh(), now()), &BTreeMap::new());
    let there = "case \"$*\" in *deployments*) ;; *\\ get-role*|*\\ describe-*) echo made-up; return;; \
        *create-log-group*) echo '(ResourceAlreadyExistsException)' >&2; return 254;; \
        *authorize-*) echo '(InvalidPermission.Duplicate)' >&2; return 254;; esac";
    let (status, calls, said) = run(&script, there);
    assert!(status.success(), "{said}");
    for operation in [
        "create-role",
        "create-service",
        "create-service-linked-role",
        "create-security-group",
    ] {
        assert!(of(&calls, operation).is_empty(), "{operation}: {calls:?}");
    }
    assert_eq!(
        of(&calls, "update-service").len(),
        1,
        "the new revision is deployed"
    );
    // Another refusal stays one, also after it was tried for a while.
    for refused in [
        "create-cluster",
        "put-retention-policy",
        "authorize-security-group-ingress",
    ] {
        let aws = format!("case \"$*\" in *{refused}*) echo '(AccessDenied)' >&2; return 254;; esac");
        let (status, _, said) = run(&script, &aws);
        assert!(
            !status.success() && said.contains("AccessDenied"),
            "{refused}: {said}"
        );
    }
    let after = fulfil(&apply(&hello(), &fresh(), now()), &fresh());
    let removal = destroy(&hello(), &after, &Memory::default(), now());
    let busy = "case \"$*\" in *delete-security-group*) echo '(DependencyViolation)' >&2; return 254;; esac";
    let (status, _, said) = run(&cli::script(&removal, &BTreeMap::new()), busy);
    assert!(!status.success() && said.contains("Gave up"), "{said}");
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

/// The attribute of a resource, as it is written.
fn attribute(body: &hcl::Body, kind: &str, name: &str, key: &str) -> String {
    let block = body
        .blocks()
        .find(|block| {
            block.labels().first().is_some_and(|one| one.as_str() == kind)
                && block.labels()[1].as_str() == name
        })
        .unwrap_or_else(|| panic!("no {kind} {name}"));
    let found = block.body().attributes().find(|one| one.key() == key);
    found.map(|one| one.expr().to_string()).unwrap_or_default()
}

#[test]
fn terraform_waits_for_what_the_plan_waits_for() {
    let (_, plan) = plans()
        .into_iter()
        .find(|(name, _)| *name == "own vpc")
        .expect("there");
    let text = terraform::hcl(&plan);
    let body = hcl::parse(&text).expect("HCL");
    let before = |kind: &str| attribute(&body, kind, "main", "depends_on");
    assert!(
        before("aws_ecs_cluster").contains("aws_iam_service_linked_role.ecs"),
        "{text}"
    );
    let balancer = before("aws_lb");
    assert!(
        balancer.contains("aws_iam_service_linked_role.elastic_load_balancing"),
        "{balancer}"
    );
    assert!(balancer.contains("aws_route_table_association."), "{balancer}");
    let definition = before("aws_ecs_task_definition");
    for part in [
        "aws_iam_role_policy_attachment.main",
        "aws_iam_role_policy.main",
        "aws_cloudwatch_log_group.main",
    ] {
        assert!(definition.contains(part), "{part}: {definition}");
    }
    let service = before("aws_ecs_service");
    assert!(service.contains("aws_lb_listener.main"), "{service}");
    assert!(
        !service.contains("aws_lb.main"),
        "the listener waits for it: {service}"
    );
}

#[test]
fn terraform_adds_to_a_chosen_group_only_the_rule_it_lacks() {
    let mut spec = vendor();
    spec.network.task_security_group = Some("sg-023a5d27e13e2a967".into());
    let plan = apply(&spec, &runbook(), now());
    let text = terraform::hcl(&plan);
    assert!(
        text.contains("\"slipway:vendor0919 From the load balancer only\""),
        "{text}"
    );
    let again = terraform::hcl(&apply(&spec, &fulfil(&plan, &runbook()), now()));
    assert!(!again.contains("aws_vpc_security_group_ingress_rule"), "{again}");
    assert!(again.contains("terraform import"), "{again}");
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
