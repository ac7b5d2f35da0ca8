//! Which account a command means.

use engine::spec::field;
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::rule::NameRule;
use store::connections::{self, Connection, Credentials, Settings};
use store::{Database, stacks};

use super::failure::Failure;

/// The connection of that name; or the one that `practice:SCENARIO` or `aws:PROFILE@REGION` describes, made when it is
/// used for the first time.
pub(super) async fn resolve(db: &Database, text: &str) -> Result<Connection, Failure> {
    let text = text.trim();
    match text.split_once(':') {
        Some(("practice", scenario)) => practice(db, text, scenario).await,
        Some(("aws", rest)) => {
            let endpoint = std::env::var("AWS_ENDPOINT_URL")
                .ok()
                .filter(|url| !url.is_empty());
            let (name, settings) = aws(rest, endpoint).map_err(|problem| Failure::Problems(vec![problem]))?;
            Ok(connections::ensure(db, &name, &settings).await?)
        }
        _ => named(db, text).await,
    }
}

async fn named(db: &Database, name: &str) -> Result<Connection, Failure> {
    match connections::by_name(db, name).await {
        Ok(connection) => Ok(connection),
        Err(store::Error::NotFound { .. }) => {
            let known: Vec<String> = connections::list(db)
                .await?
                .into_iter()
                .map(|known| known.name)
                .collect();
            Err(Failure::Problems(vec![problem(
                name,
                ProblemCode::NotOneOf { choices: known },
            )]))
        }
        Err(error) => Err(error.into()),
    }
}

async fn practice(db: &Database, name: &str, scenario: &str) -> Result<Connection, Failure> {
    match connections::by_name(db, name).await {
        Ok(connection) => return Ok(connection),
        Err(store::Error::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if scenario.parse::<cloud_sim::Scenario>().is_err() {
        let choices = cloud_sim::Scenario::ALL
            .iter()
            .map(|scenario| format!("practice:{}", scenario.name()))
            .collect();
        return Err(Failure::Problems(vec![problem(
            name,
            ProblemCode::NotOneOf { choices },
        )]));
    }
    Ok(connections::ensure(
        db,
        name,
        &Settings::Practice {
            scenario: scenario.to_owned(),
        },
    )
    .await?)
}

/// Name and settings of `PROFILE@REGION`. An endpoint of the environment becomes part of both: a panel without that
/// variable that takes the run over must not ask the real AWS.
fn aws(text: &str, endpoint: Option<String>) -> Result<(String, Settings), Problem> {
    let given = format!("aws:{text}");
    let Some((profile, region)) = text
        .rsplit_once('@')
        .filter(|(profile, region)| !profile.is_empty() && !region.is_empty())
    else {
        let rule = NameRule::ConnectionArgument;
        return Err(problem(&given, ProblemCode::BadName { rule }));
    };
    if let Err(code) = field::region(region) {
        return Err(problem(&given, code));
    }
    let credentials = match profile {
        "default" => Credentials::Default,
        name => Credentials::Profile {
            name: name.to_owned(),
        },
    };
    let name = match &endpoint {
        Some(endpoint) => format!("{given} via {endpoint}"),
        None => given,
    };
    Ok((
        name,
        Settings::Aws {
            credentials,
            region: region.to_owned(),
            endpoint,
        },
    ))
}

fn problem(given: &str, code: ProblemCode) -> Problem {
    Problem {
        field: "connection".to_owned(),
        given: given.to_owned(),
        code,
    }
}

/// Refuses a spec for another region than the connection's, before anything is asked.
pub(super) fn check_region(connection: &Connection, region: &str) -> Result<(), Failure> {
    let own = crate::backend::region(&connection.settings);
    if own == region {
        return Ok(());
    }
    let code = ProblemCode::NotOneOf {
        choices: vec![own.to_owned()],
    };
    Err(Failure::Problems(vec![Problem {
        field: "region".to_owned(),
        given: region.to_owned(),
        code,
    }]))
}

/// The stack of that name; the connection is needed only when several have one.
pub(super) async fn stack(
    db: &Database,
    name: &str,
    connection: Option<&str>,
) -> Result<(Connection, stacks::Stack), Failure> {
    if let Some(text) = connection {
        let connection = resolve(db, text).await?;
        return match stacks::by_name(db, connection.id, name).await {
            Ok(stack) => Ok((connection, stack)),
            Err(store::Error::NotFound { .. }) => Err(Failure::NotFound(format!(
                "there is no stack {name:?} on {}",
                connection.name
            ))),
            Err(error) => Err(error.into()),
        };
    }
    let mut found: Vec<stacks::Stack> = stacks::list(db)
        .await?
        .into_iter()
        .filter(|stack| stack.name == name)
        .collect();
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(Failure::NotFound(format!("there is no stack {name:?}"))),
        (Some(stack), true) => Ok((connections::get(db, stack.connection_id).await?, stack)),
        (Some(last), false) => {
            found.push(last);
            let mut names = Vec::new();
            for stack in &found {
                names.push(connections::get(db, stack.connection_id).await?.name);
            }
            Err(Failure::Usage(format!(
                "several connections have a stack {name:?}: say --connection with one of {}",
                names.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_and_a_region_describe_a_connection() {
        let (name, settings) = aws("deploy@ap-northeast-1", None).unwrap();
        assert_eq!(name, "aws:deploy@ap-northeast-1");
        assert!(matches!(
            settings,
            Settings::Aws {
                credentials: Credentials::Profile { .. },
                endpoint: None,
                ..
            }
        ));
        let (_, settings) = aws("default@us-east-1", None).unwrap();
        assert!(matches!(
            settings,
            Settings::Aws {
                credentials: Credentials::Default,
                ..
            }
        ));
    }

    #[test]
    fn an_emulator_is_another_connection() {
        let (real, _) = aws("default@us-east-1", None).unwrap();
        let (emulated, settings) = aws("default@us-east-1", Some("http://127.0.0.1:5000".into())).unwrap();
        assert_ne!(real, emulated);
        assert!(matches!(
            settings,
            Settings::Aws {
                endpoint: Some(_),
                ..
            }
        ));
    }

    #[test]
    fn a_broken_description_says_what_would_be_right() {
        for text in ["", "default", "default@", "@us-east-1", "default@tokyo"] {
            assert!(aws(text, None).is_err(), "{text:?}");
        }
    }
}
