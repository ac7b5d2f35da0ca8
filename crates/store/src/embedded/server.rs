//! Making, starting and stopping the cluster.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::account::Account;
use super::binaries::Binaries;
use super::error::{EmbeddedError, io};
use super::home::{Home, SOCKET};
use super::postmaster::{Postmaster, Running, has_processes, running};

/// The database superuser inside the cluster. The socket's folder is what keeps others out.
pub(super) const USER: &str = "slipway";
/// How long a server may take to start or stop. Crash recovery replays at most `max_wal_size`.
const PATIENCE: Duration = Duration::from_secs(60);
/// A log larger than this is put aside at the next start, in bytes.
const LOG_LIMIT: u64 = 8 << 20;

/// A cluster with everything needed to run it.
#[derive(Debug)]
pub(super) struct Server {
    account: Account,
    binaries: Binaries,
    home: Home,
}

impl Server {
    /// Finds the cluster of a data directory and makes it when there is none. Call it inside the gate.
    pub(super) fn prepare(data_dir: &Path, bin_dir: Option<&Path>) -> Result<Self, EmbeddedError> {
        let (home, account) = Home::locate(data_dir)?;
        let version = if home.exists {
            Some((home.cluster.clone(), home.version()?))
        } else {
            None
        };
        let existing = version
            .as_ref()
            .map(|(cluster, version)| (cluster.as_path(), *version));
        let binaries = Binaries::find(bin_dir, existing)?;
        let mut server = Self {
            account,
            binaries,
            home,
        };
        if !server.home.exists {
            server.initialise()?;
        }
        Ok(server)
    }

    /// Starts the server, or joins the one that runs. Call it inside the gate.
    pub(super) fn ensure_running(&self) -> Result<Postmaster, EmbeddedError> {
        match self.wait_for_running()? {
            Some(found) => return Ok(found),
            None => self.launch()?,
        }
        match running(&self.home.cluster) {
            Running::Yes(found) => Ok(found),
            Running::No | Running::Stale => Err(EmbeddedError::Program {
                program: "pg_ctl",
                message: format!("the server stopped right after its start\n{}", self.log_tail()),
            }),
        }
    }

    /// Whether its process lives.
    pub(super) fn is_running(&self) -> bool {
        matches!(running(&self.home.cluster), Running::Yes(_))
    }

    /// Stops the server and waits for it. Call it inside the gate.
    pub(super) fn stop(&self) -> Result<(), EmbeddedError> {
        if !self.is_running() {
            return Ok(());
        }
        let mut command = self.pg_ctl();
        command.args(["-m", "fast", "-w", "-t", &PATIENCE.as_secs().to_string(), "stop"]);
        self.run("pg_ctl", command)?;
        // `pg_ctl` waits for the lock to disappear; the process itself ends a moment later.
        self.wait_for_processes();
        Ok(())
    }

    /// Makes a new cluster under another name and moves it into place when it is whole.
    fn initialise(&mut self) -> Result<(), EmbeddedError> {
        let making = self.home.cluster.with_file_name("postgres.new");
        match fs::remove_dir_all(&making) {
            Ok(()) => tracing::warn!(path = %making.display(), "removed an unfinished cluster"),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(io("remove", &making)(error)),
        }
        DirBuilder::new()
            .mode(0o700)
            .create(&making)
            .map_err(io("create", &making))?;
        self.account.give(&making).map_err(io("give away", &making))?;
        let mut command = self.account.command(&self.binaries.program("initdb"));
        command
            .arg("-D")
            .arg(&making)
            .args(["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["--data-checksums", "--no-instructions"]);
        self.run("initdb", command)?;
        let settings = making.join("postgresql.conf");
        let mut text = fs::read_to_string(&settings).map_err(io("read", &settings))?;
        text.push_str("\ninclude = 'slipway.conf'\n");
        fs::write(&settings, text).map_err(io("write", &settings))?;
        // Only the socket is offered, and only processes that may enter its folder reach it.
        self.write(&making.join("pg_hba.conf"), "local all all trust\n")?;
        self.write(&making.join("slipway.conf"), "")?;
        self.home.publish(&making)
    }

    /// Waits while a server of this cluster starts or stops. `None`: nothing runs.
    fn wait_for_running(&self) -> Result<Option<Postmaster>, EmbeddedError> {
        let cluster = &self.home.cluster;
        let began = Instant::now();
        loop {
            match running(cluster) {
                Running::No => return Ok(None),
                Running::Yes(found) if found.ready => return Ok(Some(found)),
                Running::Yes(found) if began.elapsed() > PATIENCE => {
                    let waited_s = PATIENCE.as_secs();
                    return Err(EmbeddedError::NotReady {
                        cluster: cluster.clone(),
                        pid: found.pid,
                        waited_s,
                    });
                }
                Running::Yes(_) => sleep(Duration::from_millis(50)),
                Running::Stale => {
                    // PostgreSQL's own check for surviving children needs this file: remove it only without any.
                    self.wait_for_processes();
                    let stale = cluster.join("postmaster.pid");
                    fs::remove_file(&stale).map_err(io("remove", &stale))?;
                    tracing::warn!(file = %stale.display(), "removed a lock that a crash had left");
                    return Ok(None);
                }
            }
        }
    }

    /// A killed server's children notice its death and end by themselves, usually within a second.
    fn wait_for_processes(&self) {
        let began = Instant::now();
        while has_processes(&self.home.cluster) && began.elapsed() < PATIENCE {
            sleep(Duration::from_millis(50));
        }
    }

    fn launch(&self) -> Result<(), EmbeddedError> {
        self.wait_for_processes();
        let sockets = self.home.socket_folder(self.account)?;
        for name in [SOCKET.to_owned(), format!("{SOCKET}.lock")] {
            let left = sockets.join(name);
            match fs::remove_file(&left) {
                Ok(()) => tracing::warn!(file = %left.display(), "removed a socket that a crash had left"),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(io("remove", &left)(error)),
            }
        }
        self.write(&self.home.cluster.join("slipway.conf"), &settings(&sockets))?;
        self.open_log()?;
        let mut command = self.pg_ctl();
        command.arg("-l").arg(&self.home.log);
        command.args(["-w", "-t", &PATIENCE.as_secs().to_string(), "start"]);
        self.run("pg_ctl", command)
    }

    fn pg_ctl(&self) -> Command {
        let mut command = self.account.command(&self.binaries.program("pg_ctl"));
        command.arg("-s").arg("-D").arg(&self.home.cluster);
        command
    }

    fn run(&self, program: &'static str, mut command: Command) -> Result<(), EmbeddedError> {
        let path = PathBuf::from(command.get_program());
        let answer = command.output().map_err(io("run", path))?;
        if answer.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.stderr);
        let log = if program == "pg_ctl" {
            self.log_tail()
        } else {
            String::new()
        };
        Err(EmbeddedError::Program {
            program,
            message: format!("{}\n{log}", said.trim()),
        })
    }

    /// Creates the log file for the account, and puts a large one aside.
    fn open_log(&self) -> Result<(), EmbeddedError> {
        let log = &self.home.log;
        if fs::metadata(log).is_ok_and(|it| it.len() > LOG_LIMIT) {
            fs::rename(log, log.with_extension("log.1")).map_err(io("rename", log))?;
        }
        if !log.exists() {
            self.write(log, "")?;
        }
        Ok(())
    }

    /// The last lines of the server's log, which say why it did not start.
    fn log_tail(&self) -> String {
        let text = fs::read(&self.home.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), EmbeddedError> {
        fs::write(path, text).map_err(io("write", path))?;
        self.account.give(path).map_err(io("give away", path))
    }
}

/// The server's settings: durable, small, and reachable only through the socket.
fn settings(sockets: &Path) -> String {
    let sockets = sockets.to_string_lossy().replace('\'', "''");
    format!(
        "# Written by Slipway at every start.\n\
         listen_addresses = ''\n\
         port = 5432\n\
         unix_socket_directories = '{sockets}'\n\
         unix_socket_permissions = 0700\n\
         fsync = on\n\
         synchronous_commit = on\n\
         full_page_writes = on\n\
         shared_buffers = 32MB\n\
         work_mem = 4MB\n\
         maintenance_work_mem = 32MB\n\
         max_connections = 100\n\
         min_wal_size = 32MB\n\
         max_wal_size = 256MB\n\
         autovacuum_max_workers = 2\n\
         max_parallel_workers = 2\n\
         jit = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_min_messages = warning\n"
    )
}
