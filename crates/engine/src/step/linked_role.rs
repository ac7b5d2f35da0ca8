//! Service-linked roles: AWS makes them once per account. ECS and ELB refuse their first resource without (A1).

use async_trait::async_trait;

use super::{Context, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::CloudError;
use crate::cloud::identity::LinkedService;
use crate::plan::action::OutputName;

pub(crate) struct LinkedRole {
    pub(crate) service: LinkedService,
}

/// IAM reads its own writes a little later; it then says that the name is taken (code `InvalidInput`).
fn taken(error: &CloudError) -> bool {
    match error {
        CloudError::AlreadyExists { .. } => true,
        CloudError::Invalid { fault } => fault.message.contains("has been taken in this account"),
        _ => false,
    }
}

#[async_trait]
impl Step for LinkedRole {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["iam:GetRole", "iam:CreateServiceLinkedRole"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let identity = &context.cloud.identity;
        let name = self.service.role_name();
        let done = |outcome| Progress::done(outcome, [(OutputName::Name, name.to_owned())]);
        if identity.service_linked_role(self.service).await? {
            return Ok(done(context.did.unwrap_or(Outcome::Kept)));
        }
        match identity.create_service_linked_role(self.service).await {
            Ok(()) => {}
            Err(error) if taken(&error) => return Ok(done(context.did.unwrap_or(Outcome::Kept))),
            Err(error) => return Err(error.into()),
        }
        if identity.service_linked_role(self.service).await? {
            return Ok(done(Outcome::Created));
        }
        Ok(Waiting::new(WaitingCode::RoleSpreading)
            .with("role", name)
            .poll(2)
            .having(Some(Outcome::Created)))
    }
}
