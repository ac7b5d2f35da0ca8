//! What an image is: its platforms, and what its configuration says.

use aws_sdk_ecr::types::{ImageFailureCode, ImageIdentifier};
use engine::cloud::registry::{Architecture, ImageFacts};
use engine::cloud::{AwsFault, CloudError, Result};
use jiff::Timestamp;
use serde_json::Value;

use super::Ecr;
use crate::error::{incomplete, invalid};
use crate::moment::timestamp;

/// Manifest formats we read: Docker v2 and OCI, one platform and many.
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
/// Bytes of an image configuration that are read. Real ones are a few kilobytes.
const CONFIG_LIMIT: usize = 4 * 1024 * 1024;
/// Limit for fetching it, seconds.
const CONFIG_TIMEOUT_S: u32 = 20;

impl Ecr {
    pub(super) async fn facts(&self, repository: &str, reference: &str) -> Result<Option<ImageFacts>> {
        let Some((digest, mut manifest)) = self.manifest(repository, reference).await? else {
            return Ok(None);
        };
        let mut architectures = Vec::new();
        if let Some(platforms) = platforms(&manifest) {
            architectures = platforms.iter().map(|(architecture, _)| *architecture).collect();
            architectures.dedup();
            // Platforms of one image differ in their binaries, hardly ever in ports, user and command: one is read.
            if let Some((_, child)) = platforms.first() {
                match self.manifest(repository, child).await? {
                    Some((_, found)) => manifest = found,
                    None => {
                        return Err(invalid(
                            "ecr:BatchGetImage",
                            "ImageNotFound",
                            format!("the index names {child}, which is not in the repository"),
                        ));
                    }
                }
            }
        }
        let pushed_at = self.pushed_at(repository, &digest).await?;
        let configuration = match manifest
            .get("config")
            .and_then(|config| config.get("digest"))
            .and_then(Value::as_str)
        {
            Some(digest) => self.configuration(repository, digest).await?,
            // An index without any Linux platform: there is nothing that Fargate could run.
            None => Value::Null,
        };
        if architectures.is_empty() {
            architectures.extend(architecture(
                configuration.get("os"),
                configuration.get("architecture"),
            ));
        }
        let config = configuration.get("config");
        let field = |name: &str| config.and_then(|config| config.get(name));
        Ok(Some(ImageFacts {
            digest,
            architectures,
            exposed_ports: ports(field("ExposedPorts")),
            user: field("User")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            entrypoint: texts(field("Entrypoint")),
            command: texts(field("Cmd")),
            // Saying whether curl is there would take reading every layer (hundreds of megabytes), upper ones hiding
            // what lower ones hold. The image page asks every few seconds, so we do not know.
            has_curl: None,
            size_bytes: size(&manifest),
            pushed_at,
        }))
    }

    /// Digest and manifest. `None`: no such image or repository.
    async fn manifest(&self, repository: &str, reference: &str) -> Result<Option<(String, Value)>> {
        const OPERATION: &str = "ecr:BatchGetImage";
        let id = if reference.starts_with("sha256:") {
            ImageIdentifier::builder().image_digest(reference)
        } else {
            ImageIdentifier::builder().image_tag(reference)
        };
        let request = self
            .client
            .batch_get_image()
            .repository_name(repository)
            .image_ids(id.build())
            .set_accepted_media_types(Some(MANIFESTS.map(str::to_owned).to_vec()));
        let answer = match self.gate.call(OPERATION, request.send()).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if let Some(image) = answer.images().first() {
            let digest = image.image_id().and_then(|id| id.image_digest());
            let digest = digest
                .ok_or_else(|| incomplete(OPERATION, "imageDigest"))?
                .to_owned();
            let text = image
                .image_manifest()
                .ok_or_else(|| incomplete(OPERATION, "imageManifest"))?;
            let manifest = serde_json::from_str(text)
                .map_err(|error| invalid(OPERATION, "UnreadableManifest", error.to_string()))?;
            return Ok(Some((digest, manifest)));
        }
        match answer
            .failures()
            .iter()
            .find(|failure| failure.failure_code() != Some(&ImageFailureCode::ImageNotFound))
        {
            None => Ok(None),
            Some(failure) => {
                let code = failure
                    .failure_code()
                    .map_or("ImageFailure", |code| code.as_str());
                Err(invalid(
                    OPERATION,
                    code,
                    failure.failure_reason().unwrap_or_default(),
                ))
            }
        }
    }

    /// The image configuration: a blob like any layer, which ECR hands out by a signed link.
    async fn configuration(&self, repository: &str, digest: &str) -> Result<Value> {
        const OPERATION: &str = "ecr:GetDownloadUrlForLayer";
        let request = self
            .client
            .get_download_url_for_layer()
            .repository_name(repository)
            .layer_digest(digest);
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let url = answer
            .download_url()
            .ok_or_else(|| incomplete(OPERATION, "downloadUrl"))?;
        let fetched = self.fetcher.get(url, CONFIG_LIMIT, CONFIG_TIMEOUT_S).await;
        // The link is signed, so it stays out of every message.
        let fetched = fetched.map_err(|error| {
            fetching(
                OPERATION,
                "DownloadFailed",
                error.to_string().replace(url, "the link"),
            )
        })?;
        if fetched.status != 200 {
            return Err(fetching(
                OPERATION,
                "DownloadFailed",
                format!("HTTP {}", fetched.status),
            ));
        }
        serde_json::from_slice(&fetched.body)
            .map_err(|error| fetching(OPERATION, "UnreadableConfiguration", error.to_string()))
    }

    async fn pushed_at(&self, repository: &str, digest: &str) -> Result<Option<Timestamp>> {
        let id = ImageIdentifier::builder().image_digest(digest).build();
        let request = self
            .client
            .describe_images()
            .repository_name(repository)
            .image_ids(id);
        match self.gate.call("ecr:DescribeImages", request.send()).await {
            Ok(answer) => Ok(answer
                .image_details()
                .first()
                .and_then(|detail| timestamp(detail.image_pushed_at()?))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn fetching(operation: &str, code: &str, message: String) -> CloudError {
    let fault = AwsFault {
        operation: operation.to_owned(),
        code: code.to_owned(),
        message,
        request_id: None,
    };
    CloudError::Unavailable {
        fault,
        retryable: true,
    }
}

fn architecture(os: Option<&Value>, name: Option<&Value>) -> Option<Architecture> {
    match (os?.as_str()?, name?.as_str()?) {
        ("linux", "amd64") => Some(Architecture::X86_64),
        ("linux", "arm64") => Some(Architecture::Arm64),
        _ => None,
    }
}

/// The platforms of an index, each with the digest of its manifest.
fn platforms(index: &Value) -> Option<Vec<(Architecture, String)>> {
    let entries = index.get("manifests")?.as_array()?;
    let mut found: Vec<(Architecture, String)> = entries
        .iter()
        .filter_map(|entry| {
            let platform = entry.get("platform")?;
            let architecture = architecture(platform.get("os"), platform.get("architecture"))?;
            Some((architecture, entry.get("digest")?.as_str()?.to_owned()))
        })
        .collect();
    found.sort();
    Some(found)
}

/// Compressed bytes of one platform: its configuration and layers.
fn size(manifest: &Value) -> u64 {
    let part = |part: &Value| part.get("size").and_then(Value::as_u64).unwrap_or(0);
    let layers = manifest
        .get("layers")
        .and_then(Value::as_array)
        .map(|layers| layers.iter().map(part).sum());
    manifest.get("config").map_or(0, part) + layers.unwrap_or(0)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    list.iter()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// `EXPOSE`d TCP ports: keys such as `8080/tcp` or `8080`.
fn ports(value: Option<&Value>) -> Vec<u16> {
    let keys = value
        .and_then(Value::as_object)
        .map(|ports| ports.keys())
        .into_iter()
        .flatten();
    let mut found: Vec<u16> = keys
        .filter_map(|key| match key.split_once('/') {
            Some((port, "tcp")) => port.parse().ok(),
            Some(_) => None,
            None => key.parse().ok(),
        })
        .collect();
    found.sort_unstable();
    found
}
