//! Deployments that fail end in the cause that is true, with evidence, soon after the first sign of it.

use cloud_sim::scenario::RUNBOOK_TASK_GROUP;
use cloud_sim::{ImageProfile, Scenario};
use engine::cloud::balancing::TargetState;
use engine::cloud::compute::{TaskFilter, UpdateService};
use engine::cloud::identity::CreateRole;
use engine::cloud::network::{Direction, Peer, Rule, Traffic};
use engine::cloud::registry::Architecture;
use engine::run::RunState;
use engine::spec::ImageSource;
use engine::step::{Diagnosis, DiagnosisCode};
use jiff::Timestamp;

use crate::stage::{End, Stage, vendor};

fn deployment_blocked(stage: &Stage, end: &End) -> Diagnosis {
    assert!(matches!(end, End::State(RunState::Failed)), "{end:?}");
    let record = stage.record("deployment");
    let why = record
        .diagnosis
        .unwrap_or_else(|| panic!("{:#?}", stage.blocked()));
    assert!(!why.evidence.is_empty(), "{why:#?}");
    why
}

async fn deploy(stage: &Stage) -> End {
    let plan = stage.plan(&vendor()).await;
    in_time(stage, stage.go_on(&plan, "run-1")).await
}

/// When AWS first showed that something is wrong: a task that stopped, or an unhealthy target.
async fn first_sign(stage: &Stage) -> Timestamp {
    loop {
        let compute = &stage.cloud.compute;
        let stopped = compute
            .tasks("vendor0919-cluster", "vendor0919-service", TaskFilter::Stopped)
            .await;
        let bad_task = stopped.is_ok_and(|tasks| tasks.iter().any(|task| task.stopped_at.is_some()));
        let group = stage
            .cloud
            .balancing
            .target_group("vendor0919-tg")
            .await
            .expect("target group");
        let bad_target = match group {
            Some(group) => {
                let health = stage
                    .cloud
                    .balancing
                    .target_health(&group.arn)
                    .await
                    .expect("target health");
                health.iter().any(|target| target.state == TargetState::Unhealthy)
            }
            None => false,
        };
        if bad_task || bad_target {
            return stage.clock.now();
        }
        stage.sleep(1).await;
    }
}

/// The budget: a failed deployment has its cause within 60 s of the first sign of it.
async fn in_time(stage: &Stage, run: impl Future<Output = End>) -> End {
    let mut sign = None;
    let watch = async {
        sign = Some(first_sign(stage).await);
        std::future::pending::<()>().await;
    };
    let end = tokio::select! { end = run => end, () = watch => unreachable!("it watches for ever") };
    // Steps that have nothing to do with it may still have gone on.
    let named = stage
        .ledger
        .records()
        .into_iter()
        .find(|record| record.diagnosis.is_some());
    let named = named.and_then(|record| record.finished_at);
    if let (End::State(RunState::Failed), Some(sign), Some(named)) = (&end, sign, named) {
        let took = named.as_second() - sign.as_second();
        assert!(took <= 60, "named {took} s after the first sign");
    }
    end
}

#[tokio::test(start_paused = true)]
async fn a_log_group_deleted_midway_is_named_and_a_new_try_after_the_fix_succeeds() {
    // At once, AWS is still trying. Later it has given up, and a new deployment is needed.
    for pause in [0, 3_600] {
        log_group_deleted_midway(pause).await;
    }
}

async fn log_group_deleted_midway(pause: u64) {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    let meddle = async {
        stage.sleep(60).await;
        stage
            .cloud
            .logs
            .delete_log_group("/ecs/vendor0919-api")
            .await
            .expect("deleted");
    };
    let (end, ()) = tokio::join!(in_time(&stage, stage.go_on(&plan, "run-1")), meddle);
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.rule.as_str()),
        (DiagnosisCode::LogGroupMissing, "N8"),
        "{why:#?}"
    );
    assert_eq!(why.values["group"], "/ecs/vendor0919-api");

    stage.sleep(pause).await;
    stage
        .cloud
        .logs
        .create_log_group("/ecs/vendor0919-api", Default::default())
        .await
        .expect("created");
    let end = stage.go_on(&plan, "run-1").await;
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "after {pause} s: {end:?}: {:#?}",
        stage.blocked()
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_path_is_named_with_the_answer_it_got() {
    let stage = Stage::new(Scenario::Runbook);
    stage.expect(ImageProfile::fastapi().answering("/health", 404));
    let end = deploy(&stage).await;
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.rule.as_str()),
        (DiagnosisCode::TargetWrongCode, "F8"),
        "{why:#?}"
    );
    assert_eq!(
        (why.values["path"].as_str(), why.values["answer"].as_str()),
        ("/health", "404")
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_port_is_a_refusal() {
    let stage = Stage::new(Scenario::Runbook);
    stage.expect(ImageProfile::fastapi().listening(9000));
    let end = deploy(&stage).await;
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.values["port"].as_str()),
        (DiagnosisCode::TargetRefused, "8080"),
        "{why:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_port_closed_by_a_reused_group_is_named_at_its_first_sign() {
    let stage = Stage::runbook();
    let mut spec = vendor();
    spec.network.task_security_group = Some(RUNBOOK_TASK_GROUP.into());
    let plan = stage.plan(&spec).await;
    let meddle = async {
        // Somebody tidies the old group up while the ALB is being made.
        stage.sleep(60).await;
        let groups = stage
            .cloud
            .network
            .security_groups(cloud_sim::scenario::RUNBOOK_VPC)
            .await
            .expect("groups");
        let group = groups
            .into_iter()
            .find(|group| group.id == RUNBOOK_TASK_GROUP)
            .expect("the old group");
        stage
            .cloud
            .network
            .revoke(RUNBOOK_TASK_GROUP, Direction::Ingress, &group.ingress)
            .await
            .expect("revoked");
    };
    let (end, ()) = tokio::join!(in_time(&stage, stage.go_on(&plan, "run-1")), meddle);
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.rule.as_str()),
        (DiagnosisCode::TargetTimeout, "F13"),
        "{why:#?}"
    );
    assert_eq!(why.values["port"], "8080");

    let rule = Rule {
        traffic: Traffic::Tcp { from: 8080, to: 8080 },
        peer: Peer::Cidr("10.0.0.0/16".parse().expect("a range")),
        description: String::new(),
    };
    stage
        .cloud
        .network
        .authorize(RUNBOOK_TASK_GROUP, Direction::Ingress, &[rule])
        .await
        .expect("opened");
    let end = stage.go_on(&plan, "run-1").await;
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
}

#[tokio::test(start_paused = true)]
async fn an_arm64_image_is_named_before_anything_starts() {
    let stage = Stage::new(Scenario::Runbook);
    stage.expect(ImageProfile::fastapi().on(&[Architecture::Arm64]));
    let end = deploy(&stage).await;
    assert!(matches!(end, End::State(RunState::Failed)), "{end:?}");
    let why = stage.record("image").diagnosis.expect("a diagnosis");
    assert_eq!(why.code, DiagnosisCode::ImagePlatform);
    assert_eq!(
        (why.values["wanted"].as_str(), why.values["found"].as_str()),
        ("linux/amd64", "linux/arm64")
    );
}

#[tokio::test(start_paused = true)]
async fn an_arm64_image_that_nobody_could_look_into_is_named_from_the_stopped_task() {
    for index in [true, false] {
        let stage = Stage::new(Scenario::Runbook);
        let mut image = ImageProfile::fastapi().on(&[Architecture::Arm64]);
        image.index = index;
        stage
            .cell
            .look(|world| world.publish_image("example.com/api", image));
        let mut spec = vendor();
        spec.image = ImageSource::Uri {
            uri: "example.com/api:1".into(),
        };
        let plan = stage.plan(&spec).await;
        let end = in_time(&stage, stage.go_on(&plan, "run-1")).await;
        let why = deployment_blocked(&stage, &end);
        assert_eq!(why.code, DiagnosisCode::ImagePlatform, "index {index}: {why:#?}");
        assert_eq!(why.values["wanted"], "linux/amd64");
        assert_eq!(why.values["image"], "example.com/api:1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ends_is_named_with_its_exit_code_and_its_last_words() {
    let stage = Stage::new(Scenario::Runbook);
    let mut image = ImageProfile::fastapi();
    image.exit = Some(cloud_sim::image::ProcessExit {
        after_s: 1,
        code: 1,
        last_line: "KeyError: 'DATABASE_URL'".into(),
    });
    stage.expect(image);
    let end = deploy(&stage).await;
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.values["exit_code"].as_str()),
        (DiagnosisCode::ContainerExited, "1"),
        "{why:#?}"
    );
    assert!(
        why.evidence.iter().any(|row| row.text.contains("DATABASE_URL")),
        "{why:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_process_that_needs_more_memory_is_named() {
    let stage = Stage::new(Scenario::Runbook);
    let mut image = ImageProfile::fastapi();
    image.memory_mib = 4096;
    stage.expect(image);
    let end = deploy(&stage).await;
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.values["memory_mib"].as_str()),
        (DiagnosisCode::OutOfMemory, "512"),
        "{why:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_start_within_the_grace_is_no_failure() {
    let stage = Stage::new(Scenario::Runbook);
    let mut image = ImageProfile::fastapi();
    image.ready_after_s = 35;
    stage.expect(image);
    let end = deploy(&stage).await;
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_somebody_replaces_is_not_waited_for() {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    let mut spec = vendor();
    spec.container.environment.insert("MODE".into(), "new".into());
    let plan = stage.plan(&spec).await;
    stage.ledger = Default::default();
    let meddle = async {
        stage.sleep(15).await;
        let old = stage
            .cloud
            .compute
            .task_definition_arns("vendor0919-task")
            .await
            .expect("arns")
            .pop();
        let update = UpdateService {
            task_definition: old,
            ..UpdateService::default()
        };
        let update = stage
            .cloud
            .compute
            .update_service("vendor0919-cluster", "vendor0919-service", update);
        update.await.expect("updated");
    };
    let (end, ()) = tokio::join!(stage.go_on(&plan, "run-2"), meddle);
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.rule.as_str()),
        (DiagnosisCode::DeploymentFailed, "G9"),
        "{why:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_release_that_goes_back_is_not_a_success() {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    let broken = ImageProfile::fastapi().answering("/health", 500);
    stage
        .cell
        .look(|world| world.push_image("vendor0919-api", "latest", broken))
        .expect("pushed");
    let mut spec = vendor();
    spec.container.environment.insert("MODE".into(), "new".into());
    let plan = stage.plan(&spec).await;
    stage.ledger = Default::default();
    let end = in_time(&stage, stage.go_on(&plan, "run-2")).await;
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.values["answer"].as_str()),
        (DiagnosisCode::TargetWrongCode, "500"),
        "{why:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_stops_trusting_ecs_is_named() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    let meddle = async {
        stage.sleep(60).await;
        let identity = &stage.cloud.identity;
        let policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
        identity
            .detach_role_policy("ecsTaskExecutionRole", policy)
            .await
            .expect("detached");
        identity
            .delete_role("ecsTaskExecutionRole")
            .await
            .expect("deleted");
        let other = CreateRole {
            name: "ecsTaskExecutionRole".into(),
            trusted_service: "lambda.amazonaws.com".into(),
            description: String::new(),
            tags: Default::default(),
        };
        identity.create_role(other).await.expect("created");
    };
    let (end, ()) = tokio::join!(in_time(&stage, stage.go_on(&plan, "run-1")), meddle);
    let why = deployment_blocked(&stage, &end);
    assert_eq!(
        (why.code, why.rule.as_str()),
        (DiagnosisCode::RoleTrust, "A4"),
        "{why:#?}"
    );
}
