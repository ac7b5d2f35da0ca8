//! Image names: taken apart, put together.

use super::ImageSource;

/// An image's full name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// Host of the registry; empty for Docker Hub's short names.
    pub registry: String,
    /// Path in the registry.
    pub repository: String,
    /// Tag.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

/// A private ECR registry, as its host name says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrHost {
    /// Twelve digits.
    pub account_id: String,
    /// Region code.
    pub region: String,
}

impl ImageName {
    /// Takes a name apart. `None` when it is no image name with a tag or digest: `https://` in front, upper-case letters
    /// in the path, spaces, an empty tag, … (catalogue D9).
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return None;
        }
        let (rest, tag) = match rest.rsplit_once(':') {
            Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag)),
            _ => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) || (tag.is_none() && digest.is_none()) {
            return None;
        }
        let (registry, repository) = match rest.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => ("", rest),
        };
        (is_registry(registry) && is_path(repository)).then(|| Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The private ECR registry it is in, if it is in one.
    pub fn ecr(&self) -> Option<EcrHost> {
        let (account_id, rest) = self.registry.split_once(".dkr.ecr.")?;
        let region = rest.strip_suffix(".amazonaws.com")?;
        let is_account = account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit());
        is_account.then(|| EcrHost {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
        })
    }

    /// What comes after the path: the digest, or else the tag.
    pub fn reference(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
    }
}

impl ImageSource {
    /// The image's full name in this account and region.
    pub fn uri(&self, account_id: &str, region: &str) -> String {
        match self {
            Self::Repository { repository, tag } => {
                let separator = if is_digest(tag) { '@' } else { ':' };
                format!(
                    "{}{separator}{tag}",
                    repository_uri(account_id, region, repository)
                )
            }
            Self::Uri { uri } => uri.clone(),
        }
    }

    /// Repository and tag (or digest), when the image lives in this very account and region's ECR, however it was written.
    pub fn in_own_registry(&self, account_id: &str, region: &str) -> Option<(String, String)> {
        match self {
            Self::Repository { repository, tag } => Some((repository.clone(), tag.clone())),
            Self::Uri { uri } => {
                let name = ImageName::parse(uri)?;
                let host = name.ecr()?;
                let own = host.account_id == account_id && host.region == region;
                own.then(|| (name.repository.clone(), name.reference().to_owned()))
            }
        }
    }
}

/// An image's name with a digest in the place of its tag: what it means can't change any more.
pub fn pinned(uri: &str, digest: &str) -> String {
    let name = uri.split_once('@').map_or(uri, |(name, _)| name);
    let name = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => path,
        _ => name,
    };
    format!("{name}@{digest}")
}

/// `account.dkr.ecr.region.amazonaws.com/name`.
pub fn repository_uri(account_id: &str, region: &str, repository: &str) -> String {
    format!("{account_id}.dkr.ecr.{region}.amazonaws.com/{repository}")
}

/// `sha256:` and 64 hexadecimal digits.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// A tag: up to 128 letters, digits, `_`, `.`, `-`, not starting with `.` or `-`.
pub fn is_tag(text: &str) -> bool {
    let starts_well = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    starts_well
        && text.len() <= 128
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn is_registry(host: &str) -> bool {
    if host.is_empty() {
        return true;
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    port.parse::<u16>().is_ok()
        && !name.is_empty()
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// Lower-case components, separated by `/`, each starting and ending with a letter or digit.
pub fn is_path(path: &str) -> bool {
    let is_component = |part: &str| {
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        edge(part.bytes().next())
            && edge(part.bytes().last())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'))
    };
    path.len() <= 255 && path.split('/').all(is_component)
}
