//! ECR over the SDK.

mod image;

use async_trait::async_trait;
use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::{self, ImageScanningConfiguration};
use engine::cloud::registry::{CreateRepository, ImageFacts, ImageSummary, Registry, Repository};
use engine::cloud::{Result, Tags};

use crate::calls::Gate;
use crate::edge::fetch::{Fetcher, Reach};
use crate::error::{incomplete, invalid};
use crate::moment::timestamp;

/// ECR of one account and region.
#[derive(Debug)]
pub(crate) struct Ecr {
    client: Client,
    gate: Gate,
    fetcher: Fetcher,
}

impl Ecr {
    pub(crate) fn new(client: Client) -> Self {
        let fetcher = Fetcher::new(Reach::Trusted, Vec::new(), Vec::new());
        Self {
            client,
            gate: Gate::default(),
            fetcher,
        }
    }
}

fn repository(from: &types::Repository) -> Option<Repository> {
    Some(Repository {
        name: from.repository_name()?.to_owned(),
        arn: from.repository_arn()?.to_owned(),
        uri: from.repository_uri()?.to_owned(),
        scan_on_push: from
            .image_scanning_configuration()
            .is_some_and(ImageScanningConfiguration::scan_on_push),
        lifecycle_policy: None,
        tags: Tags::new(),
    })
}

#[async_trait]
impl Registry for Ecr {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        let mut pages = self.client.describe_repositories().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = self
            .gate
            .call("ecr:DescribeRepositories", pages.try_next())
            .await?
        {
            found.extend(page.repositories().iter().filter_map(repository));
        }
        Ok(found)
    }

    async fn repository(&self, name: &str) -> Result<Option<Repository>> {
        let request = self.client.describe_repositories().repository_names(name);
        let answer = match self.gate.call("ecr:DescribeRepositories", request.send()).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(mut found) = answer.repositories().first().and_then(repository) else {
            return Ok(None);
        };
        let request = self.client.get_lifecycle_policy().repository_name(name);
        found.lifecycle_policy = match self.gate.call("ecr:GetLifecyclePolicy", request.send()).await {
            Ok(answer) => answer.lifecycle_policy_text,
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let request = self.client.list_tags_for_resource().resource_arn(&found.arn);
        let answer = self.gate.call("ecr:ListTagsForResource", request.send()).await?;
        found.tags = answer
            .tags()
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect();
        Ok(Some(found))
    }

    async fn create_repository(&self, wanted: CreateRepository) -> Result<Repository> {
        const OPERATION: &str = "ecr:CreateRepository";
        let scanning = ImageScanningConfiguration::builder()
            .scan_on_push(wanted.scan_on_push)
            .build();
        let mut request = self
            .client
            .create_repository()
            .repository_name(wanted.name)
            .image_scanning_configuration(scanning);
        for (key, value) in &wanted.tags {
            let tag = types::Tag::builder().key(key).value(value).build();
            request =
                request.tags(tag.map_err(|error| {
                    invalid(OPERATION, "InvalidTagParameterException", error.to_string())
                })?);
        }
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .repository()
            .and_then(repository)
            .ok_or_else(|| incomplete(OPERATION, "repository"))?;
        Ok(Repository {
            tags: wanted.tags,
            ..made
        })
    }

    async fn set_scan_on_push(&self, name: &str, on: bool) -> Result<()> {
        let scanning = ImageScanningConfiguration::builder().scan_on_push(on).build();
        let request = self
            .client
            .put_image_scanning_configuration()
            .repository_name(name)
            .image_scanning_configuration(scanning);
        self.gate
            .call("ecr:PutImageScanningConfiguration", request.send())
            .await?;
        Ok(())
    }

    async fn put_lifecycle_policy(&self, name: &str, policy: &str) -> Result<()> {
        let request = self
            .client
            .put_lifecycle_policy()
            .repository_name(name)
            .lifecycle_policy_text(policy);
        self.gate.call("ecr:PutLifecyclePolicy", request.send()).await?;
        Ok(())
    }

    async fn delete_repository(&self, name: &str, force: bool) -> Result<()> {
        let request = self.client.delete_repository().repository_name(name).force(force);
        self.gate.call("ecr:DeleteRepository", request.send()).await?;
        Ok(())
    }

    async fn images(&self, repository: &str) -> Result<Vec<ImageSummary>> {
        let mut pages = self
            .client
            .describe_images()
            .repository_name(repository)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = self.gate.call("ecr:DescribeImages", pages.try_next()).await? {
            found.extend(page.image_details().iter().filter_map(|detail| {
                Some(ImageSummary {
                    digest: detail.image_digest()?.to_owned(),
                    tags: detail.image_tags().to_vec(),
                    pushed_at: detail.image_pushed_at().and_then(timestamp),
                    size_bytes: detail
                        .image_size_in_bytes()
                        .and_then(|size| u64::try_from(size).ok())
                        .unwrap_or(0),
                })
            }));
        }
        found.sort_by_key(|image| std::cmp::Reverse(image.pushed_at));
        Ok(found)
    }

    async fn image(&self, repository: &str, reference: &str) -> Result<Option<ImageFacts>> {
        self.facts(repository, reference).await
    }
}
