//! A practice account in the database: of another version, put back while somebody is in it, asked by many at once.

use std::sync::Arc;
use std::time::Duration;

use cloud_sim::CellError;
use slipway::practice::{self, Practice};
use store::practice_accounts::{self, Keep, PracticeAccount};
use uuid::Uuid;

use crate::bed::{Bed, SPEED, written_by_another_version};
use crate::web::Browser;

const NAME: &str = "practice:runbook";

async fn connection(bed: &Bed) -> Uuid {
    store::connections::by_name(&bed.db, NAME).await.unwrap().id
}

#[tokio::test]
async fn an_account_of_another_version_stops_neither_the_panel_nor_its_reset() {
    let bed = Bed::new().await;
    let mut browser = Browser::signed_in(&bed).await;
    browser.set_cookie("slipway_locale", "en");
    let id = connection(&bed).await;
    written_by_another_version(&bed.db, id).await;

    practice::ensure_defaults(&bed.db, SPEED).await.unwrap();
    let page = app::routes::connection(id);
    let back = browser
        .post(&format!("{page}/test"), &[])
        .await
        .leads_to()
        .to_owned();
    let shown = browser.get(&back).await.body;
    assert!(shown.contains("Another version of Slipway"), "{shown}");
    let wanted = format!("href=\"{page}\"");
    assert!(
        shown.contains(&wanted),
        "the next click leads to the reset: {shown}"
    );

    let said = bed.run(&["connections", "test", NAME]).await;
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("connections reset"), "{}", said.stderr);

    assert_eq!(
        bed.run(&["connections", "reset", NAME, "--yes", "--json"])
            .await
            .good()["state"],
        "succeeded"
    );
    assert_eq!(bed.run(&["connections", "test", NAME]).await.code, 0);
    browser.post(&format!("{page}/test"), &[]).await;
    let shown = browser.get(&page).await.body;
    assert!(
        shown.contains("arn:aws:iam::"),
        "the panel sees the account again: {shown}"
    );
}

#[tokio::test]
async fn whoever_was_in_an_account_before_its_reset_changes_nothing_in_the_one_after() {
    let bed = Bed::new().await;
    let panel = bed.panel().await;
    let row = store::connections::by_name(&bed.db, NAME).await.unwrap();
    let before = panel.clouds.open(&row).await.unwrap();
    practice::reset(&bed.db, row.id, "runbook", SPEED).await.unwrap();
    let refused = before.cloud.identity.caller().await.unwrap_err();
    assert_eq!(refused.fault().code, cloud_sim::cell::RESET);
    let old = before.practice.unwrap();
    let untouched =
        old.look(|world, _| world.set_faults(cloud_sim::FaultPlan::at_call(1, cloud_sim::Fault::Denied)));
    assert_eq!(untouched.await, Err(CellError::Reset));
    let after = panel.clouds.open(&row).await.unwrap();
    after.cloud.identity.caller().await.unwrap();
}

#[tokio::test]
async fn processes_in_one_account_never_write_over_each_others_changes() {
    let bed = Bed::new().await;
    practice::ensure_defaults(&bed.db, SPEED).await.unwrap();
    let id = connection(&bed).await;
    // As two replicas and a command would have it, each with what it saw last.
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(Practice::open(&bed.db, id, "runbook", SPEED).await.unwrap());
    }
    let one_more = |account: Arc<Practice>| async move {
        account
            .look(|world, _| {
                let faults = world.faults().clone();
                world.set_faults(faults.with(cloud_sim::When::Call(u64::MAX), cloud_sim::Fault::Throttle));
            })
            .await
            .unwrap();
        account.look(|world, _| world.now()).await.unwrap()
    };
    let calls: Vec<_> = (0..30)
        .map(|n: usize| tokio::spawn(one_more(Arc::clone(&open[n % 3]))))
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let all = (0..30).fold(cloud_sim::FaultPlan::none(), |faults, _| {
        faults.with(cloud_sim::When::Call(u64::MAX), cloud_sim::Fault::Throttle)
    });
    for account in open {
        let seen = account.look(|world, _| world.faults().clone()).await.unwrap();
        assert_eq!(seen, all);
    }
}

#[tokio::test]
async fn a_hundred_calls_that_wait_for_one_account_leave_the_database_to_others() {
    let bed = Bed::new().await;
    practice::ensure_defaults(&bed.db, SPEED).await.unwrap();
    let id = connection(&bed).await;
    let account = Practice::open(&bed.db, id, "runbook", SPEED).await.unwrap();
    // Another process is in the account, and takes its time.
    let (inside, entered) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let db = bed.db.clone();
    let other = tokio::spawn(async move {
        practice_accounts::with_world(
            &db,
            id,
            None,
            move |_: &mut PracticeAccount<serde_json::Value>| {
                inside.send(()).unwrap();
                // Ends when the test lets go, or fails.
                let _gone = left.recv();
                Keep::AsItWas(())
            },
        )
        .await
    });
    tokio::task::spawn_blocking(move || entered.recv().unwrap())
        .await
        .unwrap();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let account = Arc::clone(&account);
            tokio::spawn(async move { account.look(|world, _| world.now()).await })
        })
        .collect();
    for _ in 0..3 {
        let page = tokio::time::timeout(Duration::from_secs(5), store::connections::list(&bed.db));
        assert!(!page.await.expect("a page gets a connection").unwrap().is_empty());
    }
    drop(leave);
    other.await.unwrap().unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}
