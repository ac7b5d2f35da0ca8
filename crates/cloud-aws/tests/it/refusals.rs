//! What comes back when AWS refuses, throttles, pages or breaks: replayed in every protocol that the services speak.

use engine::cloud::{CloudError, Tags};

use crate::replay::{Replay, Scene, when};

const EC2_DENIED: &str = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to \
    perform this operation. User: arn:aws:iam::123456789012:user/kenji is not authorized to perform: ec2:CreateVpc on \
    resource: arn:aws:ec2:ap-northeast-1:123456789012:vpc/* because no identity-based policy allows the ec2:CreateVpc \
    action</Message></Error></Errors><RequestID>ec2-1</RequestID></Response>";

#[tokio::test]
async fn ec2_names_the_missing_action_and_its_request() {
    let replay = Replay::of(vec![Scene::xml(when(["Action=CreateVpc"]), 403, EC2_DENIED)]).await;
    let (cloud, _) = replay.cloud().await;
    let error = cloud
        .network
        .create_vpc("10.0.0.0/16".parse().unwrap(), Tags::new())
        .await
        .unwrap_err();
    let CloudError::Denied {
        action,
        resource,
        fault,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(action, "ec2:CreateVpc");
    assert_eq!(
        resource.as_deref(),
        Some("arn:aws:ec2:ap-northeast-1:123456789012:vpc/*")
    );
    assert_eq!(
        (fault.operation.as_str(), fault.code.as_str()),
        ("ec2:CreateVpc", "UnauthorizedOperation")
    );
    assert_eq!(fault.request_id.as_deref(), Some("ec2-1"));
    replay.finish();
}

#[tokio::test]
async fn a_json_service_keeps_its_words_and_its_request_id() {
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amzn-requestid", "ecs-1"),
    ];
    let body = r#"{"__type":"ClusterContainsServicesException","message":"The Cluster cannot be deleted while Services are active."}"#;
    let replay = Replay::of(vec![Scene::answer(when(["DeleteCluster"]), 400, &headers, body)]).await;
    let (cloud, _) = replay.cloud().await;
    let error = cloud.compute.delete_cluster("stack").await.unwrap_err();
    let CloudError::InUse { fault } = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        fault.message,
        "The Cluster cannot be deleted while Services are active."
    );
    assert_eq!(fault.request_id.as_deref(), Some("ecs-1"));
}

#[tokio::test]
async fn wrong_keys_are_told_from_a_refusal() {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token \
                included in the request is invalid.</Message></Error><RequestId>sts-1</RequestId></ErrorResponse>";
    let replay = Replay::of(vec![Scene::xml(when(["Action=GetCallerIdentity"]), 403, body)]).await;
    let (cloud, _) = replay.cloud().await;
    let error = cloud.identity.caller().await.unwrap_err();
    let CloudError::Unavailable {
        fault,
        retryable: false,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (fault.code.as_str(), fault.request_id.as_deref()),
        ("InvalidClientTokenId", Some("sts-1"))
    );
}

const THROTTLED: &str = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.\
    </Message></Error></Errors><RequestID>ec2-2</RequestID></Response>";

#[tokio::test]
async fn a_throttled_read_is_tried_again_by_the_sdk() {
    let zones = || when(["Action=DescribeAvailabilityZones"]);
    let replay = Replay::of(vec![
        Scene::xml(zones(), 503, THROTTLED),
        Scene::xml(
            zones(),
            200,
            "<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item><zoneName>ap-northeast-1a</zoneName>\
             <zoneState>available</zoneState><zoneId>apne1-az4</zoneId><zoneType>availability-zone</zoneType></item>\
             </availabilityZoneInfo></DescribeAvailabilityZonesResponse>",
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let zones = cloud.network.zones().await.unwrap();
    assert_eq!(zones.len(), 1);
    assert_eq!(replay.count("Action=DescribeAvailabilityZones"), 2);
}

#[tokio::test]
async fn a_change_is_sent_once_however_it_fails() {
    let replay = Replay::of(vec![Scene::xml(when(["Action=CreateVpc"]), 503, THROTTLED)]).await;
    let (cloud, _) = replay.cloud().await;
    let error = cloud
        .network
        .create_vpc("10.0.0.0/16".parse().unwrap(), Tags::new())
        .await
        .unwrap_err();
    assert!(matches!(error, CloudError::Throttled { .. }), "{error:?}");
    assert_eq!(replay.count("Action=CreateVpc"), 1);
}

#[tokio::test]
async fn lists_are_read_to_the_last_page() {
    let subnet = |id: &str, net: &str| {
        format!(
            "<item><subnetId>{id}</subnetId><vpcId>vpc-1</vpcId><cidrBlock>{net}</cidrBlock><availabilityZone>\
             ap-northeast-1a</availabilityZone><availabilityZoneId>apne1-az4</availabilityZoneId>\
             <availableIpAddressCount>251</availableIpAddressCount></item>"
        )
    };
    let page = |items: &str, token: &str| {
        format!("<DescribeSubnetsResponse><subnetSet>{items}</subnetSet>{token}</DescribeSubnetsResponse>")
    };
    let replay = Replay::of(vec![
        Scene::xml(
            when([
                "Action=DescribeSubnets",
                "Filter.1.Name=vpc-id",
                "Filter.1.Value.1=vpc-1",
            ]),
            200,
            page(&subnet("subnet-1", "10.0.0.0/24"), "<nextToken>more</nextToken>"),
        ),
        Scene::xml(
            when(["Action=DescribeSubnets", "NextToken=more"]),
            200,
            page(&subnet("subnet-2", "10.0.1.0/24"), ""),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud.network.subnets("vpc-1").await.unwrap();
    let ids: Vec<_> = found.iter().map(|subnet| subnet.id.as_str()).collect();
    assert_eq!(ids, ["subnet-1", "subnet-2"]);
    replay.finish();
}

#[tokio::test]
async fn tags_of_many_listeners_are_asked_for_twenty_at_a_time() {
    let arns: Vec<String> = (1..=23).map(|number| format!("listener-{number:02}")).collect();
    let members: String = arns
        .iter()
        .map(|arn| {
            format!(
                "<member><ListenerArn>{arn}</ListenerArn><Port>80</Port><Protocol>HTTP</Protocol></member>"
            )
        })
        .collect();
    let tags = |first: usize, last: usize| -> String {
        let members: String = arns[first..last]
            .iter()
            .map(|arn| format!("<member><ResourceArn>{arn}</ResourceArn><Tags><member><Key>of</Key><Value>{arn}</Value></member></Tags></member>"))
            .collect();
        format!(
            "<DescribeTagsResponse><DescribeTagsResult><TagDescriptions>{members}</TagDescriptions></DescribeTagsResult></DescribeTagsResponse>"
        )
    };
    let replay = Replay::of(vec![
        Scene::xml(
            when(["Action=DescribeListeners"]),
            200,
            format!("<DescribeListenersResponse><DescribeListenersResult><Listeners>{members}</Listeners></DescribeListenersResult></DescribeListenersResponse>"),
        ),
        Scene::xml(when(["Action=DescribeTags", "ResourceArns.member.20=listener-20"]), 200, tags(0, 20)),
        Scene::xml(when(["Action=DescribeTags", "ResourceArns.member.1=listener-21", "member.3=listener-23"]), 200, tags(20, 23)),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud.balancing.listeners("alb").await.unwrap();
    assert_eq!(found.len(), 23);
    assert!(
        found
            .iter()
            .all(|listener| listener.tags.get("of") == Some(&listener.arn))
    );
    replay.finish();
}

#[tokio::test]
async fn an_operation_that_the_endpoint_does_not_know_is_not_tried_for_ever() {
    let emulator = crate::emulator::Emulator::start().await;
    let error = emulator.cloud.hosting.apps().await.unwrap_err();
    let CloudError::Unavailable {
        fault,
        retryable: false,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(fault.operation, "amplify:ListApps");
    assert!(!fault.code.is_empty() && !fault.message.is_empty(), "{fault:?}");
}

#[tokio::test]
async fn nobody_listening_is_said_as_such() {
    let replay = Replay::of(vec![]).await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let (options, _file) = crate::emulator::with_profile(cloud_aws::CallLog::default());
    let url = format!("http://{nobody}").parse().unwrap();
    let profile = cloud_aws::Credentials::Profile("emulator".to_owned());
    let cloud = cloud_aws::connect_with(profile, "ap-northeast-1", Some(url), options)
        .await
        .unwrap();
    let error = cloud.compute.delete_cluster("stack").await.unwrap_err();
    let CloudError::Unavailable {
        fault,
        retryable: true,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(fault.code, "ConnectionFailed");
    replay.finish();
}

#[tokio::test]
async fn a_connection_that_cannot_work_is_refused_at_once() {
    use cloud_aws::{ConnectError, Credentials, connect_with};
    let options = || crate::emulator::with_profile(cloud_aws::CallLog::default());
    let known = || Credentials::Profile("emulator".to_owned());

    let (given, _file) = options();
    let error = connect_with(known(), "tokyo", None, given).await.err();
    assert_eq!(
        error,
        Some(ConnectError::Region {
            region: "tokyo".to_owned()
        })
    );

    let (given, _file) = options();
    let error = connect_with(
        known(),
        "ap-northeast-1",
        Some("ftp://example.com".parse().unwrap()),
        given,
    )
    .await
    .err();
    assert!(matches!(error, Some(ConnectError::Endpoint { .. })), "{error:?}");

    let (given, _file) = options();
    let error = connect_with(
        Credentials::Profile("nobody".to_owned()),
        "ap-northeast-1",
        None,
        given,
    )
    .await
    .err();
    let Some(ConnectError::Credentials { error }) = error else {
        panic!("{error:?}")
    };
    assert!(error.fault().message.contains("nobody"), "{error}");
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_says_which_and_why() {
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: \
                arn:aws:iam::123456789012:user/kenji is not authorized to perform: sts:AssumeRole on resource: \
                arn:aws:iam::210987654321:role/deployer</Message></Error><RequestId>sts-2</RequestId></ErrorResponse>";
    let scene = Scene::xml(
        when([
            "Action=AssumeRole",
            "ExternalId=our-id",
            "RoleSessionName=slipway",
        ]),
        403,
        body,
    );
    let replay = Replay::of(vec![scene]).await;
    let (options, _file) = crate::emulator::with_profile(cloud_aws::CallLog::default());
    let role = cloud_aws::Credentials::AssumeRole {
        role_arn: "arn:aws:iam::210987654321:role/deployer".to_owned(),
        external_id: Some(cloud_aws::Secret::new("our-id")),
        source_profile: Some("emulator".to_owned()),
    };
    let error = cloud_aws::connect_with(role, "ap-northeast-1", Some(replay.url.clone()), options)
        .await
        .err();
    let Some(cloud_aws::ConnectError::Credentials {
        error: CloudError::Denied {
            action,
            resource,
            fault,
        },
    }) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (action.as_str(), resource.as_deref()),
        ("sts:AssumeRole", Some("arn:aws:iam::210987654321:role/deployer"))
    );
    assert_eq!(fault.request_id.as_deref(), Some("sts-2"));
}

/// A page of log events, and where the next one is.
fn events(from: i64, count: i64, next: Option<&str>) -> String {
    let events: Vec<_> = (from..from + count)
        .map(|number| {
            serde_json::json!({ "timestamp": 1_700_000_000_000_i64 + number, "message": format!("line {number}"), "logStreamName": "s" })
        })
        .collect();
    serde_json::json!({ "events": events, "nextToken": next }).to_string()
}

#[tokio::test]
async fn the_last_lines_of_a_talkative_container_are_found_without_reading_everything() {
    // The last minute holds enough: nothing older is asked for.
    let replay = Replay::of(vec![Scene::json(
        when(["FilterLogEvents"]),
        200,
        events(100, 5, None),
    )])
    .await;
    let (cloud, _) = replay.cloud().await;
    let lines = cloud
        .logs
        .tail("/ecs/shop", jiff::Timestamp::UNIX_EPOCH, 3)
        .await
        .unwrap();
    let said: Vec<_> = lines.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(said, ["line 102", "line 103", "line 104"]);
    replay.finish();
}

#[tokio::test]
async fn a_log_without_end_is_read_up_to_a_limit() {
    let mut scenes = vec![Scene::json(when(["FilterLogEvents"]), 200, events(900, 1, None))];
    // Of the quarter of an hour only the older part fits into one look: the newest line is known already.
    let page = |number: i64| {
        let next = format!("page-{number}");
        Scene::json(when(["FilterLogEvents"]), 200, events(number * 2, 2, Some(&next)))
    };
    let pages = (0..10).map(page);
    scenes.extend(pages);
    let replay = Replay::of(scenes).await;
    let (cloud, _) = replay.cloud().await;
    let lines = cloud
        .logs
        .tail("/ecs/shop", jiff::Timestamp::UNIX_EPOCH, 3)
        .await
        .unwrap();
    let said: Vec<_> = lines.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(said, ["line 900"]);
    replay.finish();
}
