//! What an image would do if it ran: enough for a task to start, answer, fail and stop as a real one does.

use std::collections::BTreeMap;

use engine::cloud::registry::Architecture;
use serde::{Deserialize, Serialize};

/// An answer of the process to `GET path`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Status code.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// A process that ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessExit {
    /// Seconds after it started.
    pub after_s: u32,
    /// Exit code.
    pub code: i32,
    /// Its last line.
    pub last_line: String,
}

/// What is in an image and how its process behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageProfile {
    /// Linux platforms it holds.
    pub architectures: Vec<Architecture>,
    /// The tag names an index (what buildx pushes). Without one, a wrong platform passes the pull and fails at `exec`
    /// (catalogue D1, E1).
    pub index: bool,
    /// `EXPOSE`.
    pub exposed_ports: Vec<u16>,
    /// The port the process listens on; `--port N` in the command wins.
    pub port: u16,
    /// It listens on 127.0.0.1 only; `--host` in the command wins.
    pub loopback_only: bool,
    /// The user it runs as; empty: root.
    pub user: String,
    /// `curl` is in it.
    pub has_curl: bool,
    /// Other programs a health check might run.
    pub programs: Vec<String>,
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub command: Vec<String>,
    /// Memory the process needs, MiB. More than the task has: killed.
    pub memory_mib: u32,
    /// Seconds from the process's start until it listens.
    pub ready_after_s: u32,
    /// Milliseconds an answer takes.
    pub answer_ms: u32,
    /// Seconds from SIGTERM to its end; more than 30: killed.
    pub stops_after_s: u32,
    /// Answers by path.
    pub paths: BTreeMap<String, Page>,
    /// The answer to every other path.
    pub elsewhere: Page,
    /// What it writes when it is ready. `{port}` is the port.
    pub hello: Vec<String>,
    /// What it writes when it is told to stop.
    pub goodbye: Vec<String>,
    /// It ends by itself.
    pub exit: Option<ProcessExit>,
    /// Compressed size in bytes.
    pub size_bytes: u64,
}

impl ImageProfile {
    /// The runbook's backend: FastAPI under uvicorn on `python:3.12-slim`, port 8080, no `curl`.
    pub fn fastapi() -> Self {
        Self {
            architectures: vec![Architecture::X86_64],
            index: true,
            exposed_ports: vec![8080],
            port: 8080,
            loopback_only: false,
            user: String::new(),
            has_curl: false,
            programs: ["sh", "python", "python3"].map(String::from).to_vec(),
            entrypoint: Vec::new(),
            command: ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8080"]
                .map(String::from)
                .to_vec(),
            memory_mib: 96,
            ready_after_s: 2,
            answer_ms: 4,
            stops_after_s: 1,
            paths: BTreeMap::from([
                (
                    "/health".to_owned(),
                    Page {
                        status: 200,
                        body: r#"{"status":"ok"}"#.to_owned(),
                    },
                ),
                (
                    "/docs".to_owned(),
                    Page {
                        status: 200,
                        body: "<title>FastAPI - Swagger UI</title>".to_owned(),
                    },
                ),
            ]),
            elsewhere: Page {
                status: 404,
                body: r#"{"detail":"Not Found"}"#.to_owned(),
            },
            hello: vec![
                "INFO:     Started server process [1]".to_owned(),
                "INFO:     Waiting for application startup.".to_owned(),
                "INFO:     Application startup complete.".to_owned(),
                "INFO:     Uvicorn running on http://0.0.0.0:{port} (Press CTRL+C to quit)".to_owned(),
            ],
            goodbye: vec![
                "INFO:     Shutting down".to_owned(),
                "INFO:     Application shutdown complete.".to_owned(),
                "INFO:     Finished server process [1]".to_owned(),
            ],
            exit: None,
            size_bytes: 52_428_800,
        }
    }

    /// A web server that answers `/` on port 80 and has `curl`.
    pub fn nginx() -> Self {
        Self {
            architectures: vec![Architecture::X86_64, Architecture::Arm64],
            exposed_ports: vec![80],
            port: 80,
            has_curl: true,
            programs: vec!["sh".to_owned()],
            entrypoint: vec!["/docker-entrypoint.sh".to_owned()],
            command: ["nginx", "-g", "daemon off;"].map(String::from).to_vec(),
            memory_mib: 24,
            ready_after_s: 1,
            answer_ms: 1,
            paths: BTreeMap::from([(
                "/".to_owned(),
                Page {
                    status: 200,
                    body: "<title>Welcome to nginx!</title>".to_owned(),
                },
            )]),
            elsewhere: Page {
                status: 404,
                body: "<title>404 Not Found</title>".to_owned(),
            },
            hello: vec!["start worker processes".to_owned()],
            goodbye: vec!["gracefully shutting down".to_owned()],
            size_bytes: 71_303_168,
            ..Self::fastapi()
        }
    }

    /// The same, listening on another port.
    #[must_use]
    pub fn listening(mut self, port: u16) -> Self {
        let text = port.to_string();
        if let Some(at) = self.command.iter().position(|word| word == "--port")
            && let Some(value) = self.command.get_mut(at + 1)
        {
            *value = text;
        }
        self.port = port;
        self.exposed_ports = vec![port];
        self
    }

    /// The same, answering `path` with this status.
    #[must_use]
    pub fn answering(mut self, path: &str, status: u16) -> Self {
        let body = format!(r#"{{"status":{status}}}"#);
        self.paths.insert(path.to_owned(), Page { status, body });
        self
    }

    /// The same, for these platforms only.
    #[must_use]
    pub fn on(mut self, architectures: &[Architecture]) -> Self {
        self.architectures = architectures.to_vec();
        self
    }

    /// Whether a program can be run in it.
    pub fn has(&self, program: &str) -> bool {
        (program == "curl" && self.has_curl) || self.programs.iter().any(|known| known == program)
    }

    pub(crate) fn answer(&self, path: &str) -> &Page {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        self.paths.get(path).unwrap_or(&self.elsewhere)
    }

    /// The value after `--flag` in the command that really runs.
    pub(crate) fn argument<'a>(&'a self, replaced: &'a [String], flag: &str) -> Option<&'a str> {
        let command = if replaced.is_empty() {
            &self.command
        } else {
            replaced
        };
        command
            .iter()
            .enumerate()
            .find_map(|(at, word)| match word.strip_prefix(flag) {
                Some("") => command.get(at + 1).map(String::as_str),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            })
    }
}

/// The images of public registries that the practice internet knows, by name without tag.
pub(crate) fn public(name: &str) -> Option<ImageProfile> {
    let short = [
        "docker.io/library/",
        "docker.io/",
        "public.ecr.aws/docker/library/",
        "public.ecr.aws/nginx/",
    ]
    .iter()
    .find_map(|prefix| name.strip_prefix(prefix))
    .unwrap_or(name);
    match short {
        "nginx" | "httpd" => Some(ImageProfile::nginx()),
        "traefik/whoami" => Some(
            ImageProfile {
                has_curl: false,
                ..ImageProfile::nginx()
            }
            .answering("/health", 200),
        ),
        _ => None,
    }
}
