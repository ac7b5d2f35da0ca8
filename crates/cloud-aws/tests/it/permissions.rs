//! The permission check, which the emulator lacks: replayed answers.

use std::collections::BTreeMap;

use engine::cloud::CloudError;
use engine::cloud::identity::{NoVerdict, Permission, Question, Verdict};

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

const ROLE: &str = "arn:aws:iam::123456789012:role/shop-execution";

/// What `iam:PassRole` is asked with.
fn pass_role() -> Question {
    Question {
        actions: vec!["iam:PassRole".to_owned()],
        resource: Some(ROLE.to_owned()),
        context: BTreeMap::from([(
            "iam:PassedToService".to_owned(),
            "ecs-tasks.amazonaws.com".to_owned(),
        )]),
    }
}

fn anywhere(actions: &[&str]) -> Question {
    Question {
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resource: None,
        context: BTreeMap::new(),
    }
}

fn answer(action: &str, resource: Option<&str>, verdict: Verdict) -> Permission {
    Permission {
        action: action.to_owned(),
        resource: resource.map(str::to_owned),
        verdict,
    }
}

fn kenji() -> Scene {
    caller("arn:aws:iam::123456789012:user/kenji")
}

fn refusal(status: u16, code: &str, message: &str) -> Scene {
    Scene::xml(
        when(["Action=SimulatePrincipalPolicy"]),
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>iam-1</RequestId></ErrorResponse>"
        ),
    )
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
            when(["Action=SimulatePrincipalPolicy", "role%2Fci%2Fdeployer", "ActionNames.member.2=ecs%3AListTasks"]),
            200,
            simulation(&evaluation("ecs:DescribeTasks", "allowed"), Some("page-2")),
        ),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy", "Marker=page-2"]),
            200,
            simulation(&evaluation("ecs:ListTasks", "implicitDeny"), None),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .identity
        .permissions(&[anywhere(&[
            "ecs:DescribeTasks",
            "ecs:ListTasks",
            "ecs:DescribeServices",
        ])])
        .await
        .unwrap();
    assert_eq!(
        found,
        [
            answer("ecs:DescribeTasks", None, Verdict::Allowed),
            answer("ecs:ListTasks", None, Verdict::Missing),
            // What AWS leaves out is not known, and is not left out here.
            answer("ecs:DescribeServices", None, Verdict::Unknown(NoVerdict::Refused)),
        ]
    );
    replay.finish();
}

#[tokio::test]
async fn a_question_says_on_what_and_in_which_situation() {
    let replay = Replay::of(vec![
        kenji(),
        Scene::xml(
            when([
                "Action=SimulatePrincipalPolicy",
                "ResourceArns.member.1=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fshop-execution",
                "ContextEntries.member.1.ContextKeyName=iam%3APassedToService",
                "ContextEntries.member.1.ContextKeyValues.member.1=ecs-tasks.amazonaws.com",
                "ContextEntries.member.1.ContextKeyType=string",
            ]),
            200,
            simulation(&evaluation("iam:PassRole", "explicitDeny"), None),
        ),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy", "ecs%3AListTasks"]),
            200,
            simulation(
                "<member><EvalActionName>ecs:ListTasks</EvalActionName><EvalDecision>implicitDeny</EvalDecision>\
                 <OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations>\
                 </OrganizationsDecisionDetail></member>",
                None,
            ),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .identity
        .permissions(&[pass_role(), anywhere(&["ecs:ListTasks"])])
        .await
        .unwrap();
    assert_eq!(
        found,
        [
            answer("iam:PassRole", Some(ROLE), Verdict::Forbidden),
            answer("ecs:ListTasks", None, Verdict::Organization),
        ]
    );
    replay.finish();
}

#[tokio::test]
async fn who_may_not_ask_gets_no_verdict_instead_of_an_error_and_asks_once() {
    let replay = Replay::of(vec![
        kenji(),
        refusal(
            403,
            "AccessDenied",
            "User: kenji is not authorized to perform: iam:SimulatePrincipalPolicy",
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .identity
        .permissions(&[pass_role(), anywhere(&["ecs:ListTasks"])])
        .await
        .unwrap();
    let unknown = Verdict::Unknown(NoVerdict::MayNotAsk);
    assert_eq!(
        found,
        [
            answer("iam:PassRole", Some(ROLE), unknown),
            answer("ecs:ListTasks", None, unknown)
        ]
    );
    replay.finish();
}

#[tokio::test]
async fn who_has_no_policies_that_iam_could_see_is_not_asked_about() {
    for (arn, why) in [
        ("arn:aws:iam::123456789012:root", NoVerdict::Root),
        (
            "arn:aws:sts::123456789012:federated-user/kenji",
            NoVerdict::Federated,
        ),
    ] {
        let replay = Replay::of(vec![caller(arn)]).await;
        let (cloud, _) = replay.cloud().await;
        let found = cloud.identity.permissions(&[pass_role()]).await.unwrap();
        assert_eq!(found, [answer("iam:PassRole", Some(ROLE), Verdict::Unknown(why))]);
        replay.finish();
    }
}

#[tokio::test]
async fn a_question_that_iam_refuses_leaves_the_others_their_answers() {
    let replay = Replay::of(vec![
        kenji(),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy", "iam%3APassRole"]),
            200,
            simulation(&evaluation("iam:PassRole", "allowed"), None),
        ),
        refusal(400, "InvalidInput", "Invalid Context Key Name"),
        Scene::xml(
            when(["Action=SimulatePrincipalPolicy", "ecs%3ADescribeTasks"]),
            200,
            simulation(&evaluation("ecs:DescribeTasks", "allowed"), None),
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let found = cloud
        .identity
        .permissions(&[
            pass_role(),
            anywhere(&["ecs:ListTasks"]),
            anywhere(&["ecs:DescribeTasks"]),
        ])
        .await
        .unwrap();
    let verdicts: Vec<_> = found.iter().map(|one| one.verdict).collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Allowed,
            Verdict::Unknown(NoVerdict::Refused),
            Verdict::Allowed
        ]
    );
    replay.finish();
}

#[tokio::test]
async fn wrong_keys_are_an_error_and_not_an_answer() {
    let replay = Replay::of(vec![
        kenji(),
        refusal(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        ),
    ])
    .await;
    let (cloud, _) = replay.cloud().await;
    let error = cloud.identity.permissions(&[pass_role()]).await.unwrap_err();
    assert!(error.is_about_credentials(), "{error}");
    assert!(matches!(error, CloudError::Unavailable { retryable: false, .. }));
    replay.finish();
}

#[tokio::test]
async fn an_endpoint_that_cannot_simulate_gives_no_verdict() {
    let emulator = crate::emulator::Emulator::start().await;
    let found = emulator.cloud.identity.permissions(&[pass_role()]).await.unwrap();
    let unknown = Verdict::Unknown(NoVerdict::Unsupported);
    assert_eq!(found, [answer("iam:PassRole", Some(ROLE), unknown)]);
}
