//! How commands end: codes, documents, and what signals do.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use engine::run::{RunOptions, RunState};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use slipway::runs::start;
use store::runs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bed::{Bed, Done, example, finish, until};
use crate::serving::Home;

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

async fn ended(child: Child) -> Done {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = tokio::time::timeout(Duration::from_secs(60), output)
        .await
        .unwrap()
        .unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Every outcome is a word that the README has.
fn assert_outcomes(document: &Value) {
    let words = [
        "kept", "created", "updated", "adopted", "deleted", "waiting", "blocked",
    ];
    for step in document["steps"].as_array().unwrap() {
        assert!(
            step["outcome"].as_str().is_some_and(|word| words.contains(&word)),
            "{step}"
        );
    }
    assert!(document["not_reached"].is_array());
}

#[tokio::test]
async fn a_run_that_fails_ends_with_1_and_says_which_steps_were_not_reached() {
    let bed = Bed::new().await;
    let text = std::fs::read_to_string(example("hello.toml")).unwrap();
    let file = bed.path("spec.toml");
    std::fs::write(&file, text.replace("path = \"/\"", "path = \"/nothing-here\"")).unwrap();
    let file = file.to_str().unwrap();
    let done = bed
        .run(&[
            "apply",
            "--connection",
            "practice:fresh",
            "--spec",
            file,
            "--yes",
            "--json",
        ])
        .await;
    let document = done.json();
    assert_eq!(
        (done.code, document["state"].as_str()),
        (1, Some("failed")),
        "{document}"
    );
    assert_outcomes(&document);
    assert!(
        document["steps"]
            .as_array()
            .unwrap()
            .iter()
            .any(|step| step["outcome"] == "blocked")
    );
    let status = bed.run(&["status", "--stack", "hello", "--json"]).await;
    assert_eq!(
        (status.code, status.json()["run"]["state"].as_str()),
        (1, Some("failed"))
    );
}

#[tokio::test]
async fn a_plan_that_cannot_succeed_ends_with_5() {
    let bed = Bed::new().await;
    let text = std::fs::read_to_string(example("hello.toml")).unwrap();
    let file = bed.path("spec.toml");
    let network = "\n[network]\nvpc = { use = \"vpc-0123456789abcdef0\" }\nsubnets = [\"subnet-0123456789abcdef0\", \"subnet-0123456789abcdef1\"]\n";
    std::fs::write(&file, text + network).unwrap();
    let file = file.to_str().unwrap();
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let mut arguments = command.to_vec();
        arguments.extend(["--connection", "practice:fresh", "--spec", file, "--json"]);
        let done = bed.run(&arguments).await;
        assert_eq!(done.code, 5, "{done:?}");
        let document = done.json();
        let blocked = document["blocked"] == true || document["error"]["code"] == "blocked_plan";
        assert!(blocked, "{document}");
    }
}

#[tokio::test]
async fn being_asked_to_end_stops_the_run_and_the_private_server() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // The image is awaited for minutes: the signal comes in the middle.
        let home = Home::new(1);
        let spec = example("vendor0919.toml");
        let arguments = [
            "apply",
            "--connection",
            "practice:runbook",
            "--spec",
            &spec,
            "--yes",
            "--json",
        ];
        let child = home.command(&arguments).spawn().unwrap();
        let db = home.database().await;
        until("a run that is executed", async || {
            let stack = store::stacks::list(&db).await.unwrap().pop()?;
            let run = runs::unfinished(&db, stack.id).await.unwrap()?;
            (run.state == RunState::Running).then_some(())
        })
        .await;
        db.close().await;
        let (postmaster, _) = home.postmaster().unwrap();
        send(&child, signal);
        let done = ended(child).await;
        let document = done.json();
        assert_eq!(
            (done.code, document["state"].as_str()),
            (4, Some("cancelled")),
            "{signal}: {document}"
        );
        assert_outcomes(&document);
        assert!(!document["not_reached"].as_array().unwrap().is_empty());
        let alive = std::path::Path::new(&format!("/proc/{postmaster}/exe")).exists();
        assert!(!alive, "{signal}: nobody uses the private server any more");
    }
}

#[tokio::test]
async fn asked_twice_the_run_is_left_to_whoever_executes_it() {
    let bed = Bed::new().await;
    let panel = bed.panel().await;
    let connection = store::connections::by_name(&bed.db, "practice:fresh")
        .await
        .unwrap();
    let open = panel.clouds.open(&connection).await.unwrap();
    let text = std::fs::read_to_string(example("hello.toml")).unwrap();
    let plan = start::plan_apply(&open, &engine::spec::read::from_toml(&text).unwrap())
        .await
        .unwrap();
    let run = start::start(&panel, &connection, &plan, &RunOptions { wait: true }, None)
        .await
        .unwrap();
    // Another process has it, and does not look whether it is to stop.
    runs::claim(&bed.db, run.id, "another", Duration::from_secs(600))
        .await
        .unwrap()
        .unwrap();
    let spec = example("hello.toml");
    let arguments = [
        "apply",
        "--connection",
        "practice:fresh",
        "--spec",
        &spec,
        "--yes",
        "--json",
    ];
    let mut child = bed.command(&arguments).spawn().unwrap();
    // It says so when it follows the run.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let said = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
        (line, stderr)
    });
    let (line, _stderr) = said.await.unwrap();
    assert!(line.contains("taking it over"), "{line}");
    let asked = async || runs::get(&bed.db, run.id).await.unwrap().cancel_requested_at;
    until("the request to stop", async || {
        send(&child, Signal::SIGINT);
        tokio::task::yield_now().await;
        asked().await
    })
    .await;
    send(&child, Signal::SIGINT);
    let done = ended(child).await;
    assert_eq!(
        (done.code, done.json()["error"]["code"].as_str()),
        (1, Some("unexpected")),
        "{done:?}"
    );
    let left = runs::get(&bed.db, run.id).await.unwrap();
    assert_eq!(
        (left.state.is_over(), left.lease_owner.as_deref()),
        (false, Some("another"))
    );
}

#[tokio::test]
async fn another_word_than_the_asked_one_changes_nothing_and_is_told_as_a_document() {
    let bed = Bed::new().await;
    let before = bed.world("fresh").await;
    let spec = example("hello.toml");
    for arguments in [
        &[
            "apply",
            "--connection",
            "practice:fresh",
            "--spec",
            &spec,
            "--json",
        ][..],
        &["connections", "reset", "practice:fresh", "--json"],
    ] {
        let terminal = nix::pty::openpty(None, None).unwrap();
        let mut command = bed.command(arguments);
        command.stdin(Stdio::from(terminal.slave));
        let child = command.spawn().unwrap();
        drop(command);
        File::from(terminal.master.try_clone().unwrap())
            .write_all(b"no\n")
            .unwrap();
        let done = ended(child).await;
        assert_eq!(
            (done.code, done.json()["error"]["code"].as_str()),
            (4, Some("declined")),
            "{done:?}"
        );
    }
    assert_eq!(bed.world("fresh").await, before);
}

#[tokio::test]
async fn connections_answer_documents() {
    let bed = Bed::new().await;
    let list = bed.run(&["connections", "list", "--json"]).await.good();
    let names: Vec<&str> = list["connections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["practice:fresh", "practice:runbook"]);
    let test = bed
        .run(&["connections", "test", "practice:fresh", "--json"])
        .await
        .good();
    assert!(test["identity"]["Ok"]["account_id"].is_string(), "{test}");
    let nobody = bed
        .run(&["connections", "reset", "practice:fresh", "--json"])
        .await;
    assert_eq!(
        (nobody.code, nobody.json()["error"]["code"].as_str()),
        (2, Some("usage"))
    );
    let reset = bed
        .run(&["connections", "reset", "practice:fresh", "--yes", "--json"])
        .await
        .good();
    assert_eq!(reset["state"], "succeeded");
}

#[tokio::test]
async fn a_role_is_added_with_an_external_id_that_nobody_sees() {
    let bed = Bed::new().await;
    let role = "arn:aws:iam::123456789012:role/slipway";
    let add = [
        "connections",
        "add",
        "--name",
        "production",
        "--region",
        "ap-northeast-1",
        "--role-arn",
        role,
    ];
    let mut command = bed.command(&add);
    command
        .args(["--external-id-stdin", "--json"])
        .stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"only-we-two-know\n")
        .unwrap();
    let added = ended(child).await;
    assert!(!added.stdout.contains("only-we-two-know"));
    let document = added.good();
    assert_eq!(document["credentials"]["role_arn"], role);
    assert_eq!(document["credentials"]["has_external_id"], true);
    let again = bed.run(&[&add[..], &["--json"]].concat()).await;
    assert_eq!(
        (again.code, again.json()["error"]["code"].as_str()),
        (2, Some("usage"))
    );
    let wrong = [
        "connections",
        "add",
        "--name",
        "x",
        "--region",
        "tokyo",
        "--role-arn",
        "admin",
        "--json",
    ];
    let wrong = bed.run(&wrong).await;
    assert_eq!(
        (
            wrong.code,
            wrong.json()["error"]["problems"].as_array().unwrap().len()
        ),
        (2, 2)
    );
}

/// An AWS that knows no key.
async fn rejecting() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _asked = stream.read(&mut [0; 16 * 1024]).await;
                let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>\
                     <Message>The security token included in the request is invalid.</Message></Error>\
                     <RequestId>r-1</RequestId></ErrorResponse>";
                let answer = format!(
                    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _gone = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    url
}

#[tokio::test]
async fn a_key_that_aws_rejects_is_called_that() {
    let bed = Bed::new().await;
    let spec = example("hello.toml");
    let mut command = bed.command(&[
        "plan",
        "--connection",
        "aws:default@ap-northeast-1",
        "--spec",
        &spec,
        "--json",
    ]);
    command
        .env("AWS_ENDPOINT_URL", rejecting().await)
        .env("AWS_ACCESS_KEY_ID", "AKIAGONE")
        .env("AWS_SECRET_ACCESS_KEY", "gone")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let done = finish(command).await;
    let error = done.json()["error"].clone();
    assert_eq!(
        (done.code, error["code"].as_str()),
        (1, Some("credentials")),
        "{error}"
    );
    assert!(
        error["message"].as_str().unwrap().contains("credentials"),
        "{error}"
    );
}
