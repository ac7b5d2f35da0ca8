//! Practice accounts: one state for everyone.

use engine::run::RunOptions;
use serde::{Deserialize, Serialize};
use store::practice_accounts::{self, Keep, PracticeAccount};
use store::{Conflict, Database, Error, connections, runs, stacks};
use uuid::Uuid;

use crate::connections::practice;
use crate::runs::plan;
use crate::stacks::stack;
use crate::testbed::TestDb;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct World {
    clusters: Vec<String>,
    counter: u64,
}

pub(crate) fn fresh(connection_id: Uuid) -> PracticeAccount<World> {
    PracticeAccount {
        connection_id,
        scenario: "runbook".to_owned(),
        world: World {
            clusters: vec!["vendor0919-cluster".to_owned()],
            counter: 0,
        },
        wall_epoch: "2026-11-23T22:00:00.000001Z".parse().unwrap(),
        sim_epoch: "2026-01-01T00:00:00Z".parse().unwrap(),
        speed: 20.0,
        version: 1,
        epoch: 1,
    }
}

async fn read(db: &Database, id: Uuid) -> PracticeAccount<World> {
    practice_accounts::read(db, id).await.unwrap()
}

#[tokio::test]
async fn an_account_comes_back_as_it_was_put_and_can_be_reset() {
    let bed = TestDb::new().await;
    let id = practice(&bed.db).await.id;
    assert!(practice_accounts::put_new(&bed.db, &fresh(id)).await.unwrap());
    assert_eq!(read(&bed.db, id).await, fresh(id));
    let mut other = fresh(id);
    other.speed = 1.0;
    assert!(!practice_accounts::put_new(&bed.db, &other).await.unwrap());
    assert_eq!(read(&bed.db, id).await, fresh(id));
    practice_accounts::reset(&bed.db, &other).await.unwrap();
    let reset = read(&bed.db, id).await;
    assert_eq!((reset.speed, reset.version, reset.epoch), (1.0, 2, 2));
}

#[tokio::test]
async fn changes_from_many_replicas_take_turns() {
    let bed = TestDb::new().await;
    let id = practice(&bed.db).await.id;
    practice_accounts::reset(&bed.db, &fresh(id)).await.unwrap();
    let changes = (0..24).map(|_| {
        let db = bed.db.clone();
        tokio::spawn(async move {
            practice_accounts::with_world(&db, id, None, |account: &mut PracticeAccount<World>| {
                account.world.counter += 1;
                Keep::Saved(account.world.counter)
            })
            .await
            .unwrap()
            .1
        })
    });
    let mut seen = Vec::new();
    for change in changes.collect::<Vec<_>>() {
        seen.push(change.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=24).collect::<Vec<_>>());
    let after = read(&bed.db, id).await;
    assert_eq!((after.world.counter, after.version), (24, 25));
}

#[tokio::test]
async fn what_is_not_worth_saving_is_not_saved_and_lets_go_of_the_lock() {
    let bed = TestDb::new().await;
    let id = practice(&bed.db).await.id;
    practice_accounts::reset(&bed.db, &fresh(id)).await.unwrap();
    for _ in 0..2 {
        let looked =
            practice_accounts::with_world(&bed.db, id, None, |account: &mut PracticeAccount<World>| {
                account.world.clusters.clear();
                Keep::AsItWas(7)
            });
        assert_eq!(looked.await.unwrap().1, 7);
        assert_eq!(read(&bed.db, id).await, fresh(id));
    }
}

#[tokio::test]
async fn an_account_is_read_again_only_when_somebody_else_changed_it() {
    let bed = TestDb::new().await;
    let id = practice(&bed.db).await.id;
    practice_accounts::reset(&bed.db, &fresh(id)).await.unwrap();
    let count = async |seen: Option<PracticeAccount<World>>| {
        let counted = practice_accounts::with_world(&bed.db, id, seen, |account| {
            account.world.counter += 1;
            Keep::Saved(account.world.counter)
        });
        counted.await.unwrap()
    };
    let (mut mine, counter) = count(None).await;
    assert_eq!(counter, 1);
    // What nobody else can see shows that this is the copy from before.
    mine.world.counter = 100;
    let (mine, counter) = count(Some(mine)).await;
    assert_eq!(counter, 101);
    let (theirs, counter) = count(None).await;
    assert_eq!(counter, 102);
    assert_eq!(count(Some(mine)).await.1, 103, "not 102 again");
    practice_accounts::reset(&bed.db, &fresh(id)).await.unwrap();
    let (theirs, counter) = count(Some(theirs)).await;
    assert_eq!(counter, 1, "a reset is a change, too");
    assert_eq!(theirs, read(&bed.db, id).await);
}

#[tokio::test]
async fn a_world_of_another_form_is_unreadable_not_lost() {
    let bed = TestDb::new().await;
    let id = practice(&bed.db).await.id;
    practice_accounts::reset(&bed.db, &fresh(id)).await.unwrap();
    let wrong = practice_accounts::read::<Vec<u8>>(&bed.db, id).await.unwrap_err();
    assert!(
        matches!(
            wrong,
            Error::Unreadable {
                what: "practice world",
                ..
            }
        ),
        "{wrong:?}"
    );
    assert_eq!(read(&bed.db, id).await, fresh(id));
    let clock = practice_accounts::clock(&bed.db, id).await.unwrap();
    assert_eq!(
        (clock.sim_epoch, clock.speed, clock.epoch),
        (fresh(id).sim_epoch, 20.0, 1)
    );
    let mut foreign = fresh(id);
    foreign.world.counter = 7;
    practice_accounts::with_world(
        &bed.db,
        id,
        None,
        |account: &mut PracticeAccount<serde_json::Value>| {
            account.world = serde_json::json!({ "written": "by another version" });
            Keep::Saved(())
        },
    )
    .await
    .unwrap();
    assert!(practice_accounts::read::<World>(&bed.db, id).await.is_err());
    practice_accounts::reset(&bed.db, &foreign).await.unwrap();
    assert_eq!(
        read(&bed.db, id).await.world,
        foreign.world,
        "a reset needs not read what it replaces"
    );
}

#[tokio::test]
async fn a_reset_forgets_the_connections_stacks_and_their_runs_and_no_others() {
    let bed = TestDb::new().await;
    let made = stack(&bed.db, "shop").await;
    practice_accounts::put_new(&bed.db, &fresh(made.connection_id))
        .await
        .unwrap();
    let run = runs::create(&bed.db, made.id, &plan("shop"), &RunOptions { wait: true }, None)
        .await
        .unwrap();
    let elsewhere = connections::create(&bed.db, "elsewhere", &practice(&bed.db).await.settings, None)
        .await
        .unwrap();
    practice_accounts::reset(&bed.db, &fresh(elsewhere.id))
        .await
        .unwrap();
    assert_eq!(stacks::list(&bed.db).await.unwrap().len(), 1);
    assert_eq!(
        practice_accounts::reset(&bed.db, &fresh(made.connection_id))
            .await
            .unwrap(),
        1
    );
    assert!(matches!(
        runs::get(&bed.db, run.id).await,
        Err(Error::NotFound { .. })
    ));
    assert!(stacks::list(&bed.db).await.unwrap().is_empty());
    assert_eq!(read(&bed.db, made.connection_id).await.epoch, 2);
}

#[tokio::test]
async fn an_account_needs_its_connection_and_goes_with_it() {
    let bed = TestDb::new().await;
    let orphan = practice_accounts::reset(&bed.db, &fresh(Uuid::now_v7()))
        .await
        .unwrap_err();
    assert_eq!(orphan.conflict(), Some(Conflict::Other));
    let id = practice(&bed.db).await.id;
    practice_accounts::reset(&bed.db, &fresh(id)).await.unwrap();
    connections::remove(&bed.db, id).await.unwrap();
    let gone = practice_accounts::read::<World>(&bed.db, id).await;
    assert!(matches!(
        gone,
        Err(Error::NotFound {
            what: "practice account"
        })
    ));
}
