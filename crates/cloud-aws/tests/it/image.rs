//! What an image says about itself. The emulator hands out no layers: replayed answers, the blob included.

use engine::cloud::registry::Architecture;
use serde_json::{Value, json};

use crate::replay::{Replay, Scene, when};

const INDEX: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const AMD: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";
const CONFIG: &str = "sha256:3333333333333333333333333333333333333333333333333333333333333333";

fn image(digest: &str, manifest: &Value) -> String {
    json!({ "images": [{ "imageId": { "imageDigest": digest }, "imageManifest": manifest.to_string() }], "failures": [] }).to_string()
}

fn configuration() -> String {
    json!({
        "os": "linux", "architecture": "amd64",
        "config": {
            "User": "1000", "ExposedPorts": { "8080/tcp": {}, "53/udp": {}, "9090": {} },
            "Entrypoint": ["/entry"], "Cmd": ["serve", "--port", "8080"],
        },
    })
    .to_string()
}

fn manifest() -> Value {
    json!({
        "schemaVersion": 2, "config": { "digest": CONFIG, "size": 100 },
        "layers": [{ "digest": "sha256:aa", "size": 1000 }, { "digest": "sha256:bb", "size": 20 }],
    })
}

fn arrived() -> Scene {
    Scene::json(
        when(["V20150921.DescribeImages"]),
        200,
        json!({ "imageDetails": [{ "imagePushedAt": 1.7e9 }] }).to_string(),
    )
}

#[tokio::test]
async fn a_multi_platform_image_is_read_through_its_index() {
    let blobs = Replay::of(vec![Scene::answer(
        when(["GET /blob?signature=x "]),
        200,
        &[],
        configuration(),
    )])
    .await;
    let index = json!({ "schemaVersion": 2, "manifests": [
        { "digest": "sha256:99", "platform": { "os": "unknown", "architecture": "unknown" } },
        { "digest": "sha256:88", "platform": { "os": "windows", "architecture": "amd64" } },
        { "digest": "sha256:77", "platform": { "os": "linux", "architecture": "arm64" } },
        { "digest": AMD, "platform": { "os": "linux", "architecture": "amd64" } },
    ]});
    let replay = Replay::of(vec![
        Scene::json(
            when([
                "V20150921.BatchGetImage",
                r#""imageTag":"v1""#,
                "vnd.oci.image.index.v1+json",
            ]),
            200,
            image(INDEX, &index),
        ),
        Scene::json(
            when(["V20150921.BatchGetImage", AMD]),
            200,
            image(AMD, &manifest()),
        ),
        arrived(),
        Scene::json(
            when(["V20150921.GetDownloadUrlForLayer", CONFIG]),
            200,
            json!({ "downloadUrl": format!("{}blob?signature=x", blobs.url), "layerDigest": CONFIG })
                .to_string(),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let facts = cloud.registry.image("api", "v1").await.unwrap().unwrap();
    assert_eq!(facts.digest, INDEX);
    assert_eq!(facts.architectures, [Architecture::X86_64, Architecture::Arm64]);
    assert_eq!(facts.exposed_ports, [8080, 9090]);
    assert_eq!(facts.user, "1000");
    assert_eq!(
        (facts.entrypoint, facts.command),
        (
            vec!["/entry".to_owned()],
            vec!["serve".to_owned(), "--port".to_owned(), "8080".to_owned()]
        )
    );
    assert_eq!((facts.size_bytes, facts.has_curl), (1120, None));
    assert_eq!(facts.pushed_at.map(|at| at.as_second()), Some(1_700_000_000));
    replay.finish();
    blobs.finish();
}

#[tokio::test]
async fn a_single_platform_image_takes_its_platform_from_its_configuration() {
    let blobs = Replay::of(vec![Scene::answer(
        when(["GET /blob "]),
        200,
        &[],
        configuration(),
    )])
    .await;
    let replay = Replay::of(vec![
        Scene::json(
            when(["V20150921.BatchGetImage", AMD]),
            200,
            image(AMD, &manifest()),
        ),
        arrived(),
        Scene::json(
            when(["GetDownloadUrlForLayer"]),
            200,
            json!({ "downloadUrl": format!("{}blob", blobs.url) }).to_string(),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let facts = cloud.registry.image("api", AMD).await.unwrap().unwrap();
    assert_eq!(facts.architectures, [Architecture::X86_64]);
    replay.finish();
}

#[tokio::test]
async fn a_signed_link_is_in_no_message() {
    let blobs = Replay::of(vec![Scene::answer(when(["GET /blob"]), 403, &[], "denied")]).await;
    let replay = Replay::of(vec![
        Scene::json(when(["BatchGetImage"]), 200, image(AMD, &manifest())),
        arrived(),
        Scene::json(
            when(["GetDownloadUrlForLayer"]),
            200,
            json!({ "downloadUrl": format!("{}blob?signature=do-not-print", blobs.url) }).to_string(),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let error = cloud.registry.image("api", "v1").await.unwrap_err();
    assert_eq!(error.fault().message, "HTTP 403");
    assert!(!format!("{error:?}").contains("do-not-print"));
}

#[tokio::test]
async fn a_tag_that_nobody_pushed_is_none() {
    let body = r#"{"images":[],"failures":[{"imageId":{"imageTag":"v9"},"failureCode":"ImageNotFound","failureReason":"Requested image not found"}]}"#;
    let replay = Replay::of(vec![Scene::json(when(["BatchGetImage"]), 200, body)]).await;
    let (cloud, _) = replay.cloud().await;
    assert_eq!(cloud.registry.image("api", "v9").await.unwrap(), None);
}
