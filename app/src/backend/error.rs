//! The one error type at the server-function boundary: a code with its values, AWS's own words, and the next click.

use std::collections::BTreeMap;

use engine::cloud::AwsFault;
use engine::spec::problem::Problem;
use serde::{Deserialize, Serialize};

/// What went wrong, for a person: the page translates the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code:?}")]
pub struct PanelError {
    /// Which sentence.
    pub code: PanelErrorCode,
    /// Values for the sentence, by name.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Field problems, when a form was refused.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// AWS's own words, when AWS refused.
    #[serde(default)]
    pub fault: Option<AwsFault>,
    /// Where to go from here.
    #[serde(default)]
    pub next: Option<NextClick>,
}

/// Kinds of errors a person meets. Each has a title and a sentence in the locale files under `error.CODE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelErrorCode {
    /// Nobody is signed in.
    SignInNeeded,
    /// E-mail or password is wrong.
    WrongCredentials,
    /// Too many attempts; `seconds`.
    SlowDown,
    /// The set-up link is used or wrong.
    SetupLink,
    /// It does not exist, or this person may not see it.
    NotFound,
    /// The form has problems; see `problems`.
    Form,
    /// Somebody changed it in the meantime.
    Changed,
    /// The account changed since the plan was made: review again.
    StalePlan,
    /// The plan has blocking findings.
    BlockedPlan,
    /// A run of this stack is not over yet; `run`.
    RunUnfinished,
    /// The run is over: nothing to cancel or resume.
    RunOver,
    /// The stack has a newer run: only that one can be gone on with.
    RunSuperseded,
    /// The run succeeded or is not over: nothing to go on with.
    RunNotResumable,
    /// A run did not succeed, and no call of AWS's says why; `run` is its number.
    RunFailed,
    /// The draft became a run; `run` is its number.
    DraftDone,
    /// The stack was taken down.
    StackGone,
    /// AWS refused; see `fault`.
    Aws,
    /// AWS can't be reached or the credentials do not work; see `fault`.
    AwsUnreachable,
    /// The connection is still used by a stack; `stacks`.
    ConnectionInUse,
    /// A practice account only.
    PracticeOnly,
    /// A practice account was saved by another version of Slipway: only a reset helps.
    PracticeUnreadable,
    /// Our own storage does not answer.
    Storage,
    /// A request that this panel does not send.
    BadRequest,
    /// Something we did not foresee; `incident` is in the server's log.
    Unexpected,
}

/// A link that leads on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextClick {
    /// Where.
    pub href: String,
    /// Which label, from `next.CODE` of the locale files.
    pub label: NextLabel,
}

/// Labels of next clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextLabel {
    /// To the sign-in page.
    SignIn,
    /// To the dashboard.
    Stacks,
    /// To the connections.
    Connections,
    /// Check the connection.
    TestConnection,
    /// To the page of a practice account, which resets it.
    ResetPractice,
    /// Review the plan again.
    ReviewAgain,
    /// Look at the run.
    OpenRun,
    /// Look at the stack.
    OpenStack,
    /// Correct the form.
    Correct,
    /// The same again.
    TryAgain,
}

impl PanelError {
    /// An error with nothing but its code.
    pub fn new(code: PanelErrorCode) -> Self {
        Self {
            code,
            values: BTreeMap::new(),
            problems: Vec::new(),
            fault: None,
            next: None,
        }
    }

    /// With a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    /// With the next click.
    #[must_use]
    pub fn next(mut self, label: NextLabel, href: impl Into<String>) -> Self {
        self.next = Some(NextClick {
            href: href.into(),
            label,
        });
        self
    }
}
