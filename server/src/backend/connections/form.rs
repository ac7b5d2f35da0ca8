//! What was typed about a connection: its name and settings, or everything that is wrong.

use app::backend::connections::ConnectionForm;
use cloud_sim::Scenario;
use engine::spec::field;
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::rule::NameRule;
use store::connections::{Credentials, Settings};

/// Longest name of a connection, in characters.
const LONGEST_NAME: usize = 64;

pub(super) fn problem(field: &str, given: &str, code: ProblemCode) -> Problem {
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
pub(super) fn changed_form(
    before: &Settings,
    form: ConnectionForm,
) -> Result<(String, Settings), Vec<Problem>> {
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
