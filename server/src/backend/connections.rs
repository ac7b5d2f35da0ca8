//! Connections: practice accounts and real ones, and what they allow.

use std::time::Instant;

use app::backend::Answer;
use app::backend::connections::{
    ConnectionForm, ConnectionKind, ConnectionTest, ConnectionView, Connections, CredentialSource,
};
use app::backend::error::{PanelError, PanelErrorCode};
use async_trait::async_trait;
use cloud_sim::Scenario;
use engine::cloud::CloudError;
use engine::spec::field;
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::rule::NameRule;
use jiff::Timestamp;
use store::connections::{self as rows, Connection, Credentials, Settings};
use store::{Conflict, stacks};

use super::{RequestBackend, id, open_error, store_error, unexpected};
use crate::clouds::{Clouds, OpenError};
use crate::{policy, practice};

/// Longest name of a connection, in characters.
const LONGEST_NAME: usize = 64;

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

fn problem(field: &str, given: &str, code: ProblemCode) -> Problem {
    Problem {
        field: field.to_owned(),
        given: given.to_owned(),
        code,
    }
}

/// Name and settings of a form, or everything that is wrong with it.
///
/// # Errors
/// Every problem at once.
pub fn read_form(form: &ConnectionForm) -> Result<(String, Settings), Vec<Problem>> {
    let mut problems = Vec::new();
    let name = form.name.trim();
    if name.is_empty() {
        problems.push(problem("name", "", ProblemCode::Missing));
    } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let rule = NameRule::Connection;
        problems.push(problem("name", name, ProblemCode::BadName { rule }));
    }
    let settings = match form.kind.as_str() {
        "practice" => practice_settings(form, &mut problems),
        "aws" => aws_settings(form, &mut problems),
        other => {
            let choices = vec!["practice".to_owned(), "aws".to_owned()];
            problems.push(problem("kind", other, ProblemCode::NotOneOf { choices }));
            None
        }
    };
    match settings {
        Some(settings) if problems.is_empty() => Ok((name.to_owned(), settings)),
        _ => Err(problems),
    }
}

/// Name and settings of a connection after its form. Its kind stays, and an external id that nobody typed anew.
fn changed_form(before: &Settings, form: ConnectionForm) -> Result<(String, Settings), Vec<Problem>> {
    let form = match before {
        Settings::Practice { scenario } => ConnectionForm {
            kind: "practice".to_owned(),
            scenario: scenario.clone(),
            name: form.name,
            ..ConnectionForm::default()
        },
        Settings::Aws { .. } => ConnectionForm {
            kind: "aws".to_owned(),
            ..form
        },
    };
    let (name, mut settings) = read_form(&form)?;
    if let (
        Settings::Aws {
            credentials: Credentials::AssumeRole {
                external_id: kept, ..
            },
            ..
        },
        Settings::Aws {
            credentials: Credentials::AssumeRole { external_id, .. },
            ..
        },
    ) = (before, &mut settings)
        && external_id.is_none()
        && !form.drop_external_id
    {
        external_id.clone_from(kept);
    }
    Ok((name, settings))
}

fn practice_settings(form: &ConnectionForm, problems: &mut Vec<Problem>) -> Option<Settings> {
    let scenario = form.scenario.trim();
    if scenario.parse::<Scenario>().is_err() {
        let choices = Scenario::ALL
            .iter()
            .map(|scenario| scenario.name().to_owned())
            .collect();
        problems.push(problem("scenario", scenario, ProblemCode::NotOneOf { choices }));
        return None;
    }
    Some(Settings::Practice {
        scenario: scenario.to_owned(),
    })
}

fn aws_settings(form: &ConnectionForm, problems: &mut Vec<Problem>) -> Option<Settings> {
    let region = form.region.trim();
    if let Err(code) = field::region(region) {
        problems.push(problem("region", region, code));
    }
    let credentials = match form.source.as_str() {
        "default" | "" => Some(Credentials::Default),
        "profile" => {
            let name = form.profile.trim();
            if name.is_empty() {
                problems.push(problem("profile", "", ProblemCode::Missing));
            }
            Some(Credentials::Profile {
                name: name.to_owned(),
            })
        }
        "assume_role" => {
            let role_arn = form.role_arn.trim();
            if let Err(code) = field::role_arn(role_arn) {
                problems.push(problem("role_arn", role_arn, code));
            }
            let external_id = Some(form.external_id.trim())
                .filter(|id| !id.is_empty())
                .map(str::to_owned);
            if external_id.as_ref().is_some_and(|id| !is_external_id(id)) {
                let rule = NameRule::ExternalId;
                // Not repeated: it stays on the server.
                problems.push(problem("external_id", "", ProblemCode::BadName { rule }));
            }
            Some(Credentials::AssumeRole {
                role_arn: role_arn.to_owned(),
                external_id,
            })
        }
        other => {
            let choices = ["default", "profile", "assume_role"].map(str::to_owned).to_vec();
            problems.push(problem("source", other, ProblemCode::NotOneOf { choices }));
            None
        }
    };
    let endpoint = form.endpoint.trim();
    let endpoint = if endpoint.is_empty() {
        None
    } else {
        match url::Url::parse(endpoint) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none() => {
            }
            _ => {
                let rule = NameRule::Endpoint;
                problems.push(problem("endpoint", endpoint, ProblemCode::BadName { rule }));
            }
        }
        Some(endpoint.to_owned())
    };
    Some(Settings::Aws {
        credentials: credentials?,
        region: region.to_owned(),
        endpoint,
    })
}

/// AWS's own rule for external ids (STS AssumeRole, `ExternalId`).
fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(form: &ConnectionForm) -> Vec<String> {
        read_form(form)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|problem| problem.field)
            .collect()
    }

    #[test]
    fn a_form_answers_every_problem_at_once() {
        let form = ConnectionForm {
            kind: "aws".into(),
            region: "tokyo".into(),
            source: "assume_role".into(),
            role_arn: "x".into(),
            external_id: "no spaces!".into(),
            endpoint: "localhost:5000".into(),
            ..ConnectionForm::default()
        };
        assert_eq!(
            fields(&form),
            ["name", "region", "role_arn", "external_id", "endpoint"]
        );
    }

    #[test]
    fn a_changed_connection_keeps_its_kind_and_the_external_id_that_nobody_typed() {
        let role = |external_id: Option<&str>| Settings::Aws {
            credentials: Credentials::AssumeRole {
                role_arn: "arn:aws:iam::123456789012:role/slipway".into(),
                external_id: external_id.map(str::to_owned),
            },
            region: "ap-northeast-1".into(),
            endpoint: None,
        };
        let form = |external_id: &str, drop_external_id: bool| ConnectionForm {
            kind: "practice".into(),
            name: "prod".into(),
            region: "ap-northeast-1".into(),
            source: "assume_role".into(),
            role_arn: "arn:aws:iam::123456789012:role/slipway".into(),
            external_id: external_id.into(),
            drop_external_id,
            ..ConnectionForm::default()
        };
        let before = role(Some("first"));
        let after = |form| changed_form(&before, form).unwrap().1;
        assert_eq!(after(form("", false)), role(Some("first")));
        assert_eq!(after(form("second", false)), role(Some("second")));
        assert_eq!(after(form("", true)), role(None));
    }

    #[test]
    fn a_good_form_becomes_settings() {
        let form = ConnectionForm {
            kind: "aws".into(),
            name: " prod ".into(),
            region: "ap-northeast-1".into(),
            source: "profile".into(),
            profile: "deploy".into(),
            ..ConnectionForm::default()
        };
        let (name, settings) = read_form(&form).unwrap();
        assert_eq!(name, "prod");
        assert!(matches!(
            settings,
            Settings::Aws {
                credentials: Credentials::Profile { .. },
                ..
            }
        ));
        let practice = ConnectionForm {
            kind: "practice".into(),
            name: "p".into(),
            scenario: "runbook".into(),
            ..ConnectionForm::default()
        };
        assert!(read_form(&practice).is_ok());
        assert_eq!(
            fields(&ConnectionForm {
                scenario: "messier".into(),
                ..practice
            }),
            ["scenario"]
        );
    }
}
