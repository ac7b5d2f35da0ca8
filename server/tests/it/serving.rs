//! A data directory that no test process holds, and panels that serve it: what a killed machine leaves can be looked at.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use store::Database;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bed::{Done, finish, slipway, until};

/// A data directory.
pub(crate) struct Home {
    folder: TempDir,
    speed: u32,
}

impl Home {
    pub(crate) fn new(speed: u32) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, speed }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        slipway(arguments, &self.data(), self.speed)
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        finish(self.command(arguments)).await
    }

    /// The process id of the private server and the folder of its socket; `None` while none is ready.
    pub(crate) fn postmaster(&self) -> Option<(i32, String)> {
        let text = std::fs::read_to_string(self.data().join("postgres").join("postmaster.pid")).ok()?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        if lines.get(7) != Some(&"ready") {
            return None;
        }
        Some((lines[0].parse().ok()?, lines[4].to_owned()))
    }

    /// The private database, without counting as one of its users.
    pub(crate) async fn database(&self) -> Database {
        until("the private database", async || {
            let (_, socket) = self.postmaster()?;
            let url = format!("postgres://slipway@localhost/slipway?host={socket}");
            let db = Database::connect(&url).await.ok()?;
            store::stacks::list(&db).await.ok().map(|_| db)
        })
        .await
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some((pid, _)) = self.postmaster() {
            let _gone = kill(Pid::from_raw(pid), Signal::SIGQUIT);
            while Path::new(&format!("/proc/{pid}")).exists() {
                std::thread::yield_now();
            }
        }
        let elsewhere = std::fs::read_link(self.data().join("postgres")).ok();
        if let Some(parent) = elsewhere.as_deref().and_then(Path::parent) {
            let _gone = std::fs::remove_dir_all(parent);
        }
    }
}

/// A process that serves the panel.
pub(crate) struct Serving {
    child: Child,
    pub(crate) addr: SocketAddr,
}

impl Serving {
    /// Starts `serve` on a free port and waits for its first word.
    pub(crate) async fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut said = String::new();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let document = loop {
                said.push_str(&lines.next().expect("a panel that says where it is").unwrap());
                if let Ok(document) = serde_json::from_str::<Value>(&said) {
                    break document;
                }
            };
            let panel = document["panel"].as_str().unwrap();
            let addr = panel.trim_start_matches("http://").parse().unwrap();
            Self { child, addr }
        })
        .await
        .unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// As a full memory or a power cut does it.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().unwrap();
    }

    /// Whether `/healthz` says that all is well.
    pub(crate) async fn is_well(&self) -> bool {
        let ask = async {
            let mut stream = TcpStream::connect(self.addr).await?;
            let request = "GET /healthz HTTP/1.1\r\nHost: panel\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer.starts_with("HTTP/1.1 200"))
        };
        matches!(
            tokio::time::timeout(Duration::from_secs(5), ask).await,
            Ok(Ok(true))
        )
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The arguments of a panel on a port of its own.
pub(crate) const SERVE: [&str; 4] = ["serve", "--addr", "127.0.0.1:0", "--json"];

#[tokio::test]
async fn a_panel_whose_private_database_is_killed_answers_again() {
    let home = Home::new(400);
    let panel = Serving::start(home.command(&SERVE)).await;
    until("a panel that is well", async || {
        panel.is_well().await.then_some(())
    })
    .await;
    let (first, _) = home.postmaster().unwrap();
    kill(Pid::from_raw(first), Signal::SIGKILL).unwrap();
    let second = until("another server", async || {
        home.postmaster().map(|(pid, _)| pid).filter(|pid| *pid != first)
    })
    .await;
    until("a panel that is well again", async || {
        panel.is_well().await.then_some(())
    })
    .await;
    panel.signal(Signal::SIGTERM);
    until("the end of the private server", async || {
        (!Path::new(&format!("/proc/{second}")).exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_setting_that_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let done = Home::new(400).run(&["serve", "--addr", &addr]).await;
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains(&addr) && done.stderr.contains("SLIPWAY_ADDR"),
        "{}",
        done.stderr
    );
}
