//! From an account, a region and a way to get credentials to a [`Cloud`].

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::{RetryConfig, RetryMode};
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use engine::cloud::{Cloud, CloudError};
use ipnet::IpNet;
use url::{Host, Url};

use crate::balancing::Elb;
use crate::calls::{CallLog, Witness};
use crate::compute::Ecs;
use crate::edge::{EdgeOptions, HttpEdge, may_connect};
use crate::error::credentials_error;
use crate::hosting::Amplify;
use crate::identity::Iam;
use crate::logs::CloudWatchLogs;
use crate::network::Ec2;
use crate::profile::Profile;
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
    /// An address that hands out credentials to whoever can reach it.
    #[error("{endpoint} is on this machine's own network, which is no place for an endpoint")]
    Forbidden {
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
    if let Some(url) = &endpoint {
        check_host(url).await?;
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

/// Refuses an endpoint that is an address of this machine's own network where credentials are handed out: whoever may enter
/// an endpoint could otherwise read them through the panel.
async fn check_host(url: &Url) -> Result<(), ConnectError> {
    let addresses: Vec<IpAddr> = match (url.host(), url.port_or_known_default()) {
        (Some(Host::Ipv4(address)), _) => vec![address.into()],
        (Some(Host::Ipv6(address)), _) => vec![address.into()],
        // A name that can't be resolved fails by itself when it is called.
        (Some(Host::Domain(name)), Some(port)) => match tokio::net::lookup_host((name, port)).await {
            Ok(found) => found.map(|address| address.ip()).collect(),
            Err(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    if addresses.into_iter().all(may_connect) {
        return Ok(());
    }
    Err(ConnectError::Forbidden {
        endpoint: url.to_string(),
    })
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
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.to_owned()))
        .timeout_config(timeouts);
    if let Some(url) = endpoint {
        loader = loader.endpoint_url(url.as_str().trim_end_matches('/'));
    }
    if let Some(files) = profile_files(options) {
        loader = loader.profile_files(files);
    }
    let loaded = Box::pin(loader.load()).await;
    let retries = retries(loaded.retry_config());
    let sdk = loaded.into_builder().retry_config(retries).build();
    let with = |sdk: SdkConfig, provider: SharedCredentialsProvider| {
        sdk.into_builder().credentials_provider(provider).build()
    };
    match credentials {
        Credentials::Default => sdk,
        Credentials::Profile(name) => {
            let provider = Profile::new(name, sdk.clone(), options);
            with(sdk, SharedCredentialsProvider::new(provider))
        }
        Credentials::AssumeRole {
            role_arn,
            external_id,
            source_profile,
        } => {
            let source = match source_profile {
                Some(name) => {
                    let provider = Profile::new(name, sdk.clone(), options);
                    with(sdk, SharedCredentialsProvider::new(provider))
                }
                None => sdk,
            };
            let external_id = external_id.map(|Secret(id)| id);
            let provider = assuming(&source, source.credentials_provider(), role_arn, external_id);
            let provider = Box::pin(provider).await;
            with(source, SharedCredentialsProvider::new(provider))
        }
    }
}

/// How often calls are made again: AWS's own adaptive mode, which slows a client down before AWS has to refuse it. How many
/// attempts is the environment's choice (`AWS_MAX_ATTEMPTS`, `max_attempts` of the profile).
fn retries(found: Option<&RetryConfig>) -> RetryConfig {
    found
        .cloned()
        .unwrap_or_else(RetryConfig::standard)
        .with_retry_mode(RetryMode::Adaptive)
}

/// A role that is assumed at the endpoint and with the time limits of `sdk`.
pub(crate) async fn assuming(
    sdk: &SdkConfig,
    source: Option<SharedCredentialsProvider>,
    role_arn: String,
    external_id: Option<String>,
) -> AssumeRoleProvider {
    let mut role = AssumeRoleProvider::builder(role_arn)
        .session_name(SESSION_NAME)
        .configure(sdk);
    if let Some(id) = external_id {
        role = role.external_id(id);
    }
    match source {
        Some(from) => role.build_from_provider(from).await,
        None => role.build().await,
    }
}

pub(crate) fn profile_files(options: &Options) -> Option<EnvConfigFiles> {
    let path = options.profile_file.as_ref()?;
    Some(
        EnvConfigFiles::builder()
            .with_file(EnvConfigFileKind::Credentials, path)
            .build(),
    )
}

fn cloud(sdk: &SdkConfig, region: &str, options: Options) -> Cloud {
    let witness = Witness {
        log: options.call_log,
        // A change is made once: whether it happened is for the executor to find out.
        once: retries(sdk.retry_config()).with_max_attempts(1),
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
    fn calls_are_repeated_adaptively_and_as_often_as_the_environment_says() {
        assert_eq!(retries(None).mode(), RetryMode::Adaptive);
        assert_eq!(retries(None).max_attempts(), 3);
        let chosen = retries(Some(&RetryConfig::standard().with_max_attempts(7)));
        assert_eq!((chosen.mode(), chosen.max_attempts()), (RetryMode::Adaptive, 7));
    }

    #[tokio::test]
    async fn an_endpoint_may_not_be_where_credentials_are_handed_out() {
        for bad in [
            "http://169.254.169.254/",
            "http://[fd00:ec2::254]/",
            "http://169.254.170.2:80/x",
        ] {
            let refused = connect(Credentials::Default, "ap-northeast-1", Some(bad.parse().unwrap())).await;
            assert!(matches!(refused, Err(ConnectError::Forbidden { .. })), "{bad}");
        }
        assert!(
            check_host(&"http://127.0.0.1:5000".parse().unwrap())
                .await
                .is_ok()
        );
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
