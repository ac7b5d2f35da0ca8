//! Service deployments, which the emulator lacks: replayed answers.

use engine::cloud::Tags;
use engine::cloud::compute::{
    CircuitBreaker, CreateService, DeploymentSettings, ServiceDeploymentStatus, ServiceNetwork, ServiceTarget,
};
use serde_json::json;

use crate::replay::{Replay, Scene, when};

#[tokio::test]
async fn deployments_are_read_to_the_last_page_and_come_newest_first() {
    let brief = |id: u32, at: f64| json!({ "serviceDeploymentArn": format!("dep-{id}"), "createdAt": at, "status": "IN_PROGRESS" });
    let full = |id: u32, at: f64, status: &str| {
        json!({
            "serviceDeploymentArn": format!("dep-{id}"), "createdAt": at, "status": status, "statusReason": "why",
            "targetServiceRevision": { "arn": format!("rev-{id}"), "requestedTaskCount": 1, "runningTaskCount": 0, "pendingTaskCount": 1 },
        })
    };
    let replay = Replay::of(vec![
        Scene::json(
            when(["V20141113.ListServiceDeployments", r#""cluster":"stack""#, r#""service":"api""#]),
            200,
            json!({ "serviceDeployments": [brief(1, 100.0), brief(3, 300.0)], "nextToken": "more" }).to_string(),
        ),
        Scene::json(
            when(["V20141113.ListServiceDeployments", r#""nextToken":"more""#]),
            200,
            json!({ "serviceDeployments": [brief(2, 200.0)] }).to_string(),
        ),
        Scene::json(
            when(["V20141113.DescribeServiceDeployments", r#"["dep-3","dep-2","dep-1"]"#]),
            200,
            json!({ "serviceDeployments": [full(1, 100.0, "SUCCESSFUL"), full(2, 200.0, "ROLLBACK_SUCCESSFUL"), full(3, 300.0, "IN_PROGRESS")] }).to_string(),
        ),
        Scene::json(
            when(["V20141113.DescribeServiceRevisions", "rev-1", "rev-2", "rev-3"]),
            200,
            json!({ "serviceRevisions": [
                { "serviceRevisionArn": "rev-1", "taskDefinition": "td:1" },
                { "serviceRevisionArn": "rev-3", "taskDefinition": "td:3" },
            ]})
            .to_string(),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud.compute.service_deployments("stack", "api").await.unwrap();
    let short: Vec<_> = found
        .iter()
        .map(|each| (each.arn.as_str(), each.status, each.task_definition.as_deref()))
        .collect();
    assert_eq!(
        short,
        [
            ("dep-3", ServiceDeploymentStatus::InProgress, Some("td:3")),
            ("dep-2", ServiceDeploymentStatus::RollbackSuccessful, None),
            ("dep-1", ServiceDeploymentStatus::Successful, Some("td:1")),
        ]
    );
    assert_eq!(found[0].status_reason.as_deref(), Some("why"));
    replay.finish();
}

#[tokio::test]
async fn a_new_service_has_no_deployments() {
    let replay = Replay::of(vec![Scene::json(
        when(["ListServiceDeployments"]),
        200,
        r#"{"serviceDeployments":[]}"#,
    )])
    .await;
    let (cloud, _) = replay.cloud().await;
    assert_eq!(
        cloud.compute.service_deployments("stack", "api").await.unwrap(),
        []
    );
    replay.finish();
}

#[tokio::test]
async fn stopped_tasks_keep_the_words_that_say_why() {
    let task = json!({ "tasks": [{
        "taskArn": "task-1", "taskDefinitionArn": "td:1", "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
        "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: not found",
        "availabilityZone": "ap-northeast-1a", "createdAt": 100.0, "stoppedAt": 160.5,
        "attachments": [
            { "type": "Service Connect", "details": [{ "name": "ContainerName", "value": "proxy" }] },
            { "type": "ElasticNetworkInterface", "details": [
                { "name": "subnetId", "value": "subnet-1" }, { "name": "networkInterfaceId", "value": "eni-1" },
                { "name": "privateIPv4Address", "value": "10.0.0.7" } ] },
        ],
        "containers": [{ "name": "api", "lastStatus": "STOPPED", "exitCode": 137, "reason": "OutOfMemoryError: Container killed" }],
    }]});
    let replay = Replay::of(vec![
        Scene::json(
            when(["V20141113.ListTasks", r#""desiredStatus":"STOPPED""#]),
            200,
            r#"{"taskArns":["task-1"]}"#,
        ),
        Scene::json(when(["V20141113.DescribeTasks", "task-1"]), 200, task.to_string()),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .compute
        .tasks("stack", "api", engine::cloud::compute::TaskFilter::Stopped)
        .await
        .unwrap();
    let [task] = &found[..] else {
        panic!("one task: {found:?}")
    };
    assert_eq!(task.stop_code.as_deref(), Some("TaskFailedToStart"));
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("CannotPullContainerError: not found")
    );
    assert_eq!(task.health, "UNKNOWN");
    assert_eq!(
        (task.subnet_id.as_deref(), task.network_interface_id.as_deref()),
        (Some("subnet-1"), Some("eni-1"))
    );
    assert_eq!(task.private_ip.as_deref(), Some("10.0.0.7"));
    assert_eq!(task.containers[0].exit_code, Some(137));
    assert_eq!(task.stopped_at.map(|at| at.as_millisecond()), Some(160_500));
    replay.finish();
}

#[tokio::test]
async fn the_circuit_breaker_is_sent_with_its_count_and_comes_back() {
    let sent = [
        "V20141113.CreateService",
        r#""deploymentCircuitBreaker":{"enable":true,"rollback":true,"thresholdConfiguration":{"#,
        r#""type":"COUNT""#,
        r#""value":3"#,
        r#""launchType":"FARGATE""#,
        r#""propagateTags":"SERVICE""#,
        r#""healthCheckGracePeriodSeconds":60"#,
        r#""clientToken":"token-1""#,
        r#""assignPublicIp":"ENABLED""#,
    ];
    let answer = json!({ "service": {
        "serviceArn": "arn:aws:ecs:ap-northeast-1:123456789012:service/stack/api", "serviceName": "api",
        "status": "ACTIVE", "taskDefinition": "td:1", "desiredCount": 1, "healthCheckGracePeriodSeconds": 60,
        "deploymentConfiguration": {
            "minimumHealthyPercent": 100, "maximumPercent": 200,
            "deploymentCircuitBreaker": {
                "enable": true, "rollback": true, "thresholdConfiguration": { "type": "COUNT", "value": 3 } },
        },
        "events": [
            { "id": "e1", "createdAt": 100.0, "message": "(service api) has started 1 tasks." },
            { "id": "e2", "createdAt": 160.0, "message": "(service api) has reached a steady state." },
        ],
        "deployments": [
            { "id": "ecs-svc/1", "status": "ACTIVE", "failedTasks": 2, "rolloutState": "FAILED",
              "rolloutStateReason": "tasks failed to start." },
            { "id": "ecs-svc/2", "status": "PRIMARY", "rolloutState": "IN_PROGRESS" },
        ],
    }});
    let replay = Replay::of(vec![Scene::json(when(sent), 200, answer.to_string())]).await;
    let (cloud, _) = replay.cloud().await;
    let settings = DeploymentSettings {
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: Some(CircuitBreaker {
            rollback: true,
            failure_count: Some(3),
        }),
    };
    let target = ServiceTarget {
        target_group_arn: "tg-1".to_owned(),
        container: "api".to_owned(),
        port: 8080,
    };
    let wanted = CreateService {
        cluster: "stack".to_owned(),
        name: "api".to_owned(),
        task_definition: "td:1".to_owned(),
        desired: 1,
        network: ServiceNetwork {
            subnet_ids: vec!["subnet-1".to_owned()],
            security_groups: vec!["sg-1".to_owned()],
            assign_public_ip: true,
        },
        targets: vec![target],
        settings,
        health_grace_s: 60,
        client_token: "token-1".to_owned(),
        tags: Tags::new(),
    };
    let made = cloud.compute.create_service(wanted).await.unwrap();
    assert_eq!((made.settings, made.health_grace_s), (settings, 60));
    assert_eq!(made.deployments[0].id, "ecs-svc/2", "PRIMARY comes first");
    assert_eq!(
        (
            made.deployments[1].failed,
            made.deployments[1].rollout_reason.as_deref()
        ),
        (2, Some("tasks failed to start."))
    );
    assert_eq!(made.events[0].id, "e2", "the newest event comes first");
    replay.finish();
}
