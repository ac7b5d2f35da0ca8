//! Connections: practice accounts and real ones, and what they allow.

mod form;

use std::time::Instant;

use app::backend::Answer;
use app::backend::connections::{
    ConnectionForm, ConnectionKind, ConnectionTest, ConnectionView, Connections, CredentialSource,
};
use app::backend::error::{PanelError, PanelErrorCode};
use async_trait::async_trait;
use engine::cloud::CloudError;
use engine::spec::problem::{Problem, ProblemCode};
use jiff::Timestamp;
use store::connections::{self as rows, Connection, Credentials, Settings};
use store::{Conflict, stacks};

use super::{RequestBackend, id, open_error, store_error, unexpected};
use crate::clouds::{Clouds, OpenError};
use crate::{policy, practice};
use form::{changed_form, problem};

pub use form::read_form;

impl RequestBackend {
    fn view(&self, connection: &Connection, stacks: u32) -> ConnectionView {
        let kind = match &connection.settings {
            Settings::Practice { scenario } => ConnectionKind::Practice {
                scenario: scenario.clone(),
                speed: self.panel.clouds.practice_speed(),
            },
            Settings::Aws {
                credentials,
                endpoint,
                ..
            } => ConnectionKind::Aws {
                credentials: source(credentials),
                endpoint: endpoint.clone(),
            },
        };
        ConnectionView {
            id: connection.id.to_string(),
            name: connection.name.clone(),
            region: region(&connection.settings).to_owned(),
            kind,
            stacks,
            // A test in the form of another version is as good as none.
            last_test: connection
                .last_test_as()
                .unwrap_or_default()
                .map(|(_, test)| test),
        }
    }
}

/// The region that a connection leads to.
pub fn region(settings: &Settings) -> &str {
    match settings {
        Settings::Practice { .. } => cloud_sim::scenario::REGION,
        Settings::Aws { region, .. } => region,
    }
}

fn source(credentials: &Credentials) -> CredentialSource {
    match credentials {
        Credentials::Default => CredentialSource::Default,
        Credentials::Profile { name } => CredentialSource::Profile { name: name.clone() },
        Credentials::AssumeRole {
            role_arn,
            external_id,
        } => CredentialSource::AssumeRole {
            role_arn: role_arn.clone(),
            has_external_id: external_id.is_some(),
        },
    }
}

#[async_trait]
impl Connections for RequestBackend {
    async fn connections(&self) -> Answer<Vec<ConnectionView>> {
        self.actor()?;
        let db = &self.panel.db;
        let counts = stacks::counts(db).await.map_err(store_error)?;
        let mut all = rows::list(db).await.map_err(store_error)?;
        all.sort_by_key(|connection| matches!(connection.settings, Settings::Aws { .. }));
        Ok(all
            .iter()
            .map(|connection| self.view(connection, counts.get(&connection.id).copied().unwrap_or(0)))
            .collect())
    }

    async fn connection(&self, id_text: &str) -> Answer<ConnectionView> {
        self.actor()?;
        let db = &self.panel.db;
        let connection = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let stacks = stacks::of_connection(db, connection.id)
            .await
            .map_err(store_error)?;
        Ok(self.view(&connection, u32::try_from(stacks.len()).unwrap_or(u32::MAX)))
    }

    async fn add_connection(&self, form: ConnectionForm) -> Answer<String> {
        let actor = self.actor_id()?;
        let (name, settings) = read_form(&form).map_err(refused_form)?;
        match rows::create(&self.panel.db, &name, &settings, Some(actor)).await {
            Ok(connection) => Ok(connection.id.to_string()),
            Err(error) if error.conflict() == Some(Conflict::ConnectionNameTaken) => {
                Err(refused_form(vec![problem("name", &name, ProblemCode::Twice)]))
            }
            Err(error) => Err(store_error(error)),
        }
    }

    async fn edit_connection(&self, id_text: &str, form: ConnectionForm) -> Answer<()> {
        self.actor()?;
        let db = &self.panel.db;
        let before = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let (name, settings) = changed_form(&before.settings, form).map_err(refused_form)?;
        let moves = region(&settings) != region(&before.settings);
        let used = stacks::of_connection(db, before.id).await.map_err(store_error)?;
        if moves && !used.is_empty() {
            let names: Vec<&str> = used.iter().map(|stack| stack.name.as_str()).collect();
            return Err(PanelError::new(PanelErrorCode::ConnectionInUse).with("stacks", names.join(", ")));
        }
        match rows::update(db, before.id, &name, &settings).await {
            Ok(_) => {
                self.panel.clouds.forget(before.id);
                Ok(())
            }
            Err(error) if error.conflict() == Some(Conflict::ConnectionNameTaken) => {
                Err(refused_form(vec![problem("name", &name, ProblemCode::Twice)]))
            }
            Err(error) => Err(store_error(error)),
        }
    }

    async fn test_connection(&self, id_text: &str) -> Answer<ConnectionTest> {
        self.actor()?;
        let db = &self.panel.db;
        let connection = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let test = test(&self.panel.clouds, &connection).await.map_err(open_error)?;
        rows::note_test(db, connection.id, &test)
            .await
            .map_err(store_error)?;
        Ok(test)
    }

    async fn reset_practice(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        let db = &self.panel.db;
        let connection = rows::get(db, id(id_text)?).await.map_err(store_error)?;
        let Settings::Practice { scenario } = &connection.settings else {
            return Err(PanelError::new(PanelErrorCode::PracticeOnly));
        };
        practice::reset(db, connection.id, scenario, self.panel.clouds.practice_speed())
            .await
            .map_err(|error| open_error(OpenError::from(error)))?;
        self.panel.clouds.forget(connection.id);
        Ok(())
    }

    async fn remove_connection(&self, id_text: &str) -> Answer<()> {
        self.actor()?;
        let db = &self.panel.db;
        let connection = id(id_text)?;
        match rows::remove(db, connection).await {
            Ok(()) => {
                self.panel.clouds.forget(connection);
                Ok(())
            }
            Err(error) if error.conflict() == Some(Conflict::ConnectionInUse) => {
                let used = stacks::of_connection(db, connection).await.map_err(store_error)?;
                let names: Vec<&str> = used.iter().map(|stack| stack.name.as_str()).collect();
                Err(PanelError::new(PanelErrorCode::ConnectionInUse).with("stacks", names.join(", ")))
            }
            Err(error) => Err(store_error(error)),
        }
    }

    async fn policy(&self, id_text: &str) -> Answer<String> {
        self.actor()?;
        let connection = rows::get(&self.panel.db, id(id_text)?)
            .await
            .map_err(store_error)?;
        let region = region(&connection.settings).to_owned();
        // The last test knows the account; before one the policy is for any. A page is no reason to ask AWS.
        let tested: Option<(Timestamp, ConnectionTest)> = connection.last_test_as().unwrap_or_default();
        let account = tested
            .and_then(|(_, test)| test.identity.ok())
            .map(|caller| caller.account_id);
        let lent = policy::lent(&self.panel.db, &connection)
            .await
            .map_err(store_error)?;
        policy::text(account.as_deref(), Some(&region), &lent).map_err(|error| unexpected(&error))
    }
}

/// Asks AWS who we are and what we may do.
///
/// # Errors
/// [`OpenError`] when our own side fails; AWS's refusals are part of the answer.
pub async fn test(clouds: &Clouds, connection: &Connection) -> Result<ConnectionTest, OpenError> {
    // A test is asked for after somebody changed something outside: nothing remembered may answer.
    clouds.forget(connection.id);
    let began = Instant::now();
    let answer = match clouds.open(connection).await {
        Ok(open) => match open.cloud.identity.caller().await {
            Ok(caller) => Ok((open, caller)),
            Err(error) => Err(error),
        },
        Err(OpenError::Refused(error)) => Err(error),
        Err(error) => return Err(error),
    };
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let at = Timestamp::now();
    match answer {
        Ok((open, caller)) => {
            let lent = policy::lent(clouds.db(), connection).await?;
            let questions =
                engine::policy::questions(&caller.account_id, region(&connection.settings), &lent);
            let (permissions, unchecked) = match open.cloud.identity.permissions(&questions).await {
                Ok(permissions) => (permissions, None),
                // Nothing is known, and nothing is claimed.
                Err(error) => (Vec::new(), Some(error.fault().clone())),
            };
            Ok(ConnectionTest {
                at,
                identity: Ok(caller),
                permissions,
                unchecked,
                took_ms,
            })
        }
        Err(error) => Ok(ConnectionTest {
            at,
            identity: Err(CloudError::fault(&error).clone()),
            permissions: Vec::new(),
            unchecked: None,
            took_ms,
        }),
    }
}

fn refused_form(problems: Vec<Problem>) -> PanelError {
    PanelError {
        problems,
        ..PanelError::new(PanelErrorCode::Form)
    }
}
