//! The suite that the practice account passes too. Where the emulator is known to differ from AWS, AWS's answer is put
//! in front of it, so that the rest of the check still runs; `tests/README.md` lists these places.

use engine::cloud::conformance;

use crate::emulator::{Emulator, Impatient};
use crate::replay::{Scene, when};

#[tokio::test]
async fn identity_keeps_its_promises() {
    let emulator = Emulator::start().await;
    conformance::identity(&emulator.cloud).await.unwrap();
}

#[tokio::test]
async fn network_keeps_its_promises() {
    let emulator = Emulator::corrected(|_| {
        let subnets = || when(["Action=DescribeSubnets"]);
        let on = "<mapPublicIpOnLaunch>true</mapPublicIpOnLaunch>";
        vec![
            Scene::rewrite(subnets(), on, "<mapPublicIpOnLaunch>false</mapPublicIpOnLaunch>"),
            Scene::xml(
                when(["Action=DeleteSecurityGroup"]),
                400,
                "<Response><Errors><Error><Code>DependencyViolation</Code><Message>resource sg-1 has a dependent object\
                 </Message></Error></Errors><RequestID>ec2-1</RequestID></Response>",
            ),
        ]
    })
    .await;
    conformance::network(&emulator.cloud).await.unwrap();
    emulator.finish();
}

#[tokio::test]
async fn registry_keeps_its_promises() {
    let emulator = Emulator::start().await;
    conformance::registry(&emulator.cloud).await.unwrap();
}

#[tokio::test]
async fn compute_keeps_its_promises() {
    let emulator = Emulator::corrected(|_| {
        vec![Scene::json(
            when(["ServiceV20141113.CreateService", "slipway-conf-other"]),
            400,
            r#"{"__type":"InvalidParameterException","message":"Creation of service was not idempotent."}"#,
        )]
    })
    .await;
    conformance::compute(&emulator.cloud, &Impatient).await.unwrap();
    emulator.finish();
}

#[tokio::test]
async fn deployments_keep_their_promises() {
    let emulator = Emulator::corrected(|account| {
        let arn = |kind: &str| format!("arn:aws:ecs:ap-northeast-1:{account}:{kind}");
        let deployment = arn("service-deployment/slipway-conf-deployments/slipway-conf-service/d1");
        let revision = arn("service-revision/slipway-conf-deployments/slipway-conf-service/7");
        let task_definition = arn("task-definition/slipway-conf-dep:1");
        vec![
            Scene::json(
                when(["ServiceV20141113.ListServiceDeployments", r#""service":"slipway-conf-service""#]),
                200,
                format!(r#"{{"serviceDeployments":[{{"serviceDeploymentArn":"{deployment}","createdAt":1.7e9,"status":"SUCCESSFUL"}}]}}"#),
            ),
            Scene::json(
                when(["ServiceV20141113.DescribeServiceDeployments", &deployment]),
                200,
                format!(r#"{{"serviceDeployments":[{{"serviceDeploymentArn":"{deployment}","createdAt":1.7e9,"finishedAt":1.70000001e9,"status":"SUCCESSFUL","targetServiceRevision":{{"arn":"{revision}","requestedTaskCount":0,"runningTaskCount":0,"pendingTaskCount":0}}}}],"failures":[]}}"#),
            ),
            Scene::json(
                when(["ServiceV20141113.DescribeServiceRevisions", &revision]),
                200,
                format!(r#"{{"serviceRevisions":[{{"serviceRevisionArn":"{revision}","taskDefinition":"{task_definition}"}}],"failures":[]}}"#),
            ),
        ]
    })
    .await;
    conformance::deployments(&emulator.cloud, &Impatient)
        .await
        .unwrap();
    emulator.finish();
}

#[tokio::test]
async fn balancing_keeps_its_promises() {
    let emulator = Emulator::corrected(|_| {
        let listener = || when(["Action=CreateListener"]);
        vec![
            // The first creation is the emulator's own; its answer is right as it is.
            Scene::rewrite(listener(), "<CreateListenerResult>", "<CreateListenerResult>"),
            Scene::xml(
                listener(),
                400,
                "<ErrorResponse><Error><Type>Sender</Type><Code>DuplicateListener</Code><Message>A listener already \
                 exists on this port for this load balancer</Message></Error><RequestId>elb-1</RequestId></ErrorResponse>",
            ),
        ]
    })
    .await;
    conformance::balancing(&emulator.cloud, &Impatient).await.unwrap();
    emulator.finish();
}

#[tokio::test]
async fn logs_keep_their_promises() {
    let emulator = Emulator::start().await;
    conformance::logs(&emulator.cloud).await.unwrap();
}
