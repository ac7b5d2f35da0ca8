//! What a visitor on the internet meets.

use std::collections::BTreeSet;

use cloud_sim::Scenario;
use cloud_sim::scenario::RUNBOOK_APP;
use engine::cloud::edge::EdgeError;
use engine::cloud::hosting::{JobStatus, VariableScope};
use engine::cloud::network::{Direction, Peer};

use super::ground::{Account, Stack, Wanted, everybody, tcp};

#[tokio::test(start_paused = true)]
async fn a_new_balancers_name_resolves_a_little_after_it_is_active() {
    let account = Account::new(Scenario::Runbook);
    let second = account.second_zone().await;
    let alb = engine::cloud::balancing::CreateLoadBalancer {
        name: "vendor0919-alb".to_owned(),
        internet_facing: true,
        subnet_ids: vec![cloud_sim::scenario::RUNBOOK_SUBNETS[0].to_owned(), second],
        security_groups: Vec::new(),
        tags: Default::default(),
    };
    let alb = account.cloud.balancing.create_load_balancer(alb).await.unwrap();
    assert!(
        alb.dns_name.starts_with("vendor0919-alb-")
            && alb.dns_name.ends_with(".ap-northeast-1.elb.amazonaws.com")
    );
    account.pass(91).await;
    let state = |account: &Account| {
        let elb = account.cloud.balancing.clone();
        async move { elb.load_balancer("vendor0919-alb").await.unwrap().unwrap().state }
    };
    assert_eq!(
        state(&account).await,
        engine::cloud::balancing::LoadBalancerState::Provisioning
    );
    account.pass(1).await;
    assert_eq!(
        state(&account).await,
        engine::cloud::balancing::LoadBalancerState::Active
    );
    account.pass(19).await;
    assert!(matches!(
        account.cloud.edge.resolve(&alb.dns_name).await,
        Err(EdgeError::Dns { .. })
    ));
    account.pass(1).await;
    assert_eq!(
        account.cloud.edge.resolve(&alb.dns_name).await.unwrap().len(),
        2,
        "one address per zone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_healthy_stack_answers_and_other_paths_are_the_applications_own() {
    let stack = Stack::healthy().await;
    let answer = stack.cloud().edge.get(&stack.url("/health"), 5).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(stack.visit("/nowhere").await, 404);
    assert_eq!(stack.visit("/health?x=1").await, 200);
}

#[tokio::test(start_paused = true)]
async fn latencies_vary_a_little_and_the_same_moment_gives_the_same() {
    let stack = Stack::healthy().await;
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        let one = stack
            .cloud()
            .edge
            .get(&stack.url("/health"), 5)
            .await
            .unwrap()
            .phases;
        let same = stack
            .cloud()
            .edge
            .get(&stack.url("/health"), 5)
            .await
            .unwrap()
            .phases;
        assert_eq!(one, same);
        assert!(
            one.dns_us > 0 && one.connect_us > 0 && one.ttfb_us > 0 && one.body_us > 0 && one.tls_us == 0
        );
        assert!((5_000..250_000).contains(&one.total_us()), "{one:?}");
        seen.insert(one.total_us());
        stack.pass(30).await;
    }
    assert!(seen.len() > 30, "{}", seen.len());
}

#[tokio::test(start_paused = true)]
async fn errors_tell_the_stage_that_is_broken() {
    let stack = Stack::without_service(Wanted::default()).await;
    assert_eq!(stack.visit("/health").await, 503, "no target is registered");
    let answer = stack.cloud().edge.get(&stack.url("/health"), 5).await.unwrap();
    assert!(answer.body.contains("503 Service Temporarily Unavailable"));
    stack
        .cloud()
        .compute
        .create_service(stack.service_request())
        .await
        .unwrap();
    stack.pass(60).await;
    assert_eq!(stack.visit("/health").await, 200);

    let net = &stack.cloud().network;
    let rule = tcp(8080, Peer::Group(stack.alb_group.clone()));
    net.revoke(&stack.task_group, Direction::Ingress, &[rule])
        .await
        .unwrap();
    stack.pass(25).await;
    let url = stack.url("/health");
    let patient = stack.cloud().edge.get(&url, 15).await.unwrap();
    assert_eq!(
        patient.status, 504,
        "with every target unhealthy the balancer tries anyway"
    );
    assert!(patient.phases.ttfb_us > 10_000_000);
    assert_eq!(
        stack.cloud().edge.get(&url, 5).await,
        Err(EdgeError::Timeout { timeout_s: 5 })
    );

    stack
        .cloud()
        .balancing
        .delete_listener(&stack.listener)
        .await
        .unwrap();
    assert!(matches!(
        stack.cloud().edge.get(&url, 5).await,
        Err(EdgeError::Connect { .. })
    ));
    net.revoke(&stack.alb_group, Direction::Ingress, &[tcp(80, everybody())])
        .await
        .unwrap();
    assert_eq!(
        stack.cloud().edge.get(&url, 5).await,
        Err(EdgeError::Timeout { timeout_s: 5 })
    );
    let nobody = stack.cloud().edge.get("http://nobody.example/", 5).await;
    assert!(matches!(nobody, Err(EdgeError::Dns { .. })));
    let odd = stack.cloud().edge.get("ftp://nobody.example/", 5).await;
    assert!(matches!(odd, Err(EdgeError::Protocol { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_port_is_a_bad_gateway() {
    let stack = Stack::new(Wanted {
        port: 9000,
        grace_s: 600,
        ..Wanted::default()
    })
    .await;
    stack.pass(90).await;
    assert_eq!(stack.visit("/health").await, 502);
}

#[tokio::test(start_paused = true)]
async fn a_balancer_with_a_private_subnet_times_out_for_some_visitors() {
    let stack = Stack::healthy().await;
    let tables = stack
        .cloud()
        .network
        .route_tables(&stack.alb.vpc_id)
        .await
        .unwrap();
    let association = tables
        .iter()
        .flat_map(|table| &table.associations)
        .find(|one| one.subnet_id == stack.subnets[1]);
    stack
        .cloud()
        .network
        .disassociate_route_table(&association.unwrap().id)
        .await
        .unwrap();
    let mut answered = 0;
    for _ in 0..20 {
        answered += u32::from(stack.visit("/health").await == 200);
        stack.pass(5).await;
    }
    assert!((5..=15).contains(&answered), "{answered} of 20");
}

#[tokio::test(start_paused = true)]
async fn a_tasks_public_address_answers_only_when_its_group_is_open() {
    let stack = Stack::healthy().await;
    let interfaces = stack
        .cloud()
        .network
        .network_interfaces(&stack.task_group)
        .await
        .unwrap();
    let address = interfaces[0].public_ip.clone().unwrap();
    let url = format!("http://{address}:8080/health");
    assert_eq!(
        stack.cloud().edge.get(&url, 3).await,
        Err(EdgeError::Timeout { timeout_s: 3 })
    );
    let open = [tcp(8080, everybody())];
    stack
        .cloud()
        .network
        .authorize(&stack.task_group, Direction::Ingress, &open)
        .await
        .unwrap();
    assert_eq!(stack.cloud().edge.get(&url, 3).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_release_takes_two_minutes_and_compiles_in_the_variables_it_started_with() {
    let account = Account::new(Scenario::Runbook);
    let amplify = &account.cloud.hosting;
    let mut variables = amplify.app(RUNBOOK_APP).await.unwrap().unwrap().variables;
    assert_eq!(variables.0["AMPLIFY_MONOREPO_APP_ROOT"], "frontend");
    variables
        .0
        .insert("NEXT_PUBLIC_API_BASE".to_owned(), "http://one".to_owned());
    amplify
        .set_variables(RUNBOOK_APP, &VariableScope::App, &variables)
        .await
        .unwrap();
    let built = || {
        account
            .cell
            .look(|world| world.built_variables(RUNBOOK_APP, "main").cloned().unwrap())
    };
    assert!(
        !built().contains_key("NEXT_PUBLIC_API_BASE"),
        "a variable alone changes nothing"
    );
    let job = amplify.start_release(RUNBOOK_APP, "main", "api").await.unwrap();
    assert_eq!((job.id.as_str(), job.status), ("2", JobStatus::Pending));
    variables
        .0
        .insert("NEXT_PUBLIC_API_BASE".to_owned(), "http://two".to_owned());
    amplify
        .set_variables(RUNBOOK_APP, &VariableScope::App, &variables)
        .await
        .unwrap();
    let mut running = Vec::new();
    for _ in 0..120 {
        let job = amplify.job(RUNBOOK_APP, "main", "2").await.unwrap().unwrap();
        assert!(!job.status.is_over());
        let step = job
            .steps
            .into_iter()
            .find(|step| step.status == JobStatus::Running)
            .unwrap()
            .name;
        if running.last() != Some(&step) {
            running.push(step);
        }
        account.pass(1).await;
    }
    assert_eq!(running, ["PROVISION", "BUILD", "DEPLOY", "VERIFY"]);
    let job = amplify.job(RUNBOOK_APP, "main", "2").await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Succeed);
    assert_eq!(built()["NEXT_PUBLIC_API_BASE"], "http://one");
    let page = account
        .cloud
        .edge
        .get(&format!("https://main.{RUNBOOK_APP}.amplifyapp.com/"), 5)
        .await
        .unwrap();
    assert!(
        page.status == 200 && page.body.contains("NEXT_PUBLIC_API_BASE=http://one") && page.phases.tls_us > 0
    );
}
