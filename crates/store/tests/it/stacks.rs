//! Stacks.

use engine::run::RunOptions;
use engine::spec::StackSpec;
use serde_json::json;
use store::runs;
use store::stacks::{self, NewStack, Stack};
use store::{Conflict, Database, Error, connections};
use uuid::Uuid;

use crate::connections::practice;
use crate::runs::plan;
use crate::testbed::TestDb;

pub(crate) fn spec(name: &str) -> StackSpec {
    serde_json::from_value(json!({
        "version": 1, "name": name, "region": "ap-northeast-1",
        "image": { "repository": format!("{name}-api") }, "container": { "port": 8080 },
    }))
    .unwrap()
}

pub(crate) async fn stack(db: &Database, name: &str) -> Stack {
    let connection_id = practice(db).await.id;
    let spec = spec(name);
    let new = NewStack {
        name,
        environment: "production",
        connection_id,
        spec: &spec,
        created_by: None,
    };
    stacks::create(db, new).await.unwrap()
}

#[tokio::test]
async fn a_stack_comes_back_with_its_spec_and_outputs() {
    let bed = TestDb::new().await;
    let made = stack(&bed.db, "vendor0919").await;
    assert_eq!(made.spec().unwrap(), spec("vendor0919"));
    stacks::set_outputs(&bed.db, made.id, &json!({ "url": "http://alb/" }))
        .await
        .unwrap();
    let found = stacks::by_name(&bed.db, made.connection_id, "vendor0919")
        .await
        .unwrap();
    assert_eq!(found, stacks::get(&bed.db, made.id).await.unwrap());
    assert_eq!(
        found.outputs_as::<serde_json::Value>().unwrap(),
        json!({ "url": "http://alb/" })
    );
    assert_eq!(stacks::list(&bed.db).await.unwrap(), vec![found.clone()]);
    assert_eq!(
        stacks::of_connection(&bed.db, made.connection_id).await.unwrap(),
        vec![found]
    );
    assert_eq!(stacks::counts(&bed.db).await.unwrap()[&made.connection_id], 1);
}

#[tokio::test]
async fn a_name_is_taken_until_its_stack_is_removed() {
    let bed = TestDb::new().await;
    let first = stack(&bed.db, "shop").await;
    let spec = spec("shop");
    let again = NewStack {
        name: "shop",
        environment: "staging",
        connection_id: first.connection_id,
        spec: &spec,
        created_by: None,
    };
    let taken = stacks::create(&bed.db, NewStack { ..again }).await.unwrap_err();
    assert_eq!(taken.conflict(), Some(Conflict::StackNameTaken));
    let put = stacks::put(&bed.db, NewStack { ..again }).await.unwrap();
    assert_eq!((put.id, put.environment.as_str()), (first.id, "staging"));
    stacks::remove(&bed.db, first.id).await.unwrap();
    stacks::remove(&bed.db, first.id).await.unwrap();
    assert!(stacks::get(&bed.db, first.id).await.unwrap().removed_at.is_some());
    assert!(matches!(
        stacks::by_name(&bed.db, first.connection_id, "shop").await,
        Err(Error::NotFound { .. })
    ));
    assert_ne!(stacks::put(&bed.db, again).await.unwrap().id, first.id);
}

#[tokio::test]
async fn a_connection_with_stacks_stays_and_one_with_removed_stacks_goes() {
    let bed = TestDb::new().await;
    let made = stack(&bed.db, "shop").await;
    let refused = connections::remove(&bed.db, made.connection_id)
        .await
        .unwrap_err();
    assert_eq!(refused.conflict(), Some(Conflict::ConnectionInUse));
    stacks::remove(&bed.db, made.id).await.unwrap();
    connections::remove(&bed.db, made.connection_id).await.unwrap();
    assert!(matches!(
        stacks::get(&bed.db, made.id).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_stack_needs_its_connection() {
    let bed = TestDb::new().await;
    let spec = spec("shop");
    let new = NewStack {
        name: "shop",
        environment: "production",
        connection_id: Uuid::now_v7(),
        spec: &spec,
        created_by: None,
    };
    assert!(
        stacks::create(&bed.db, new)
            .await
            .unwrap_err()
            .conflict()
            .is_some()
    );
    assert!(matches!(
        stacks::set_outputs(&bed.db, Uuid::now_v7(), &1).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_stack_that_is_there_is_taken_as_it_is_or_else_made() {
    let bed = TestDb::new().await;
    let first = stack(&bed.db, "shop").await;
    let other = spec("other");
    let wanted = |name| NewStack {
        name,
        environment: "staging",
        connection_id: first.connection_id,
        spec: &other,
        created_by: None,
    };
    let same = stacks::ensure(&bed.db, wanted("shop")).await.unwrap();
    assert_eq!(same, first, "neither its spec nor its label changed");
    let made = stacks::ensure(&bed.db, wanted("another")).await.unwrap();
    assert_ne!(made.id, first.id);
    assert!(runs::applied(&bed.db).await.unwrap().is_empty());
    assert_eq!(runs::newest(&bed.db, first.id).await.unwrap(), None);
    let options = RunOptions { wait: true };
    let mut prepare = plan("shop");
    prepare.purpose = engine::plan::Purpose::Prepare;
    runs::create(&bed.db, made.id, &prepare, &options, None)
        .await
        .unwrap();
    assert!(!runs::is_applied(&bed.db, made.id).await.unwrap());
    let run = runs::create(&bed.db, first.id, &plan("shop"), &options, None)
        .await
        .unwrap();
    assert_eq!(
        runs::applied(&bed.db)
            .await
            .unwrap()
            .into_iter()
            .collect::<Vec<_>>(),
        [first.id]
    );
    assert!(runs::is_applied(&bed.db, first.id).await.unwrap());
    assert_eq!(runs::newest(&bed.db, first.id).await.unwrap(), Some(run));
}
