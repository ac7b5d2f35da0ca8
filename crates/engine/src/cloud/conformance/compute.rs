//! ECS.

use std::collections::BTreeMap;

use super::network::Ground;
use super::{Checked, During, PREFIX, Patience, already_exists, ensure, not_found, tagged, tags, there};
use crate::clock::Clock;
use crate::cloud::compute::{
    CircuitBreaker, Container, CreateService, DeploymentSettings, RegisterTaskDefinition,
    ServiceDeploymentStatus, ServiceNetwork, ServiceStatus, TaskFilter, UpdateService,
};
use crate::cloud::identity::LinkedService;
use crate::cloud::registry::Architecture;
use crate::cloud::{Cloud, CloudError};

fn definition(account_id: &str) -> RegisterTaskDefinition {
    RegisterTaskDefinition {
        family: format!("{PREFIX}-task"),
        cpu: 256,
        memory_mib: 512,
        architecture: Architecture::Arm64,
        execution_role_arn: format!("arn:aws:iam::{account_id}:role/{PREFIX}-execution"),
        task_role_arn: None,
        container: Container {
            name: "api".into(),
            image: "public.ecr.aws/nginx/nginx:1.27".into(),
            port: 8080,
            command: vec!["serve".into(), "--port".into(), "8080".into()],
            environment: BTreeMap::from([("MODE".into(), "test".into())]),
            secrets: BTreeMap::from([(
                "TOKEN".into(),
                format!("arn:aws:ssm:ap-northeast-1:{account_id}:parameter/token"),
            )]),
            log_group: format!("/ecs/{PREFIX}"),
            log_stream_prefix: "ecs".into(),
            health_command: None,
        },
        tags: tags(),
    }
}

fn settings() -> DeploymentSettings {
    DeploymentSettings {
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        circuit_breaker: Some(CircuitBreaker {
            rollback: true,
            failure_count: Some(3),
        }),
    }
}

async fn task_definitions(cloud: &Cloud) -> Result<String, super::Failure> {
    let ecs = &cloud.compute;
    let caller = cloud.identity.caller().await.during("caller")?;
    let wanted = definition(&caller.account_id);
    let family = wanted.family.clone();
    ensure(
        ecs.task_definition(&family)
            .await
            .during("task_definition")?
            .is_none(),
        "a missing family is None",
    )?;
    let first = ecs
        .register_task_definition(wanted.clone())
        .await
        .during("register_task_definition")?;
    let second = ecs
        .register_task_definition(wanted.clone())
        .await
        .during("register_task_definition again")?;
    ensure(
        second.revision == first.revision + 1,
        "each registration is the next revision",
    )?;
    let read = there(
        ecs.task_definition(&family).await.during("task_definition")?,
        "the task definition",
    )?;
    ensure(
        read.arn == second.arn && read.active,
        "a family means its newest active revision",
    )?;
    tagged(&read.tags, "the task definition")?;
    ensure(
        read.container == wanted.container,
        format!("the container comes back whole: {:?}", read.container),
    )?;
    ensure(
        (read.cpu, read.memory_mib, read.architecture) == (256, 512, Architecture::Arm64)
            && read.execution_role_arn.as_deref() == Some(wanted.execution_role_arn.as_str())
            && read.task_role_arn.is_none(),
        format!("size, platform and roles come back: {read:?}"),
    )?;
    let arns = ecs
        .task_definition_arns(&family)
        .await
        .during("task_definition_arns")?;
    ensure(
        arns == [second.arn.clone(), first.arn.clone()],
        format!("active revisions, newest first: {arns:?}"),
    )?;
    let families = ecs.families().await.during("families")?;
    ensure(
        families.contains(&family) && families.is_sorted(),
        format!("families with an active revision: {families:?}"),
    )?;
    ecs.deregister_task_definition(&first.arn)
        .await
        .during("deregister_task_definition")?;
    let arns = ecs
        .task_definition_arns(&family)
        .await
        .during("task_definition_arns")?;
    ensure(
        arns == [second.arn.clone()],
        format!("a deregistered revision is not listed: {arns:?}"),
    )?;
    let old = there(
        ecs.task_definition(&first.arn)
            .await
            .during("task_definition by ARN")?,
        "the old revision",
    )?;
    ensure(!old.active, "a deregistered revision is still readable, inactive")?;
    Ok(second.arn)
}

async fn linked_role(cloud: &Cloud) -> Checked {
    let iam = &cloud.identity;
    if !iam
        .service_linked_role(LinkedService::Ecs)
        .await
        .during("service_linked_role")?
    {
        match iam.create_service_linked_role(LinkedService::Ecs).await {
            Err(CloudError::AlreadyExists { .. }) => {}
            other => other.during("create_service_linked_role")?,
        }
    }
    Ok(())
}

/// Clusters, task definitions, services without tasks.
///
/// # Errors
/// The first promise that was not kept.
pub async fn compute(cloud: &Cloud, clock: &dyn Clock) -> Checked {
    let ecs = &cloud.compute;
    let patience = Patience { clock };
    linked_role(cloud).await?;
    let cluster = format!("{PREFIX}-cluster");
    let gone = |found: Option<crate::cloud::compute::Cluster>| found.is_none_or(|cluster| !cluster.active);
    ensure(
        gone(ecs.cluster(&cluster).await.during("cluster before")?),
        "a missing cluster is None or inactive",
    )?;
    patience
        .until_free("create_cluster", || ecs.create_cluster(&cluster, tags()))
        .await?;
    let read = there(ecs.cluster(&cluster).await.during("cluster")?, "the cluster")?;
    ensure(
        read.active && read.active_services == 0,
        "a new cluster is active and empty",
    )?;
    tagged(&read.tags, "the cluster")?;
    let task_definition = task_definitions(cloud).await?;

    let ground = Ground::make(cloud, [10, 79]).await?;
    let wanted = CreateService {
        cluster: cluster.clone(),
        name: format!("{PREFIX}-service"),
        task_definition: task_definition.clone(),
        desired: 0,
        network: ServiceNetwork {
            subnet_ids: ground.subnet_ids.clone(),
            security_groups: vec![ground.group_id.clone()],
            assign_public_ip: true,
        },
        targets: Vec::new(),
        settings: settings(),
        health_grace_s: 0,
        client_token: format!("{PREFIX}-token"),
        tags: tags(),
    };
    ensure(
        ecs.service(&cluster, &wanted.name)
            .await
            .during("service before")?
            .is_none(),
        "a missing service is None",
    )?;
    patience
        .until_free("create_service", || ecs.create_service(wanted.clone()))
        .await?;
    let other = CreateService {
        desired: 1,
        client_token: format!("{PREFIX}-other"),
        ..wanted.clone()
    };
    already_exists(
        ecs.create_service(other).await,
        "create_service of the same name with other parameters",
    )?;
    let read = there(
        ecs.service(&cluster, &wanted.name).await.during("service")?,
        "the service",
    )?;
    tagged(&read.tags, "the service")?;
    ensure(
        read.status == ServiceStatus::Active && read.task_definition == task_definition && read.desired == 0,
        format!("the service is as asked: {read:?}"),
    )?;
    ensure(
        read.network == wanted.network,
        format!("its network is as asked: {:?}", read.network),
    )?;
    ensure(
        read.settings.minimum_healthy_percent == 100 && read.settings.maximum_percent == 200,
        format!("its deployment settings are as asked: {:?}", read.settings),
    )?;
    ensure(
        ecs.tasks(&cluster, &wanted.name, TaskFilter::Running)
            .await
            .during("tasks")?
            .is_empty(),
        "a service with nothing desired has no tasks",
    )?;
    let slower = DeploymentSettings {
        minimum_healthy_percent: 50,
        ..settings()
    };
    let update = UpdateService {
        settings: Some(slower),
        ..UpdateService::default()
    };
    ecs.update_service(&cluster, &wanted.name, update.clone())
        .await
        .during("update_service")?;
    let read = there(
        ecs.service(&cluster, &wanted.name).await.during("service")?,
        "the service",
    )?;
    ensure(
        read.settings.minimum_healthy_percent == 50,
        "the changed setting comes back",
    )?;
    not_found(
        ecs.update_service(&cluster, "slipway-conf-nobody", update).await,
        "update_service of a missing one",
    )?;
    ecs.delete_service(&cluster, &wanted.name, true)
        .await
        .during("delete_service")?;
    let left = ecs
        .service(&cluster, &wanted.name)
        .await
        .during("service after")?;
    ensure(
        left.is_none_or(|service| service.status != ServiceStatus::Active),
        "a deleted service is not active",
    )?;
    ecs.deregister_task_definition(&task_definition)
        .await
        .during("deregister_task_definition")?;
    patience
        .until_free("delete_cluster", || ecs.delete_cluster(&cluster))
        .await?;
    ensure(
        gone(ecs.cluster(&cluster).await.during("cluster after")?),
        "a deleted cluster is None or inactive",
    )?;
    ground.remove(cloud).await
}

/// Service deployments: a service with nothing to run is deployed at once, and says so.
///
/// # Errors
/// The first promise that was not kept.
pub async fn deployments(cloud: &Cloud, clock: &dyn Clock) -> Checked {
    let ecs = &cloud.compute;
    let patience = Patience { clock };
    linked_role(cloud).await?;
    let cluster = format!("{PREFIX}-deployments");
    patience
        .until_free("create_cluster", || ecs.create_cluster(&cluster, tags()))
        .await?;
    let caller = cloud.identity.caller().await.during("caller")?;
    let wanted = RegisterTaskDefinition {
        family: format!("{PREFIX}-dep"),
        ..definition(&caller.account_id)
    };
    let task_definition = ecs
        .register_task_definition(wanted)
        .await
        .during("register_task_definition")?
        .arn;
    let ground = Ground::make(cloud, [10, 80]).await?;
    let name = format!("{PREFIX}-service");
    let service = CreateService {
        cluster: cluster.clone(),
        name: name.clone(),
        task_definition: task_definition.clone(),
        desired: 0,
        network: ServiceNetwork {
            subnet_ids: ground.subnet_ids.clone(),
            security_groups: vec![ground.group_id.clone()],
            assign_public_ip: true,
        },
        targets: Vec::new(),
        settings: settings(),
        health_grace_s: 0,
        client_token: format!("{PREFIX}-dep"),
        tags: tags(),
    };
    patience
        .until_free("create_service", || ecs.create_service(service.clone()))
        .await?;
    let mut found = Vec::new();
    for _ in 0..Patience::TRIES {
        found = ecs
            .service_deployments(&cluster, &name)
            .await
            .during("service_deployments")?;
        if found
            .first()
            .is_some_and(|newest| newest.status == ServiceDeploymentStatus::Successful)
        {
            break;
        }
        clock.sleep(Patience::PAUSE).await;
    }
    ensure(
        found.first().is_some_and(|newest| {
            newest.status == ServiceDeploymentStatus::Successful
                && newest.task_definition.as_deref() == Some(task_definition.as_str())
        }),
        format!("the deployment succeeds with the task definition that was asked for: {found:?}"),
    )?;
    ecs.delete_service(&cluster, &name, true)
        .await
        .during("delete_service")?;
    ecs.deregister_task_definition(&task_definition)
        .await
        .during("deregister_task_definition")?;
    patience
        .until_free("delete_cluster", || ecs.delete_cluster(&cluster))
        .await?;
    ground.remove(cloud).await
}
