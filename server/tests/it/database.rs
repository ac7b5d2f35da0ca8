//! `DATABASE_URL`: what is said about a wrong one, and several panels on one.

use nix::sys::signal::Signal;
use slipway::runs::start;
use store::runs;

use crate::bed::{Bed, Done, example, finish, until};
use crate::serving::{SERVE, Serving};

async fn with_url(bed: &Bed, url: &str, arguments: &[&str]) -> Done {
    let mut command = bed.command(arguments);
    command.env("DATABASE_URL", url);
    finish(command).await
}

#[tokio::test]
async fn no_message_repeats_the_password_of_a_wrong_address() {
    let bed = Bed::new().await;
    for url in [
        "mysql://u:hunter2@h/x",
        "u:hunter2@h",
        "postgres://u:hunter2@h:port/x",
    ] {
        for arguments in [&["status", "--json"][..], &["status"], &["status", "--nonsense"]] {
            let done = with_url(&bed, url, arguments).await;
            assert!(
                !done.stdout.contains("hunter2") && !done.stderr.contains("hunter2"),
                "{done:?}"
            );
            assert_ne!(done.code, 0);
        }
        let mut given = vec!["status", "--json", "--database-url"];
        given.push(url);
        let done = bed.run(&given).await;
        assert!(
            !done.stdout.contains("hunter2") && !done.stderr.contains("hunter2"),
            "{done:?}"
        );
    }
    let done = with_url(&bed, "mysql://u:hunter2@h/x", &["status", "--json"]).await;
    assert_eq!(
        (done.code, done.json()["error"]["code"].as_str()),
        (2, Some("bad_setting"))
    );
}

#[tokio::test]
async fn an_empty_address_means_the_private_database() {
    let bed = Bed::new().await;
    assert_eq!(with_url(&bed, "", &["status", "--json"]).await.code, 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let bed = Bed::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("postgres://u:hunter2@127.0.0.1:{port}/slipway");
    let done = with_url(&bed, &url, &["status", "--json"]).await;
    let error = done.json()["error"].clone();
    assert_eq!((done.code, error["code"].as_str()), (1, Some("storage")));
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
}

#[tokio::test]
async fn two_panels_on_one_database_share_its_runs_and_one_goes_on_when_the_other_is_killed() {
    let bed = Bed::new().await;
    let serve = || {
        let mut command = bed.command(&SERVE);
        command
            .env("DATABASE_URL", bed.url())
            .env("SLIPWAY_DATA_DIR", bed.path("unused"));
        command
    };
    let first = Serving::start(serve()).await;
    let panel = bed.panel().await;
    let connection = store::connections::by_name(&bed.db, "practice:runbook")
        .await
        .unwrap();
    // Its image is never pushed: the run waits until somebody ends it.
    let text = std::fs::read_to_string(example("vendor0919.toml")).unwrap();
    let open = panel.clouds.open(&connection).await.unwrap();
    let plan = start::plan_apply(&open, &engine::spec::read::from_toml(&text).unwrap())
        .await
        .unwrap();
    let options = engine::run::RunOptions { wait: true };
    let run = start::start(&panel, &connection, &plan, &options, None)
        .await
        .unwrap();
    let holder = async || runs::get(&bed.db, run.id).await.unwrap().lease_owner;
    let killed = until("the first panel's hold on the run", holder).await;
    let second = Serving::start(serve()).await;
    first.kill();
    until("the second panel's hold on the run", async || {
        holder().await.filter(|owner| *owner != killed)
    })
    .await;
    runs::request_cancel(&bed.db, run.id).await.unwrap();
    until("the end of the run", async || {
        runs::get(&bed.db, run.id)
            .await
            .unwrap()
            .state
            .is_over()
            .then_some(())
    })
    .await;
    second.signal(Signal::SIGTERM);
}
