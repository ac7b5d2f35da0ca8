//! Waits until the image is in the repository, and holds the platform asked for.

use async_trait::async_trait;

use super::{Context, Diagnosis, DiagnosisCode, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::registry::Architecture;
use crate::plan::action::OutputName;

pub(crate) struct ImagePushed {
    pub(crate) repository: String,
    pub(crate) reference: String,
    pub(crate) architecture: Architecture,
}

/// OCI's spelling of a Linux platform.
pub(crate) fn platform(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "linux/amd64",
        Architecture::Arm64 => "linux/arm64",
    }
}

/// Several platforms in one line.
pub(crate) fn platforms(architectures: &[Architecture]) -> String {
    architectures
        .iter()
        .map(|one| platform(*one))
        .collect::<Vec<_>>()
        .join(", ")
}

#[async_trait]
impl Step for ImagePushed {
    fn iam_actions(&self) -> &'static [&'static str] {
        &[
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:DescribeImages",
        ]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let separator = if self.reference.starts_with("sha256:") {
            '@'
        } else {
            ':'
        };
        let image = format!("{}{separator}{}", self.repository, self.reference);
        let Some(facts) = context
            .cloud
            .registry
            .image(&self.repository, &self.reference)
            .await?
        else {
            return Ok(Waiting::new(WaitingCode::ImagePush).with("image", image).poll(3));
        };
        if !facts.architectures.contains(&self.architecture) {
            let found = platforms(&facts.architectures);
            return Ok(Diagnosis::new(DiagnosisCode::ImagePlatform, "D1")
                .with("wanted", platform(self.architecture))
                .with("found", &found)
                .with("image", &image)
                .seen(
                    context.now,
                    "ecr:BatchGetImage",
                    format!("{image} ({}): {found}", facts.digest),
                )
                .into());
        }
        Ok(Progress::done(
            Outcome::Kept,
            [(OutputName::Digest, facts.digest)],
        ))
    }
}
