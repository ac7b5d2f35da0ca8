//! ECR: repositories and what is in an image.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Result, Tags};

/// A private repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Name, may hold slashes.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `account.dkr.ecr.region.amazonaws.com/name`.
    pub uri: String,
    /// Images are scanned when they arrive.
    pub scan_on_push: bool,
    /// The lifecycle policy's JSON text.
    pub lifecycle_policy: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// A repository to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRepository {
    /// Name.
    pub name: String,
    /// Scan images when they arrive.
    pub scan_on_push: bool,
    /// Tags.
    pub tags: Tags,
}

/// An image in a repository's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSummary {
    /// `sha256:…`.
    pub digest: String,
    /// Its tags now.
    pub tags: Vec<String>,
    /// When it arrived.
    pub pushed_at: Option<Timestamp>,
    /// Compressed size in bytes.
    pub size_bytes: u64,
}

/// Processor architecture in OCI spelling, of those Fargate runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Architecture {
    /// x86_64 (OCI `amd64`, ECS `X86_64`).
    #[serde(rename = "x86_64")]
    X86_64,
    /// arm64 (OCI `arm64`, ECS `ARM64`).
    #[serde(rename = "arm64")]
    Arm64,
}

/// What an image says about itself, read from its manifest and configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// `sha256:…` of what the tag means now (the index, for a multi-platform image).
    pub digest: String,
    /// Linux platforms it holds. Others (`windows`, `unknown/unknown` attestations) are left out.
    pub architectures: Vec<Architecture>,
    /// TCP ports it says it listens on (`EXPOSE`).
    pub exposed_ports: Vec<u16>,
    /// The user it runs as; empty: root.
    pub user: String,
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub command: Vec<String>,
    /// Whether `curl` is in it. `None`: the layers were not read.
    pub has_curl: Option<bool>,
    /// Compressed size in bytes.
    pub size_bytes: u64,
    /// When it arrived.
    pub pushed_at: Option<Timestamp>,
}

/// ECR.
#[async_trait]
pub trait Registry: Send + Sync {
    /// `ecr:DescribeRepositories`, all of them; `lifecycle_policy` and `tags` may be left empty here.
    async fn repositories(&self) -> Result<Vec<Repository>>;
    /// `ecr:DescribeRepositories`, `ecr:GetLifecyclePolicy`, `ecr:ListTagsForResource`.
    async fn repository(&self, name: &str) -> Result<Option<Repository>>;
    /// `ecr:CreateRepository`.
    async fn create_repository(&self, repository: CreateRepository) -> Result<Repository>;
    /// `ecr:PutImageScanningConfiguration`.
    async fn set_scan_on_push(&self, name: &str, on: bool) -> Result<()>;
    /// `ecr:PutLifecyclePolicy`, `policy` is JSON.
    async fn put_lifecycle_policy(&self, name: &str, policy: &str) -> Result<()>;
    /// `ecr:DeleteRepository`; `force` deletes the images in it too.
    async fn delete_repository(&self, name: &str, force: bool) -> Result<()>;
    /// `ecr:DescribeImages`, newest first.
    async fn images(&self, repository: &str) -> Result<Vec<ImageSummary>>;
    /// `ecr:BatchGetImage`, `ecr:GetDownloadUrlForLayer`: what the image says about itself.
    /// `reference` is a tag or a `sha256:` digest. `None`: no such image (or no such repository).
    async fn image(&self, repository: &str, reference: &str) -> Result<Option<ImageFacts>>;
}
