//! A run that somebody else began and that is not over: when it is ours, when it is waited for, when it is in the way.

use engine::plan::{Plan, Purpose};
use engine::run::{RunOptions, RunState};
use engine::spec::{StackSpec, read};
use slipway::panel::Panel;
use slipway::runs::start;
use store::connections::{self, Connection, Credentials, Settings};
use store::runs::{self, Run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bed::{Bed, Done, example};

const WAIT: RunOptions = RunOptions { wait: true };

fn spec(text: &str) -> StackSpec {
    read::from_toml(text).unwrap()
}

fn hello() -> String {
    std::fs::read_to_string(example("hello.toml")).unwrap()
}

/// A queued run that nobody executes: `make` plans it.
async fn begun(bed: &Bed, make: impl AsyncFnOnce(&Panel, &Connection) -> Plan) -> Run {
    let panel = bed.panel().await;
    let connection = connections::by_name(&panel.db, "practice:fresh").await.unwrap();
    let plan = make(&panel, &connection).await;
    start::start(&panel, &connection, &plan, &WAIT, None)
        .await
        .unwrap()
}

async fn begun_apply(bed: &Bed, spec: StackSpec) -> Run {
    begun(bed, async |panel, connection| {
        let open = panel.clouds.open(connection).await.unwrap();
        start::plan_apply(&open, &spec).await.unwrap()
    })
    .await
}

async fn apply(bed: &Bed, text: &str, more: &[&str]) -> Done {
    let file = bed.path("spec.toml");
    std::fs::write(&file, text).unwrap();
    let mut arguments = vec![
        "apply",
        "--connection",
        "practice:fresh",
        "--spec",
        file.to_str().unwrap(),
    ];
    arguments.extend(["--yes", "--json"]);
    arguments.extend(more);
    bed.run(&arguments).await
}

async fn state(bed: &Bed, run: &Run) -> RunState {
    runs::get(&bed.db, run.id).await.unwrap().state
}

#[tokio::test]
async fn a_run_of_another_spec_is_brought_to_its_end_and_then_this_spec_is_applied() {
    let bed = Bed::new().await;
    let first = begun_apply(&bed, spec(&hello())).await;
    let other = hello().replace("port = 80", "port = 80\ncpu = 512\nmemory_mib = 1024");
    let done = apply(&bed, &other, &[]).await.good();
    assert_eq!(
        (
            done["run"]["number"].as_u64(),
            done["run"]["taken_over"].as_bool()
        ),
        (Some(2), Some(false))
    );
    assert_eq!(state(&bed, &first).await, RunState::Succeeded);
    let stack = store::stacks::list(&bed.db).await.unwrap().remove(0);
    assert_eq!(
        stack.spec().unwrap(),
        spec(&other),
        "what was asked for is what is there"
    );
}

#[tokio::test]
async fn after_a_run_that_only_prepares_everything_is_made() {
    let bed = Bed::new().await;
    let text = std::fs::read_to_string(example("vendor0919.toml")).unwrap();
    let prepared = begun(&bed, async |panel, connection| {
        let open = panel.clouds.open(connection).await.unwrap();
        start::plan_prepare(&open, &spec(&text)).await.unwrap()
    })
    .await;
    let done = apply(&bed, &text, &[]).await.good();
    assert_eq!(state(&bed, &prepared).await, RunState::Succeeded);
    assert_eq!(
        (done["purpose"].as_str(), done["state"].as_str()),
        (Some("apply"), Some("succeeded"))
    );
    assert!(done["url"].is_string(), "{done}");
}

#[tokio::test]
async fn nothing_is_applied_while_a_run_takes_the_stack_down() {
    let bed = Bed::new().await;
    apply(&bed, &hello(), &[]).await.good();
    let stack = store::stacks::list(&bed.db).await.unwrap().remove(0);
    let removing = begun(&bed, async |panel, connection| {
        let open = panel.clouds.open(connection).await.unwrap();
        start::plan_destroy(&panel.db, &open, &stack).await.unwrap()
    })
    .await;
    assert_eq!(removing.purpose, Purpose::Destroy);
    let refused = apply(&bed, &hello(), &[]).await;
    let error = refused.json()["error"].clone();
    assert_eq!(
        (refused.code, error["code"].as_str()),
        (1, Some("run_unfinished"))
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("slipway cancel --stack hello")
    );
    assert_eq!(
        state(&bed, &removing).await,
        RunState::Queued,
        "it was left alone"
    );
    // The same wish is the same run.
    let destroy = ["destroy", "--stack", "hello", "--yes", "--json"];
    let done = bed.run(&destroy).await.good();
    assert_eq!(
        (done["run"]["taken_over"].as_bool(), done["purpose"].as_str()),
        (Some(true), Some("destroy"))
    );
}

#[tokio::test]
async fn a_stack_is_not_taken_down_under_a_run_and_the_run_can_be_stopped() {
    let bed = Bed::new().await;
    let first = begun_apply(&bed, spec(&hello())).await;
    let destroy = ["destroy", "--stack", "hello", "--yes", "--json"];
    let refused = bed.run(&destroy).await;
    assert_eq!(
        (refused.code, refused.json()["error"]["code"].as_str()),
        (1, Some("run_unfinished"))
    );
    let cancel = ["cancel", "--stack", "hello", "--json"];
    let stopped = bed.run(&cancel).await.good();
    assert_eq!(stopped["state"], "cancelled");
    assert_eq!(state(&bed, &first).await, RunState::Cancelled);
    let steps = stopped["steps"].as_array().unwrap().len();
    assert!(
        !stopped["not_reached"].as_array().unwrap().is_empty(),
        "{steps} steps reached"
    );
    let nothing = bed.run(&cancel).await;
    assert_eq!(
        (nothing.code, nothing.json()["error"]["code"].as_str()),
        (2, Some("not_found"))
    );
    assert_eq!(bed.run(&destroy).await.good()["state"], "succeeded");
}

#[tokio::test]
async fn a_run_that_was_asked_to_stop_is_not_what_the_next_apply_means() {
    let bed = Bed::new().await;
    let first = begun_apply(&bed, spec(&hello())).await;
    runs::request_cancel(&bed.db, first.id).await.unwrap();
    let done = apply(&bed, &hello(), &[]).await.good();
    assert_eq!(done["run"]["number"], 2);
    assert_eq!(state(&bed, &first).await, RunState::Cancelled);
}

#[tokio::test]
async fn who_takes_a_run_over_without_waiting_does_not_wait() {
    let bed = Bed::new().await;
    // Its image is never pushed: with waiting, this would not end.
    let text = std::fs::read_to_string(example("vendor0919.toml")).unwrap();
    begun_apply(&bed, spec(&text)).await;
    let done = apply(&bed, &text, &["--no-wait"]).await;
    let document = done.json();
    assert_eq!(
        (done.code, document["state"].as_str()),
        (3, Some("waiting")),
        "{}",
        done.stderr
    );
    assert_eq!(document["run"]["taken_over"], true);
}

/// An STS of another account; answers nothing else, and counts what it is asked.
async fn other_account() -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 64 * 1024];
                let mut read = 0;
                while !String::from_utf8_lossy(&request[..read]).contains("Action=") {
                    match stream.read(&mut request[read..]).await {
                        Ok(0) | Err(_) => break,
                        Ok(more) => read += more,
                    }
                }
                let _closed = tell.send(String::from_utf8_lossy(&request[..read]).into_owned());
                let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                     <GetCallerIdentityResult><Arn>arn:aws:iam::999999999999:user/other</Arn><UserId>AIDA</UserId>\
                     <Account>999999999999</Account></GetCallerIdentityResult>\
                     <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>";
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _gone = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (url, told)
}

#[tokio::test]
async fn a_run_is_not_executed_with_the_credentials_of_another_account() {
    let bed = Bed::new().await;
    let (url, mut asked) = other_account().await;
    let text = hello();
    let settings = Settings::Aws {
        credentials: Credentials::Default,
        region: "ap-northeast-1".to_owned(),
        endpoint: Some(url),
    };
    let connection = connections::create(&bed.db, "shared", &settings, None)
        .await
        .unwrap();
    // Planned by a process with the right credentials, which is gone.
    let panel = bed.panel().await;
    let practice = connections::by_name(&panel.db, "practice:fresh").await.unwrap();
    let open = panel.clouds.open(&practice).await.unwrap();
    let plan = start::plan_apply(&open, &spec(&text)).await.unwrap();
    let new = store::stacks::NewStack {
        name: "hello",
        environment: "production",
        connection_id: connection.id,
        spec: &plan.spec,
        created_by: None,
    };
    let stack = store::stacks::put(&bed.db, new).await.unwrap();
    let run = runs::create(&bed.db, stack.id, &plan, &WAIT, None).await.unwrap();

    let spec = example("hello.toml");
    let mut command = bed.command(&[
        "apply",
        "--connection",
        "shared",
        "--spec",
        &spec,
        "--yes",
        "--json",
    ]);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAOTHER")
        .env("AWS_SECRET_ACCESS_KEY", "other")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let done = crate::bed::finish(command).await;
    let document = done.json();
    assert_eq!(
        (done.code, document["state"].as_str()),
        (1, Some("failed")),
        "{}",
        done.stderr
    );
    let message = document["error"]["fault"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("999999999999") && message.contains(&plan.account_id),
        "{message}"
    );
    assert_eq!(
        document["steps"].as_array().unwrap().len(),
        0,
        "no step was begun"
    );
    assert_eq!(state(&bed, &run).await, RunState::Failed);
    let mut calls = Vec::new();
    while let Ok(call) = asked.try_recv() {
        calls.push(call);
    }
    assert!(
        !calls.is_empty() && calls.iter().all(|call| call.contains("GetCallerIdentity")),
        "{calls:?}"
    );
}
