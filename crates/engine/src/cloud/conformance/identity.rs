//! STS and IAM.

use super::{During, PREFIX, already_exists, ensure, in_use, not_found, tagged, tags, there};
use crate::cloud::Cloud;
use crate::cloud::identity::{CreateRole, LinkedService};

const POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:GetParameters"],"Resource":["*"]}]}"#;

/// Caller, roles with managed and inline policies, service-linked roles.
///
/// # Errors
/// The first promise that was not kept.
pub async fn identity(cloud: &Cloud) -> super::Checked {
    let iam = &cloud.identity;
    let caller = iam.caller().await.during("caller")?;
    ensure(
        caller.account_id.len() == 12 && caller.account_id.bytes().all(|byte| byte.is_ascii_digit()),
        format!("the account id has twelve digits, got {}", caller.account_id),
    )?;
    let name = format!("{PREFIX}-role");
    ensure(
        iam.role(&name).await.during("role before")?.is_none(),
        "a role that is not there is None",
    )?;
    let wanted = CreateRole {
        name: name.clone(),
        trusted_service: "ecs-tasks.amazonaws.com".into(),
        description: "Conformance".into(),
        tags: tags(),
    };
    let made = iam.create_role(wanted.clone()).await.during("create_role")?;
    ensure(
        made.arn.ends_with(&format!(":role/{name}")),
        format!("the role's ARN ends in its name: {}", made.arn),
    )?;
    already_exists(iam.create_role(wanted).await, "create_role of the same name")?;

    iam.attach_role_policy(&name, POLICY)
        .await
        .during("attach_role_policy")?;
    iam.attach_role_policy(&name, POLICY)
        .await
        .during("attach_role_policy a second time")?;
    iam.put_role_policy(&name, "inline", DOCUMENT)
        .await
        .during("put_role_policy")?;
    let read = there(iam.role(&name).await.during("role")?, "the role")?;
    tagged(&read.tags, "the role")?;
    ensure(
        read.trusted_services == ["ecs-tasks.amazonaws.com"],
        format!("the trust policy names its service: {:?}", read.trusted_services),
    )?;
    ensure(
        read.attached_policies == [POLICY],
        format!("attached policies: {:?}", read.attached_policies),
    )?;
    ensure(
        read.inline_policies == ["inline"],
        format!("inline policies: {:?}", read.inline_policies),
    )?;
    let document = iam.role_policy(&name, "inline").await.during("role_policy")?;
    let document = there(document, "the inline policy")?;
    ensure(
        serde_json::from_str::<serde_json::Value>(&document).ok() == serde_json::from_str(DOCUMENT).ok(),
        format!("the inline policy comes back decoded: {document}"),
    )?;
    ensure(
        iam.role_policy(&name, "other")
            .await
            .during("role_policy other")?
            .is_none(),
        "a missing inline policy is None",
    )?;
    in_use(iam.delete_role(&name).await, "delete_role with policies")?;
    iam.delete_role_policy(&name, "inline")
        .await
        .during("delete_role_policy")?;
    iam.detach_role_policy(&name, POLICY)
        .await
        .during("detach_role_policy")?;
    iam.delete_role(&name).await.during("delete_role")?;
    ensure(
        iam.role(&name).await.during("role after")?.is_none(),
        "a deleted role is None",
    )?;
    not_found(iam.delete_role(&name).await, "delete_role again")?;

    for service in [LinkedService::Ecs, LinkedService::ElasticLoadBalancing] {
        if !iam
            .service_linked_role(service)
            .await
            .during("service_linked_role")?
        {
            iam.create_service_linked_role(service)
                .await
                .during("create_service_linked_role")?;
        }
        ensure(
            iam.service_linked_role(service)
                .await
                .during("service_linked_role after")?,
            format!("{} is there after it was created", service.role_name()),
        )?;
        already_exists(
            iam.create_service_linked_role(service).await,
            "create_service_linked_role again",
        )?;
    }
    Ok(())
}
