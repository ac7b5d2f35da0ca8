//! Connections.

use serde_json::json;
use store::connections::{self, Connection, Credentials, Settings};
use store::{Conflict, Database, Error};
use uuid::Uuid;

use crate::testbed::TestDb;
use crate::users::ada;

pub(crate) async fn practice(db: &Database) -> Connection {
    connections::ensure(
        db,
        "practice:runbook",
        &Settings::Practice {
            scenario: "runbook".to_owned(),
        },
    )
    .await
    .unwrap()
}

fn assumed() -> Settings {
    Settings::Aws {
        credentials: Credentials::AssumeRole {
            role_arn: "arn:aws:iam::123456789012:role/slipway".to_owned(),
            external_id: Some("team-7".to_owned()),
        },
        region: "ap-northeast-1".to_owned(),
        endpoint: None,
    }
}

#[tokio::test]
async fn every_kind_of_connection_comes_back_as_it_was_stored() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let profile = Settings::Aws {
        credentials: Credentials::Profile {
            name: "dev".to_owned(),
        },
        region: "eu-central-1".to_owned(),
        endpoint: Some("http://127.0.0.1:5000".to_owned()),
    };
    let chain = Settings::Aws {
        credentials: Credentials::Default,
        region: "us-east-1".to_owned(),
        endpoint: None,
    };
    for (name, settings) in [("a", assumed()), ("b", profile), ("c", chain)] {
        let made = connections::create(&bed.db, name, &settings, Some(user))
            .await
            .unwrap();
        assert_eq!(made.settings, settings);
        assert_eq!(connections::get(&bed.db, made.id).await.unwrap(), made);
        assert_eq!(connections::by_name(&bed.db, name).await.unwrap(), made);
    }
    let practice = practice(&bed.db).await;
    let names: Vec<_> = connections::list(&bed.db)
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ["a", "b", "c", "practice:runbook"]);
    assert_eq!(practice.created_by, None);
}

#[tokio::test]
async fn a_name_is_taken_once_and_ensure_finds_it() {
    let bed = TestDb::new().await;
    let first = practice(&bed.db).await;
    let taken = connections::create(&bed.db, " practice:runbook", &assumed(), None)
        .await
        .unwrap_err();
    assert_eq!(taken.conflict(), Some(Conflict::ConnectionNameTaken));
    let again = connections::ensure(&bed.db, "practice:runbook", &assumed())
        .await
        .unwrap();
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_tests_outcome_is_kept_until_the_settings_change() {
    let bed = TestDb::new().await;
    let made = connections::create(&bed.db, "prod", &assumed(), None)
        .await
        .unwrap();
    assert_eq!(made.last_test, None);
    let outcome = json!({ "account": "123456789012", "denied": [] });
    connections::note_test(&bed.db, made.id, &outcome).await.unwrap();
    let tested = connections::get(&bed.db, made.id).await.unwrap();
    assert_eq!(
        tested.last_test_as::<serde_json::Value>().unwrap().unwrap().1,
        outcome
    );
    assert!(matches!(
        tested.last_test_as::<u8>(),
        Err(Error::Unreadable { .. })
    ));
    let changed = connections::update(&bed.db, made.id, "production", &assumed())
        .await
        .unwrap();
    assert_eq!((changed.name.as_str(), changed.last_test), ("production", None));
}

#[tokio::test]
async fn removing_twice_is_not_found() {
    let bed = TestDb::new().await;
    let made = practice(&bed.db).await;
    connections::remove(&bed.db, made.id).await.unwrap();
    assert!(matches!(
        connections::remove(&bed.db, made.id).await,
        Err(Error::NotFound { .. })
    ));
    assert!(matches!(
        connections::get(&bed.db, Uuid::now_v7()).await,
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn an_external_id_is_never_printed() {
    let printed = format!("{:?}", assumed());
    assert!(
        !printed.contains("team-7") && printed.contains("AssumeRole"),
        "{printed}"
    );
}
