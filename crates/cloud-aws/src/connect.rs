//! From an account, a region and a way to get credentials to a [`Cloud`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use engine::cloud::{Cloud, CloudError};
use ipnet::IpNet;
use url::Url;

use crate::balancing::Elb;
use crate::calls::{CallLog, Witness};
use crate::compute::Ecs;
use crate::edge::{EdgeOptions, HttpEdge};
use crate::error::credentials_error;
use crate::hosting::Amplify;
use crate::identity::Iam;
use crate::logs::CloudWatchLogs;
use crate::network::Ec2;
use crate::registry::Ecr;

/// Limit for a TCP connection to an AWS endpoint.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Limit for one attempt of a call, connection included.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// What CloudTrail shows as the session of an assumed role.
const SESSION_NAME: &str = "slipway";

/// A text that must not be seen. It prints as dots and never serialises.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a connection gets its credentials. It never holds the credentials themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// The SDK's default chain: environment, shared files, container, instance.
    Default,
    /// This profile of the shared files, and nothing else: keys in the environment do not override it.
    Profile(String),
    /// `sts:AssumeRole`.
    AssumeRole {
        /// ARN of the role.
        role_arn: String,
        /// The external id that the role's trust policy asks for.
        external_id: Option<Secret>,
        /// The profile that may assume it; `None`: the default chain.
        source_profile: Option<String>,
    },
}

/// What a connection may be told beside the essentials.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Records the IAM actions of every call.
    pub call_log: Option<CallLog>,
    /// Private ranges that probes may reach (internal load balancers).
    pub probe_allow: Vec<IpNet>,
    /// Reads profiles from this file (credentials format) instead of `~/.aws`.
    pub profile_file: Option<PathBuf>,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Not a region code.
    #[error("{region:?} is not a region code such as ap-northeast-1")]
    Region {
        /// What was given.
        region: String,
    },
    /// Not an HTTP address.
    #[error("{endpoint} is not an http or https address")]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// No credentials, or AWS refuses to give them.
    #[error("no credentials: {error}")]
    Credentials {
        /// The reason, with AWS's words where AWS was asked.
        error: CloudError,
    },
}

/// Connects with the usual options. Credentials are got now, so that a wrong profile or role is known at once.
/// `endpoint` wins over `AWS_ENDPOINT_URL`, which the SDK reads itself.
pub async fn connect(
    credentials: Credentials,
    region: &str,
    endpoint: Option<Url>,
) -> Result<Cloud, ConnectError> {
    connect_with(credentials, region, endpoint, Options::default()).await
}

/// [`connect`] with everything adjustable.
pub async fn connect_with(
    credentials: Credentials,
    region: &str,
    endpoint: Option<Url>,
    options: Options,
) -> Result<Cloud, ConnectError> {
    if !is_region_code(region) {
        return Err(ConnectError::Region {
            region: region.to_owned(),
        });
    }
    if let Some(url) = endpoint
        .as_ref()
        .filter(|url| !matches!(url.scheme(), "http" | "https") || !url.has_host())
    {
        return Err(ConnectError::Endpoint {
            endpoint: url.to_string(),
        });
    }
    let sdk = Box::pin(sdk_config(credentials, region, endpoint, &options)).await;
    if let Some(provider) = sdk.credentials_provider() {
        provider
            .provide_credentials()
            .await
            .map_err(|error| ConnectError::Credentials {
                error: credentials_error("credentials", &error),
            })?;
    }
    Ok(cloud(&sdk, region, options))
}

/// `ap-northeast-1`, `us-gov-west-1`, …
fn is_region_code(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts.iter().all(|part| !part.is_empty())
        && parts
            .iter()
            .take(parts.len() - 1)
            .all(|part| part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && parts
            .last()
            .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

async fn sdk_config(
    credentials: Credentials,
    region: &str,
    endpoint: Option<Url>,
    options: &Options,
) -> SdkConfig {
    let region = Region::new(region.to_owned());
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.clone())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
    if let Some(url) = endpoint {
        loader = loader.endpoint_url(url.as_str().trim_end_matches('/'));
    }
    if let Some(files) = profile_files(options) {
        loader = loader.profile_files(files);
    }
    match credentials {
        Credentials::Default => loader.load().await,
        Credentials::Profile(name) => {
            loader
                .credentials_provider(profile(name, &region, options))
                .load()
                .await
        }
        Credentials::AssumeRole {
            role_arn,
            external_id,
            source_profile,
        } => {
            if let Some(name) = source_profile {
                loader = loader.credentials_provider(profile(name, &region, options));
            }
            let source = loader.load().await;
            let mut role = AssumeRoleProvider::builder(role_arn)
                .session_name(SESSION_NAME)
                .configure(&source);
            if let Some(Secret(id)) = external_id {
                role = role.external_id(id);
            }
            let provider = match source.credentials_provider() {
                Some(from) => role.build_from_provider(from).await,
                None => role.build().await,
            };
            source
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(provider))
                .build()
        }
    }
}

fn profile_files(options: &Options) -> Option<EnvConfigFiles> {
    let path = options.profile_file.as_ref()?;
    Some(
        EnvConfigFiles::builder()
            .with_file(EnvConfigFileKind::Credentials, path)
            .build(),
    )
}

fn profile(name: String, region: &Region, options: &Options) -> ProfileFileCredentialsProvider {
    let config = ProviderConfig::without_region().with_region(Some(region.clone()));
    let mut builder = ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .profile_name(name);
    if let Some(files) = profile_files(options) {
        builder = builder.profile_files(files);
    }
    builder.build()
}

fn cloud(sdk: &SdkConfig, region: &str, options: Options) -> Cloud {
    let witness = Witness {
        log: options.call_log,
    };
    macro_rules! client {
        ($sdk_crate:ident) => {
            $sdk_crate::Client::from_conf(
                $sdk_crate::config::Builder::from(sdk)
                    .interceptor(witness.clone())
                    .build(),
            )
        };
    }
    Cloud {
        region: region.to_owned(),
        identity: Arc::new(Iam::new(client!(aws_sdk_sts), client!(aws_sdk_iam))),
        network: Arc::new(Ec2::new(client!(aws_sdk_ec2))),
        registry: Arc::new(Ecr::new(client!(aws_sdk_ecr))),
        compute: Arc::new(Ecs::new(client!(aws_sdk_ecs))),
        balancing: Arc::new(Elb::new(client!(aws_sdk_elasticloadbalancingv2))),
        logs: Arc::new(CloudWatchLogs::new(client!(aws_sdk_cloudwatchlogs))),
        hosting: Arc::new(Amplify::new(client!(aws_sdk_amplify))),
        edge: Arc::new(HttpEdge::new(EdgeOptions {
            allow: options.probe_allow,
            ..EdgeOptions::default()
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_codes_are_told_from_other_text() {
        for good in ["ap-northeast-1", "us-east-1", "us-gov-west-1", "cn-north-1"] {
            assert!(is_region_code(good), "{good}");
        }
        for bad in [
            "",
            "tokyo",
            "ap-northeast",
            "AP-NORTHEAST-1",
            "ap-northeast-1a",
            "a b-c-1",
            "--1",
        ] {
            assert!(!is_region_code(bad), "{bad}");
        }
    }

    #[test]
    fn an_external_id_is_never_printed() {
        let credentials = Credentials::AssumeRole {
            role_arn: "arn:aws:iam::123456789012:role/deployer".to_owned(),
            external_id: Some(Secret::new("do-not-print")),
            source_profile: None,
        };
        assert!(!format!("{credentials:?}").contains("do-not-print"));
    }
}
