//! Keeping what was typed on one page, beside what others type on theirs.

use app::backend::Answer;
use app::backend::drafts::{FormValues, WizardStep};
use app::backend::error::{PanelError, PanelErrorCode};
use engine::spec::problem::Problem;
use sha2::{Digest as _, Sha256};
use store::Conflict;
use store::connections;
use store::drafts::{self as rows, Content};
use uuid::Uuid;

use super::super::{RequestBackend, connections::region, id, store_error};
use super::opened::{self, Opened};
use super::{form, network};

/// How often a save that somebody else's overtook is made again.
const TRIES: u32 = 5;
/// The form's field with [`seen`].
const SEEN: &str = "seen";

/// The fields of one page as they were stored when it was shown: whoever posts it says on what they looked.
pub(super) fn seen(typed: &FormValues, step: WizardStep) -> String {
    let page: Vec<_> = typed
        .iter()
        .filter(|(field, _)| form::page_of(field) == step)
        .collect();
    // Plain data always serialises.
    let text = serde_json::to_string(&page).unwrap_or_default();
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl RequestBackend {
    /// Keeps what was typed on a page, right or wrong; answers that page's problems. Other pages stay as they are,
    /// also when a colleague saves one at the same moment.
    ///
    /// # Errors
    /// [`PanelErrorCode::Changed`] when a colleague saved this very page after it was shown.
    pub(super) async fn keep(
        &self,
        id_text: &str,
        step: WizardStep,
        mut typed: FormValues,
    ) -> Answer<Vec<Problem>> {
        let me = self.actor_id()?;
        let db = &self.panel.db;
        let draft_id = id(id_text)?;
        let looked_at = typed.remove(SEEN).and_then(|all| all.into_iter().next());
        typed.retain(|field, _| form::page_of(field) == step);
        for _ in 0..TRIES {
            let row = rows::get(db, draft_id).await.map_err(store_error)?;
            // Refuses a draft that became a run.
            let Opened {
                row,
                typed: mut values,
                changes: stack,
                ..
            } = self.opened(row).await?;
            let newer = looked_at
                .as_ref()
                .is_some_and(|looked_at| *looked_at != seen(&values, step));
            if newer && row.updated_by != Some(me) {
                return Err(PanelError::new(PanelErrorCode::Changed));
            }
            // A box that is not ticked is not posted: what belongs to the page goes first.
            values.retain(|field, _| form::page_of(field) != step);
            values.extend(typed.clone());
            match step {
                WizardStep::Account => {
                    if let Some(stack) = &stack {
                        opened::lock(&mut values, stack);
                    }
                }
                WizardStep::Network => network::forget_other_vpc(&mut values),
                WizardStep::Service => {
                    values
                        .entry("service.rollback".to_owned())
                        .or_insert_with(|| vec![String::new()]);
                }
                WizardStep::Image | WizardStep::Frontend | WizardStep::Review => {}
            }
            let (problems, connection) = self.problems_of(step, &values, stack.is_some()).await?;
            let reached = if problems.is_empty() {
                step.next().unwrap_or(step)
            } else {
                step
            };
            let reached = WizardStep::from_slug(&row.step)
                .unwrap_or(WizardStep::Account)
                .max(reached);
            let content = Content {
                by: Some(me),
                connection_id: connection,
                values: &values,
                step: reached.slug(),
            };
            match rows::save(db, row.id, Some(row.version), content).await {
                Ok(_) => return Ok(problems),
                Err(error) if error.conflict() == Some(Conflict::VersionStale) => {}
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(PanelError::new(PanelErrorCode::Changed))
    }

    /// What is wrong with one page, and the connection that the draft is on.
    async fn problems_of(
        &self,
        step: WizardStep,
        values: &FormValues,
        changes: bool,
    ) -> Answer<(Vec<Problem>, Option<Uuid>)> {
        let chosen = values
            .get("connection")
            .and_then(|all| all.first())
            .and_then(|chosen| chosen.parse::<Uuid>().ok());
        let connection = match chosen {
            Some(chosen) => Some(
                connections::get(&self.panel.db, chosen)
                    .await
                    .map_err(store_error)?,
            ),
            None => None,
        };
        let place = connection
            .as_ref()
            .map_or("", |connection| region(&connection.settings));
        let mut whole = form::defaults();
        whole.extend(values.clone());
        let mut problems: Vec<Problem> = form::read(&whole, place)
            .problems
            .into_iter()
            .filter(|(page, _)| *page == step)
            .map(|(_, problem)| problem)
            .collect();
        let connection = connection.map(|connection| connection.id);
        if let Some(connection) = connection
            && step == WizardStep::Account
            && !changes
            && self.name_taken_by(connection, &whole).await?.is_some()
        {
            problems.push(opened::name_taken(&whole));
        }
        Ok((problems, connection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> FormValues {
        pairs
            .iter()
            .map(|(field, value)| ((*field).to_owned(), vec![(*value).to_owned()]))
            .collect()
    }

    #[test]
    fn what_was_seen_of_a_page_changes_with_its_own_fields_only() {
        let before = values(&[("container.port", "80"), ("image.tag", "v1")]);
        let port = values(&[("container.port", "81"), ("image.tag", "v1")]);
        assert_ne!(
            seen(&before, WizardStep::Service),
            seen(&port, WizardStep::Service)
        );
        assert_eq!(seen(&before, WizardStep::Image), seen(&port, WizardStep::Image));
    }
}
