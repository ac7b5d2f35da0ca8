//! A named profile of the shared files, read again while it is in use.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use crate::connect::{Options, assuming, profile_files};

/// How long keys from a file are used before the file is read again: somebody may have put new ones there.
const READ_AGAIN: Duration = Duration::from_secs(60);
/// Roles that profiles may assume one through another; more is a circle.
const LONGEST_CHAIN: usize = 5;

/// A profile. What it says is never kept for longer than a minute.
#[derive(Debug)]
pub(crate) struct Profile {
    name: String,
    sdk: SdkConfig,
    files: Option<EnvConfigFiles>,
}

/// A role that a profile assumes with another profile's credentials.
struct Role {
    arn: String,
    external_id: Option<String>,
}

impl Profile {
    /// `sdk` says where and within which time a role is assumed.
    pub(crate) fn new(name: String, sdk: SdkConfig, options: &Options) -> Self {
        Self {
            name,
            sdk,
            files: profile_files(options),
        }
    }

    /// The profile's roles, outermost first, and the profile that has credentials of its own.
    ///
    /// The SDK reads profiles that assume roles by itself, but asks AWS's own STS whatever the connection's endpoint is.
    /// So chains of profiles are followed here; other sources (`credential_source`, SSO, a process) stay the SDK's.
    async fn chain(&self) -> Result<(Vec<Role>, String), CredentialsError> {
        let files = self.files.clone().unwrap_or_default();
        let (fs, env) = (Fs::real(), Env::real());
        let (mut roles, mut name) = (Vec::new(), self.name.clone());
        while roles.len() < LONGEST_CHAIN {
            let set = aws_config::profile::load(&fs, &env, &files, Some(name.clone().into()))
                .await
                .map_err(CredentialsError::invalid_configuration)?;
            match (set.get("role_arn"), set.get("source_profile")) {
                (Some(arn), Some(source)) if source != name => {
                    roles.push(Role {
                        arn: arn.to_owned(),
                        external_id: set.get("external_id").map(str::to_owned),
                    });
                    name = source.to_owned();
                }
                _ => return Ok((roles, name)),
            }
        }
        Err(CredentialsError::invalid_configuration(format!(
            "the profile {} assumes roles in a circle",
            self.name
        )))
    }

    async fn read(&self) -> provider::Result {
        let (roles, name) = Box::pin(self.chain()).await?;
        let mut config = ProviderConfig::without_region().with_region(self.sdk.region().cloned());
        if let Some(timeouts) = self.sdk.timeout_config() {
            config = config.with_timeout_config(timeouts.clone());
        }
        let mut builder = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(name);
        if let Some(files) = self.files.clone() {
            builder = builder.profile_files(files);
        }
        let mut provider = SharedCredentialsProvider::new(builder.build());
        for role in roles.into_iter().rev() {
            let assumed = assuming(&self.sdk, Some(provider), role.arn, role.external_id);
            let assumed = Box::pin(assumed).await;
            provider = SharedCredentialsProvider::new(assumed);
        }
        Ok(for_a_while(provider.provide_credentials().await?))
    }
}

/// The same credentials, to be asked for again after a minute where they do not end by themselves.
fn for_a_while(found: Credentials) -> Credentials {
    if found.expiry().is_some() {
        return found;
    }
    Credentials::new(
        found.access_key_id(),
        found.secret_access_key(),
        found.session_token().map(str::to_owned),
        Some(SystemTime::now() + READ_AGAIN),
        "profile",
    )
}

impl ProvideCredentials for Profile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(Box::pin(self.read()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::Region;

    fn profile(name: &str, path: &std::path::Path) -> Profile {
        let options = Options {
            profile_file: Some(path.to_owned()),
            ..Options::default()
        };
        let sdk = SdkConfig::builder().region(Region::new("ap-northeast-1")).build();
        Profile::new(name.to_owned(), sdk, &options)
    }

    fn keys(id: &str) -> String {
        format!("[deploy]\naws_access_key_id = {id}\naws_secret_access_key = s\n")
    }

    #[tokio::test]
    async fn new_keys_in_the_file_are_used_without_a_restart() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), keys("OLD")).unwrap();
        let profile = profile("deploy", file.path());
        let old = profile.provide_credentials().await.unwrap();
        assert_eq!(old.access_key_id(), "OLD");
        let until = old.expiry().expect("asked for again");
        assert!(until <= SystemTime::now() + READ_AGAIN);
        std::fs::write(file.path(), keys("NEW")).unwrap();
        assert_eq!(
            profile.provide_credentials().await.unwrap().access_key_id(),
            "NEW"
        );
    }

    #[tokio::test]
    async fn profiles_that_assume_each_others_roles_are_told_apart_from_a_chain() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let role = |name: &str, source: &str| {
            format!("[{name}]\nrole_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = {source}\n")
        };
        let text = format!(
            "{}{}{}{}",
            keys("K"),
            role("a", "b"),
            role("b", "a"),
            role("c", "deploy")
        );
        std::fs::write(file.path(), text).unwrap();
        let circle = profile("a", file.path()).provide_credentials().await.unwrap_err();
        assert!(
            matches!(circle, CredentialsError::InvalidConfiguration(_)),
            "{circle:?}"
        );
        let (roles, base) = profile("c", file.path()).chain().await.unwrap();
        assert_eq!(base, "deploy");
        assert_eq!(roles.len(), 1);
    }
}
