//! Connecting and migrating.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use store::{Conflict, Database, Error, Limits, Unreachable, users};

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
        ..Limits::default()
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

async fn refused(url: &str) -> Unreachable {
    match Database::connect(url).await {
        Err(Error::Unreachable(why)) => why,
        other => {
            let said = other.map(drop);
            assert!(matches!(said, Err(Error::Unreachable(_))), "{said:?}");
            Unreachable::Address
        }
    }
}

#[tokio::test]
async fn each_reason_for_no_connection_has_its_own_sentence_at_once() {
    let began = std::time::Instant::now();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let why = refused(&format!("postgres://u:hunter2@127.0.0.1:{port}/shop")).await;
    assert_eq!(
        why,
        Unreachable::Refused {
            at: format!("127.0.0.1:{port}")
        }
    );
    let why = refused("postgres://u:hunter2@nowhere.invalid/shop").await;
    assert_eq!(
        why,
        Unreachable::UnknownHost {
            host: "nowhere.invalid".to_owned()
        }
    );
    let why = refused("postgres://u:hunter2@host:not-a-port/shop").await;
    assert_eq!(why, Unreachable::Address);
    assert!(!why.to_string().contains("hunter2"));

    let (admin, _cluster) = server().await;
    let (start, query) = admin.split_once("/postgres").unwrap();
    let why = refused(&format!("{start}/not_there{query}")).await;
    assert!(
        matches!(&why, Unreachable::NoDatabase { database, .. } if database == "not_there"),
        "{why:?}"
    );
    let nobody = admin.replacen("slipway@", "nobody_here:hunter2@", 1);
    let why = refused(&nobody).await;
    assert!(
        matches!(&why, Unreachable::NotLetIn { user, .. } if user == "nobody_here"),
        "{why:?}"
    );
    assert!(!why.to_string().contains("hunter2"));
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "nothing of this waits for a pool"
    );
}

#[tokio::test]
async fn a_schema_that_is_being_changed_for_too_long_is_said_to_be_and_by_whom() {
    let bed = TestDb::new().await;
    let mut other = PgConnection::connect(&bed.url).await.unwrap();
    sqlx::raw_sql(
        "SET application_name = 'the other one'; SELECT pg_advisory_lock(x'00736c6970776179'::bigint)",
    )
    .execute(&mut other)
    .await
    .unwrap();
    let limits = Limits {
        schema_patience: Duration::ZERO,
        ..Limits::default()
    };
    let db = Database::connect_with(&bed.url, limits).await.unwrap();
    let error = db.migrate().await.unwrap_err();
    assert!(
        matches!(&error, Error::SchemaBusy { holder, .. } if holder.contains("the other one")),
        "{error:?}"
    );
    other.close().await.unwrap();
    db.migrate().await.unwrap();
}
