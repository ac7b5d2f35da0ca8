//! How a command ends, and what it says when it fails.

use std::process::ExitCode;

use engine::cloud::{AwsFault, CloudError};
use engine::plan::Finding;
use engine::spec::problem::Problem;
use serde_json::{Value, json};
use store::embedded::EmbeddedError;

use super::output;
use crate::clouds::OpenError;
use crate::config::ConfigError;
use crate::panel;
use crate::practice::PracticeError;
use crate::runs::start::StartError;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Failed,
    BadInput,
    Waiting,
    Cancelled,
    Blocked,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadInput => 2,
            Exit::Waiting => 3,
            Exit::Cancelled => 4,
            Exit::Blocked => 5,
        })
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command itself is wrong.
    Usage(String),
    /// The spec or an argument has problems.
    Problems(Vec<Problem>),
    /// A setting is wrong.
    Config(ConfigError),
    /// The plan can't succeed.
    Blocked(Vec<Finding>),
    /// AWS says no.
    Cloud(CloudError),
    /// There is no such stack, connection, …
    NotFound(String),
    /// The person said no.
    Declined,
    /// Ctrl-C, or a signal like it, before anything was begun or while another's run was followed.
    Interrupted,
    /// A run of the stack is in the way: what it is, and what to do.
    InTheWay(String),
    /// The database.
    Store(store::Error),
    /// The private database.
    Embedded(EmbeddedError),
    /// Anything else: what was tried, and why it failed.
    Other(String),
}

impl Failure {
    pub(super) fn other(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Other(format!("{what}: {why}"))
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Problems(_) | Self::Config(_) | Self::NotFound(_) => Exit::BadInput,
            Self::Blocked(_) => Exit::Blocked,
            Self::Declined | Self::Interrupted => Exit::Cancelled,
            Self::Cloud(_) | Self::InTheWay(_) | Self::Store(_) | Self::Embedded(_) | Self::Other(_) => {
                Exit::Failed
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::Problems(_) => "bad_input",
            Self::Config(_) => "bad_setting",
            Self::Blocked(_) => "blocked_plan",
            Self::Cloud(error) if about_credentials(error) => "credentials",
            Self::Cloud(CloudError::Unavailable { .. }) => "aws_unreachable",
            Self::Cloud(_) => "aws",
            Self::Declined => "declined",
            Self::Interrupted => "interrupted",
            Self::InTheWay(_) => "run_unfinished",
            Self::NotFound(_) => "not_found",
            Self::Store(_) | Self::Embedded(_) => "storage",
            Self::Other(_) => "unexpected",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Usage(message)
            | Self::NotFound(message)
            | Self::InTheWay(message)
            | Self::Other(message) => message.clone(),
            Self::Declined => "nothing was changed".to_owned(),
            Self::Interrupted => "interrupted; this command changed nothing".to_owned(),
            Self::Problems(problems) => format!("{} in the input", counted(problems.len(), "problem")),
            Self::Config(error) => error.to_string(),
            Self::Blocked(findings) => {
                format!("the plan can't succeed: {}", counted(findings.len(), "reason"))
            }
            Self::Cloud(error) => aws(error),
            Self::Store(error) => chain(error),
            Self::Embedded(error) => chain(error),
        }
    }

    /// One line for each thing that is wrong.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Problems(problems) => problems.iter().map(ToString::to_string).collect(),
            Self::Blocked(findings) => findings
                .iter()
                .map(|finding| app::words::finding::finding(app::i18n::Locale::en, finding))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.message() });
        match self {
            Self::Problems(problems) => {
                let problems: Vec<Value> = problems.iter().map(problem_json).collect();
                error["problems"] = json!(problems);
            }
            Self::Blocked(findings) => {
                error["findings"] = json!(findings);
                error["reasons"] = json!(self.lines());
            }
            Self::Cloud(cloud) => error["fault"] = json!(cloud.fault()),
            _ => {}
        }
        json!({ "error": error })
    }

    /// Says it: as JSON on standard output, or in words on standard error.
    pub(super) fn print(&self, json: bool) {
        if json {
            output::json(&self.to_json());
            return;
        }
        output::note(&format!("slipway: {}", self.message()));
        for line in self.lines() {
            output::note(&line);
        }
    }
}

/// The problem with its sentence, so that a script need not know every code.
fn problem_json(problem: &Problem) -> Value {
    let mut value = json!(problem);
    value["message"] = json!(problem.to_string());
    value
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

/// Whether there are no credentials, or AWS does not know them or takes them no longer: the adapter says so by calling
/// AWS unavailable for good.
fn about_credentials(error: &CloudError) -> bool {
    let unknown = [
        "InvalidAction",
        "NotImplemented",
        "NotImplementedException",
        "UnknownOperation",
        "UnknownOperationException",
    ];
    matches!(error, CloudError::Unavailable { retryable: false, .. })
        && !unknown.contains(&error.fault().code.as_str())
}

/// AWS's words, and what they mean for whoever typed the command.
fn aws(error: &CloudError) -> String {
    let AwsFault {
        code,
        message,
        operation,
        request_id,
    } = error.fault();
    let request = request_id
        .as_ref()
        .map(|id| format!(" (request {id})"))
        .unwrap_or_default();
    let what = match error {
        error if about_credentials(error) => "AWS does not accept these credentials",
        CloudError::Unavailable { .. } => "AWS can't be reached",
        CloudError::Denied { .. } => "a permission is missing",
        CloudError::Throttled { .. } => "AWS asks for a pause",
        CloudError::NotFound { .. }
        | CloudError::AlreadyExists { .. }
        | CloudError::InUse { .. }
        | CloudError::Invalid { .. } => "AWS refused",
    };
    format!("{what}: {operation}: {code}: {message}{request}")
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<EmbeddedError> for Failure {
    fn from(error: EmbeddedError) -> Self {
        Self::Embedded(error)
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Refused(error) => Self::Cloud(error),
            OpenError::Practice(error) => error.into(),
        }
    }
}

impl From<PracticeError> for Failure {
    fn from(error: PracticeError) -> Self {
        match error {
            PracticeError::Store(error) => Self::Store(error),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<panel::StartError> for Failure {
    fn from(error: panel::StartError) -> Self {
        match error {
            panel::StartError::Store(error) => Self::Store(error),
            panel::StartError::Hashing(error) => Self::Other(error.to_string()),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Open(error) => error.into(),
            StartError::Cloud(error) => Self::Cloud(error),
            StartError::Store(error) => Self::Store(error),
            StartError::Blocked(findings) => Self::Blocked(findings),
            StartError::Stale | StartError::Unfinished { .. } => Self::Other(error.to_string()),
        }
    }
}
