//! ECR as the engine asks for it.

use async_trait::async_trait;
use engine::cloud::Result;
use engine::cloud::registry::{CreateRepository, ImageFacts, ImageSummary, Registry, Repository};

use super::Image;
use crate::cell::Account;

#[async_trait]
impl Registry for Account {
    async fn repositories(&self) -> Result<Vec<Repository>> {
        self.call(&["ecr:DescribeRepositories"], |world| {
            Ok(world
                .registry
                .repositories
                .values()
                .map(|record| record.repository.clone())
                .collect())
        })
        .await
    }

    async fn repository(&self, name: &str) -> Result<Option<Repository>> {
        let name = name.to_owned();
        self.call(
            &[
                "ecr:DescribeRepositories",
                "ecr:GetLifecyclePolicy",
                "ecr:ListTagsForResource",
            ],
            move |world| {
                Ok(world
                    .registry
                    .repositories
                    .get(&name)
                    .map(|record| record.repository.clone()))
            },
        )
        .await
    }

    async fn create_repository(&self, repository: CreateRepository) -> Result<Repository> {
        self.call(&["ecr:CreateRepository"], move |world| {
            world.create_repository(repository)
        })
        .await
    }

    async fn set_scan_on_push(&self, name: &str, on: bool) -> Result<()> {
        let name = name.to_owned();
        self.call(&["ecr:PutImageScanningConfiguration"], move |world| {
            world.repository_mut(&name)?.repository.scan_on_push = on;
            Ok(())
        })
        .await
    }

    async fn put_lifecycle_policy(&self, name: &str, policy: &str) -> Result<()> {
        let (name, policy) = (name.to_owned(), policy.to_owned());
        self.call(&["ecr:PutLifecyclePolicy"], move |world| {
            world.put_lifecycle_policy(&name, &policy)
        })
        .await
    }

    async fn delete_repository(&self, name: &str, force: bool) -> Result<()> {
        let name = name.to_owned();
        self.call(&["ecr:DeleteRepository"], move |world| {
            world.delete_repository(&name, force)
        })
        .await
    }

    async fn images(&self, repository: &str) -> Result<Vec<ImageSummary>> {
        let name = repository.to_owned();
        self.call(&["ecr:DescribeImages"], move |world| {
            let images = world.repository_mut(&name)?.images.iter().rev();
            let summary = |image: &Image| ImageSummary {
                digest: image.digest.clone(),
                tags: image.tags.clone(),
                pushed_at: Some(image.pushed_at),
                size_bytes: image.profile.size_bytes,
            };
            Ok(images.map(summary).collect())
        })
        .await
    }

    async fn image(&self, repository: &str, reference: &str) -> Result<Option<ImageFacts>> {
        let (name, reference) = (repository.to_owned(), reference.to_owned());
        self.call(
            &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            move |world| {
                let found = world
                    .registry
                    .repositories
                    .get(&name)
                    .and_then(|record| record.find(&reference));
                Ok(found.map(Image::facts))
            },
        )
        .await
    }
}
