//! A draft with everything its pages need: the row, what was typed over the proposals, and what that comes to.

use app::backend::Answer;
use app::backend::connections::Connections as _;
use app::backend::drafts::{DraftView, FormValues, WizardStep};
use app::backend::error::{NextLabel, PanelError, PanelErrorCode};
use app::routes;
use engine::spec::StackSpec;
use engine::spec::problem::{Problem, ProblemCode};
use store::connections::{self, Connection};
use store::drafts::{self as rows, Draft};
use store::runs;
use store::stacks::{self, Stack};
use uuid::Uuid;

use super::super::{RequestBackend, cloud_error, connections::region, id, open_error, store_error};
use super::{form, save};
use crate::clouds::OpenCloud;
use crate::runs::start;

/// A draft, opened.
pub(super) struct Opened {
    pub(super) row: Draft,
    /// What was typed, without the proposals.
    pub(super) typed: FormValues,
    /// What was typed over the proposals.
    pub(super) values: FormValues,
    pub(super) connection: Option<Connection>,
    /// The stack that it changes. Its name and its account stand.
    pub(super) changes: Option<Stack>,
    /// The stack that has the name of the new one already.
    pub(super) taken_by: Option<Uuid>,
    pub(super) reading: form::Reading,
}

impl Opened {
    pub(super) fn one(&self, field: &str) -> &str {
        self.values
            .get(field)
            .and_then(|values| values.first())
            .map_or("", |value| value.trim())
    }

    /// Pages that were saved: those before the page to go on with.
    fn done(&self) -> Vec<WizardStep> {
        let reached = WizardStep::from_slug(&self.row.step).unwrap_or(WizardStep::Account);
        WizardStep::ALL
            .into_iter()
            .filter(|step| *step < reached)
            .collect()
    }

    /// The spec, or which page has to be looked at first.
    pub(super) fn spec(&self) -> Answer<&StackSpec> {
        self.reading.spec.as_ref().ok_or_else(|| self.unfinished())
    }

    /// What is wrong with the draft, and the page on which it is put right.
    fn unfinished(&self) -> PanelError {
        let page = self
            .reading
            .problems
            .first()
            .map_or(WizardStep::Account, |(page, _)| *page);
        let problems = self
            .reading
            .problems
            .iter()
            .map(|(_, problem)| problem.clone())
            .collect();
        let href = format!("{}?checked=1", routes::draft(self.row.id, page));
        PanelError {
            problems,
            ..PanelError::new(PanelErrorCode::Form)
        }
        .next(NextLabel::Correct, href)
    }

    /// Refuses the name of another stack.
    ///
    /// # Errors
    /// [`PanelErrorCode::Form`].
    pub(super) fn refuse_taken_name(&self) -> Answer<()> {
        match self.taken_by {
            Some(_) => Err(self.unfinished()),
            None => Ok(()),
        }
    }
}

/// What the fields of the first page are in a draft that changes a stack, whatever was posted.
pub(super) fn lock(values: &mut FormValues, stack: &Stack) {
    values.insert("name".to_owned(), vec![stack.name.clone()]);
    values.insert("connection".to_owned(), vec![stack.connection_id.to_string()]);
}

/// The specs of a connection's drafts, as far as they are right.
///
/// # Errors
/// Those of the database.
pub async fn drafted(db: &store::Database, connection: &Connection) -> store::Result<Vec<StackSpec>> {
    let place = region(&connection.settings);
    let of_it = rows::list(db)
        .await?
        .into_iter()
        .filter(|row| row.connection_id == Some(connection.id));
    let spec = |row: rows::Draft| {
        let mut values = form::defaults();
        values.extend(row.values_as::<FormValues>().ok()?);
        form::read(&values, place).spec
    };
    Ok(of_it.filter_map(spec).collect())
}

impl RequestBackend {
    /// The draft of an address.
    ///
    /// # Errors
    /// [`PanelErrorCode::DraftDone`] once it became a run.
    pub(super) async fn draft(&self, id_text: &str) -> Answer<Opened> {
        self.actor()?;
        let row = rows::get(&self.panel.db, id(id_text)?)
            .await
            .map_err(store_error)?;
        self.opened(row).await
    }

    pub(super) async fn opened(&self, row: Draft) -> Answer<Opened> {
        let db = &self.panel.db;
        if let Some(run) = row.run_id {
            let run = runs::get(db, run).await.map_err(store_error)?;
            return Err(PanelError::new(PanelErrorCode::DraftDone)
                .with("run", run.number)
                .next(NextLabel::OpenRun, routes::run(run.id)));
        }
        let changes = self.changed_stack(&row).await?;
        let typed = row.values_as::<FormValues>().map_err(store_error)?;
        let mut values = form::defaults();
        values.extend(typed.clone());
        let connection = match changes
            .as_ref()
            .map(|stack| stack.connection_id)
            .or(row.connection_id)
        {
            Some(connection) => Some(connections::get(db, connection).await.map_err(store_error)?),
            None => None,
        };
        if let Some(stack) = &changes {
            lock(&mut values, stack);
        }
        let place = connection
            .as_ref()
            .map_or("", |connection| region(&connection.settings));
        let mut reading = form::read(&values, place);
        let taken_by = match (&changes, &connection) {
            (None, Some(connection)) => self.name_taken_by(connection.id, &values).await?,
            _ => None,
        };
        if taken_by.is_some() {
            reading.spec = None;
            reading
                .problems
                .insert(0, (WizardStep::Account, name_taken(&values)));
        }
        Ok(Opened {
            row,
            typed,
            values,
            connection,
            changes,
            taken_by,
            reading,
        })
    }

    /// The stack that a draft changes, while it is there.
    async fn changed_stack(&self, row: &Draft) -> Answer<Option<Stack>> {
        let Some(stack) = row.stack_id else {
            return Ok(None);
        };
        let stack = stacks::get(&self.panel.db, stack).await.map_err(store_error)?;
        Ok(Some(stack).filter(|stack| stack.removed_at.is_none()))
    }

    /// The stack of this connection whose name a new one must not have. One of which there is only a repository is
    /// this draft's own, or one that nobody went on with.
    pub(super) async fn name_taken_by(&self, connection: Uuid, values: &FormValues) -> Answer<Option<Uuid>> {
        let name = values.get("name").and_then(|all| all.first());
        let name = name.map_or("", |name| name.trim());
        let stack = match stacks::by_name(&self.panel.db, connection, name).await {
            Ok(stack) => stack,
            Err(store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(store_error(error)),
        };
        let applied = runs::is_applied(&self.panel.db, stack.id)
            .await
            .map_err(store_error)?;
        Ok(applied.then_some(stack.id))
    }

    /// What a page shows of its draft.
    pub(super) async fn draft_view(&self, draft: Opened, step: WizardStep) -> Answer<DraftView> {
        let connection = match &draft.connection {
            Some(connection) => Some(self.connection(&connection.id.to_string()).await?),
            None => None,
        };
        Ok(DraftView {
            id: draft.row.id.to_string(),
            done: draft.done(),
            seen: save::seen(&draft.typed, step),
            values: draft.values,
            problems: draft.reading.problems,
            connection,
            saved_at: draft.row.updated_at,
            saved_by: draft.row.saved_by,
            stack_id: draft.changes.map(|stack| stack.id.to_string()),
            taken_by: draft.taken_by.map(|stack| stack.to_string()),
        })
    }

    /// The account of a draft; without one the first page has to be filled in.
    pub(super) async fn account_of(&self, draft: &Opened) -> Answer<OpenCloud> {
        let Some(connection) = &draft.connection else {
            let page = format!("{}?checked=1", routes::draft(draft.row.id, WizardStep::Account));
            return Err(PanelError::new(PanelErrorCode::Form).next(NextLabel::Correct, page));
        };
        self.panel.clouds.open(connection).await.map_err(open_error)
    }

    /// The plan of a draft as it and the account are now.
    pub(super) async fn plan_of(&self, draft: &Opened) -> Answer<engine::plan::Plan> {
        let spec = draft.spec()?;
        let open = self.account_of(draft).await?;
        start::plan_apply(&open, spec)
            .await
            .map_err(|error| cloud_error(&error))
    }
}

/// The problem of a name that another stack has.
pub(super) fn name_taken(values: &FormValues) -> Problem {
    let given = values.get("name").and_then(|all| all.first());
    Problem {
        field: "name".to_owned(),
        code: ProblemCode::Taken,
        given: given.map_or("", |name| name.trim()).to_owned(),
    }
}
