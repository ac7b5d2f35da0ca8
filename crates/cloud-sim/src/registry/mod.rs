//! ECR, and the images that tasks pull.

mod api;

use std::collections::BTreeMap;

use engine::cloud::registry::{CreateRepository, ImageFacts, Repository};
use engine::cloud::{CloudError, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::image::{ImageProfile, public};
use crate::refusal::{exists, in_use, invalid, not_found};
use crate::timing::{after, seconds_between};
use crate::world::World;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) repositories: BTreeMap<String, RepositoryRecord>,
    expected: Vec<ExpectedPush>,
    /// Images that somebody published elsewhere, by name without tag.
    #[serde(default)]
    published: BTreeMap<String, ImageProfile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RepositoryRecord {
    pub(crate) repository: Repository,
    pub(crate) images: Vec<Image>,
    created_at: Timestamp,
}

/// An image in a repository, newest last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) digest: String,
    pub(crate) tags: Vec<String>,
    pushed_at: Timestamp,
    pub(crate) profile: ImageProfile,
}

/// A developer who pushes when the repository is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ExpectedPush {
    repository: String,
    tag: String,
    profile: ImageProfile,
    after_s: u32,
    /// The creation of the repository that was answered with a push already.
    pushed_for: Option<Timestamp>,
}

/// Why an image can't be had.
pub(crate) enum Missing {
    /// There is no such repository.
    Repository(String),
    /// The repository has no such tag or digest.
    Reference,
}

impl State {
    fn due(&self, push: &ExpectedPush) -> Option<Timestamp> {
        let created_at = self.repositories.get(&push.repository)?.created_at;
        (push.pushed_for != Some(created_at)).then(|| after(created_at, push.after_s))
    }

    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        self.expected.iter().filter_map(|push| self.due(push)).min()
    }
}

/// Days after which a lifecycle policy expires untagged images.
fn untagged_days(policy: &str) -> Option<u32> {
    let document: serde_json::Value = serde_json::from_str(policy).ok()?;
    let rules = document.get("rules")?.as_array()?;
    rules.iter().find_map(|rule| {
        let selection = rule.get("selection")?;
        let by_age =
            selection.get("tagStatus")? == "untagged" && selection.get("countType")? == "sinceImagePushed";
        let days = selection.get("countNumber")?.as_u64().filter(|_| by_age)?;
        u32::try_from(days).ok()
    })
}

fn no_repository(name: &str, account_id: &str) -> CloudError {
    not_found(
        "RepositoryNotFoundException",
        format!("The repository with name '{name}' does not exist in the registry with id '{account_id}'"),
    )
}

impl World {
    pub(super) fn settle_registry(&mut self) -> bool {
        let mut moved = false;
        for at in 0..self.registry.expected.len() {
            let push = self.registry.expected[at].clone();
            if self.registry.due(&push).is_some_and(|due| due <= self.now) {
                let created_at = self
                    .registry
                    .repositories
                    .get(&push.repository)
                    .map(|record| record.created_at);
                self.registry.expected[at].pushed_for = created_at;
                moved |= self.push_image(&push.repository, &push.tag, push.profile).is_ok();
            }
        }
        moved
    }

    /// Pushes an image: `docker push` of a developer, done at once. Answers its digest.
    ///
    /// # Errors
    /// `NotFound` without such a repository.
    pub fn push_image(&mut self, repository: &str, tag: &str, profile: ImageProfile) -> Result<String> {
        let digest = format!("sha256:{}", self.hex(64));
        let (now, account_id) = (self.now, self.account_id.clone());
        let record = self.registry.repositories.get_mut(repository);
        let record = record.ok_or_else(|| no_repository(repository, &account_id))?;
        for image in &mut record.images {
            image.tags.retain(|known| known != tag);
        }
        record.images.push(Image {
            digest: digest.clone(),
            tags: vec![tag.to_owned()],
            pushed_at: now,
            profile,
        });
        // A small world: old untagged images go at the next push, where the repository's rule says so.
        if let Some(days) = record
            .repository
            .lifecycle_policy
            .as_deref()
            .and_then(untagged_days)
        {
            let limit = days.saturating_mul(24 * 3600);
            record
                .images
                .retain(|image| !image.tags.is_empty() || seconds_between(image.pushed_at, now) < limit);
        }
        self.touch();
        Ok(digest)
    }

    /// Publishes an image in a public registry, where everybody can pull it and nobody can look into it.
    pub fn publish_image(&mut self, name: &str, profile: ImageProfile) {
        self.registry.published.insert(name.to_owned(), profile);
        self.touch();
    }

    /// A developer who pushes this image `after_s` seconds after the repository exists, each time it is made anew.
    pub fn expect_push(&mut self, repository: &str, tag: &str, profile: ImageProfile, after_s: u32) {
        self.registry
            .expected
            .retain(|push| push.repository != repository || push.tag != tag);
        let (repository, tag) = (repository.to_owned(), tag.to_owned());
        self.registry.expected.push(ExpectedPush {
            repository,
            tag,
            profile,
            after_s,
            pushed_for: None,
        });
        self.touch();
    }

    fn registry_host(&self) -> String {
        format!("{}.dkr.ecr.{}.amazonaws.com", self.account_id, self.region)
    }

    /// Whether pulling this image needs ECR credentials.
    pub(crate) fn is_ecr(&self, uri: &str) -> bool {
        uri.split('/')
            .next()
            .is_some_and(|host| host.contains(".dkr.ecr.") && host.ends_with(".amazonaws.com"))
    }

    /// What a task that pulls `uri` gets.
    pub(crate) fn pull(&self, uri: &str) -> std::result::Result<ImageProfile, Missing> {
        let (name, reference) = split_reference(uri);
        if !self.is_ecr(uri) {
            let published = self.registry.published.get(name).cloned();
            return published.or_else(|| public(name)).ok_or(Missing::Reference);
        }
        let own = name.strip_prefix(&format!("{}/", self.registry_host()));
        let repository = own
            .and_then(|name| self.registry.repositories.get(name))
            .ok_or_else(|| {
                Missing::Repository(name.split_once('/').map_or(name, |(_, path)| path).to_owned())
            })?;
        repository
            .find(reference)
            .map(|image| image.profile.clone())
            .ok_or(Missing::Reference)
    }

    fn create_repository(&mut self, wanted: CreateRepository) -> Result<Repository> {
        let CreateRepository {
            name,
            scan_on_push,
            tags,
        } = wanted;
        let fits = |part: &str| {
            part.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte))
                && part
                    .bytes()
                    .next()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric())
                && part
                    .bytes()
                    .last()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric())
        };
        if !(2..=256).contains(&name.len()) || !name.split('/').all(fits) {
            return Err(invalid(
                "InvalidParameterException",
                format!(
                    "Invalid parameter at 'repositoryName' failed to satisfy constraint: '{name}' must satisfy \
                         regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'"
                ),
            ));
        }
        if self.registry.repositories.contains_key(&name) {
            return Err(exists(
                "RepositoryAlreadyExistsException",
                format!(
                    "The repository with name '{name}' already exists in the registry with id '{}'",
                    self.account_id
                ),
            ));
        }
        let repository = Repository {
            arn: self.arn("ecr", &format!("repository/{name}")),
            uri: format!("{}/{name}", self.registry_host()),
            name: name.clone(),
            scan_on_push,
            lifecycle_policy: None,
            tags,
        };
        let record = RepositoryRecord {
            repository: repository.clone(),
            images: Vec::new(),
            created_at: self.now,
        };
        self.registry.repositories.insert(name, record);
        Ok(repository)
    }

    fn repository_mut(&mut self, name: &str) -> Result<&mut RepositoryRecord> {
        let account_id = self.account_id.clone();
        self.registry
            .repositories
            .get_mut(name)
            .ok_or_else(|| no_repository(name, &account_id))
    }

    fn put_lifecycle_policy(&mut self, name: &str, policy: &str) -> Result<()> {
        let rules = serde_json::from_str::<serde_json::Value>(policy).ok();
        if !rules.is_some_and(|document| document.get("rules").is_some_and(serde_json::Value::is_array)) {
            return Err(invalid(
                "InvalidParameterException",
                "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation \
                 failure'",
            ));
        }
        self.repository_mut(name)?.repository.lifecycle_policy = Some(policy.to_owned());
        Ok(())
    }

    fn delete_repository(&mut self, name: &str, force: bool) -> Result<()> {
        let account_id = self.account_id.clone();
        if !self.repository_mut(name)?.images.is_empty() && !force {
            return Err(in_use(
                "RepositoryNotEmptyException",
                format!(
                    "The repository with name '{name}' in registry with id '{account_id}' cannot be deleted \
                         because it still contains images"
                ),
            ));
        }
        self.registry.repositories.remove(name);
        Ok(())
    }
}

impl RepositoryRecord {
    fn find(&self, reference: &str) -> Option<&Image> {
        self.images
            .iter()
            .find(|image| image.digest == reference || image.tags.iter().any(|tag| tag == reference))
    }
}

impl Image {
    fn facts(&self) -> ImageFacts {
        ImageFacts {
            digest: self.digest.clone(),
            architectures: self.profile.architectures.clone(),
            exposed_ports: self.profile.exposed_ports.clone(),
            user: self.profile.user.clone(),
            entrypoint: self.profile.entrypoint.clone(),
            command: self.profile.command.clone(),
            has_curl: Some(self.profile.has_curl),
            size_bytes: self.profile.size_bytes,
            pushed_at: Some(self.pushed_at),
        }
    }
}

/// `name:tag` or `name@digest`; no tag means `latest`.
pub(crate) fn split_reference(uri: &str) -> (&str, &str) {
    if let Some((name, digest)) = uri.split_once('@') {
        return (name, digest);
    }
    match uri.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (uri, "latest"),
    }
}
