//! The repository and the image in it.

use crate::cloud::registry::{Architecture, ImageFacts, Repository};
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::builder::Builder;
use crate::plan::differing::Differing;
use crate::plan::documents::{lifecycle_policy, same_json};
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight};
use crate::spec::ImageSource;
use crate::spec::image::{ImageName, pinned, repository_uri};

/// OCI's name of a platform.
fn platform(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "linux/amd64",
        Architecture::Arm64 => "linux/arm64",
    }
}

/// The image, as far as the plan knows it.
pub(super) struct Image {
    /// Its name: with the digest that its tag means now, where that can be read.
    pub(super) uri: String,
    /// The digest, when the image is still to be pushed.
    pub(super) digest: Option<Ref>,
    /// What the service has to wait for.
    pub(super) before: Option<StepId>,
}

/// The repository, and the wait for the image where it is not there yet.
///
/// ECS reads a tag when a task starts, and a second push under the same tag is no change that it sees. So the digest is
/// what is deployed: a push is a difference, and nothing runs that no plan has named.
pub(super) fn image(builder: &mut Builder<'_>) -> Image {
    let account_id = builder.snapshot.caller.account_id.clone();
    let uri = builder.spec.image.uri(&account_id, &builder.snapshot.region);
    same_account(builder, &uri);
    let repository_step = repository(builder);
    let Some((repository, reference)) = builder
        .spec
        .image
        .in_own_registry(&account_id, &builder.snapshot.region)
    else {
        builder.finding(FindingCode::ImageUnchecked, Weight::Warn, &[("image", &uri)]);
        return Image {
            uri,
            digest: None,
            before: None,
        };
    };
    if let Some(facts) = &builder.snapshot.image {
        builder.finding(FindingCode::ImageExists, Weight::Pass, &[("image", &uri)]);
        check(builder, facts);
        return Image {
            uri: pinned(&uri, &facts.digest),
            digest: None,
            before: repository_step,
        };
    }
    // Without a repository, and with none planned, nobody could push it.
    let can_come = repository_step.is_some() || builder.snapshot.repository.is_some();
    let weight = if can_come { Weight::Warn } else { Weight::Block };
    builder.finding(FindingCode::ImageExists, weight, &[("image", &uri)]);
    let action = Action::ImagePushed {
        repository,
        reference,
        architecture: builder.spec.container.architecture,
    };
    let reason = Reason::new(ReasonCode::ImageNotPushed).with("image", &uri);
    let after: Vec<StepId> = repository_step.into_iter().collect();
    let step = builder.step("image", action, Change::Wait, reason, &after);
    Image {
        uri,
        digest: Some(Ref::output(&step, OutputName::Digest)),
        before: Some(step),
    }
}

/// An image of another account's ECR can be pulled only if that account allows it.
fn same_account(builder: &mut Builder<'_>, uri: &str) {
    let Some(host) = ImageName::parse(uri).and_then(|name| name.ecr()) else {
        return;
    };
    let same = host.account_id == builder.snapshot.caller.account_id;
    let weight = if same { Weight::Pass } else { Weight::Warn };
    builder.finding(FindingCode::SameAccount, weight, &[("account", &host.account_id)]);
}

fn check(builder: &mut Builder<'_>, facts: &ImageFacts) {
    let wanted = builder.spec.container.architecture;
    let found: Vec<&str> = facts.architectures.iter().map(|one| platform(*one)).collect();
    let weight = if facts.architectures.contains(&wanted) {
        Weight::Pass
    } else {
        Weight::Block
    };
    let values: [(&str, &dyn ToString); 2] = [("wanted", &platform(wanted)), ("found", &found.join(", "))];
    builder.finding(FindingCode::ImagePlatform, weight, &values);
    if !facts.exposed_ports.is_empty() {
        let port = builder.spec.container.port;
        let exposed: Vec<String> = facts.exposed_ports.iter().map(u16::to_string).collect();
        let weight = if facts.exposed_ports.contains(&port) {
            Weight::Pass
        } else {
            Weight::Warn
        };
        builder.finding(
            FindingCode::ImagePort,
            weight,
            &[("port", &port), ("exposed", &exposed.join(", "))],
        );
    }
}

/// The repository, where the spec names one of this account. An existing one of that name is used: naming it chose it.
pub(in crate::plan) fn repository(builder: &mut Builder<'_>) -> Option<StepId> {
    let ImageSource::Repository { repository, .. } = &builder.spec.image else {
        return None;
    };
    let action = Action::Repository {
        name: repository.clone(),
        scan_on_push: true,
        lifecycle_policy: lifecycle_policy(),
    };
    let (change, reason) = match &builder.snapshot.repository {
        None => (Change::Create, Reason::new(ReasonCode::Missing)),
        Some(found) => compare(builder, found),
    };
    let step = builder.step("repository", action, change, reason, &[]);
    let uri = repository_uri(
        &builder.snapshot.caller.account_id,
        &builder.snapshot.region,
        repository,
    );
    builder.knows(
        &step,
        [(OutputName::Name, repository.clone()), (OutputName::Uri, uri)],
    );
    if let Some(found) = &builder.snapshot.repository {
        builder.knows(&step, [(OutputName::Arn, found.arn.clone())]);
    }
    Some(step)
}

fn compare(builder: &Builder<'_>, found: &Repository) -> (Change, Reason) {
    if !builder.owns(&found.tags) {
        let used = builder.own_task_definition().is_some_and(|definition| {
            ImageName::parse(&definition.container.image).is_some_and(|image| image.repository == found.name)
        });
        let reason = Reason::new(ReasonCode::ChosenByUser);
        return (if used { Change::Keep } else { Change::Adopt }, reason);
    }
    let mut differs = Vec::new();
    if !found.scan_on_push {
        differs.push(Differing::ScanOnPush);
    }
    if !found
        .lifecycle_policy
        .as_deref()
        .is_some_and(|now| same_json(now, &lifecycle_policy()))
    {
        differs.push(Differing::LifecyclePolicy);
    }
    Builder::compared(&differs)
}
