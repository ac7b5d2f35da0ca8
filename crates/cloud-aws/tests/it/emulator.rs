//! A running emulator, and a connection into an account of its own for every test.

use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use cloud_aws::{CallLog, Credentials, Options, connect_with};
use engine::clock::Clock;
use engine::cloud::Cloud;
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::replay::{Replay, Scene};

/// The region of every test.
pub(crate) const REGION: &str = "ap-northeast-1";

const HOW_TO_INSTALL: &str = "the emulator is missing: install it with `python3 -m venv .venv && .venv/bin/pip install \
                              'moto[server]'` and set SLIPWAY_MOTO_SERVER=.venv/bin/moto_server, or run one and set \
                              SLIPWAY_TEST_EMULATOR_URL";

/// An emulator and our account in it.
pub(crate) struct Emulator {
    pub(crate) cloud: Cloud,
    pub(crate) calls: CallLog,
    pub(crate) account_id: String,
    /// What stands between us and the emulator.
    pub(crate) replay: Replay,
    /// Read again while the connection is used.
    _profile: tempfile::NamedTempFile,
    /// Ends with the test.
    _server: Option<Child>,
}

impl Emulator {
    /// Uses `SLIPWAY_TEST_EMULATOR_URL`, or starts an emulator of its own.
    pub(crate) async fn start() -> Self {
        Self::corrected(|_| Vec::new()).await
    }

    /// The same with prepared answers for what the emulator gets wrong. They may depend on the account's id.
    pub(crate) async fn corrected(scenes: impl FnOnce(&str) -> Vec<Scene>) -> Self {
        let (url, server) = match std::env::var("SLIPWAY_TEST_EMULATOR_URL") {
            Ok(url) => (url.parse().expect("SLIPWAY_TEST_EMULATOR_URL is a URL"), None),
            Err(_) => {
                let (url, server) = spawn().await;
                (url, Some(server))
            }
        };
        let account_id = fresh_account();
        let scenes = scenes(&account_id);
        let replay = Replay::before(&url, scenes).await;
        let (url, calls) = (replay.url.clone(), replay.calls.clone());
        // The emulator keeps accounts apart and gives keys of whatever account the role is in, so tests that share one
        // server never meet. It also takes every connection through `sts:AssumeRole`.
        let credentials = Credentials::AssumeRole {
            role_arn: format!("arn:aws:iam::{account_id}:role/slipway"),
            external_id: None,
            source_profile: Some("emulator".to_owned()),
        };
        let (options, profile) = with_profile(calls.clone());
        let cloud = connect_with(credentials, REGION, Some(url), options)
            .await
            .expect("the emulator lets us in");
        Self {
            cloud,
            calls,
            account_id,
            replay,
            _profile: profile,
            _server: server,
        }
    }
}

impl Emulator {
    /// Every correction was needed: one that is not would hide that the emulator has learnt it.
    pub(crate) fn finish(&self) {
        self.replay.finish();
    }
}

/// Options that read made-up keys from a profile file instead of this machine's.
pub(crate) fn with_profile(calls: CallLog) -> (Options, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = "[emulator]\naws_access_key_id = test\naws_secret_access_key = test\n";
    std::fs::write(file.path(), text).expect("written");
    let options = Options {
        call_log: Some(calls),
        profile_file: Some(file.path().to_owned()),
        ..Options::default()
    };
    (options, file)
}

/// Twelve digits nobody else has: time, process and a counter.
fn fresh_account() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .as_nanos() as u64;
    let number = nanos / 1_000
        + u64::from(std::process::id()) * 7_919
        + NEXT.fetch_add(1, Ordering::Relaxed) * 104_729;
    format!("{:012}", number % 900_000_000_000 + 100_000_000_000)
}

async fn spawn() -> (Url, Child) {
    let program = std::env::var("SLIPWAY_MOTO_SERVER").unwrap_or_else(|_| "moto_server".to_owned());
    let mut server = Command::new(&program)
        .args(["-p", "0"])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{HOW_TO_INSTALL} ({program}: {error})"));
    let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines();
    let url = loop {
        let line = tokio::time::timeout(Duration::from_secs(120), lines.next_line())
            .await
            .expect("the emulator starts within two minutes")
            .expect("its output is readable")
            .unwrap_or_else(|| panic!("the emulator ended before it listened; {HOW_TO_INSTALL}"));
        if let Some((_, url)) = line.split_once("Running on ") {
            break url.trim().parse().expect("the emulator prints its address");
        }
    };
    // A full pipe would stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (url, server)
}

/// The emulator needs no time for anything, so waiting is only a chance for others to run.
pub(crate) struct Impatient;

#[async_trait::async_trait]
impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, _duration: Duration) {
        tokio::task::yield_now().await;
    }
}
