//! What is deployed is the image that the plan saw: a push is a difference, and nothing else is.

use cloud_sim::ImageProfile;
use engine::cloud::compute::TaskFilter;
use engine::cloud::registry::Architecture;
use engine::plan::{Change, Plan};
use engine::run::RunState;

use crate::stage::{End, Stage, vendor};

fn push(stage: &Stage, image: ImageProfile) -> String {
    stage
        .cell
        .look(|world| world.push_image("vendor0919-api", "latest", image))
        .expect("pushed")
}

/// The image of every task that runs.
async fn running(stage: &Stage) -> Vec<String> {
    let compute = &stage.cloud.compute;
    let tasks = compute
        .tasks("vendor0919-cluster", "vendor0919-service", TaskFilter::Running)
        .await
        .expect("tasks");
    let mut images = Vec::new();
    for task in tasks {
        let definition = compute.task_definition(&task.task_definition).await;
        images.push(definition.expect("answered").expect("there").container.image);
    }
    assert!(!images.is_empty());
    images
}

fn changed(plan: &Plan) -> Vec<(&str, Change)> {
    plan.steps
        .iter()
        .filter(|step| step.change != Change::Keep)
        .map(|step| (step.id.0.as_str(), step.change))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_second_push_under_the_same_tag_is_deployed_and_nothing_else_changes() {
    let mut stage = Stage::runbook();
    stage.succeed(&vendor(), "run-1").await;
    let first = running(&stage).await;
    assert_eq!(changed(&stage.plan(&vendor()).await), []);

    let digest = push(&stage, ImageProfile::fastapi());
    let plan = stage.plan(&vendor()).await;
    assert_eq!(
        changed(&plan),
        [
            ("task_definition", Change::Update),
            ("service", Change::Update),
            ("deployment", Change::Wait),
            ("reachable", Change::Wait),
        ]
    );
    assert_eq!(stage.run(&plan, "run-2").await, RunState::Succeeded);
    for image in running(&stage).await {
        assert!(image.ends_with(&format!("/vendor0919-api@{digest}")), "{image}");
        assert!(!first.contains(&image));
    }
    assert_eq!(changed(&stage.plan(&vendor()).await), []);
}

#[tokio::test(start_paused = true)]
async fn an_image_pushed_midway_is_not_what_this_run_deploys() {
    let stage = Stage::runbook();
    let plan = stage.plan(&vendor()).await;
    let meddle = async {
        stage.sleep(60).await;
        push(&stage, ImageProfile::fastapi().on(&[Architecture::Arm64]))
    };
    let (end, pushed) = tokio::join!(stage.go_on(&plan, "run-1"), meddle);
    assert!(
        matches!(end, End::State(RunState::Succeeded)),
        "{end:?}: {:#?}",
        stage.blocked()
    );
    let images = running(&stage).await;
    assert!(
        images
            .iter()
            .all(|image| image.contains("@sha256:") && !image.contains(&pushed)),
        "{images:?}"
    );
}
