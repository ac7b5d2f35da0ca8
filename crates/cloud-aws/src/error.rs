//! From what the SDK reports to the engine's one error. AWS's code, message and request id always survive.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_types::request_id::RequestId as _;
use engine::cloud::error::CREDENTIAL_CODES;
use engine::cloud::{AwsFault, CloudError};

/// No answer within the time limit.
const TIMEOUT: &str = "RequestTimeout";
/// The connection could not be made, or broke.
const CONNECTION: &str = "ConnectionFailed";
/// An answer came that is not in the service's format.
const UNREADABLE: &str = "UnreadableAnswer";

/// Maps a failed call. `operation` is the call in IAM spelling.
pub(crate) fn cloud_error<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            let raw = context.raw();
            let status = raw.status().as_u16();
            let code = meta.code().map_or_else(|| format!("Http{status}"), str::to_owned);
            let message = meta.message().map_or_else(|| body_start(raw), str::to_owned);
            let request_id = meta.request_id().map(str::to_owned).or_else(|| request_id(raw));
            let fault = AwsFault {
                operation: operation.to_owned(),
                code,
                message,
                request_id,
            };
            if meta.code().is_none() && is_page(raw) {
                return CloudError::Unavailable {
                    fault,
                    retryable: is_gateway(status),
                };
            }
            classify(fault, Some(status))
        }
        SdkError::ResponseError(context) => {
            let raw = context.raw();
            let fault = AwsFault {
                operation: operation.to_owned(),
                code: UNREADABLE.to_owned(),
                message: format!("HTTP {}: {}", raw.status().as_u16(), body_start(raw)),
                request_id: request_id(raw),
            };
            CloudError::Unavailable {
                fault,
                retryable: is_gateway(raw.status().as_u16()),
            }
        }
        SdkError::TimeoutError(_) => unavailable(operation, TIMEOUT, chain(error), true),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            unavailable(operation, TIMEOUT, chain(error), true)
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            unavailable(operation, CONNECTION, chain(error), true)
        }
        SdkError::DispatchFailure(_) => without_request(operation, error),
        _ => without_request(operation, error),
    }
}

/// Maps a failure to get credentials.
pub(crate) fn credentials_error(operation: &str, error: &CredentialsError) -> CloudError {
    without_request(operation, error)
}

/// Nothing was sent: nearly always because there are no credentials to sign it with.
fn without_request(operation: &str, error: &(dyn Error + 'static)) -> CloudError {
    let mut current = Some(error);
    let mut credentials = None;
    while let Some(cause) = current {
        // The innermost cause that AWS itself answered says most: the role refused, the token expired.
        // A call that never left for want of credentials says nothing itself: what it wanted them for lies deeper.
        if let Some(refused) = cause.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>()
            && matches!(
                refused,
                SdkError::ServiceError(_) | SdkError::ResponseError(_) | SdkError::TimeoutError(_)
            )
        {
            return cloud_error("sts:AssumeRole", refused);
        }
        if let Some(found) = cause.downcast_ref::<CredentialsError>() {
            credentials = Some(found);
        }
        current = cause.source();
    }
    match credentials {
        Some(CredentialsError::CredentialsNotLoaded(_)) => {
            unavailable(operation, "CredentialsNotLoaded", chain(error), false)
        }
        Some(CredentialsError::ProviderTimedOut(_)) => {
            unavailable(operation, "CredentialsTimedOut", chain(error), true)
        }
        Some(CredentialsError::InvalidConfiguration(_)) => {
            unavailable(operation, "CredentialsInvalidConfiguration", chain(error), false)
        }
        Some(_) => unavailable(operation, "CredentialsUnavailable", chain(error), false),
        None => unavailable(operation, "RequestNotSent", chain(error), false),
    }
}

fn unavailable(operation: &str, code: &str, message: String, retryable: bool) -> CloudError {
    let fault = AwsFault {
        operation: operation.to_owned(),
        code: code.to_owned(),
        message,
        request_id: None,
    };
    CloudError::Unavailable { fault, retryable }
}

/// A request that we can tell to be wrong without sending it.
pub(crate) fn invalid(operation: &str, code: &str, message: impl Into<String>) -> CloudError {
    let fault = AwsFault {
        operation: operation.to_owned(),
        code: code.to_owned(),
        message: message.into(),
        request_id: None,
    };
    CloudError::Invalid { fault }
}

/// An answer that lacks what its documentation promises.
pub(crate) fn incomplete(operation: &str, missing: &str) -> CloudError {
    unavailable(
        operation,
        "IncompleteAnswer",
        format!("the answer has no {missing}"),
        true,
    )
}

/// The one place where AWS's codes are read. Codes are AWS's own strings; there is no type for all services' codes.
pub(crate) fn classify(fault: AwsFault, status: Option<u16>) -> CloudError {
    let message = fault.message.as_str();
    match fault.code.as_str() {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnauthorizedException"
        | "UnauthorizedAccess"
        | "NotAuthorized"
        | "NotAuthorizedException"
        | "AuthorizationError" => {
            let (action, resource) = refused(message);
            let action = action.unwrap_or_else(|| fault.operation.clone());
            CloudError::Denied {
                action,
                resource,
                fault,
            }
        }
        code if CREDENTIAL_CODES.contains(&code) => CloudError::Unavailable {
            fault,
            retryable: false,
        },
        "UnknownOperationException"
        | "UnknownOperation"
        | "InvalidAction"
        | "NotImplemented"
        | "NotImplementedException" => CloudError::Unavailable {
            fault,
            retryable: false,
        },
        // The last two: AWS did nothing because another call on the same thing was under way.
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException"
        | "BandwidthLimitExceeded"
        | "ConcurrentModification"
        | "OperationAbortedException" => CloudError::Throttled { fault },
        // Amplify answers 429 when a quota is full, which no waiting mends.
        "LimitExceededException" => CloudError::Invalid { fault },
        "ClientException" if message.starts_with("Too many concurrent attempts") => {
            CloudError::Throttled { fault }
        }
        "NoSuchEntity"
        | "RepositoryNotFoundException"
        | "ImageNotFoundException"
        | "LayersNotFoundException"
        | "LifecyclePolicyNotFoundException"
        | "ClusterNotFoundException"
        | "ServiceNotFoundException"
        | "ServiceDeploymentNotFoundException"
        | "LoadBalancerNotFound"
        | "TargetGroupNotFound"
        | "ListenerNotFound"
        | "RuleNotFound"
        | "ResourceNotFoundException"
        | "NotFoundException"
        | "Gateway.NotAttached" => CloudError::NotFound { fault },
        code if code.ends_with(".NotFound") => CloudError::NotFound { fault },
        // ECS has no code of its own for a task definition that is not there.
        "ClientException" if message.starts_with("Unable to describe task definition") => {
            CloudError::NotFound { fault }
        }
        "EntityAlreadyExists"
        | "RepositoryAlreadyExistsException"
        | "ResourceAlreadyExistsException"
        | "DuplicateLoadBalancerName"
        | "DuplicateTargetGroupName"
        | "DuplicateListener"
        | "RouteAlreadyExists"
        | "Resource.AlreadyAssociated" => CloudError::AlreadyExists { fault },
        code if code.ends_with(".Duplicate") => CloudError::AlreadyExists { fault },
        // Catalogue B2: another service of that name, or one that is still DRAINING.
        "InvalidParameterException" if message.contains("was not idempotent") => {
            CloudError::AlreadyExists { fault }
        }
        "InvalidInput" if message.contains("has been taken in this account") => {
            CloudError::AlreadyExists { fault }
        }
        "DependencyViolation"
        | "ResourceInUse"
        | "ResourceInUseException"
        | "DeleteConflict"
        | "IncorrectState"
        | "InvalidGroup.InUse"
        | "ClusterContainsServicesException"
        | "ClusterContainsTasksException"
        | "ClusterContainsContainerInstancesException"
        | "RepositoryNotEmptyException"
        | "UpdateInProgressException" => CloudError::InUse { fault },
        _ => match status {
            Some(429) => CloudError::Throttled { fault },
            Some(501) => CloudError::Unavailable {
                fault,
                retryable: false,
            },
            Some(500..=599) => CloudError::Unavailable {
                fault,
                retryable: true,
            },
            // A service that answers 404 without a code does not know the operation at all.
            Some(404) if fault.code == "Http404" => CloudError::Unavailable {
                fault,
                retryable: false,
            },
            _ => CloudError::Invalid { fault },
        },
    }
}

/// Action and resource out of "User: … is not authorized to perform: ACTION on resource: ARN because …".
fn refused(message: &str) -> (Option<String>, Option<String>) {
    (
        word_after(message, "not authorized to perform: "),
        word_after(message, "on resource: "),
    )
}

fn word_after(text: &str, marker: &str) -> Option<String> {
    let (_, rest) = text.split_once(marker)?;
    let word = rest
        .split_whitespace()
        .next()?
        .trim_end_matches(['.', ','])
        .trim_matches('"');
    (!word.is_empty()).then(|| word.to_owned())
}

/// The request id: in a header for most, only in the body for some query-protocol answers.
fn request_id(raw: &HttpResponse) -> Option<String> {
    if let Some(id) = raw.headers().request_id() {
        return Some(id.to_owned());
    }
    let body = std::str::from_utf8(raw.body().bytes()?).ok()?;
    ["<RequestId>", "<RequestID>"].iter().find_map(|tag| {
        let (_, rest) = body.split_once(tag)?;
        let (id, _) = rest.split_once("</")?;
        Some(id.trim().to_owned())
    })
}

/// Whether the body is a web page. AWS's services never answer with one: a proxy does, or an endpoint that does not
/// know the operation (the moto emulator answers 500 and a page).
fn is_page(raw: &HttpResponse) -> bool {
    let start = raw.body().bytes().unwrap_or_default().trim_ascii_start();
    start
        .get(..5)
        .is_some_and(|tag| tag.eq_ignore_ascii_case(b"<html"))
        || start
            .get(..9)
            .is_some_and(|tag| tag.eq_ignore_ascii_case(b"<!doctype"))
}

/// What proxies say when the service behind them is away for a moment.
fn is_gateway(status: u16) -> bool {
    matches!(status, 502..=504)
}

/// The first words of a body that carries no message of its own. Only AWS's: whatever else answers under the address that
/// somebody entered is none of the panel's readers' business.
fn body_start(raw: &HttpResponse) -> String {
    if request_id(raw).is_none() {
        let length = raw.body().content_length().unwrap_or_default();
        return format!("an answer of {length} bytes that is not AWS's");
    }
    let bytes = raw.body().bytes().unwrap_or_default();
    String::from_utf8_lossy(bytes.get(..300).unwrap_or(bytes))
        .trim()
        .to_owned()
}

/// An error with all its causes, in one line, nothing said twice.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut current = Some(error);
    while let Some(cause) = current {
        let text = cause.to_string();
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
        current = cause.source();
    }
    words.join(": ")
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
