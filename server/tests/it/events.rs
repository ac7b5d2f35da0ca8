//! A run's stream: whole at once, live, and whole again after a lost line.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode, header};
use engine::run::RunOptions;
use futures::StreamExt;
use serde_json::Value;
use slipway::runs::{execute, start};

use crate::bed::Bed;
use crate::web::Browser;

/// The next event of a stream: its id and its data.
async fn next(stream: &mut BodyDataStream) -> (i64, Value) {
    let mut text = String::new();
    let read = async {
        while let Some(bytes) = stream.next().await {
            text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
            if text.contains("data:") && text.ends_with("\n\n") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read).await.unwrap();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} in {text:?}"))
            .trim()
            .to_owned()
    };
    assert_eq!(field("event:"), "run");
    (
        field("id:").parse().unwrap(),
        serde_json::from_str(&field("data:")).unwrap(),
    )
}

#[tokio::test]
async fn a_lost_line_loses_nothing() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let panel = browser.panel.clone();
    let connection = store::connections::by_name(&bed.db, "practice:fresh")
        .await
        .unwrap();
    let spec = std::fs::read_to_string(crate::bed::example("hello.toml")).unwrap();
    let spec = engine::spec::read::from_toml(&spec).unwrap();
    let open = panel.clouds.open(&connection).await.unwrap();
    let plan = start::plan_apply(&open, &spec).await.unwrap();
    let run = start::start(&panel, &connection, &plan, &RunOptions { wait: true }, None)
        .await
        .unwrap();
    let path = format!("/runs/{}/events", run.id);

    let asked = Request::get(&path).header(header::ACCEPT_LANGUAGE, "ja");
    let response = browser.open(asked, Body::empty()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/event-stream")
    );
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
    let mut stream = response.into_body().into_data_stream();
    let (first, progress) = next(&mut stream).await;
    assert_eq!(progress["state"], "queued", "one at once");
    assert_eq!(
        progress["steps"][0]["word"], "これから",
        "in the reader's language"
    );

    let driving = {
        let panel = panel.clone();
        tokio::spawn(async move { execute::drive(&panel, run.id).await.unwrap() })
    };
    let (second, progress) = next(&mut stream).await;
    assert!(second > first, "ids grow");
    assert_eq!(progress["last_event"], second);
    drop(stream);
    driving.await.unwrap();

    let again = Request::get(&path).header("last-event-id", second.to_string());
    let mut stream = browser
        .open(again, Body::empty())
        .await
        .into_body()
        .into_data_stream();
    let (last, progress) = next(&mut stream).await;
    assert!(last > second);
    assert_eq!(progress["state"], "succeeded", "what was missed is there");
    let view = browser.get(&format!("/runs/{}/view.json", run.id)).await;
    let view: Value = serde_json::from_str(&view.body).unwrap();
    assert_eq!(
        (&view["state"], &view["last_event"]),
        (&progress["state"], &progress["last_event"])
    );
}

#[tokio::test]
async fn a_run_that_is_not_there_has_no_stream() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    let nothing = browser
        .get("/runs/0192e4a0-0000-7000-8000-000000000000/events")
        .await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let junk = browser.get("/runs/7/events").await;
    assert_eq!(junk.status, StatusCode::NOT_FOUND);
}
