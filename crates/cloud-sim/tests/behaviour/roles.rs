//! What the execution role must be allowed, and when.

use std::collections::BTreeMap;

use engine::cloud::Tags;
use engine::cloud::balancing::TargetState;
use engine::cloud::identity::CreateRole;

use super::ground::{ROLE, Stack, Wanted};
use super::starting::stops_with;

async fn other_role(stack: &Stack, trusted: &str, policies: &[&str]) -> String {
    let role = CreateRole {
        name: "other".to_owned(),
        trusted_service: trusted.to_owned(),
        description: String::new(),
        tags: Tags::new(),
    };
    let arn = stack.cloud().identity.create_role(role).await.unwrap().arn;
    for policy in policies {
        stack
            .cloud()
            .identity
            .attach_role_policy("other", policy)
            .await
            .unwrap();
    }
    arn
}

const PULL: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

const READ_ECR: &str = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_pull_or_log_stops_the_task_and_names_the_action() {
    for (policies, words) in [
        (
            &[][..],
            "is not authorized to perform: ecr:GetAuthorizationToken on resource: *",
        ),
        (
            &[READ_ECR][..],
            "is not authorized to perform: logs:CreateLogStream",
        ),
    ] {
        let mut stack = Stack::without_service(Wanted::default()).await;
        stack.wanted.role = other_role(&stack, "ecs-tasks.amazonaws.com", policies).await;
        stack.definition = stack.register().await;
        stack.pass(15).await;
        stack
            .cloud()
            .compute
            .create_service(stack.service_request())
            .await
            .unwrap();
        stack.pass(30).await;
        let reason = stack.stopped().await[0].stopped_reason.clone().unwrap();
        assert!(
            reason.contains(words) && reason.contains("AccessDeniedException"),
            "{reason}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_tasks_may_not_assume_is_an_event_and_no_task() {
    let mut stack = Stack::without_service(Wanted::default()).await;
    stack.wanted.role = other_role(&stack, "ec2.amazonaws.com", &[PULL]).await;
    stack.definition = stack.register().await;
    stack.pass(15).await;
    stack
        .cloud()
        .compute
        .create_service(stack.service_request())
        .await
        .unwrap();
    assert!(
        stack
            .has_event("ECS was unable to assume the role 'arn:aws:iam::123456789012:role/other'")
            .await
    );
    stack.pass(60).await;
    assert!(stack.running().await.is_empty() && stack.stopped().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_role_can_be_assumed_after_ten_seconds() {
    let mut stack = Stack::without_service(Wanted::default()).await;
    stack.wanted.role = other_role(&stack, "ecs-tasks.amazonaws.com", &[PULL]).await;
    stack.definition = stack.register().await;
    stack
        .cloud()
        .compute
        .create_service(stack.service_request())
        .await
        .unwrap();
    assert!(stack.has_event("ECS was unable to assume the role").await);
    assert!(stack.running().await.is_empty());
    stack.pass(80).await;
    assert_eq!(stack.target_states().await, [TargetState::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn secrets_need_a_role_that_may_read_them_and_must_exist() {
    let parameter = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/vendor/token";
    let secret = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:vendor-AbCdEf";
    for (arn, action, missing) in [
        (
            parameter,
            "ssm:GetParameters",
            "invalid ssm parameters: /vendor/token",
        ),
        (
            secret,
            "secretsmanager:GetSecretValue",
            "Secrets Manager can't find the specified secret",
        ),
    ] {
        let secrets = BTreeMap::from([("TOKEN".to_owned(), arn.to_owned())]);
        stops_with(
            |wanted| wanted.secrets = secrets.clone(),
            &["not authorized to perform", action],
        )
        .await;

        let mut stack = Stack::without_service(Wanted {
            secrets,
            ..Wanted::default()
        })
        .await;
        let name = ROLE.rsplit('/').next().unwrap();
        let policy =
            format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{arn}"}}]}}"#);
        stack
            .cloud()
            .identity
            .put_role_policy(name, "secrets", &policy)
            .await
            .unwrap();
        stack
            .cloud()
            .compute
            .create_service(stack.service_request())
            .await
            .unwrap();
        stack.pass(60).await;
        assert_eq!(stack.target_states().await, [TargetState::Healthy], "{arn}");

        stack.account.cell.look(|world| world.lose_secret(arn));
        stack.definition = stack.register().await;
        let update = engine::cloud::compute::UpdateService {
            task_definition: Some(stack.definition.clone()),
            ..Default::default()
        };
        stack
            .cloud()
            .compute
            .update_service(super::ground::CLUSTER, super::ground::SERVICE, update)
            .await
            .unwrap();
        stack.pass(20).await;
        let reason = stack.stopped().await[0].stopped_reason.clone().unwrap();
        assert!(reason.contains(missing), "{reason}");
    }
}
