//! What can go wrong when an AWS API is called, in the few shapes a decision depends on.

use serde::{Deserialize, Serialize};

/// AWS's own words about a refused or failed call. Never thrown away, whatever we make of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsFault {
    /// The call in IAM spelling, for example `ecs:CreateService`.
    pub operation: String,
    /// AWS's error code, for example `InvalidParameterException`.
    pub code: String,
    /// AWS's message, untouched.
    pub message: String,
    /// The request id, where an answer came back at all.
    pub request_id: Option<String>,
}

impl std::fmt::Display for AwsFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.code, self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// AWS's codes for credentials that it does not accept. Each service has its own spelling.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
pub const CREDENTIAL_CODES: [&str; 15] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// The one error of every cloud trait. Each shape leads to another reaction of the executor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CloudError {
    /// The thing does not exist (or not yet: AWS is eventually consistent).
    #[error("not found: {fault}")]
    NotFound {
        /// AWS's own words.
        fault: AwsFault,
    },
    /// Something of that name exists already.
    #[error("already exists: {fault}")]
    AlreadyExists {
        /// AWS's own words.
        fault: AwsFault,
    },
    /// Something else still uses it, so it can't be changed or deleted now.
    #[error("in use: {fault}")]
    InUse {
        /// AWS's own words.
        fault: AwsFault,
    },
    /// The caller may not do this.
    #[error("denied {action}: {fault}")]
    Denied {
        /// The IAM action that is missing, for example `iam:PassRole`.
        action: String,
        /// The ARN it was refused on, where AWS names it.
        resource: Option<String>,
        /// AWS's own words.
        fault: AwsFault,
    },
    /// Too many calls: wait and try again.
    #[error("throttled: {fault}")]
    Throttled {
        /// AWS's own words.
        fault: AwsFault,
    },
    /// AWS looked at the request and refuses it as it is.
    #[error("refused: {fault}")]
    Invalid {
        /// AWS's own words.
        fault: AwsFault,
    },
    /// No usable answer: network, DNS, time-out, 5xx, expired or wrong credentials.
    #[error("unavailable: {fault}")]
    Unavailable {
        /// AWS's own words, or the transport's.
        fault: AwsFault,
        /// Whether trying again can help (5xx and time-outs: yes; wrong credentials: no).
        retryable: bool,
    },
}

impl CloudError {
    /// AWS's own words, whatever the shape.
    pub fn fault(&self) -> &AwsFault {
        match self {
            Self::NotFound { fault }
            | Self::AlreadyExists { fault }
            | Self::InUse { fault }
            | Self::Denied { fault, .. }
            | Self::Throttled { fault }
            | Self::Invalid { fault }
            | Self::Unavailable { fault, .. } => fault,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Throttled { .. } | Self::Unavailable { retryable: true, .. }
        )
    }

    /// Whether the credentials themselves are the trouble: missing, expired, wrong, or signed with a wrong clock. Other
    /// ones, or the same read again, may work.
    pub fn is_about_credentials(&self) -> bool {
        match self {
            Self::Unavailable { fault, .. } => {
                fault.code.starts_with("Credentials") || CREDENTIAL_CODES.contains(&fault.code.as_str())
            }
            _ => false,
        }
    }

    /// True for [`CloudError::NotFound`].
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// Result of a cloud call.
pub type Result<T> = std::result::Result<T, CloudError>;
