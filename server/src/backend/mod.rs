//! What the panel's pages ask, answered for one request. Every method that needs a person asks [`RequestBackend::actor`]
//! first: a page can't forget to.

mod connections;
mod drafts;
mod people;
mod runs;
mod stacks;

pub use connections::{read_form as checked_connection, region, test as test_connection};
pub use drafts::drafted;

use std::net::IpAddr;
use std::sync::Arc;

use app::backend::Answer;
use app::backend::error::{NextLabel, PanelError, PanelErrorCode};
use app::backend::people::Viewer;
use app::i18n::Locale;
use cloud_sim::cell;
use engine::cloud::CloudError;
use store::Conflict;
use tower_sessions::Session;
use uuid::Uuid;

use crate::clouds::OpenError;
use crate::panel::Panel;
use crate::practice::PracticeError;

/// The backend of one request: the process's parts, the person who asks, and the facts of the request.
#[derive(Clone)]
pub struct RequestBackend {
    /// What the process shares.
    pub panel: Arc<Panel>,
    /// Who asks; `None`: nobody is signed in.
    pub viewer: Option<Viewer>,
    /// The session behind the cookie.
    pub session: Session,
    /// Where the request comes from.
    pub address: IpAddr,
    /// The reader's language.
    pub locale: Locale,
}

impl RequestBackend {
    /// The person who asks.
    ///
    /// # Errors
    /// [`PanelErrorCode::SignInNeeded`] when nobody is signed in.
    pub fn actor(&self) -> Answer<&Viewer> {
        self.viewer.as_ref().ok_or_else(|| {
            PanelError::new(PanelErrorCode::SignInNeeded).next(NextLabel::SignIn, app::routes::SIGN_IN)
        })
    }

    /// The id of the person who asks.
    ///
    /// # Errors
    /// [`PanelErrorCode::SignInNeeded`].
    pub fn actor_id(&self) -> Answer<Uuid> {
        id(&self.actor()?.id)
    }
}

/// An id from an address or form.
///
/// # Errors
/// [`PanelErrorCode::NotFound`]: whatever is not an id names nothing.
pub fn id(text: &str) -> Answer<Uuid> {
    text.parse()
        .map_err(|_| PanelError::new(PanelErrorCode::NotFound).next(NextLabel::Stacks, app::routes::HOME))
}

/// What a store error means to a person. Details go to the log under a number that the person sees.
pub fn store_error(error: store::Error) -> PanelError {
    match &error {
        store::Error::NotFound { .. } => {
            PanelError::new(PanelErrorCode::NotFound).next(NextLabel::Stacks, app::routes::HOME)
        }
        store::Error::Conflict { what } => match what {
            Conflict::ConnectionInUse => PanelError::new(PanelErrorCode::ConnectionInUse),
            Conflict::SetupLinkSpent => PanelError::new(PanelErrorCode::SetupLink),
            Conflict::RunUnfinished => PanelError::new(PanelErrorCode::RunUnfinished),
            Conflict::RunSuperseded => PanelError::new(PanelErrorCode::RunSuperseded),
            Conflict::RunNotResumable => PanelError::new(PanelErrorCode::RunNotResumable),
            Conflict::VersionStale | Conflict::LeaseLost => PanelError::new(PanelErrorCode::Changed),
            _ => unexpected(&error),
        },
        store::Error::Unavailable(_) | store::Error::Unreachable(_) | store::Error::DiskFull(_) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            PanelError::new(PanelErrorCode::Storage)
        }
        _ => unexpected(&error),
    }
}

/// What a refused AWS call means to a person.
pub fn cloud_error(error: &CloudError) -> PanelError {
    match error.fault().code.as_str() {
        cell::UNREADABLE => {
            return PanelError::new(PanelErrorCode::PracticeUnreadable)
                .next(NextLabel::ResetPractice, app::routes::CONNECTIONS);
        }
        cell::RESET => return PanelError::new(PanelErrorCode::Changed),
        _ => {}
    }
    let code = match error {
        CloudError::Unavailable { .. } => PanelErrorCode::AwsUnreachable,
        CloudError::NotFound { .. }
        | CloudError::AlreadyExists { .. }
        | CloudError::InUse { .. }
        | CloudError::Denied { .. }
        | CloudError::Throttled { .. }
        | CloudError::Invalid { .. } => PanelErrorCode::Aws,
    };
    PanelError {
        fault: Some(error.fault().clone()),
        ..PanelError::new(code)
    }
}

/// What it means to a person that an account can't be opened.
pub fn open_error(error: OpenError) -> PanelError {
    match error {
        OpenError::Store(error) => store_error(error),
        OpenError::Refused(error) => {
            cloud_error(&error).next(NextLabel::TestConnection, app::routes::CONNECTIONS)
        }
        OpenError::Practice(PracticeError::Unreadable { connection_id }) => {
            PanelError::new(PanelErrorCode::PracticeUnreadable)
                .next(NextLabel::ResetPractice, app::routes::connection(connection_id))
        }
        OpenError::Practice(error) => unexpected(&error),
    }
}

/// Something nobody foresaw: the cause goes to the log, its number to the person.
pub fn unexpected(error: &(dyn std::error::Error + 'static)) -> PanelError {
    let incident = Uuid::new_v4().simple().to_string();
    let incident = incident.get(..8).unwrap_or(&incident);
    tracing::error!(incident, error, "unexpected");
    PanelError::new(PanelErrorCode::Unexpected).with("incident", incident)
}
