//! A database of its own for every test, copied from a migrated template.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::Database;
use store::embedded::Cluster;
use uuid::Uuid;

/// Serialises the making of the template between test processes.
const TEMPLATE_LOCK: i64 = 0x7465_7374;

/// A migrated, empty database that disappears with this value.
pub(crate) struct TestDb {
    pub(crate) db: Database,
    pub(crate) url: String,
    name: String,
    admin: String,
    cluster: Option<Cluster>,
}

/// The server for the tests: its administration URL, and the hold on it when it is embedded.
pub(crate) async fn server() -> (String, Option<Cluster>) {
    match std::env::var("SLIPWAY_TEST_DATABASE_URL") {
        Ok(url) => (url, None),
        Err(_) => {
            // Shared by all test processes of this user, and kept between runs: starting takes a third of a second.
            let user = nix::unistd::Uid::effective();
            let data_dir: PathBuf = std::env::temp_dir().join(format!("slipway-store-tests-{user}"));
            let cluster = Cluster::start(data_dir).await.unwrap();
            (cluster.url_of("postgres"), Some(cluster))
        }
    }
}

impl TestDb {
    pub(crate) async fn new() -> Self {
        let (admin, cluster) = server().await;
        let template = template(&admin).await;
        let name = format!("slipway_test_{}", Uuid::now_v7().simple());
        execute(&admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let url = at(&admin, &name);
        let db = Database::connect(&url).await.unwrap();
        Self {
            db,
            url,
            name,
            admin,
            cluster,
        }
    }

    /// A connection beside the pool, to look and to tamper.
    pub(crate) async fn side_door(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Runs a statement beside the pool.
    pub(crate) async fn execute(&self, statement: &'static str) -> u64 {
        let mut connection = self.side_door().await;
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap()
            .rows_affected()
    }

    /// One number, beside the pool.
    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        let mut connection = self.side_door().await;
        sqlx::query_scalar(query)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (admin, statement) = (
            self.admin.clone(),
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
        );
        // The test's own runtime may be shutting down.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(execute(&admin, statement));
        });
        let _ = dropped.join();
        drop(self.cluster.take());
    }
}

/// An empty database without a schema, for tests of the migrations themselves.
pub(crate) async fn empty_database(admin: &str) -> String {
    let name = format!("slipway_test_{}", Uuid::now_v7().simple());
    execute(admin, format!("CREATE DATABASE {name}")).await;
    at(admin, &name)
}

/// Runs an administrative statement.
pub(crate) async fn execute(admin: &str, statement: String) {
    let mut connection = PgConnection::connect(admin).await.unwrap();
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// The same server, another database.
fn at(admin: &str, database: &str) -> String {
    let (head, query) = admin
        .split_once('?')
        .map_or((admin, None), |(head, query)| (head, Some(query)));
    let start = head.find("://").map_or(0, |at| at + 3);
    let server = head[start..]
        .find('/')
        .map_or(head, |slash| &head[..start + slash]);
    match query {
        Some(query) => format!("{server}/{database}?{query}"),
        None => format!("{server}/{database}"),
    }
}

/// The migrated template; its name follows the migrations, so that a change makes a new one.
async fn template(admin: &str) -> String {
    let name = format!("slipway_template_{:016x}", fingerprint());
    let mut connection = PgConnection::connect(admin).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut connection)
        .await
        .unwrap();
    let ready: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate)")
            .bind(&name)
            .fetch_one(&mut connection)
            .await
            .unwrap();
    if !ready {
        tidy(&mut connection, admin).await;
        execute(admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        execute(admin, format!("CREATE DATABASE {name}")).await;
        let db = Database::open(&at(admin, &name)).await.unwrap();
        db.close().await;
        execute(
            admin,
            format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"),
        )
        .await;
    }
    // Closing the session releases the lock.
    connection.close().await.unwrap();
    name
}

/// Drops what killed tests left more than an hour ago. Version 7 ids sort by time.
async fn tidy(connection: &mut PgConnection, admin: &str) {
    let hour_ago = jiff::Timestamp::now().as_second() - 3_600;
    let then = uuid::Timestamp::from_unix(uuid::NoContext, u64::try_from(hour_ago).unwrap(), 0);
    let oldest = format!("slipway_test_{}", Uuid::new_v7(then).simple());
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE datname LIKE 'slipway\\_test\\_%' AND datname < $1",
    )
    .bind(oldest)
    .fetch_all(connection)
    .await
    .unwrap();
    for name in left {
        execute(admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

/// FNV-1a over the migration files, read when the tests run.
fn fingerprint() -> u64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let bytes = files.iter().flat_map(|file| std::fs::read(file).unwrap());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
