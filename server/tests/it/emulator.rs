//! An AWS emulator for the program, and the AWS CLI to read back what it made there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;

use crate::bed::{Bed, Done, finish};

pub(crate) const REGION: &str = "ap-northeast-1";

/// An emulator, and keys of an account in it that no other test has.
pub(crate) struct Emulator {
    url: String,
    /// The same behind a proxy that corrects names; the program goes this way.
    corrected: String,
    keys: [(&'static str, String); 3],
    _server: Option<Ended>,
}

/// Ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

impl Emulator {
    /// Uses `SLIPWAY_TEST_EMULATOR_URL`, or starts an emulator of its own.
    pub(crate) fn start() -> Self {
        let (url, server) = match std::env::var("SLIPWAY_TEST_EMULATOR_URL") {
            Ok(url) => (url, None),
            Err(_) => spawn(),
        };
        let nanos = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let account = 100_000_000_000 + nanos % 899_999_999_999;
        let first = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
            .map(|name| (name, "test".to_owned()));
        let corrected = correct(&url);
        let mut emulator = Self {
            url,
            corrected,
            keys: first,
            _server: server,
        };
        let role = format!("arn:aws:iam::{account}:role/tester");
        let answer = emulator.aws(&[
            "sts",
            "assume-role",
            "--role-arn",
            &role,
            "--role-session-name",
            "test",
        ]);
        let key = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
        emulator.keys = [
            ("AWS_ACCESS_KEY_ID", key("AccessKeyId")),
            ("AWS_SECRET_ACCESS_KEY", key("SecretAccessKey")),
            ("AWS_SESSION_TOKEN", key("SessionToken")),
        ];
        emulator
    }

    fn environment(&self, command: &mut Command, url: &str) {
        command.envs(self.keys.iter().map(|(name, value)| (*name, value)));
        command
            .env("AWS_ENDPOINT_URL", url)
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true");
    }

    /// What the AWS CLI answers.
    pub(crate) fn aws(&self, arguments: &[&str]) -> Value {
        let program = std::env::var("SLIPWAY_TEST_AWS_CLI").unwrap_or_else(|_| "aws".to_owned());
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .args(["--output", "json", "--region", REGION]);
        self.environment(&mut command, &self.url);
        let output = command.output().unwrap_or_else(|error| {
            panic!("the AWS CLI is missing: `pip install awscli`, or set SLIPWAY_TEST_AWS_CLI ({program}: {error})")
        });
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// The program on this emulator.
    pub(crate) async fn slipway(&self, bed: &Bed, arguments: &[&str]) -> Done {
        let mut command = bed.command(arguments);
        self.environment(&mut command, &self.corrected);
        finish(command).await
    }
}

fn spawn() -> (String, Option<Ended>) {
    let program = std::env::var("SLIPWAY_MOTO_SERVER").unwrap_or_else(|_| "moto_server".to_owned());
    let mut server = Command::new(&program)
        .args(["-p", "0"])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("the emulator is missing: `pip install 'moto[server]'`, or set SLIPWAY_TEST_EMULATOR_URL ({program}: {error})")
        });
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let url = lines.find_map(|line| {
        line.unwrap()
            .split_once("Running on ")
            .map(|(_, url)| url.trim().to_owned())
    });
    // A full pipe would stop it.
    std::thread::spawn(move || lines.for_each(drop));
    (url.expect("the emulator prints its address"), Some(Ended(server)))
}

/// Service-linked roles as AWS names them, and as moto does: after the principal as it is written. The names are equally
/// long, so that a request keeps its length.
const LINKED_ROLES: [(&str, &str); 2] = [
    ("AWSServiceRoleForECS", "AWSServiceRoleForecs"),
    (
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSServiceRoleForelasticloadbalancing",
    ),
];

/// A proxy that asks the emulator in its own words. It ends with the test's process.
fn correct(url: &str) -> String {
    let upstream = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let upstream = upstream.clone();
            std::thread::spawn(move || pass_on(stream, &upstream));
        }
    });
    format!("http://{address}")
}

/// One request and its answer; the client opens a new connection for the next.
fn pass_on(mut client: TcpStream, upstream: &str) -> Option<()> {
    let request = String::from_utf8(message(&mut client)?).ok()?;
    let request = LINKED_ROLES
        .iter()
        .fold(request, |text, (aws, emulator)| text.replace(aws, emulator));
    let mut server = TcpStream::connect(upstream).ok()?;
    server.write_all(request.as_bytes()).ok()?;
    let answer = message(&mut server)?;
    client.write_all(&answer).ok()
}

/// A head and as much of a body as it announces.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|digits| digits.trim().parse().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut chunk).ok()? {
            0 => return None,
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
