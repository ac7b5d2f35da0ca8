//! From a connection to an open account: a practice account over its row, or AWS through the SDK.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use cloud_aws::{ConnectError, Secret};
use cloud_sim::SimCloud;
use engine::clock::Clock;
use engine::cloud::{AwsFault, Cloud, CloudError};
use jiff::Timestamp;
use store::Database;
use store::connections::{Connection, Credentials, Settings};
use uuid::Uuid;

use crate::practice::{Practice, PracticeError};

/// Why an account can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// AWS, or the way to it, says no.
    #[error(transparent)]
    Refused(CloudError),
    /// The practice account.
    #[error(transparent)]
    Practice(PracticeError),
}

impl From<PracticeError> for OpenError {
    fn from(error: PracticeError) -> Self {
        match error {
            PracticeError::Store(error) => Self::Store(error),
            other => Self::Practice(other),
        }
    }
}

/// The wall's clock, for real accounts.
#[derive(Debug, Clone, Copy)]
pub struct WallClock;

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// An account ready to be asked.
#[derive(Clone)]
pub struct OpenCloud {
    /// Its calls.
    pub cloud: Cloud,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// The practice account behind it, if it is one.
    pub practice: Option<Arc<Practice>>,
}

impl OpenCloud {
    /// Whether what was opened is still there: a practice account may have been put back to its morning.
    async fn is_current(&self) -> Result<bool, PracticeError> {
        match &self.practice {
            Some(practice) => practice.is_current().await,
            None => Ok(true),
        }
    }

    /// Seconds of account time per second of the wall.
    pub fn speed(&self) -> u32 {
        self.practice.as_ref().map_or(1, |practice| practice.speed())
    }
}

/// Open accounts of this process. A connection whose settings change is opened again.
pub struct Clouds {
    db: Database,
    practice_speed: u32,
    open: RwLock<HashMap<Uuid, (Settings, OpenCloud)>>,
}

impl Clouds {
    /// Nothing open yet. New practice accounts run at this speed.
    pub fn new(db: Database, practice_speed: u32) -> Self {
        Self {
            db,
            practice_speed,
            open: RwLock::default(),
        }
    }

    /// The database behind practice accounts and what connections are used for.
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// The account of a connection.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(&self, connection: &Connection) -> Result<OpenCloud, OpenError> {
        let known = {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            open.get(&connection.id)
                .filter(|(settings, _)| *settings == connection.settings)
                .map(|(_, open)| open.clone())
        };
        match known {
            Some(known) if known.is_current().await? => return Ok(known),
            Some(_) | None => {}
        }
        let opened = match &connection.settings {
            Settings::Practice { scenario } => {
                let practice = Practice::open(&self.db, connection.id, scenario, self.practice_speed).await?;
                OpenCloud {
                    cloud: SimCloud::cloud(Arc::<Practice>::clone(&practice)),
                    clock: Arc::<Practice>::clone(&practice),
                    practice: Some(practice),
                }
            }
            Settings::Aws {
                credentials,
                region,
                endpoint,
            } => OpenCloud {
                cloud: connect(credentials, region, endpoint.as_deref())
                    .await
                    .map_err(OpenError::Refused)?,
                clock: Arc::new(WallClock),
                practice: None,
            },
        };
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(connection.id, (connection.settings.clone(), opened.clone()));
        Ok(opened)
    }

    /// Closes the account of a connection; the next call opens it again.
    pub fn forget(&self, connection: Uuid) {
        self.open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&connection);
    }

    /// The speed of new practice accounts.
    pub fn practice_speed(&self) -> u32 {
        self.practice_speed
    }
}

async fn connect(
    credentials: &Credentials,
    region: &str,
    endpoint: Option<&str>,
) -> Result<Cloud, CloudError> {
    let profile = match credentials {
        Credentials::Profile { name } => Some(name.clone()),
        Credentials::Default | Credentials::AssumeRole { .. } => None,
    };
    let credentials = match credentials {
        Credentials::Default => cloud_aws::Credentials::Default,
        Credentials::Profile { name } => cloud_aws::Credentials::Profile(name.clone()),
        Credentials::AssumeRole {
            role_arn,
            external_id,
        } => cloud_aws::Credentials::AssumeRole {
            role_arn: role_arn.clone(),
            external_id: external_id.clone().map(Secret::new),
            source_profile: None,
        },
    };
    let endpoint = match endpoint.map(url::Url::parse) {
        None => None,
        Some(Ok(url)) => Some(url),
        Some(Err(error)) => return Err(refused("InvalidEndpoint", error.to_string())),
    };
    Box::pin(cloud_aws::connect(credentials, region, endpoint))
        .await
        .map_err(|error| match error {
            ConnectError::Credentials { error } => naming(error, profile.as_deref()),
            ConnectError::Region { .. } => refused("InvalidRegion", error.to_string()),
            ConnectError::Endpoint { .. } | ConnectError::Forbidden { .. } => {
                refused("InvalidEndpoint", error.to_string())
            }
        })
}

/// The SDK does not say which profile it could not use.
fn naming(error: CloudError, profile: Option<&str>) -> CloudError {
    match (error, profile) {
        (CloudError::Unavailable { mut fault, retryable }, Some(profile)) => {
            fault.message = format!("profile {profile}: {}", fault.message);
            CloudError::Unavailable { fault, retryable }
        }
        (error, _) => error,
    }
}

/// Refused by ourselves, in AWS's form.
fn refused(code: &str, message: String) -> CloudError {
    CloudError::Invalid {
        fault: AwsFault {
            operation: "connect".to_owned(),
            code: code.to_owned(),
            message,
            request_id: None,
        },
    }
}
