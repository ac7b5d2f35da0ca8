//! AWS's refusals. The call fills in the operation and the request id.

use engine::cloud::{AwsFault, CloudError};

fn fault(code: &str, message: impl Into<String>) -> AwsFault {
    AwsFault {
        operation: String::new(),
        code: code.to_owned(),
        message: message.into(),
        request_id: None,
    }
}

pub(crate) fn invalid(code: &str, message: impl Into<String>) -> CloudError {
    CloudError::Invalid {
        fault: fault(code, message),
    }
}

pub(crate) fn not_found(code: &str, message: impl Into<String>) -> CloudError {
    CloudError::NotFound {
        fault: fault(code, message),
    }
}

pub(crate) fn exists(code: &str, message: impl Into<String>) -> CloudError {
    CloudError::AlreadyExists {
        fault: fault(code, message),
    }
}

pub(crate) fn in_use(code: &str, message: impl Into<String>) -> CloudError {
    CloudError::InUse {
        fault: fault(code, message),
    }
}

pub(crate) fn throttled() -> CloudError {
    CloudError::Throttled {
        fault: fault("ThrottlingException", "Rate exceeded"),
    }
}

pub(crate) fn unavailable(code: &str, message: impl Into<String>, retryable: bool) -> CloudError {
    CloudError::Unavailable {
        fault: fault(code, message),
        retryable,
    }
}

pub(crate) fn denied(action: &str, caller: &str) -> CloudError {
    CloudError::Denied {
        action: action.to_owned(),
        resource: None,
        fault: fault(
            "AccessDeniedException",
            format!(
                "User: {caller} is not authorized to perform: {action} because no identity-based policy allows \
                 the {action} action"
            ),
        ),
    }
}

/// Names the call an error belongs to.
pub(crate) fn signed(mut error: CloudError, operation: &str, request_id: String) -> CloudError {
    let (CloudError::NotFound { fault }
    | CloudError::AlreadyExists { fault }
    | CloudError::InUse { fault }
    | CloudError::Denied { fault, .. }
    | CloudError::Throttled { fault }
    | CloudError::Invalid { fault }
    | CloudError::Unavailable { fault, .. }) = &mut error;
    fault.operation = operation.to_owned();
    fault.request_id = Some(request_id);
    error
}
