//! `apply`, `status`, `destroy` on the practice accounts.

use engine::run::RunOptions;
use serde_json::Value;
use slipway::runs::start::{self, StartError};

use crate::bed::{Bed, example};
use crate::serving::Home;

fn outcomes(document: &Value) -> Vec<(String, String)> {
    document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (
                step["id"].as_str().unwrap().to_owned(),
                step["outcome"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn assert_shape(document: &Value) {
    assert!(
        document["url"].as_str().unwrap().starts_with("http://"),
        "{document}"
    );
    for step in document["steps"].as_array().unwrap() {
        assert!(
            step["kind"].as_str().is_some_and(|kind| !kind.is_empty()),
            "{step}"
        );
        assert!(step["duration_ms"].is_u64(), "{step}");
        assert!(step["aws"].is_object(), "{step}");
    }
}

async fn there_and_back(scenario: &str) {
    let bed = Bed::new().await;
    let connection = format!("practice:{scenario}");
    let spec = example("vendor0919.toml");
    let apply = [
        "apply",
        "--connection",
        &connection,
        "--spec",
        &spec,
        "--yes",
        "--json",
    ];
    let before = bed.world(scenario).await;

    let first = bed.run(&apply).await.good();
    assert_eq!(first["state"], "succeeded");
    assert_shape(&first);
    assert!(outcomes(&first).iter().any(|(_, outcome)| outcome == "created"));
    assert_eq!(first["not_reached"], serde_json::json!([]), "{first}");

    let second = bed.run(&apply).await.good();
    assert_eq!(second["state"], "succeeded");
    assert_eq!(second["url"], first["url"]);
    let changed: Vec<_> = outcomes(&second)
        .into_iter()
        .filter(|(_, outcome)| outcome != "kept")
        .collect();
    assert_eq!(changed, [], "the second run changes nothing");

    let status = bed
        .run(&["status", "--stack", "vendor0919", "--json"])
        .await
        .good();
    assert_eq!(status["url"], first["url"]);
    assert_eq!(status["run"]["state"], "succeeded");

    let destroyed = bed
        .run(&["destroy", "--stack", "vendor0919", "--yes", "--json"])
        .await
        .good();
    assert_eq!(destroyed["state"], "succeeded");
    let after = bed.world(scenario).await;
    assert_eq!(
        serde_json::to_string_pretty(&after).unwrap(),
        serde_json::to_string_pretty(&before).unwrap(),
        "the account is as it was"
    );
    let gone = bed.run(&["status", "--stack", "vendor0919", "--json"]).await;
    assert_eq!(
        (gone.code, gone.json()["error"]["code"].as_str()),
        (2, Some("not_found"))
    );
}

#[tokio::test]
async fn the_runbooks_account_gets_a_stack_and_is_given_back_as_it_was() {
    there_and_back("runbook").await;
}

#[tokio::test]
async fn a_fresh_account_gets_a_stack_and_is_given_back_as_it_was() {
    there_and_back("fresh").await;
}

#[tokio::test]
async fn two_applies_at_once_are_one_run() {
    // The run takes several seconds: both commands are there while it goes on.
    let home = Home::new(20);
    let spec = example("hello.toml");
    let apply = [
        "apply",
        "--connection",
        "practice:runbook",
        "--spec",
        &spec,
        "--yes",
        "--json",
    ];
    let (one, other) = tokio::join!(home.run(&apply), home.run(&apply));
    let (one, other) = (one.good(), other.good());
    assert_eq!(
        (one["state"].as_str(), other["state"].as_str()),
        (Some("succeeded"), Some("succeeded"))
    );
    assert_eq!(one["run"]["id"], other["run"]["id"], "there is one run");
    assert_ne!(
        one["run"]["taken_over"], other["run"]["taken_over"],
        "one of them began it"
    );
}

#[tokio::test]
async fn of_two_who_start_the_same_plan_at_the_same_moment_one_does() {
    let bed = Bed::new().await;
    let (one, other) = (bed.panel().await, bed.panel().await);
    let connection = store::connections::by_name(&bed.db, "practice:fresh")
        .await
        .unwrap();
    let text = std::fs::read_to_string(example("hello.toml")).unwrap();
    let spec = engine::spec::read::from_toml(&text).unwrap();
    let open = one.clouds.open(&connection).await.unwrap();
    let plan = start::plan_apply(&open, &spec).await.unwrap();
    let options = RunOptions { wait: true };
    // Both have planned; neither has started.
    let starts = tokio::join!(
        start::start_here(&one, &connection, &plan, &options),
        start::start_here(&other, &connection, &plan, &options),
    );
    let started = [&starts.0, &starts.1].into_iter().filter(|it| it.is_ok()).count();
    assert_eq!(started, 1, "{starts:?}");
    let refused = [starts.0, starts.1].into_iter().find_map(Result::err).unwrap();
    assert!(matches!(refused, StartError::Unfinished { .. }), "{refused:?}");
}

#[tokio::test]
async fn nobody_to_ask_means_no() {
    let bed = Bed::new().await;
    let before = bed.world("runbook").await;
    let spec = example("vendor0919.toml");
    let refused = bed
        .run(&[
            "apply",
            "--connection",
            "practice:runbook",
            "--spec",
            &spec,
            "--json",
        ])
        .await;
    assert_eq!(
        (refused.code, refused.json()["error"]["code"].as_str()),
        (2, Some("usage"))
    );
    assert_eq!(bed.world("runbook").await, before);
}

#[tokio::test]
async fn a_plan_shows_and_changes_nothing() {
    let bed = Bed::new().await;
    let before = bed.world("runbook").await;
    let spec = example("vendor0919.toml");
    let plan = bed
        .run(&[
            "plan",
            "--connection",
            "practice:runbook",
            "--spec",
            &spec,
            "--json",
        ])
        .await
        .good();
    assert_eq!(plan["blocked"], false);
    assert!(plan["plan"]["steps"].as_array().unwrap().len() > 10);
    assert!(plan["monthly_usd"].as_f64().unwrap() > 1.0);
    assert_eq!(bed.world("runbook").await, before);
    let words = bed
        .run(&["plan", "--connection", "practice:runbook", "--spec", &spec])
        .await;
    assert!(words.stdout.contains("to create"), "{}", words.stdout);
}

#[tokio::test]
async fn without_waiting_everything_is_made_and_a_later_run_finishes() {
    let bed = Bed::new().await;
    let spec = example("hello.toml");
    let apply = [
        "apply",
        "--connection",
        "practice:fresh",
        "--spec",
        &spec,
        "--yes",
        "--json",
    ];
    let mut quick = apply.to_vec();
    quick.push("--no-wait");
    let first = bed.run(&quick).await;
    assert_eq!(
        (first.code, first.json()["state"].as_str()),
        (3, Some("waiting")),
        "{}",
        first.stderr
    );
    let second = bed.run(&apply).await.good();
    assert_eq!(second["state"], "succeeded");
}
