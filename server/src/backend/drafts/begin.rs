//! Where drafts come from: nothing, a stack, or a run that did not go well.

use app::backend::Answer;
use app::backend::drafts::{FormValues, WizardStep};
use app::backend::error::{NextLabel, PanelError, PanelErrorCode};
use app::routes;
use engine::spec::StackSpec;
use store::drafts::{self as rows, Content};
use store::stacks::Stack;
use store::{connections, runs, stacks};
use uuid::Uuid;

use super::super::{RequestBackend, id, store_error};
use super::form;

impl RequestBackend {
    /// A draft of a new stack. With only one connection there is nothing to choose.
    pub(super) async fn begin_new(&self) -> Answer<String> {
        let all = connections::list(&self.panel.db).await.map_err(store_error)?;
        let only = if let [only] = all.as_slice() {
            Some(only.id)
        } else {
            None
        };
        let values = only
            .map(|only| ("connection".to_owned(), vec![only.to_string()]))
            .into_iter()
            .collect();
        self.begin(None, only, &values, WizardStep::Account).await
    }

    /// A draft that changes a stack, from what was asked for last: a deployment that failed is put right from where
    /// it stands.
    pub(super) async fn begin_change(&self, stack: &str) -> Answer<String> {
        let stack = stacks::get(&self.panel.db, id(stack)?)
            .await
            .map_err(store_error)?;
        let spec = stack.spec().map_err(store_error)?;
        self.begin_from(&stack, &spec).await
    }

    /// A draft that changes a run's stack, from what that run was to bring about.
    pub(super) async fn begin_again(&self, run: &str) -> Answer<String> {
        let db = &self.panel.db;
        let run = runs::get(db, id(run)?).await.map_err(store_error)?;
        let stack = stacks::get(db, run.stack_id).await.map_err(store_error)?;
        let plan = runs::plan(db, run.id).await.map_err(store_error)?;
        self.begin_from(&stack, &plan.spec).await
    }

    async fn begin_from(&self, stack: &Stack, spec: &StackSpec) -> Answer<String> {
        if stack.removed_at.is_some() {
            return Err(PanelError::new(PanelErrorCode::StackGone)
                .next(NextLabel::OpenStack, routes::stack(stack.id)));
        }
        let values = form::from_spec(spec, &stack.connection_id.to_string());
        self.begin(
            Some(stack.id),
            Some(stack.connection_id),
            &values,
            WizardStep::Review,
        )
        .await
    }

    /// A draft with these values; an own one that is still as it was begun serves again.
    async fn begin(
        &self,
        stack: Option<Uuid>,
        connection: Option<Uuid>,
        values: &FormValues,
        step: WizardStep,
    ) -> Answer<String> {
        let me = self.actor_id()?;
        let db = &self.panel.db;
        let untouched = rows::untouched(db, me, stack).await.map_err(store_error)?;
        if let Some(row) = untouched
            && row.connection_id == connection
            && row
                .values_as::<FormValues>()
                .is_ok_and(|before| before == *values)
        {
            return Ok(row.id.to_string());
        }
        let content = Content {
            by: Some(me),
            connection_id: connection,
            values,
            step: step.slug(),
        };
        let row = rows::create(db, content, stack).await.map_err(store_error)?;
        Ok(row.id.to_string())
    }
}
