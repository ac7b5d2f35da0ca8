//! The image page: what to choose from, and the commands that push.

use app::backend::Answer;
use app::backend::drafts::{FormValues, ImageChoice, RepositoryChoice};
use app::backend::error::{PanelError, PanelErrorCode};
use engine::cloud::CloudError;
use engine::cloud::registry::{Architecture, ImageFacts, ImageSummary};
use engine::snapshot::discover::RepositoryView;
use engine::spec::image::repository_uri;
use engine::spec::{ImageSource, StackSpec, field};

use super::super::{cloud_error, unexpected};
use super::form;
use crate::clouds::OpenCloud;

fn one<'a>(values: &'a FormValues, field: &str) -> &'a str {
    values
        .get(field)
        .and_then(|all| all.first())
        .map_or("", |value| value.trim())
}

/// A new repository is named after the stack unless somebody typed another name. While nobody chose, the newest image of a
/// repository that is named like the stack is proposed, or else a push.
pub(super) fn propose(values: &mut FormValues, found: &[RepositoryView]) {
    let name = one(values, "name").to_owned();
    if one(values, "image.new_repository").is_empty() && !name.is_empty() {
        values.insert("image.new_repository".to_owned(), vec![format!("{name}-api")]);
    }
    if one(values, "image.choice").is_empty() {
        let own = |view: &&RepositoryView| {
            let repository = view.repository.name.as_str();
            !name.is_empty() && (repository == name || repository == one(values, "image.new_repository"))
        };
        let newest = found.iter().filter(own).find_map(|view| {
            let image = view.images.first()?;
            Some(format!("{}:{}", view.repository.name, reference(image)))
        });
        let choice = newest.unwrap_or_else(|| "new".to_owned());
        values.insert("image.choice".to_owned(), vec![choice]);
    }
}

/// The tag by which an image is known, or its digest.
fn reference(image: &ImageSummary) -> &str {
    image.tags.first().unwrap_or(&image.digest)
}

/// Repository and tag (or digest) of an image in the account's own ECR.
pub(super) fn chosen(values: &FormValues) -> Option<(String, String)> {
    let (repository, reference) = match one(values, "image.choice") {
        "" | "uri" => return None,
        "new" => (one(values, "image.new_repository"), one(values, "image.tag")),
        choice => choice.split_once(':')?,
    };
    (!repository.is_empty() && !reference.is_empty()).then(|| (repository.to_owned(), reference.to_owned()))
}

/// What the chosen image says about itself; `None` when it is elsewhere, or not there yet.
pub(super) async fn facts(values: &FormValues, open: &OpenCloud) -> Result<Option<ImageFacts>, CloudError> {
    match chosen(values) {
        Some((repository, reference)) => open.cloud.registry.image(&repository, &reference).await,
        None => Ok(None),
    }
}

/// A spec that is good enough to make the repository: what is not typed yet stands at its proposal.
pub(super) fn spec_for_repository(values: &FormValues, region: &str) -> Option<StackSpec> {
    let mut whole = form::defaults();
    let kept = [
        "connection",
        "name",
        "environment",
        "image.choice",
        "image.new_repository",
        "image.tag",
        "container.port",
    ];
    whole.extend(
        values
            .iter()
            .filter(|(field, _)| kept.contains(&field.as_str()))
            .map(|(field, all)| (field.clone(), all.clone())),
    );
    if field::port(one(&whole, "container.port")).is_err() {
        whole.insert("container.port".to_owned(), vec!["8080".to_owned()]);
    }
    form::read(&whole, region).spec
}

/// Build, sign in, tag, push: with real values.
pub(super) fn push_commands(values: &FormValues, account_id: &str, region: &str) -> Vec<String> {
    let Some((repository, tag)) = chosen(values) else {
        return Vec::new();
    };
    // A digest names what was pushed; what is pushed has a tag.
    let tag = if tag.starts_with("sha256:") {
        one(values, "image.tag").to_owned()
    } else {
        tag
    };
    let architecture = if one(values, "container.architecture") == "arm64" {
        Architecture::Arm64
    } else {
        Architecture::X86_64
    };
    push_to(&repository, &tag, architecture, account_id, region)
}

/// Plays the part of `docker push` in a practice account, with an image that fits the spec.
///
/// # Errors
/// [`PanelErrorCode::PracticeOnly`]; [`PanelErrorCode::Form`] for an image that is elsewhere; what the registry said.
pub(in crate::backend) async fn play_push(open: &OpenCloud, spec: &StackSpec) -> Answer<()> {
    let Some(practice) = &open.practice else {
        return Err(PanelError::new(PanelErrorCode::PracticeOnly));
    };
    let ImageSource::Repository { repository, tag } = spec.image.clone() else {
        return Err(PanelError::new(PanelErrorCode::Form));
    };
    let profile = crate::practice::image_for(spec);
    let pushed = practice
        .look(move |world, _| world.push_image(&repository, &tag, profile))
        .await;
    match pushed {
        Ok(Ok(_digest)) => Ok(()),
        Ok(Err(error)) => Err(cloud_error(&error)),
        Err(error) => Err(unexpected(&error)),
    }
}

/// The commands for one repository and tag.
pub(in crate::backend) fn push_to(
    repository: &str,
    tag: &str,
    architecture: Architecture,
    account_id: &str,
    region: &str,
) -> Vec<String> {
    let uri = repository_uri(account_id, region, repository);
    let registry = uri.split('/').next().unwrap_or_default().to_owned();
    let platform = match architecture {
        Architecture::Arm64 => "linux/arm64",
        Architecture::X86_64 => "linux/amd64",
    };
    vec![
        format!("docker build --platform {platform} -t {repository}:{tag} ."),
        format!(
            "aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
        ),
        format!("docker tag {repository}:{tag} {uri}:{tag}"),
        format!("docker push {uri}:{tag}"),
    ]
}

/// A repository as the page shows it.
pub(super) fn repository_choice(view: RepositoryView) -> RepositoryChoice {
    let images = view
        .images
        .into_iter()
        .map(|image| ImageChoice {
            reference: reference(&image).to_owned(),
            pushed_at: image.pushed_at,
            size_bytes: image.size_bytes,
        })
        .collect();
    RepositoryChoice {
        name: view.repository.name,
        uri: view.repository.uri,
        images,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::cloud::registry::Repository;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> FormValues {
        pairs
            .iter()
            .map(|(field, value)| ((*field).to_owned(), vec![(*value).to_owned()]))
            .collect()
    }

    #[test]
    fn the_commands_can_be_pasted_as_they_are() {
        let typed = values(&[
            ("image.choice", "new"),
            ("image.new_repository", "vendor0919-api"),
            ("image.tag", "v1"),
        ]);
        let commands = push_commands(&typed, "123456789012", "ap-northeast-1");
        assert_eq!(
            commands.last().unwrap(),
            "docker push 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/vendor0919-api:v1"
        );
        assert!(commands[1].ends_with("--password-stdin 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com"));
    }

    #[test]
    fn an_image_by_digest_keeps_its_digest() {
        let typed = values(&[("image.choice", "api:sha256:abc")]);
        assert_eq!(chosen(&typed), Some(("api".to_owned(), "sha256:abc".to_owned())));
        assert_eq!(chosen(&values(&[("image.choice", "uri")])), None);
    }

    #[test]
    fn a_repository_is_proposed_after_the_stack_and_never_overwrites_a_typed_one() {
        let mut typed = values(&[("name", "vendor0919")]);
        propose(&mut typed, &[]);
        assert_eq!(one(&typed, "image.new_repository"), "vendor0919-api");
        assert_eq!(one(&typed, "image.choice"), "new");
        let mut typed = values(&[("name", "vendor0919"), ("image.new_repository", "mine")]);
        propose(&mut typed, &[]);
        assert_eq!(one(&typed, "image.new_repository"), "mine");
    }

    #[test]
    fn the_newest_image_of_the_stacks_own_repository_is_proposed_and_a_choice_stays() {
        let image = |tag: &str| ImageSummary {
            digest: "sha256:abc".to_owned(),
            tags: vec![tag.to_owned()],
            pushed_at: None,
            size_bytes: 1,
        };
        let repository = |name: &str| RepositoryView {
            repository: Repository {
                name: name.to_owned(),
                arn: String::new(),
                uri: String::new(),
                scan_on_push: true,
                lifecycle_policy: None,
                tags: BTreeMap::new(),
            },
            images: vec![image("v2"), image("v1")],
        };
        let found = [repository("other"), repository("shop-api")];
        let mut typed = values(&[("name", "shop")]);
        propose(&mut typed, &found);
        assert_eq!(one(&typed, "image.choice"), "shop-api:v2");
        let mut typed = values(&[("name", "shop"), ("image.choice", "uri")]);
        propose(&mut typed, &found);
        assert_eq!(one(&typed, "image.choice"), "uri");
    }
}
