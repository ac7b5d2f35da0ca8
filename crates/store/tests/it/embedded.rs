//! The embedded server, for real: started, shared, killed, and started again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use sqlx::{Connection, PgConnection};
use store::embedded::{Cluster, Departure, EmbeddedError};
use store::{Database, users};
use tempfile::TempDir;

use crate::users::ada;

fn data_dir() -> TempDir {
    tempfile::Builder::new().prefix("slipway").tempdir().unwrap()
}

fn alive(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

/// Whether the process is gone, or goes while the kernel takes it apart.
fn gone(pid: u32) -> bool {
    let began = Instant::now();
    while alive(pid) && began.elapsed() < Duration::from_secs(5) {
        std::thread::yield_now();
    }
    !alive(pid)
}

fn kill_hard(pid: u32) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
    assert!(gone(pid));
}

/// Another process on the same data directory.
struct Holder {
    child: Child,
    url: String,
}

fn hold(data_dir: &Path) -> Holder {
    let program: PathBuf = std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/hold_cluster");
    assert!(
        program.exists(),
        "build it: cargo build -p store --example hold_cluster"
    );
    let mut child = Command::new(program)
        .arg(data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut url)
        .unwrap();
    Holder {
        child,
        url: url.trim().to_owned(),
    }
}

#[tokio::test]
async fn a_new_data_directory_gets_a_durable_private_server_without_a_network_port() {
    let folder = data_dir();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let db = Database::open(&cluster.url()).await.unwrap();
    db.ping().await.unwrap();
    let mut session = PgConnection::connect(&cluster.url()).await.unwrap();
    for (setting, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
    ] {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut session)
            .await
            .unwrap();
        assert_eq!(found, value, "{setting}");
    }
    session.close().await.unwrap();
    let inside = fs::canonicalize(folder.path().join("postgres")).unwrap();
    for private in [inside.as_path(), cluster.socket_folder()] {
        assert_eq!(
            fs::metadata(private).unwrap().mode() & 0o777,
            0o700,
            "{}",
            private.display()
        );
    }
    db.close().await;
    let server = cluster.postmaster_pid();
    assert_eq!(cluster.stop().await.unwrap(), Departure::Stopped);
    assert!(gone(server));
    assert!(!inside.join("postmaster.pid").exists());
}

#[tokio::test]
async fn started_as_root_the_server_runs_as_an_unprivileged_user() {
    let folder = data_dir();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let runs_as = fs::metadata(format!("/proc/{}", cluster.postmaster_pid()))
        .unwrap()
        .uid();
    if Uid::effective().is_root() {
        assert_ne!(runs_as, 0);
        let groups = fs::read_to_string(format!("/proc/{}/status", cluster.postmaster_pid())).unwrap();
        let groups = groups.lines().find(|line| line.starts_with("Groups:")).unwrap();
        assert!(
            !groups.split_whitespace().any(|group| group == "0"),
            "root's groups were kept: {groups}"
        );
    } else {
        assert_eq!(runs_as, Uid::effective().as_raw());
    }
}

#[tokio::test]
async fn two_users_share_one_server_and_the_last_to_leave_stops_it() {
    let folder = data_dir();
    let (first, second) = tokio::join!(Cluster::start(folder.path()), Cluster::start(folder.path()));
    let (first, second) = (first.unwrap(), second.unwrap());
    let server = first.postmaster_pid();
    assert_eq!(server, second.postmaster_pid());
    assert_eq!(first.url(), second.url());
    assert_eq!(first.stop().await.unwrap(), Departure::StillUsed);
    Database::connect(&second.url())
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
    assert_eq!(second.stop().await.unwrap(), Departure::Stopped);
    assert!(gone(server));
}

#[tokio::test]
async fn the_data_survives_a_stop_and_a_start() {
    let folder = data_dir();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let db = Database::open(&cluster.url()).await.unwrap();
    let user = ada(&db).await;
    db.close().await;
    cluster.stop().await.unwrap();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let db = Database::open(&cluster.url()).await.unwrap();
    assert_eq!(users::list(&db).await.unwrap(), vec![user]);
    db.close().await;
}

#[tokio::test]
async fn dropping_the_last_use_stops_the_server() {
    let folder = data_dir();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let server = cluster.postmaster_pid();
    drop(cluster);
    assert!(gone(server));
}

#[tokio::test]
async fn another_process_joins_and_its_kill_leaves_the_server_to_the_rest() {
    let folder = data_dir();
    let mut owner = hold(folder.path());
    let joiner = Cluster::start(folder.path()).await.unwrap();
    assert_eq!(joiner.url(), owner.url);
    kill_hard(owner.child.id());
    owner.child.wait().unwrap();
    Database::connect(&joiner.url())
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
    assert_eq!(joiner.stop().await.unwrap(), Departure::Stopped);
}

#[tokio::test]
async fn a_server_orphaned_by_a_kill_is_joined_and_stopped_by_the_next_user() {
    let folder = data_dir();
    let mut owner = hold(folder.path());
    let db = Database::open(&owner.url).await.unwrap();
    let user = ada(&db).await;
    db.close().await;
    kill_hard(owner.child.id());
    owner.child.wait().unwrap();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let server = cluster.postmaster_pid();
    let db = Database::connect(&cluster.url()).await.unwrap();
    assert_eq!(users::list(&db).await.unwrap(), vec![user]);
    db.close().await;
    assert_eq!(cluster.stop().await.unwrap(), Departure::Stopped);
    assert!(gone(server));
}

#[tokio::test]
async fn after_a_killed_server_the_next_start_recovers_what_was_committed() {
    let folder = data_dir();
    let mut owner = hold(folder.path());
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let db = Database::open(&cluster.url()).await.unwrap();
    let user = ada(&db).await;
    kill_hard(cluster.postmaster_pid());
    kill_hard(owner.child.id());
    owner.child.wait().unwrap();
    drop((db, cluster));
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let db = Database::open(&cluster.url()).await.unwrap();
    assert_eq!(users::list(&db).await.unwrap(), vec![user]);
    db.close().await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_lock_whose_process_number_was_given_to_another_program_is_removed() {
    let folder = data_dir();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let socket = cluster.socket_folder().to_owned();
    cluster.stop().await.unwrap();
    let inside = fs::canonicalize(folder.path().join("postgres")).unwrap();
    // A program of the cluster's own user, or PostgreSQL would see by itself that the lock is stale.
    let owner = fs::metadata(&inside).unwrap().uid();
    let mut stranger = Command::new("sleep");
    std::os::unix::process::CommandExt::uid(&mut stranger, owner);
    let mut stranger = stranger.arg("300").spawn().unwrap();
    let pid = stranger.id();
    let lock = format!(
        "{pid}\n{}\n1764000000\n5432\n{}\n\n  1 1\nready   \n",
        inside.display(),
        socket.display()
    );
    for path in [inside.join("postmaster.pid"), socket.join(".s.PGSQL.5432.lock")] {
        fs::write(&path, &lock).unwrap();
        std::os::unix::fs::chown(&path, Some(owner), None).unwrap();
    }
    let cluster = Cluster::start(folder.path()).await.unwrap();
    assert_ne!(cluster.postmaster_pid(), pid);
    Database::connect(&cluster.url())
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn an_unfinished_cluster_is_made_again() {
    let folder = data_dir();
    fs::create_dir(folder.path().join("postgres.new")).unwrap();
    fs::write(folder.path().join("postgres.new/PG_VERSION"), "15\n").unwrap();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    Database::connect(&cluster.url())
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_data_directory_too_deep_for_a_socket_path_works() {
    let folder = data_dir();
    let deep = folder.path().join("a-rather-long-name-for-a-folder/".repeat(5));
    let cluster = Cluster::start(&deep).await.unwrap();
    assert!(
        cluster.socket_folder().as_os_str().len() < 80,
        "{}",
        cluster.socket_folder().display()
    );
    assert_eq!(
        fs::metadata(cluster.socket_folder()).unwrap().mode() & 0o777,
        0o700
    );
    Database::connect(&cluster.url())
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
    let short = cluster.socket_folder().to_owned();
    cluster.stop().await.unwrap();
    fs::set_permissions(&short, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = Cluster::start(&deep).await.unwrap_err();
    assert!(
        matches!(refused, EmbeddedError::UnsafeSocketFolder { .. }),
        "{refused}"
    );
    fs::remove_dir_all(short).unwrap();
}

#[tokio::test]
async fn a_data_directory_inside_a_closed_home_works() {
    let home = data_dir();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let folder = home.path().join("share/slipway");
    let cluster = Cluster::start(&folder).await.unwrap();
    Database::open(&cluster.url()).await.unwrap().close().await;
    cluster.stop().await.unwrap();
    let cluster = Cluster::start(&folder).await.unwrap();
    let inside = fs::canonicalize(folder.join("postgres")).unwrap();
    cluster.stop().await.unwrap();
    if Uid::effective().is_root() {
        assert!(folder.join("postgres").is_symlink());
        let parent = inside.parent().unwrap().to_owned();
        assert!(parent.starts_with("/var/lib/slipway"), "{}", parent.display());
        fs::remove_dir_all(parent).unwrap();
        let lost = Cluster::start(&folder).await.unwrap_err();
        assert!(matches!(lost, EmbeddedError::LostCluster { .. }), "{lost}");
    }
}

#[tokio::test]
async fn without_postgresql_the_message_names_the_package_and_the_other_way() {
    let (folder, empty) = (data_dir(), data_dir());
    let refused = Cluster::start_with(folder.path(), Some(empty.path().to_owned()))
        .await
        .unwrap_err();
    assert!(matches!(refused, EmbeddedError::NoBinaries));
    let message = refused.to_string();
    assert!(
        message.contains("apt-get install postgresql") && message.contains("DATABASE_URL"),
        "{message}"
    );
}

#[tokio::test]
async fn a_cluster_of_another_version_is_left_alone() {
    let folder = data_dir();
    Cluster::start(folder.path()).await.unwrap().stop().await.unwrap();
    let version = fs::canonicalize(folder.path().join("postgres"))
        .unwrap()
        .join("PG_VERSION");
    fs::write(&version, "11\n").unwrap();
    let refused = Cluster::start(folder.path()).await.unwrap_err();
    assert!(
        matches!(refused, EmbeddedError::WrongVersion { needed: 11, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_that_dies_under_its_users_is_started_again_and_keeps_everything() {
    let folder = data_dir();
    let cluster = Cluster::start(folder.path()).await.unwrap();
    let db = Database::open(&cluster.url()).await.unwrap();
    let user = ada(&db).await;
    let guardian = cluster.guardian();
    assert!(!guardian.ensure_running().await.unwrap(), "it lives");
    kill_hard(cluster.postmaster_pid());
    assert!(guardian.ensure_running().await.unwrap());
    // The same pool, the same address.
    assert_eq!(users::list(&db).await.unwrap(), vec![user]);
    assert!(!guardian.ensure_running().await.unwrap());
    db.close().await;
    assert_eq!(cluster.stop().await.unwrap(), Departure::Stopped);
}
