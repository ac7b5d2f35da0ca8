//! Whatever Slipway does, it calls nothing that the policy does not allow.

use std::collections::BTreeSet;

use cloud_sim::{ImageProfile, Scenario};
use engine::cloud::identity::Question;
use engine::plan::Memory;
use engine::policy::{self, Lent};
use engine::run::RunState;
use engine::snapshot::{discover, observe};
use engine::spec::{StackSpec, VpcChoice};

use crate::stage::{Stage, vendor};

fn assert_allowed(stage: &Stage, at_least: &[&str]) {
    let allowed: BTreeSet<&str> = policy::actions().into_iter().collect();
    let called: BTreeSet<String> = stage.calls().into_iter().collect();
    let missing: Vec<_> = called
        .iter()
        .filter(|action| !allowed.contains(action.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in the policy: {missing:?}");
    for action in at_least {
        assert!(called.contains(*action), "{action} was not called: {called:?}");
    }
}

async fn there_and_back(scenario: Scenario, spec: &StackSpec) -> Stage {
    let mut stage = Stage::new(scenario);
    stage.expect(ImageProfile::fastapi());
    let plan = stage.succeed(spec, "run-1").await;
    let memory = Memory::collect(&[(plan, stage.ledger.records())]);
    let snapshot = observe(&stage.cloud, spec, stage.clock.now())
        .await
        .expect("the account can be read");
    let removal = engine::plan::destroy(spec, &snapshot, &memory, stage.clock.now());
    assert_eq!(stage.run(&removal, "run-2").await, RunState::Succeeded);
    stage
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_made_and_removed_within_the_policy() {
    let stage = there_and_back(Scenario::Runbook, &vendor()).await;
    assert_allowed(
        &stage,
        &["ecs:CreateService", "ecs:DeleteService", "amplify:StartJob"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_network_and_a_role_of_its_own_are_made_and_removed_within_the_policy() {
    let mut spec = vendor();
    spec.roles.execution = None;
    spec.network.vpc = VpcChoice::Create("10.20.0.0/16".parse().expect("a range"));
    let stage = there_and_back(Scenario::Fresh, &spec).await;
    assert_allowed(
        &stage,
        &[
            "ec2:CreateVpc",
            "ec2:DeleteVpc",
            "ec2:AttachInternetGateway",
            "iam:CreateRole",
            "iam:DeleteRole",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_wizard_the_monitors_and_the_connections_test_ask_is_in_the_policy() {
    let mut stage = Stage::runbook();
    let spec = vendor();
    stage.succeed(&spec, "run-1").await;
    let cloud = &stage.cloud;
    for vpc in discover::vpcs(cloud).await.expect("VPCs") {
        discover::security_groups(cloud, &vpc.vpc.id, 8080)
            .await
            .expect("groups");
    }
    discover::repositories(cloud).await.expect("repositories");
    discover::frontends(cloud).await.expect("apps");
    cloud.network.zones().await.expect("zones");
    cloud.identity.role("ecsTaskExecutionRole").await.expect("role");
    cloud
        .compute
        .service("vendor0919-cluster", "vendor0919-service")
        .await
        .expect("service");
    let group = cloud
        .balancing
        .target_group("vendor0919-tg")
        .await
        .expect("target group");
    let group = group.expect("it was made");
    cloud.balancing.target_health(&group.arn).await.expect("health");
    let account = cloud.identity.caller().await.expect("caller").account_id;
    let questions: Vec<Question> = policy::questions(&account, &cloud.region, &Lent::to([&spec]));
    assert!(
        !cloud
            .identity
            .permissions(&questions)
            .await
            .expect("answers")
            .is_empty()
    );
    assert_allowed(&stage, &["iam:SimulatePrincipalPolicy", "amplify:ListApps"]);
}
