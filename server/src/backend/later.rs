//! Areas of the panel whose answers are not on this branch yet: every question is refused, nothing is made up.

use app::backend::drafts::*;
use app::backend::runs::*;
use app::backend::stacks::*;
use app::backend::{Answer, PanelError, PanelErrorCode};
use async_trait::async_trait;
use app::backend::connections::ConnectionView;
use engine::spec::problem::Problem;

use super::RequestBackend;

fn not_yet<T>() -> Answer<T> {
    Err(PanelError::new(PanelErrorCode::NotFound))
}

#[async_trait]
impl Drafts for RequestBackend {
    async fn drafts(&self) -> Answer<Vec<DraftLine>> {
        self.actor()?;
        not_yet()
    }
    async fn create_draft(&self, _stack_id: Option<&str>) -> Answer<String> {
        self.actor()?;
        not_yet()
    }
    async fn discard_draft(&self, _id: &str) -> Answer<()> {
        self.actor()?;
        not_yet()
    }
    async fn account_page(&self, _id: &str) -> Answer<(DraftView, Vec<ConnectionView>)> {
        self.actor()?;
        not_yet()
    }
    async fn image_page(&self, _id: &str) -> Answer<ImagePage> {
        self.actor()?;
        not_yet()
    }
    async fn network_page(&self, _id: &str) -> Answer<NetworkPage> {
        self.actor()?;
        not_yet()
    }
    async fn service_page(&self, _id: &str) -> Answer<ServicePage> {
        self.actor()?;
        not_yet()
    }
    async fn frontend_page(&self, _id: &str) -> Answer<FrontendPage> {
        self.actor()?;
        not_yet()
    }
    async fn review_page(&self, _id: &str) -> Answer<ReviewPage> {
        self.actor()?;
        not_yet()
    }
    async fn image_digest(&self, _id: &str) -> Answer<Option<String>> {
        self.actor()?;
        not_yet()
    }
    async fn save_page(&self, _id: &str, _step: WizardStep, _values: FormValues) -> Answer<Vec<Problem>> {
        self.actor()?;
        not_yet()
    }
    async fn create_repository(&self, _id: &str) -> Answer<String> {
        self.actor()?;
        not_yet()
    }
    async fn play_push(&self, _id: &str) -> Answer<()> {
        self.actor()?;
        not_yet()
    }
    async fn apply(&self, _id: &str, _digest: &str) -> Answer<String> {
        self.actor()?;
        not_yet()
    }
    async fn export(&self, _id: &str, _format: ExportFormat) -> Answer<String> {
        self.actor()?;
        not_yet()
    }
}

#[async_trait]
impl Runs for RequestBackend {
    async fn run(&self, _id: &str) -> Answer<RunView> {
        self.actor()?;
        not_yet()
    }
    async fn run_progress(&self, _id: &str) -> Answer<RunProgress> {
        self.actor()?;
        not_yet()
    }
    async fn runs(&self, _stack_id: &str) -> Answer<Vec<RunLine>> {
        self.actor()?;
        not_yet()
    }
    async fn cancel_run(&self, _id: &str) -> Answer<()> {
        self.actor()?;
        not_yet()
    }
    async fn resume_run(&self, _id: &str) -> Answer<()> {
        self.actor()?;
        not_yet()
    }
}

#[async_trait]
impl Stacks for RequestBackend {
    async fn dashboard(&self) -> Answer<Dashboard> {
        self.actor()?;
        not_yet()
    }
    async fn stack(&self, _id: &str) -> Answer<StackPage> {
        self.actor()?;
        not_yet()
    }
    async fn destroy_plan(&self, _id: &str) -> Answer<PlanView> {
        self.actor()?;
        not_yet()
    }
    async fn destroy(&self, _id: &str, _digest: &str, _typed_name: &str) -> Answer<String> {
        self.actor()?;
        not_yet()
    }
}
