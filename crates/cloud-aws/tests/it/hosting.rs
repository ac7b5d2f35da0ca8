//! Amplify, which the emulator lacks: replayed answers.

use engine::cloud::conformance;
use engine::cloud::hosting::{JobStatus, VariableScope, Variables};
use serde_json::{Value, json};

use crate::emulator::Impatient;
use crate::replay::{Replay, Scene, when};

fn app(id: &str, variables: &Value) -> Value {
    json!({
        "appId": id, "appArn": format!("arn:aws:amplify:ap-northeast-1:123456789012:apps/{id}"), "name": "front",
        "description": "", "repository": "https://example.com/front", "platform": "WEB", "createTime": 1.7e9,
        "updateTime": 1.7e9, "environmentVariables": variables, "defaultDomain": format!("{id}.amplifyapp.com"),
        "enableBranchAutoBuild": true, "enableBasicAuth": false,
    })
}

fn branch(name: &str, variables: &Value) -> Value {
    json!({
        "branchArn": format!("arn:aws:amplify:ap-northeast-1:123456789012:apps/d1/branches/{name}"), "branchName": name,
        "description": "", "stage": "PRODUCTION", "displayName": name, "enableNotification": false, "createTime": 1.7e9,
        "updateTime": 1.7e9, "environmentVariables": variables, "enableAutoBuild": true, "customDomains": [],
        "framework": "Web", "activeJobId": "6", "totalNumberOfJobs": "6", "enableBasicAuth": false, "ttl": "5",
        "enablePullRequestPreview": false,
    })
}

fn summary(id: &str, status: &str) -> Value {
    json!({
        "jobArn": format!("arn:aws:amplify:ap-northeast-1:123456789012:apps/d1/branches/main/jobs/{id}"), "jobId": id,
        "commitId": "HEAD", "commitMessage": "", "commitTime": 1.7e9, "startTime": 1.7e9, "status": status,
        "jobType": "RELEASE",
    })
}

fn scene<const N: usize>(texts: [&str; N], body: Value) -> Scene {
    Scene::answer(
        when(texts),
        200,
        &[("content-type", "application/json")],
        body.to_string(),
    )
}

fn missing<const N: usize>(texts: [&str; N]) -> Scene {
    let headers = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", "NotFoundException"),
        ("x-amzn-requestid", "amp-1"),
    ];
    Scene::answer(
        when(texts),
        404,
        &headers,
        r#"{"message":"App d0000000000000 not found."}"#,
    )
}

#[tokio::test]
async fn hosting_keeps_its_promises() {
    let old = json!({ "NEXT_PUBLIC_API": "http://old" });
    let new = json!({ "NEXT_PUBLIC_API": "http://old", "SLIPWAY_CONF": "http://example.com" });
    let step =
        |name: &str| json!({ "stepName": name, "startTime": 1.7e9, "endTime": 1.7e9, "status": "SUCCEED" });
    let get_app = |variables: &Value| scene(["GET /apps/d1 "], json!({ "app": app("d1", variables) }));
    let list = |variables: &Value| {
        scene(
            ["GET /apps/d1/branches "],
            json!({ "branches": [branch("main", variables)] }),
        )
    };
    let replay = Replay::of(vec![
        // Two pages of apps.
        scene(["GET /apps "], json!({ "apps": [app("d0", &json!({}))], "nextToken": "page-2" })),
        scene(["GET /apps?", "nextToken=page-2"], json!({ "apps": [app("d1", &old)] })),
        missing(["GET /apps/d0000000000000 "]),
        get_app(&old),
        list(&old),
        scene(["POST /apps/d1 ", r#""SLIPWAY_CONF":"http://example.com""#, r#""NEXT_PUBLIC_API":"http://old""#], json!({ "app": app("d1", &new) })),
        get_app(&new),
        scene(["POST /apps/d1 "], json!({ "app": app("d1", &old) })),
        scene(["POST /apps/d1/branches/main ", r#""SLIPWAY_CONF":"http://example.com""#], json!({ "branch": branch("main", &new) })),
        list(&new),
        scene(["POST /apps/d1/branches/main "], json!({ "branch": branch("main", &old) })),
        get_app(&old),
        scene(["POST /apps/d1/branches/main/jobs ", r#""jobType":"RELEASE""#, r#""jobReason":"Conformance""#], json!({ "jobSummary": summary("7", "PENDING") })),
        scene(["GET /apps/d1/branches/main/jobs?", "maxResults=50"], json!({ "jobSummaries": [summary("7", "RUNNING"), summary("6", "SUCCEED")] })),
        // Two pages of jobs.
        scene(["GET /apps/d1/branches/main/jobs?", "maxResults=50"], json!({ "jobSummaries": [summary("7", "RUNNING")], "nextToken": "page-2" })),
        scene(["GET /apps/d1/branches/main/jobs?", "nextToken=page-2", "maxResults=50"], json!({ "jobSummaries": [summary("6", "SUCCEED")] })),
        // While a step runs it has no end, which the model requires all the same.
        scene(["GET /apps/d1/branches/main/jobs/7 "], json!({ "job": { "summary": summary("7", "RUNNING"), "steps": [{ "stepName": "BUILD", "startTime": 1.7e9, "status": "RUNNING" }] } })),
        scene(["GET /apps/d1/branches/main/jobs/7 "], json!({ "job": { "summary": summary("7", "SUCCEED"), "steps": [step("BUILD"), step("DEPLOY"), step("VERIFY")] } })),
        missing(["GET /apps/d1/branches/main/jobs/999999 "]),
        missing(["POST /apps/d0000000000000/branches/main/jobs "]),
    ])
    .await;
    let (cloud, calls) = replay.cloud().await;
    conformance::hosting(&cloud, &Impatient, "d1", "main")
        .await
        .unwrap();
    replay.finish();
    let actions: Vec<String> = calls.actions().into_iter().collect();
    assert_eq!(
        actions,
        [
            "amplify:GetApp",
            "amplify:GetJob",
            "amplify:ListApps",
            "amplify:ListBranches",
            "amplify:ListJobs",
            "amplify:StartJob",
            "amplify:UpdateApp",
            "amplify:UpdateBranch",
        ]
    );
}

#[tokio::test]
async fn a_running_step_has_no_end_yet() {
    let body = json!({ "job": { "summary": summary("7", "RUNNING"), "steps": [{ "stepName": "BUILD", "startTime": 1.7e9, "status": "RUNNING" }] } });
    let replay = Replay::of(vec![scene(["GET /apps/d1/branches/main/jobs/7 "], body)]).await;
    let (cloud, _) = replay.cloud().await;
    let job = cloud.hosting.job("d1", "main", "7").await.unwrap().unwrap();
    assert!(job.steps[0].started_at.is_some());
    assert_eq!((job.steps[0].ended_at, job.ended_at), (None, None));
}

#[tokio::test]
async fn a_job_is_looked_for_on_every_page_and_no_further_than_it_is_found() {
    let page = |token: &str, next: &str, jobs: [Value; 2]| {
        scene(
            ["GET /apps/d1/branches/main/jobs?", token],
            json!({ "jobSummaries": jobs, "nextToken": next }),
        )
    };
    let replay = Replay::of(vec![
        page(
            "maxResults=50",
            "page-2",
            [summary("9", "FAILED"), summary("8", "FAILED")],
        ),
        page(
            "nextToken=page-2",
            "page-3",
            [summary("7", "SUCCEED"), summary("6", "SUCCEED")],
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .hosting
        .find_job("d1", "main", &|job| job.status == JobStatus::Succeed)
        .await;
    assert_eq!(found.unwrap().unwrap().id, "7");
    replay.finish();
}

#[tokio::test]
async fn the_last_variable_goes_by_a_name_of_one_space() {
    let none = json!({});
    let nothing = r#""environmentVariables":{" ":""}"#;
    let replay = Replay::of(vec![
        scene(["POST /apps/d1 ", nothing], json!({ "app": app("d1", &none) })),
        scene(
            ["POST /apps/d1/branches/main ", nothing],
            json!({ "branch": branch("main", &none) }),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let main = VariableScope::Branch {
        branch: "main".to_owned(),
    };
    for scope in [VariableScope::App, main] {
        cloud
            .hosting
            .set_variables("d1", &scope, &Variables::default())
            .await
            .unwrap();
    }
    replay.finish();
}

#[tokio::test]
async fn variables_are_in_no_debug_text() {
    let body = json!({ "app": app("d1", &json!({ "TOKEN": "do-not-print" })) });
    let replay = Replay::of(vec![scene(["GET /apps/d1 "], body)]).await;
    let (cloud, _) = replay.cloud().await;
    let app = cloud.hosting.app("d1").await.unwrap().unwrap();
    assert_eq!(app.variables.0["TOKEN"], "do-not-print");
    assert!(!format!("{app:?}").contains("do-not-print"));
}
