//! Connecting and migrating.

use std::time::Duration;

use store::{Conflict, Database, Error, Limits, users};

use crate::testbed::{TestDb, empty_database, execute, server};
use crate::users::{ada, new_user};

#[tokio::test]
async fn replicas_that_start_together_migrate_once() {
    let (admin, _cluster) = server().await;
    let url = empty_database(&admin).await;
    let starts = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { Database::open(&url).await })
    });
    let mut databases = Vec::new();
    for start in starts.collect::<Vec<_>>() {
        databases.push(start.await.unwrap().unwrap());
    }
    assert!(users::list(&databases[3]).await.unwrap().is_empty());
    for database in databases {
        database.close().await;
    }
    let name = url
        .split('?')
        .next()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    execute(&admin, format!("DROP DATABASE {name}")).await;
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let bed = TestDb::new().await;
    let before = bed.number("SELECT count(*) FROM _sqlx_migrations").await;
    let user = ada(&bed.db).await;
    bed.db.migrate().await.unwrap();
    assert_eq!(bed.number("SELECT count(*) FROM _sqlx_migrations").await, before);
    assert_eq!(users::list(&bed.db).await.unwrap(), vec![user]);
}

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused() {
    let bed = TestDb::new().await;
    bed.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', true, '', 0)",
    )
    .await;
    assert!(matches!(bed.db.migrate().await, Err(Error::Migration(_))));
    // The refusal let go of the lock.
    bed.execute("DELETE FROM _sqlx_migrations WHERE version = 9999")
        .await;
    bed.db.migrate().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_may_come_back() {
    let limits = Limits {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(1),
    };
    let nowhere = "postgres://slipway@localhost/slipway?host=/nonexistent";
    let error = Database::connect_with(nowhere, limits).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let bed = TestDb::new().await;
    bed.db.ping().await.unwrap();
    bed.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    bed.db.ping().await.unwrap();
}

#[tokio::test]
async fn connections_name_themselves() {
    let bed = TestDb::new().await;
    bed.db.ping().await.unwrap();
    let named = bed
        .number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'slipway' AND datname = current_database()")
        .await;
    assert!(named >= 1);
}

#[tokio::test]
async fn a_broken_rule_names_itself() {
    let bed = TestDb::new().await;
    ada(&bed.db).await;
    let password = users::PasswordHash::new("x".to_owned());
    let again = users::create(&bed.db, new_user("ADA@example.com ", &password))
        .await
        .unwrap_err();
    assert_eq!(again.conflict(), Some(Conflict::EmailTaken));
    assert!(!again.is_transient());
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let bed = TestDb::new().await;
    let mut session = bed.side_door().await;
    let bare: Vec<String> = sqlx::query_scalar(
        "SELECT c.conrelid::regclass::text || '.' || c.conname
         FROM pg_constraint c
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
           AND NOT EXISTS (
               SELECT 1 FROM pg_index i
               WHERE i.indrelid = c.conrelid
                 AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)",
    )
    .fetch_all(&mut session)
    .await
    .unwrap();
    assert!(bare.is_empty(), "{bare:?}");
}
