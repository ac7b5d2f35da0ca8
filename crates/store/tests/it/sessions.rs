//! Sign-in sessions.

use std::collections::HashMap;
use std::time::Duration;

use store::sessions::{self, PgSessions, USER_ID};
use store::{Database, Error};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use uuid::Uuid;

use crate::testbed::TestDb;
use crate::users::ada;

async fn signed_in(db: &Database, user: Uuid) -> Record {
    let mut record = Record {
        id: Id::default(),
        data: HashMap::from([(USER_ID.to_owned(), serde_json::json!(user.to_string()))]),
        // Whole microseconds, as PostgreSQL keeps them.
        expiry_date: OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() + Duration::from_secs(1800),
    };
    PgSessions::new(db.clone()).create(&mut record).await.unwrap();
    record
}

#[tokio::test]
async fn what_is_saved_is_loaded() {
    let bed = TestDb::new().await;
    let store = PgSessions::new(bed.db.clone());
    let mut record = signed_in(&bed.db, ada(&bed.db).await.id).await;
    assert_eq!(store.load(&record.id).await.unwrap().unwrap(), record);
    record
        .data
        .insert("theme".to_owned(), serde_json::json!({ "dark": true }));
    record.expiry_date += Duration::from_secs(60);
    store.save(&record).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap().unwrap(), record);
    store.delete(&record.id).await.unwrap();
    assert!(store.load(&record.id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_id_that_is_taken_is_exchanged() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let first = signed_in(&bed.db, user).await;
    let mut second = Record {
        id: first.id,
        data: HashMap::new(),
        expiry_date: first.expiry_date,
    };
    let store = PgSessions::new(bed.db.clone());
    store.create(&mut second).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(store.load(&first.id).await.unwrap().unwrap(), first);
}

#[tokio::test]
async fn idle_and_overlong_sessions_do_not_load_and_are_swept() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let (idle, old, good) = (
        signed_in(&bed.db, user).await,
        signed_in(&bed.db, user).await,
        signed_in(&bed.db, user).await,
    );
    let mut session = bed.side_door().await;
    sqlx::query("UPDATE sessions SET expires_at = now() WHERE encode(id_hash, 'hex') = $1")
        .bind(sessions::handle(&idle.id))
        .execute(&mut session)
        .await
        .unwrap();
    sqlx::query(
        "UPDATE sessions SET created_at = now() - interval '12 hours' WHERE encode(id_hash, 'hex') = $1",
    )
    .bind(sessions::handle(&old.id))
    .execute(&mut session)
    .await
    .unwrap();
    let store = PgSessions::new(bed.db.clone());
    assert!(store.load(&idle.id).await.unwrap().is_none());
    assert!(store.load(&old.id).await.unwrap().is_none());
    assert_eq!(store.sweep().await.unwrap(), 2);
    assert_eq!(store.load(&good.id).await.unwrap().unwrap(), good);
}

#[tokio::test]
async fn a_session_ended_elsewhere_is_not_brought_back_by_a_late_save() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let record = signed_in(&bed.db, user).await;
    assert_eq!(sessions::end_all(&bed.db, user, None).await.unwrap(), 1);
    let store = PgSessions::new(bed.db.clone());
    store.save(&record).await.unwrap();
    assert!(store.load(&record.id).await.unwrap().is_none());
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_only() {
    let bed = TestDb::new().await;
    let user = ada(&bed.db).await.id;
    let (here, there) = (signed_in(&bed.db, user).await, signed_in(&bed.db, user).await);
    let mut handles: Vec<_> = sessions::of_user(&bed.db, user)
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.handle)
        .collect();
    handles.sort();
    let mut expected = vec![sessions::handle(&here.id), sessions::handle(&there.id)];
    expected.sort();
    assert_eq!(handles, expected);
    let stranger = sessions::end(&bed.db, Uuid::now_v7(), &sessions::handle(&here.id)).await;
    assert!(matches!(stranger, Err(Error::NotFound { what: "session" })));
    sessions::end(&bed.db, user, &sessions::handle(&there.id))
        .await
        .unwrap();
    assert_eq!(sessions::end_all(&bed.db, user, Some(&here.id)).await.unwrap(), 0);
    assert_eq!(sessions::of_user(&bed.db, user).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_sessions_of_a_removed_account_go_with_it() {
    let bed = TestDb::new().await;
    let record = signed_in(&bed.db, ada(&bed.db).await.id).await;
    bed.execute("DELETE FROM users").await;
    assert!(
        PgSessions::new(bed.db.clone())
            .load(&record.id)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_database_does_not_hold_the_cookie() {
    let bed = TestDb::new().await;
    let record = signed_in(&bed.db, ada(&bed.db).await.id).await;
    let mut session = bed.side_door().await;
    let row: String = sqlx::query_scalar("SELECT sessions::text FROM sessions")
        .fetch_one(&mut session)
        .await
        .unwrap();
    let bytes: String = record
        .id
        .0
        .to_be_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(!row.contains(&record.id.to_string()) && !row.contains(&bytes));
}
