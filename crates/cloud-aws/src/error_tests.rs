use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

fn fault(code: &str, message: &str) -> AwsFault {
    AwsFault {
        operation: "svc:Operation".to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: Some("r-1".to_owned()),
    }
}

/// The shape's name, for tables.
fn shape(code: &str, message: &str, status: u16) -> &'static str {
    let error = classify(fault(code, message), Some(status));
    assert_eq!(error.fault(), &fault(code, message), "AWS's words survive");
    match error {
        CloudError::NotFound { .. } => "not found",
        CloudError::AlreadyExists { .. } => "exists",
        CloudError::InUse { .. } => "in use",
        CloudError::Denied { .. } => "denied",
        CloudError::Throttled { .. } => "throttled",
        CloudError::Invalid { .. } => "invalid",
        CloudError::Unavailable { retryable: true, .. } => "away",
        CloudError::Unavailable { retryable: false, .. } => "useless",
    }
}

#[test]
fn every_code_has_its_shape() {
    let table = [
        ("InvalidVpcID.NotFound", 400, "not found"),
        ("InvalidSubnetID.NotFound", 400, "not found"),
        ("InvalidGroup.NotFound", 400, "not found"),
        ("InvalidPermission.NotFound", 400, "not found"),
        ("Gateway.NotAttached", 400, "not found"),
        ("NoSuchEntity", 404, "not found"),
        ("RepositoryNotFoundException", 400, "not found"),
        ("ImageNotFoundException", 400, "not found"),
        ("LifecyclePolicyNotFoundException", 400, "not found"),
        ("ClusterNotFoundException", 400, "not found"),
        ("ServiceNotFoundException", 400, "not found"),
        ("LoadBalancerNotFound", 400, "not found"),
        ("TargetGroupNotFound", 400, "not found"),
        ("ListenerNotFound", 400, "not found"),
        ("ResourceNotFoundException", 400, "not found"),
        ("NotFoundException", 404, "not found"),
        ("InvalidGroup.Duplicate", 400, "exists"),
        ("InvalidPermission.Duplicate", 400, "exists"),
        ("Resource.AlreadyAssociated", 400, "exists"),
        ("RouteAlreadyExists", 400, "exists"),
        ("EntityAlreadyExists", 409, "exists"),
        ("RepositoryAlreadyExistsException", 400, "exists"),
        ("DuplicateLoadBalancerName", 400, "exists"),
        ("DuplicateTargetGroupName", 400, "exists"),
        ("DuplicateListener", 400, "exists"),
        ("ResourceAlreadyExistsException", 400, "exists"),
        ("DependencyViolation", 400, "in use"),
        ("ResourceInUse", 400, "in use"),
        ("DeleteConflict", 409, "in use"),
        ("ClusterContainsServicesException", 400, "in use"),
        ("ClusterContainsTasksException", 400, "in use"),
        ("RepositoryNotEmptyException", 400, "in use"),
        ("AccessDenied", 403, "denied"),
        ("AccessDeniedException", 400, "denied"),
        ("UnauthorizedOperation", 403, "denied"),
        ("UnauthorizedException", 401, "denied"),
        ("Throttling", 400, "throttled"),
        ("ThrottlingException", 400, "throttled"),
        ("RequestLimitExceeded", 503, "throttled"),
        ("TooManyRequestsException", 429, "throttled"),
        ("SomethingNew", 429, "throttled"),
        ("LimitExceededException", 429, "invalid"),
        ("OperationAbortedException", 400, "throttled"),
        ("ExpiredToken", 403, "useless"),
        ("ExpiredTokenException", 400, "useless"),
        ("InvalidClientTokenId", 403, "useless"),
        ("UnrecognizedClientException", 400, "useless"),
        ("SignatureDoesNotMatch", 403, "useless"),
        ("AuthFailure", 401, "useless"),
        ("RequestExpired", 400, "useless"),
        ("UnknownOperationException", 400, "useless"),
        ("InvalidAction", 400, "useless"),
        ("Http404", 404, "useless"),
        ("SomethingNew", 501, "useless"),
        ("InternalFailure", 500, "away"),
        ("ServerException", 500, "away"),
        ("ServiceUnavailable", 503, "away"),
        ("InvalidParameterException", 400, "invalid"),
        ("InvalidSubnet.Conflict", 400, "invalid"),
        ("TooManyLoadBalancers", 400, "invalid"),
        ("LimitExceeded", 409, "invalid"),
        ("SomethingNew", 400, "invalid"),
    ];
    for (code, status, expected) in table {
        assert_eq!(shape(code, "words", status), expected, "{code} {status}");
    }
}

#[test]
fn codes_that_aws_uses_for_several_things_are_told_apart_by_the_message() {
    let table = [
        (
            "ClientException",
            "Unable to describe task definition.",
            "not found",
        ),
        (
            "ClientException",
            "Too many concurrent attempts to create a new revision",
            "throttled",
        ),
        ("ClientException", "Invalid 'cpu' setting for task", "invalid"),
        (
            "InvalidParameterException",
            "Creation of service was not idempotent.",
            "exists",
        ),
        (
            "InvalidParameterException",
            "The target group does not have an associated load balancer.",
            "invalid",
        ),
        (
            "InvalidInput",
            "Service role name AWSServiceRoleForECS has been taken in this account, …",
            "exists",
        ),
        ("InvalidInput", "Duplicate tag keys found", "invalid"),
    ];
    for (code, message, expected) in table {
        assert_eq!(shape(code, message, 400), expected, "{code}: {message}");
    }
}

#[test]
fn a_refusal_names_the_action_and_the_resource() {
    let user = "User: arn:aws:sts::123456789012:assumed-role/dev/me";
    let table = [
        (
            format!(
                "{user} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/execution because no identity-based policy allows the iam:PassRole action"
            ),
            "iam:PassRole",
            Some("arn:aws:iam::123456789012:role/execution"),
        ),
        (
            format!(
                "You are not authorized to perform this operation. {user} is not authorized to perform: ec2:CreateSubnet on resource: arn:aws:ec2:ap-northeast-1:123456789012:vpc/vpc-1 with an explicit deny in a service control policy. Encoded authorization failure message: abc"
            ),
            "ec2:CreateSubnet",
            Some("arn:aws:ec2:ap-northeast-1:123456789012:vpc/vpc-1"),
        ),
        (
            format!("{user} is not authorized to perform: ecs:ListClusters"),
            "ecs:ListClusters",
            None,
        ),
        (
            "You are not authorized to perform this operation.".to_owned(),
            "svc:Operation",
            None,
        ),
    ];
    for (message, expected_action, expected_resource) in table {
        let CloudError::Denied { action, resource, .. } =
            classify(fault("AccessDenied", &message), Some(403))
        else {
            unreachable!("{message}")
        };
        assert_eq!(action, expected_action, "{message}");
        assert_eq!(resource.as_deref(), expected_resource, "{message}");
    }
}

fn answer(status: u16, body: &str) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

fn service_error(meta: ErrorMetadata, raw: HttpResponse) -> CloudError {
    let error = GetCallerIdentityError::generic(meta);
    cloud_error("sts:GetCallerIdentity", &SdkError::service_error(error, raw))
}

#[test]
fn the_request_id_comes_from_the_header_or_else_from_the_body() {
    let meta = ErrorMetadata::builder()
        .code("Throttling")
        .message("Rate exceeded")
        .build();
    let mut raw = answer(400, "<Response><RequestID>from-body</RequestID></Response>");
    assert_eq!(
        service_error(meta.clone(), raw.clone_without_body())
            .fault()
            .request_id,
        None
    );
    let from_body = service_error(
        meta.clone(),
        answer(400, "<E><RequestID>from-body</RequestID></E>"),
    );
    assert_eq!(from_body.fault().request_id.as_deref(), Some("from-body"));
    raw.headers_mut().insert("x-amzn-requestid", "from-header");
    assert_eq!(
        service_error(meta, raw).fault().request_id.as_deref(),
        Some("from-header")
    );
}

trait WithoutBody {
    fn clone_without_body(&self) -> HttpResponse;
}

impl WithoutBody for HttpResponse {
    fn clone_without_body(&self) -> HttpResponse {
        HttpResponse::new(self.status(), SdkBody::empty())
    }
}

#[test]
fn a_web_page_is_no_answer_of_aws_and_asking_again_does_not_help() {
    let error = service_error(
        ErrorMetadata::builder().build(),
        answer(
            500,
            "<!doctype html>\n<html><h1>Internal Server Error</h1></html>",
        ),
    );
    let CloudError::Unavailable {
        fault,
        retryable: false,
    } = error
    else {
        unreachable!("{error:?}")
    };
    assert_eq!(fault.code, "Http500");
    assert!(
        !fault.message.contains("Internal Server Error"),
        "{}",
        fault.message
    );
    let gateway = service_error(ErrorMetadata::builder().build(), answer(503, "<html>away</html>"));
    assert!(gateway.is_transient());
}

#[test]
fn transport_failures_may_be_tried_again() {
    type Failure = SdkError<GetCallerIdentityError, HttpResponse>;
    let table: [(Failure, &str); 3] = [
        (SdkError::timeout_error("attempt took too long"), "RequestTimeout"),
        (
            SdkError::dispatch_failure(ConnectorError::timeout("connect".into())),
            "RequestTimeout",
        ),
        (
            SdkError::dispatch_failure(ConnectorError::io("connection refused".into())),
            "ConnectionFailed",
        ),
    ];
    for (failure, code) in table {
        let error = cloud_error("sts:GetCallerIdentity", &failure);
        assert_eq!(error.fault().code, code);
        assert!(error.is_transient(), "{error:?}");
    }
}

#[test]
fn missing_credentials_are_named_and_not_tried_again() {
    let cause = CredentialsError::not_loaded("no providers in chain provided credentials");
    let failure: SdkError<GetCallerIdentityError, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::other(cause.into(), None));
    let error = cloud_error("sts:GetCallerIdentity", &failure);
    assert_eq!(error.fault().code, "CredentialsNotLoaded");
    assert!(error.fault().message.contains("no providers in chain"), "{error}");
    assert!(!error.is_transient());
}

#[test]
fn a_refused_role_keeps_the_words_of_sts() {
    let meta = ErrorMetadata::builder()
        .code("AccessDenied")
        .message("User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/deploy")
        .build();
    let refused: SdkError<AssumeRoleError, HttpResponse> = SdkError::service_error(
        AssumeRoleError::generic(meta),
        answer(403, "<RequestId>sts-1</RequestId>"),
    );
    let error = credentials_error("credentials", &CredentialsError::provider_error(refused));
    let CloudError::Denied {
        action,
        resource,
        fault,
    } = error
    else {
        unreachable!("{error:?}")
    };
    assert_eq!(
        (action.as_str(), resource.as_deref()),
        ("sts:AssumeRole", Some("arn:aws:iam::2:role/deploy"))
    );
    assert_eq!(fault.request_id.as_deref(), Some("sts-1"));
}

#[test]
fn a_role_that_is_assumed_without_credentials_names_what_is_missing_and_comes_to_an_end() {
    let cause = CredentialsError::not_loaded("no keys in the profile");
    let assuming: SdkError<AssumeRoleError, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::other(cause.into(), None));
    let error = credentials_error("credentials", &CredentialsError::provider_error(assuming));
    assert_eq!(error.fault().code, "CredentialsNotLoaded");
    assert!(
        error.fault().message.contains("no keys in the profile"),
        "{error}"
    );
    assert!(error.is_about_credentials());
}
