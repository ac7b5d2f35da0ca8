//! An emulator of AWS over the wire (`moto_server`) and the AWS CLI, in a Python environment of their own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::packages::{self, Package};
use super::{stamp, stamped};
use crate::command;
use crate::keeper::{self, Kept, Stop};
use crate::place::Place;

/// Pinned: what the emulator can hold differs between versions, and tests name what it lacks.
const WHEELS: &[&str] = &["moto[server]==5.2.5", "awscli==1.46.3"];

const PYTHON: Package = Package {
    title: "Python 3 with the venv module",
    apt: &["python3", "python3-venv"],
    dnf: &["python3"],
    brew: &["python3"],
};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Where the two programs are.
pub(crate) struct Programs {
    moto: PathBuf,
    /// The AWS CLI, with which tests read back what the SDK made.
    pub(crate) aws: PathBuf,
}

/// Installs the pinned wheels once.
pub(crate) fn programs(place: &Place) -> Result<Programs> {
    let home = place.tools().join("python");
    let bin = home.join("bin");
    let programs = Programs {
        moto: bin.join("moto_server"),
        aws: bin.join("aws"),
    };
    let wanted = WHEELS.join("\n");
    let marker = home.join(".slipway");
    if stamped(&marker, &wanted) && programs.moto.is_file() && programs.aws.is_file() {
        return Ok(programs);
    }
    python_home(&home)?;
    command::quiet(
        Command::new(bin.join("python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(WHEELS),
    )
    .context("the AWS emulator could not be installed: see whether PyPI can be reached")?;
    stamp(&marker, &wanted)?;
    Ok(programs)
}

/// Makes a Python environment of its own in this folder; installs Python when there is none.
pub(super) fn python_home(home: &Path) -> Result<()> {
    let make = || command::quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home));
    if make().is_err() {
        packages::install(&PYTHON)?;
        make().with_context(|| format!("install {} and call this again", PYTHON.title))?;
    }
    Ok(())
}

/// A running emulator.
pub(crate) struct Emulator {
    /// For `AWS_ENDPOINT_URL`.
    pub(crate) url: String,
    _server: Kept,
}

/// Starts the emulator on a free port of the loopback interface.
pub(crate) fn start(place: &Place, programs: &Programs) -> Result<Emulator> {
    let port = free_port()?;
    let log = place.target.join("moto.log");
    let mut moto = keeper::command(Stop::Terminate, None, &programs.moto);
    moto.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    // Without it AWS's managed policies are unknown to the emulator.
    moto.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
    let server = keeper::start(&mut moto, &log)?;
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > START_LIMIT {
            bail!(
                "the AWS emulator did not start:\n{}",
                std::fs::read_to_string(&log).unwrap_or_default()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Emulator {
        url: format!("http://127.0.0.1:{port}"),
        _server: server,
    })
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("finding a free port")?;
    Ok(listener.local_addr()?.port())
}
