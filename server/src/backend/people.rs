//! First set-up, signing in and out, notices.

use app::backend::drafts::FormValues;
use app::backend::error::{PanelError, PanelErrorCode};
use app::backend::people::{Notice, OwnerForm, People, Viewer};
use app::backend::{Answer, Installation};
use async_trait::async_trait;
use engine::spec::problem::{Problem, ProblemCode};
use engine::spec::rule::NameRule;
use serde::{Deserialize, Serialize};
use store::users::{NewUser, Role, User};
use store::{sessions, setup, users};
use uuid::Uuid;

use super::{RequestBackend, store_error, unexpected};
use crate::people::slow_down::Verdict;

/// Shortest password. NIST SP 800-63B-4 asks for 15 where it is the only factor, and the form advises that many.
const SHORTEST_PASSWORD: u64 = 8;
/// Longest password in characters: beyond this only the hasher suffers.
const LONGEST_PASSWORD: u64 = 256;
/// Longest name and e-mail address (RFC 5321).
const LONGEST_TEXT: usize = 254;

/// Key of the notices in the session.
const NOTICES: &str = "notices";
/// Notices kept at once.
const KEPT_NOTICES: usize = 4;
/// Seconds a notice is kept.
const NOTICE_LIFETIME_S: i64 = 10 * 60;
/// Longest value of a form that a notice repeats, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
struct KeptNotice {
    id: String,
    at: jiff::Timestamp,
    notice: Notice,
}

impl KeptNotice {
    fn is_fresh(&self) -> bool {
        jiff::Timestamp::now().duration_since(self.at).as_secs() < NOTICE_LIFETIME_S
    }
}

impl RequestBackend {
    /// A new session for this person, whatever was there before.
    async fn begin_session(&self, user: &User) -> Answer<()> {
        let begun = async {
            self.session.clear().await;
            self.session.cycle_id().await?;
            self.session
                .insert(sessions::USER_ID, user.id.to_string())
                .await?;
            // Saved now, so that a failure is an answer here and not a sign-in that silently did not happen.
            self.session.save().await
        };
        begun.await.map_err(|error| unexpected(&error))?;
        users::note_login(&self.panel.db, user.id)
            .await
            .map_err(store_error)
    }

    async fn kept_notices(&self) -> Vec<KeptNotice> {
        let kept: Option<Vec<KeptNotice>> = self.session.get(NOTICES).await.unwrap_or_default();
        kept.unwrap_or_default()
            .into_iter()
            .filter(KeptNotice::is_fresh)
            .collect()
    }
}

#[async_trait]
impl People for RequestBackend {
    fn viewer(&self) -> Option<Viewer> {
        self.viewer.clone()
    }

    fn installation(&self) -> Installation {
        Installation {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            practice_speed: Some(self.panel.facts.practice_speed),
            time_zone: self.panel.facts.time_zone.clone(),
        }
    }

    async fn setup_link_is_good(&self, token: &str) -> Answer<bool> {
        let until = setup::valid_until(&self.panel.db, token)
            .await
            .map_err(store_error)?;
        Ok(until.is_some())
    }

    async fn reset_link(&self, token: &str) -> Answer<Option<String>> {
        let user = setup::reset_of(&self.panel.db, token)
            .await
            .map_err(store_error)?;
        Ok(user.map(|user| user.email))
    }

    async fn reset_password(&self, token: &str, password: &str) -> Answer<()> {
        // Before the costly hash, as with the first account.
        if self.reset_link(token).await?.is_none() {
            return Err(PanelError::new(PanelErrorCode::SetupLink));
        }
        let problems = Vec::from_iter(password_problem(password));
        if !problems.is_empty() {
            return Err(PanelError {
                problems,
                ..PanelError::new(PanelErrorCode::Form)
            });
        }
        let password = self
            .panel
            .passwords
            .hash(password.to_owned())
            .await
            .map_err(|error| unexpected(&error))?;
        let user = setup::redeem_reset(&self.panel.db, token, &password)
            .await
            .map_err(store_error)?;
        tracing::info!(user = %user.id, "a lost password was replaced");
        self.begin_session(&user).await
    }

    async fn set_up(&self, token: &str, form: OwnerForm) -> Answer<()> {
        // Before the costly hash: only somebody with the link may make this machine work.
        if !self.setup_link_is_good(token).await? {
            return Err(PanelError::new(PanelErrorCode::SetupLink));
        }
        let problems = owner_problems(&form);
        if !problems.is_empty() {
            return Err(PanelError {
                problems,
                ..PanelError::new(PanelErrorCode::Form)
            });
        }
        let password = self
            .panel
            .passwords
            .hash(form.password)
            .await
            .map_err(|error| unexpected(&error))?;
        let owner = NewUser {
            email: &form.email,
            display_name: &form.name,
            password: &password,
            locale: app::i18n::tag(self.locale),
            role: Role::Owner,
        };
        let user = setup::redeem(&self.panel.db, token, owner)
            .await
            .map_err(store_error)?;
        tracing::info!(user = %user.id, "the owner's account was made");
        self.begin_session(&user).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Answer<()> {
        let slow_down = &self.panel.slow_down;
        match slow_down.verdict(self.address, email) {
            Verdict::Wait(left) => {
                let seconds = left.as_secs().max(1);
                return Err(PanelError::new(PanelErrorCode::SlowDown).with("seconds", seconds));
            }
            Verdict::Proceed(delay) => tokio::time::sleep(delay).await,
        }
        let too_long = password.chars().count() as u64 > LONGEST_PASSWORD || email.len() > LONGEST_TEXT;
        let found = if too_long {
            None
        } else {
            users::credentials(&self.panel.db, email)
                .await
                .map_err(store_error)?
        };
        let (user, stored) = found.map_or((None, None), |(user, stored)| (Some(user), Some(stored)));
        let password = if too_long {
            String::new()
        } else {
            password.to_owned()
        };
        let fits = self
            .panel
            .passwords
            .fits(password, stored)
            .await
            .map_err(|error| unexpected(&error))?;
        match user {
            Some(user) if fits => {
                slow_down.succeeded(self.address);
                tracing::info!(user = %user.id, "signed in");
                self.begin_session(&user).await
            }
            _ => {
                slow_down.failed(self.address, email);
                tracing::warn!(address = %self.address, "a sign-in was refused");
                Err(PanelError::new(PanelErrorCode::WrongCredentials))
            }
        }
    }

    async fn sign_out(&self) -> Answer<()> {
        self.session.flush().await.map_err(|error| unexpected(&error))
    }

    async fn keep_notice(&self, mut notice: Notice) -> Answer<String> {
        trim(&mut notice.values);
        let id = Uuid::new_v4().simple().to_string();
        let mut kept = self.kept_notices().await;
        kept.push(KeptNotice {
            id: id.clone(),
            at: jiff::Timestamp::now(),
            notice,
        });
        let first = kept.len().saturating_sub(KEPT_NOTICES);
        kept.drain(..first);
        self.session
            .insert(NOTICES, kept)
            .await
            .map_err(|error| unexpected(&error))?;
        Ok(id)
    }

    async fn notice(&self, id: &str) -> Option<Notice> {
        let mut kept = self.kept_notices().await;
        let found = kept.iter().position(|kept| kept.id == id)?;
        Some(kept.swap_remove(found).notice)
    }
}

/// A session is no place for a novel, and never for a password.
fn trim(values: &mut FormValues) {
    values.retain(|field, _| !field.contains("password"));
    for value in values.values_mut().flatten() {
        if value.len() > LONGEST_VALUE {
            let end = value.floor_char_boundary(LONGEST_VALUE);
            value.truncate(end);
        }
    }
}

fn owner_problems(form: &OwnerForm) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |field: &str, given: &str, code: ProblemCode| {
        problems.push(Problem {
            field: field.to_owned(),
            code,
            given: given.to_owned(),
        });
    };
    let name = form.name.trim();
    if name.is_empty() {
        add("name", "", ProblemCode::Missing);
    } else if name.len() > LONGEST_TEXT {
        add(
            "name",
            "",
            ProblemCode::BadName {
                rule: NameRule::Person,
            },
        );
    }
    let email = form.email.trim();
    if email.is_empty() {
        add("email", "", ProblemCode::Missing);
    } else if !is_email(email) {
        add(
            "email",
            email,
            ProblemCode::BadName {
                rule: NameRule::Email,
            },
        );
    }
    problems.extend(password_problem(&form.password));
    problems
}

/// What is wrong with a new password. It is never repeated.
fn password_problem(password: &str) -> Option<Problem> {
    let length = password.chars().count() as u64;
    let code = match length {
        0 => ProblemCode::Missing,
        _ if (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) => return None,
        _ => ProblemCode::OutOfRange {
            min: SHORTEST_PASSWORD,
            max: LONGEST_PASSWORD,
        },
    };
    Some(Problem {
        field: "password".to_owned(),
        code,
        given: String::new(),
    })
}

/// Something before and after one `@`, no spaces: whether mail arrives is known only by sending some.
fn is_email(text: &str) -> bool {
    let well_formed = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
    });
    well_formed && text.len() <= LONGEST_TEXT && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, email: &str, password: &str) -> Vec<String> {
        let form = OwnerForm {
            name: name.into(),
            email: email.into(),
            password: password.into(),
        };
        owner_problems(&form)
            .into_iter()
            .map(|problem| problem.field)
            .collect()
    }

    #[test]
    fn the_owners_form_answers_every_problem_at_once() {
        assert_eq!(fields("", "no-at", "short"), ["name", "email", "password"]);
        assert_eq!(fields("A", "a@b@c", &"x".repeat(257)), ["email", "password"]);
        assert!(fields("山田", "taro@example.co.jp", "correct horse battery").is_empty());
    }

    #[test]
    fn a_refused_password_is_not_repeated() {
        let form = OwnerForm {
            name: "A".into(),
            email: "a@b".into(),
            password: "hunter2".into(),
        };
        assert!(
            owner_problems(&form)
                .iter()
                .all(|problem| problem.given.is_empty())
        );
    }

    #[test]
    fn a_notice_holds_no_password_and_no_novel() {
        let mut values = FormValues::new();
        values.insert("password".into(), vec!["hunter2".into()]);
        values.insert("name".into(), vec!["あ".repeat(10_000)]);
        trim(&mut values);
        assert!(!values.contains_key("password"));
        assert!(values["name"][0].len() <= LONGEST_VALUE);
    }
}
