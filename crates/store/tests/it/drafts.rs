//! Drafts of the wizard.

use std::collections::BTreeMap;

use store::drafts::{self, Content};
use store::{Conflict, Error, connections};
use uuid::Uuid;

use crate::connections::practice;
use crate::practice_accounts::fresh;
use crate::stacks::stack;
use crate::testbed::TestDb;
use crate::users::ada;

type Values = BTreeMap<String, Vec<String>>;

fn typed(port: &str) -> Values {
    BTreeMap::from([("container.port".to_owned(), vec![port.to_owned()])])
}

#[tokio::test]
async fn a_draft_keeps_what_was_typed_right_or_wrong_and_who_typed_it() {
    let bed = TestDb::new().await;
    let (user, connection) = (ada(&bed.db).await.id, practice(&bed.db).await.id);
    let values = typed("eighty");
    let begun = Content {
        by: Some(user),
        connection_id: Some(connection),
        values: &values,
        step: "service",
    };
    let made = drafts::create(&bed.db, begun, None).await.unwrap();
    assert_eq!(made.values_as::<Values>().unwrap(), values);
    assert_eq!(
        (made.owner, made.saved_by.as_str(), made.version),
        (Some(user), "Ada", 1)
    );
    assert_eq!(drafts::get(&bed.db, made.id).await.unwrap(), made);
    let other = typed("8080");
    let next = Content {
        by: None,
        connection_id: Some(connection),
        values: &other,
        step: "review",
    };
    let saved = drafts::save(&bed.db, made.id, Some(1), next).await.unwrap();
    assert_eq!(
        (saved.version, saved.step.as_str(), saved.saved_by.as_str()),
        (2, "review", "")
    );
    assert_eq!(saved.values_as::<Values>().unwrap(), other);
    assert_eq!(drafts::list(&bed.db).await.unwrap(), vec![saved]);
}

#[tokio::test]
async fn a_colleagues_newer_save_is_not_overwritten_unless_one_insists() {
    let bed = TestDb::new().await;
    let (one, two) = (typed("1"), typed("2"));
    let content = |values| Content {
        by: None,
        connection_id: None,
        values,
        step: "image",
    };
    let made = drafts::create(&bed.db, content(&one), None).await.unwrap();
    drafts::save(&bed.db, made.id, Some(1), content(&two))
        .await
        .unwrap();
    let stale = drafts::save(&bed.db, made.id, Some(1), content(&one))
        .await
        .unwrap_err();
    assert_eq!(stale.conflict(), Some(Conflict::VersionStale));
    assert_eq!(
        drafts::get(&bed.db, made.id)
            .await
            .unwrap()
            .values_as::<Values>()
            .unwrap(),
        two
    );
    assert_eq!(
        drafts::save(&bed.db, made.id, None, content(&one))
            .await
            .unwrap()
            .version,
        3
    );
    let nowhere = drafts::save(&bed.db, Uuid::now_v7(), None, content(&one))
        .await
        .unwrap_err();
    assert!(matches!(nowhere, Error::NotFound { what: "draft" }));
}

#[tokio::test]
async fn a_draft_outlives_its_connection_and_not_its_stack() {
    let bed = TestDb::new().await;
    let values = typed("1");
    let settings = connections::Settings::Practice {
        scenario: "fresh".to_owned(),
    };
    let gone = connections::create(&bed.db, "fresh", &settings, None)
        .await
        .unwrap()
        .id;
    let content = Content {
        by: None,
        connection_id: Some(gone),
        values: &values,
        step: "image",
    };
    let free = drafts::create(&bed.db, content, None).await.unwrap();
    connections::remove(&bed.db, gone).await.unwrap();
    assert_eq!(drafts::get(&bed.db, free.id).await.unwrap().connection_id, None);
    let stack = stack(&bed.db, "shop").await;
    let content = Content {
        by: None,
        connection_id: None,
        values: &values,
        step: "image",
    };
    let change = drafts::create(&bed.db, content, Some(stack.id)).await.unwrap();
    assert_eq!(change.stack_id, Some(stack.id));
    store::practice_accounts::reset(&bed.db, &fresh(stack.connection_id))
        .await
        .unwrap();
    assert!(matches!(
        drafts::get(&bed.db, change.id).await,
        Err(Error::NotFound { .. })
    ));
    drafts::remove(&bed.db, free.id).await.unwrap();
    assert!(matches!(
        drafts::remove(&bed.db, free.id).await,
        Err(Error::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_draft_that_became_a_run_is_in_no_list_and_leads_to_the_run() {
    let bed = TestDb::new().await;
    let ada = ada(&bed.db).await.id;
    let values = typed("1");
    let content = || Content {
        by: Some(ada),
        connection_id: None,
        values: &values,
        step: "review",
    };
    let made = drafts::create(&bed.db, content(), None).await.unwrap();
    let untouched = drafts::untouched(&bed.db, ada, None).await.unwrap();
    assert_eq!(untouched.as_ref(), Some(&made));
    let run = crate::runs::queued(&bed.db).await;
    assert_eq!(
        drafts::untouched(&bed.db, ada, Some(run.stack_id)).await.unwrap(),
        None,
        "it is of no stack"
    );
    drafts::became_run(&bed.db, made.id, run.id).await.unwrap();
    assert_eq!(drafts::get(&bed.db, made.id).await.unwrap().run_id, Some(run.id));
    assert_eq!(drafts::list(&bed.db).await.unwrap(), vec![]);
    assert_eq!(drafts::untouched(&bed.db, ada, None).await.unwrap(), None);
    let other = drafts::create(&bed.db, content(), None).await.unwrap();
    drafts::save(&bed.db, other.id, Some(1), content()).await.unwrap();
    assert_eq!(
        drafts::untouched(&bed.db, ada, None).await.unwrap(),
        None,
        "a draft that was saved is somebody's work"
    );
}
