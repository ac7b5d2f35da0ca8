//! ECR.

use super::{During, PREFIX, already_exists, ensure, not_found, tagged, tags, there};
use crate::cloud::Cloud;
use crate::cloud::registry::CreateRepository;

const POLICY: &str = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}]}"#;

/// Repositories, their settings, and images that are not there.
///
/// # Errors
/// The first promise that was not kept.
pub async fn registry(cloud: &Cloud) -> super::Checked {
    let ecr = &cloud.registry;
    let name = format!("{PREFIX}/api");
    ensure(
        ecr.repository(&name).await.during("repository before")?.is_none(),
        "a missing repository is None",
    )?;
    ensure(
        ecr.image(&name, "latest").await.during("image")?.is_none(),
        "an image of a missing repository is None",
    )?;
    let wanted = CreateRepository {
        name: name.clone(),
        scan_on_push: false,
        tags: tags(),
    };
    let made = ecr
        .create_repository(wanted.clone())
        .await
        .during("create_repository")?;
    ensure(
        made.uri.ends_with(&format!(".amazonaws.com/{name}")) && made.uri.contains(".dkr.ecr."),
        format!("the URI is the registry's host and the name: {}", made.uri),
    )?;
    already_exists(ecr.create_repository(wanted).await, "create_repository again")?;
    let read = there(
        ecr.repository(&name).await.during("repository")?,
        "the repository",
    )?;
    tagged(&read.tags, "the repository")?;
    ensure(
        !read.scan_on_push && read.lifecycle_policy.is_none(),
        "it starts as it was asked for",
    )?;
    ecr.set_scan_on_push(&name, true)
        .await
        .during("set_scan_on_push")?;
    ecr.put_lifecycle_policy(&name, POLICY)
        .await
        .during("put_lifecycle_policy")?;
    let read = there(
        ecr.repository(&name).await.during("repository")?,
        "the repository",
    )?;
    ensure(read.scan_on_push, "scan on push is on after it was turned on")?;
    let policy = read.lifecycle_policy.unwrap_or_default();
    ensure(
        serde_json::from_str::<serde_json::Value>(&policy).ok() == serde_json::from_str(POLICY).ok(),
        format!("the lifecycle policy is the one that was put: {policy}"),
    )?;
    let listed = ecr.repositories().await.during("repositories")?;
    ensure(
        listed.iter().any(|repository| repository.name == name),
        "the list holds it",
    )?;
    ensure(
        ecr.images(&name).await.during("images")?.is_empty(),
        "a new repository is empty",
    )?;
    ensure(
        ecr.image(&name, "latest").await.during("image")?.is_none(),
        "a tag that was never pushed is None",
    )?;
    ecr.delete_repository(&name, false)
        .await
        .during("delete_repository")?;
    ensure(
        ecr.repository(&name).await.during("repository after")?.is_none(),
        "a deleted repository is None",
    )?;
    not_found(
        ecr.delete_repository(&name, true).await,
        "delete_repository again",
    )
}
