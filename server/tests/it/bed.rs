//! A data directory of its own for every test, with the program and the parts that work on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use slipway::panel::{Facts, Panel};
use slipway::practice;
use store::Database;
use store::embedded::Cluster;
use store::practice_accounts::{self, Keep, PracticeAccount};
use tempfile::TempDir;
use uuid::Uuid;

/// How fast practice accounts live in tests.
pub(crate) const SPEED: u32 = 400;

/// A data directory with its private database running.
pub(crate) struct Bed {
    // Dropped in this order: the connections, the cluster, the folder.
    pub(crate) db: Database,
    cluster: Option<Cluster>,
    folder: TempDir,
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    /// Standard output, which must be one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: stdout {:?}, stderr {:?}", self.stdout, self.stderr))
    }

    /// The document of a command that ended well.
    pub(crate) fn good(&self) -> Value {
        assert_eq!(self.code, 0, "stdout {}\nstderr {}", self.stdout, self.stderr);
        self.json()
    }
}

impl Bed {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        open_to_all(folder.path());
        let cluster = Cluster::start(folder.path().join("data")).await.unwrap();
        let db = Database::open(&cluster.url()).await.unwrap();
        Self {
            db,
            cluster: Some(cluster),
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program on this data directory, in an environment without surprises.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        slipway(arguments, &self.path("data"), SPEED)
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        self.cluster.as_ref().unwrap().url()
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        finish(self.command(arguments)).await
    }

    /// The parts of the process, for tests without one.
    pub(crate) async fn panel(&self) -> Arc<Panel> {
        practice::ensure_defaults(&self.db, SPEED).await.unwrap();
        let facts = Facts {
            base_url: "http://panel.test".to_owned(),
            time_zone: "Asia/Tokyo".to_owned(),
            practice_speed: SPEED,
        };
        Panel::start(self.db.clone(), facts).await.unwrap()
    }

    /// The practice account of a scenario as it is now, for deep comparison.
    pub(crate) async fn world(&self, scenario: &str) -> Value {
        practice::ensure_defaults(&self.db, SPEED).await.unwrap();
        let connection = store::connections::by_name(&self.db, &format!("practice:{scenario}"))
            .await
            .unwrap();
        let account = practice::Practice::open(&self.db, connection.id, scenario, SPEED)
            .await
            .unwrap();
        account.look(|world, _| world.comparable()).await.unwrap()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // Started as root the cluster may live elsewhere; it goes with the test.
        let elsewhere = std::fs::read_link(self.path("data").join("postgres")).ok();
        drop(self.cluster.take());
        if let Some(parent) = elsewhere.as_deref().and_then(Path::parent) {
            let _gone = std::fs::remove_dir_all(parent);
        }
    }
}

/// The program on a data directory, in an environment without surprises.
pub(crate) fn slipway(arguments: &[&str], data: &Path, speed: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    command.args(arguments).env_clear();
    for kept in ["PATH", "HOME", "TMPDIR", "LANG"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.env("SLIPWAY_DATA_DIR", data);
    command.env("SLIPWAY_PRACTICE_SPEED", speed.to_string());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Leaves a practice account as another version might have saved it.
pub(crate) async fn written_by_another_version(db: &Database, connection: Uuid) {
    practice_accounts::with_world(db, connection, None, |account: &mut PracticeAccount<Value>| {
        account.world = json!({ "form": 0, "written": "by another version" });
        Keep::Saved(())
    })
    .await
    .unwrap();
}

/// Runs a command to its end without holding the test's runtime up.
pub(crate) async fn finish(mut command: Command) -> Done {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// PostgreSQL runs as another account when the tests run as root: it must be able to enter.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The example spec of the repository.
pub(crate) fn example(name: &str) -> String {
    format!("{}/../examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Asks again until the answer is there; a test that hangs fails.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let patience = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), patience)
        .await
        .unwrap_or_else(|_| panic!("{what} never came"))
}
