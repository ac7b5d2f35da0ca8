//! The permission check, which the emulator lacks: replayed answers.

use engine::cloud::identity::Permission;

use crate::replay::{Replay, Scene, when};

fn caller(arn: &str) -> Scene {
    Scene::xml(
        when(["Action=GetCallerIdentity"]),
        200,
        format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>U</UserId>\
             <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
    )
}

fn evaluation(action: &str, decision: &str) -> String {
    format!(
        "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
    )
}

fn simulation(results: &str, marker: Option<&str>) -> String {
    let more = marker.map_or("<IsTruncated>false</IsTruncated>".to_owned(), |marker| {
        format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>")
    });
    format!(
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>{more}<EvaluationResults>{results}\
         </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
}

fn known(action: &str, allowed: Option<bool>) -> Permission {
    Permission {
        action: action.to_owned(),
        allowed,
    }
}

#[tokio::test]
async fn a_role_session_is_checked_as_its_role_over_every_page() {
    let replay = Replay::of(vec![
        caller("arn:aws:sts::123456789012:assumed-role/deployer/me"),
        Scene::xml(
            when(["Action=GetRole", "RoleName=deployer"]),
            200,
            "<GetRoleResponse><GetRoleResult><Role><Path>/ci/</Path><RoleName>deployer</RoleName><RoleId>R</RoleId>\
             <Arn>arn:aws:iam::123456789012:role/ci/deployer</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>\
             </GetRoleResult></GetRoleResponse>",
        ),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy", "role%2Fci%2Fdeployer", "ActionNames.member.2=iam%3APassRole"]),
            200,
            simulation(&evaluation("ecs:CreateService", "allowed"), Some("page-2")),
        ),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy", "Marker=page-2"]),
            200,
            simulation(&evaluation("iam:PassRole", "implicitDeny"), None),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .identity
        .permissions(&["ecs:CreateService", "iam:PassRole"])
        .await
        .unwrap();
    assert_eq!(
        found,
        [
            known("ecs:CreateService", Some(true)),
            known("iam:PassRole", Some(false))
        ]
    );
    replay.finish();
}

#[tokio::test]
async fn who_may_not_ask_gets_no_verdict_instead_of_an_error() {
    let replay = Replay::of(vec![
        caller("arn:aws:iam::123456789012:user/kenji"),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy"]),
            403,
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: \
             arn:aws:iam::123456789012:user/kenji is not authorized to perform: iam:SimulatePrincipalPolicy</Message>\
             </Error><RequestId>iam-1</RequestId></ErrorResponse>",
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud.identity.permissions(&["ecs:CreateService"]).await.unwrap();
    assert_eq!(found, [known("ecs:CreateService", None)]);
    replay.finish();
}

#[tokio::test]
async fn an_endpoint_that_cannot_simulate_gives_no_verdict() {
    let emulator = crate::emulator::Emulator::start().await;
    let found = emulator
        .cloud
        .identity
        .permissions(&["ecs:CreateService"])
        .await
        .unwrap();
    assert_eq!(found, [known("ecs:CreateService", None)]);
}
