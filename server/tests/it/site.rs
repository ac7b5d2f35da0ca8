//! A panel with an account, and perhaps a stack in it.

use cloud_sim::FaultPlan;
use engine::run::{RunOptions, RunState};
use engine::spec::{ImageSource, StackSpec};
use slipway::clouds::OpenCloud;
use slipway::runs::execute::{Driven, drive};
use slipway::runs::start;
use store::connections::Connection;
use uuid::Uuid;

use crate::bed::{Bed, example};
use crate::web::Browser;

/// A panel, its owner's browser, and a practice account.
pub(crate) struct Site {
    pub(crate) browser: Browser,
    pub(crate) connection: Connection,
    pub(crate) open: OpenCloud,
    /// The stack, if there is one.
    pub(crate) stack: Uuid,
    pub(crate) bed: Bed,
}

impl Site {
    /// Without a stack.
    pub(crate) async fn new() -> Self {
        Self::on("practice:fresh").await
    }

    async fn on(connection: &str) -> Self {
        let bed = Bed::new().await;
        let browser = Browser::signed_in(&bed).await;
        let connection = store::connections::by_name(&bed.db, connection).await.unwrap();
        let open = browser.panel.clouds.open(&connection).await.unwrap();
        Self {
            browser,
            connection,
            open,
            stack: Uuid::nil(),
            bed,
        }
    }

    /// The smallest spec.
    pub(crate) fn spec() -> StackSpec {
        let text = std::fs::read_to_string(example("hello.toml")).unwrap();
        engine::spec::read::from_toml(&text).unwrap()
    }

    /// One with an image that still has to be pushed.
    pub(crate) fn spec_with_repository(name: &str) -> StackSpec {
        let mut spec = Self::spec();
        spec.name = name.to_owned();
        spec.image = ImageSource::Repository {
            repository: format!("{name}-api"),
            tag: "v1".to_owned(),
        };
        spec
    }

    /// With a stack named `hello` that runs.
    pub(crate) async fn with_stack() -> Self {
        let mut site = Self::new().await;
        site.stack = site.apply(&Self::spec()).await;
        site
    }

    /// With a stack whose second subnet Slipway made.
    pub(crate) async fn runbook_stack() -> Self {
        let mut site = Self::on("practice:runbook").await;
        site.stack = site.apply(&Self::spec()).await;
        site
    }

    /// Brings a stack about and answers its id.
    pub(crate) async fn apply(&self, spec: &StackSpec) -> Uuid {
        let plan = start::plan_apply(&self.open, spec).await.unwrap();
        let panel = &self.browser.panel;
        let run = start::start(panel, &self.connection, &plan, &RunOptions { wait: true }, None)
            .await
            .unwrap();
        assert_eq!(
            drive(panel, run.id).await.unwrap(),
            Driven::Over(RunState::Succeeded)
        );
        run.stack_id
    }

    /// What happens to calls from now on.
    pub(crate) async fn fault(&self, plan: FaultPlan) {
        let practice = self.open.practice.clone().unwrap();
        practice
            .look(move |world, _| world.set_faults(plan))
            .await
            .unwrap();
    }
}
