//! Errors at the panel's boundary, in the reader's language.

use serde::{Deserialize, Serialize};

use crate::backend::{PanelError, PanelErrorCode, error::NextLabel};
use crate::i18n::{Locale, t};
use crate::words::say;

/// An error as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What happened.
    pub title: String,
    /// Why, and what it means.
    pub why: String,
    /// AWS's own code.
    pub code: Option<String>,
    /// AWS's own message.
    pub message: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// The next click: address and words.
    pub next: Option<(String, String)>,
}

impl Said {
    /// An error in the reader's words.
    pub fn of(l: Locale, error: &PanelError) -> Self {
        let fault = error.fault.as_ref();
        Self {
            title: title(l, error),
            why: why(l, error),
            code: fault.map(|fault| fault.code.clone()),
            message: fault.map(|fault| fault.message.clone()),
            request_id: fault.and_then(|fault| fault.request_id.clone()),
            next: error
                .next
                .as_ref()
                .map(|click| (click.href.clone(), next(l, click.label).to_owned())),
        }
    }
}

/// What happened.
pub fn title(l: Locale, error: &PanelError) -> String {
    match error.code {
        PanelErrorCode::SignInNeeded => t!(l, panel_error.sign_in_needed.title).to_owned(),
        PanelErrorCode::WrongCredentials => t!(l, panel_error.wrong_credentials.title).to_owned(),
        PanelErrorCode::SlowDown => t!(l, panel_error.slow_down.title).to_owned(),
        PanelErrorCode::SetupLink => t!(l, panel_error.setup_link.title).to_owned(),
        PanelErrorCode::NotFound => t!(l, panel_error.not_found.title).to_owned(),
        PanelErrorCode::Form => t!(l, panel_error.form.title).to_owned(),
        PanelErrorCode::Changed => t!(l, panel_error.changed.title).to_owned(),
        PanelErrorCode::StalePlan => t!(l, panel_error.stale_plan.title).to_owned(),
        PanelErrorCode::BlockedPlan => t!(l, panel_error.blocked_plan.title).to_owned(),
        PanelErrorCode::RunUnfinished => t!(l, panel_error.run_unfinished.title).to_owned(),
        PanelErrorCode::RunOver => t!(l, panel_error.run_over.title).to_owned(),
        PanelErrorCode::RunSuperseded => t!(l, panel_error.run_superseded.title).to_owned(),
        PanelErrorCode::RunNotResumable => t!(l, panel_error.run_not_resumable.title).to_owned(),
        PanelErrorCode::RunFailed => say!(l, &error.values, panel_error.run_failed.title, run),
        PanelErrorCode::DraftDone => say!(l, &error.values, panel_error.draft_done.title, run),
        PanelErrorCode::StackGone => t!(l, panel_error.stack_gone.title).to_owned(),
        PanelErrorCode::Aws => t!(l, panel_error.aws.title).to_owned(),
        PanelErrorCode::AwsUnreachable => t!(l, panel_error.aws_unreachable.title).to_owned(),
        PanelErrorCode::ConnectionInUse => t!(l, panel_error.connection_in_use.title).to_owned(),
        PanelErrorCode::PracticeOnly => t!(l, panel_error.practice_only.title).to_owned(),
        PanelErrorCode::PracticeUnreadable => t!(l, panel_error.practice_unreadable.title).to_owned(),
        PanelErrorCode::Storage => t!(l, panel_error.storage.title).to_owned(),
        PanelErrorCode::BadRequest => t!(l, panel_error.bad_request.title).to_owned(),
        PanelErrorCode::Unexpected => t!(l, panel_error.unexpected.title).to_owned(),
    }
}

/// Why, and what it means.
pub fn why(l: Locale, error: &PanelError) -> String {
    let values = &error.values;
    match error.code {
        PanelErrorCode::SignInNeeded => t!(l, panel_error.sign_in_needed.why).to_owned(),
        PanelErrorCode::WrongCredentials => t!(l, panel_error.wrong_credentials.why).to_owned(),
        PanelErrorCode::SlowDown => say!(l, values, panel_error.slow_down.why, seconds),
        PanelErrorCode::SetupLink => t!(l, panel_error.setup_link.why).to_owned(),
        PanelErrorCode::NotFound => t!(l, panel_error.not_found.why).to_owned(),
        PanelErrorCode::Form => t!(l, panel_error.form.why).to_owned(),
        PanelErrorCode::Changed => t!(l, panel_error.changed.why).to_owned(),
        PanelErrorCode::StalePlan => t!(l, panel_error.stale_plan.why).to_owned(),
        PanelErrorCode::BlockedPlan => t!(l, panel_error.blocked_plan.why).to_owned(),
        PanelErrorCode::RunUnfinished => t!(l, panel_error.run_unfinished.why).to_owned(),
        PanelErrorCode::RunOver => t!(l, panel_error.run_over.why).to_owned(),
        PanelErrorCode::RunSuperseded => t!(l, panel_error.run_superseded.why).to_owned(),
        PanelErrorCode::RunNotResumable => t!(l, panel_error.run_not_resumable.why).to_owned(),
        PanelErrorCode::RunFailed => t!(l, panel_error.run_failed.why).to_owned(),
        PanelErrorCode::DraftDone => t!(l, panel_error.draft_done.why).to_owned(),
        PanelErrorCode::StackGone => t!(l, panel_error.stack_gone.why).to_owned(),
        PanelErrorCode::Aws => t!(l, panel_error.aws.why).to_owned(),
        PanelErrorCode::AwsUnreachable => t!(l, panel_error.aws_unreachable.why).to_owned(),
        PanelErrorCode::ConnectionInUse => say!(l, values, panel_error.connection_in_use.why, stacks),
        PanelErrorCode::PracticeOnly => t!(l, panel_error.practice_only.why).to_owned(),
        PanelErrorCode::PracticeUnreadable => t!(l, panel_error.practice_unreadable.why).to_owned(),
        PanelErrorCode::Storage => t!(l, panel_error.storage.why).to_owned(),
        PanelErrorCode::BadRequest => t!(l, panel_error.bad_request.why).to_owned(),
        PanelErrorCode::Unexpected => say!(l, values, panel_error.unexpected.why, incident),
    }
}

/// The label of the next click.
pub fn next(l: Locale, label: NextLabel) -> &'static str {
    match label {
        NextLabel::SignIn => t!(l, next.sign_in),
        NextLabel::Stacks => t!(l, next.stacks),
        NextLabel::Connections => t!(l, next.connections),
        NextLabel::TestConnection => t!(l, next.test_connection),
        NextLabel::ResetPractice => t!(l, next.reset_practice),
        NextLabel::ReviewAgain => t!(l, next.review_again),
        NextLabel::OpenRun => t!(l, next.open_run),
        NextLabel::OpenStack => t!(l, next.open_stack),
        NextLabel::Correct => t!(l, next.correct),
        NextLabel::TryAgain => t!(l, next.try_again),
    }
}
