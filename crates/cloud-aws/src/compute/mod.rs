//! ECS over the SDK.

mod convert;
mod deployments;
mod tasks;

use async_trait::async_trait;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{
    ClusterField, Compatibility, LaunchType, NetworkMode, OsFamily, PropagateTags, RuntimePlatform,
    SchedulingStrategy, ServiceField, SortOrder, TaskDefinitionField, TaskDefinitionStatus,
};
use engine::cloud::compute::{
    Cluster, Compute, CreateService, RegisterTaskDefinition, Service, ServiceDeployment, Task,
    TaskDefinition, TaskFilter, UpdateService,
};
use engine::cloud::{Result, Tags};

use crate::calls::Gate;
use crate::error::incomplete;

/// ECS of one account and region.
#[derive(Debug)]
pub(crate) struct Ecs {
    client: Client,
    gate: Gate,
}

impl Ecs {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            gate: Gate::default(),
        }
    }

    fn region(&self) -> String {
        self.client
            .config()
            .region()
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

#[async_trait]
impl Compute for Ecs {
    async fn cluster(&self, name: &str) -> Result<Option<Cluster>> {
        const OPERATION: &str = "ecs:DescribeClusters";
        let request = self
            .client
            .describe_clusters()
            .clusters(name)
            .include(ClusterField::Tags);
        let answer = self.gate.call(OPERATION, request.send()).await?;
        convert::failed(OPERATION, answer.failures())?;
        answer
            .clusters()
            .first()
            .map(|cluster| convert::cluster(OPERATION, cluster))
            .transpose()
    }

    async fn create_cluster(&self, name: &str, tags: Tags) -> Result<Cluster> {
        const OPERATION: &str = "ecs:CreateCluster";
        let request = self
            .client
            .create_cluster()
            .cluster_name(name)
            .set_tags(convert::to_tags(&tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer.cluster().ok_or_else(|| incomplete(OPERATION, "cluster"))?;
        Ok(Cluster {
            tags,
            ..convert::cluster(OPERATION, made)?
        })
    }

    async fn delete_cluster(&self, name: &str) -> Result<()> {
        self.gate
            .call(
                "ecs:DeleteCluster",
                self.client.delete_cluster().cluster(name).send(),
            )
            .await?;
        Ok(())
    }

    async fn task_definition(&self, reference: &str) -> Result<Option<TaskDefinition>> {
        const OPERATION: &str = "ecs:DescribeTaskDefinition";
        let request = self
            .client
            .describe_task_definition()
            .task_definition(reference)
            .include(TaskDefinitionField::Tags);
        let answer = match self.gate.call(OPERATION, request.send()).await {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let tags = convert::tags(answer.tags());
        answer
            .task_definition()
            .map(|found| convert::task_definition(OPERATION, found, tags))
            .transpose()
    }

    async fn task_definition_arns(&self, family: &str) -> Result<Vec<String>> {
        let request = self
            .client
            .list_task_definitions()
            .family_prefix(family)
            .status(TaskDefinitionStatus::Active)
            .sort(SortOrder::Desc);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = self
            .gate
            .call("ecs:ListTaskDefinitions", pages.try_next())
            .await?
        {
            found.extend(page.task_definition_arns.unwrap_or_default());
        }
        // The API speaks of a prefix; only this very family is meant.
        let mut numbered: Vec<(u32, String)> = found
            .into_iter()
            .filter_map(|arn| {
                let (_, name) = arn.rsplit_once('/')?;
                let (of, revision) = name.rsplit_once(':')?;
                let revision = revision.parse().ok()?;
                (of == family).then_some((revision, arn))
            })
            .collect();
        numbered.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
        Ok(numbered.into_iter().map(|(_, arn)| arn).collect())
    }

    async fn families(&self) -> Result<Vec<String>> {
        let request = self
            .client
            .list_task_definitions()
            .status(TaskDefinitionStatus::Active);
        let mut pages = request.into_paginator().send();
        let mut found = std::collections::BTreeSet::new();
        while let Some(page) = self
            .gate
            .call("ecs:ListTaskDefinitions", pages.try_next())
            .await?
        {
            let families = page.task_definition_arns().iter().filter_map(|arn| {
                let (_, name) = arn.rsplit_once('/')?;
                name.rsplit_once(':').map(|(family, _)| family.to_owned())
            });
            found.extend(families);
        }
        Ok(found.into_iter().collect())
    }

    async fn register_task_definition(&self, wanted: RegisterTaskDefinition) -> Result<TaskDefinition> {
        const OPERATION: &str = "ecs:RegisterTaskDefinition";
        let platform = RuntimePlatform::builder()
            .operating_system_family(OsFamily::Linux)
            .cpu_architecture(convert::to_architecture(wanted.architecture))
            .build();
        let request = self
            .client
            .register_task_definition()
            .family(wanted.family)
            .cpu(wanted.cpu.to_string())
            .memory(wanted.memory_mib.to_string())
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(Compatibility::Fargate)
            .runtime_platform(platform)
            .execution_role_arn(wanted.execution_role_arn)
            .set_task_role_arn(wanted.task_role_arn)
            .container_definitions(convert::container(OPERATION, &self.region(), &wanted.container)?)
            .set_tags(convert::to_tags(&wanted.tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer
            .task_definition()
            .ok_or_else(|| incomplete(OPERATION, "taskDefinition"))?;
        convert::task_definition(OPERATION, made, wanted.tags)
    }

    async fn deregister_task_definition(&self, arn: &str) -> Result<()> {
        let request = self.client.deregister_task_definition().task_definition(arn);
        self.gate
            .call("ecs:DeregisterTaskDefinition", request.send())
            .await?;
        Ok(())
    }

    async fn service(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        const OPERATION: &str = "ecs:DescribeServices";
        let request = self
            .client
            .describe_services()
            .cluster(cluster)
            .services(name)
            .include(ServiceField::Tags);
        let answer = match self.gate.call(OPERATION, request.send()).await {
            Ok(answer) => answer,
            // No cluster, no service.
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        convert::failed(OPERATION, answer.failures())?;
        answer
            .services()
            .first()
            .map(|service| convert::service(OPERATION, service))
            .transpose()
    }

    async fn create_service(&self, wanted: CreateService) -> Result<Service> {
        const OPERATION: &str = "ecs:CreateService";
        // A grace period without a load balancer is refused (catalogue B8).
        let grace = if wanted.targets.is_empty() {
            None
        } else {
            Some(convert::signed(
                OPERATION,
                "healthCheckGracePeriodSeconds",
                wanted.health_grace_s,
            )?)
        };
        let request = self
            .client
            .create_service()
            .cluster(wanted.cluster)
            .service_name(wanted.name)
            .task_definition(wanted.task_definition)
            .desired_count(convert::signed(OPERATION, "desiredCount", wanted.desired)?)
            .launch_type(LaunchType::Fargate)
            .platform_version("LATEST")
            .scheduling_strategy(SchedulingStrategy::Replica)
            .network_configuration(convert::network(OPERATION, &wanted.network)?)
            .set_load_balancers(Some(wanted.targets.iter().map(convert::target).collect()))
            .deployment_configuration(convert::settings(OPERATION, &wanted.settings)?)
            .set_health_check_grace_period_seconds(grace)
            .propagate_tags(PropagateTags::Service)
            .client_token(wanted.client_token)
            .set_tags(convert::to_tags(&wanted.tags));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let made = answer.service().ok_or_else(|| incomplete(OPERATION, "service"))?;
        Ok(Service {
            tags: wanted.tags,
            ..convert::service(OPERATION, made)?
        })
    }

    async fn update_service(&self, cluster: &str, name: &str, update: UpdateService) -> Result<Service> {
        const OPERATION: &str = "ecs:UpdateService";
        let signed = |what, number: Option<u32>| {
            number
                .map(|number| convert::signed(OPERATION, what, number))
                .transpose()
        };
        let network = update
            .network
            .map(|network| convert::network(OPERATION, &network))
            .transpose()?;
        let settings = update
            .settings
            .map(|settings| convert::settings(OPERATION, &settings))
            .transpose()?;
        let targets = update
            .targets
            .map(|targets| targets.iter().map(convert::target).collect());
        let request = self
            .client
            .update_service()
            .cluster(cluster)
            .service(name)
            .set_task_definition(update.task_definition)
            .set_desired_count(signed("desiredCount", update.desired)?)
            .set_network_configuration(network)
            .set_load_balancers(targets)
            .set_deployment_configuration(settings)
            .set_health_check_grace_period_seconds(signed(
                "healthCheckGracePeriodSeconds",
                update.health_grace_s,
            )?)
            .set_force_new_deployment(update.force_new_deployment.then_some(true));
        let answer = self.gate.call(OPERATION, request.send()).await?;
        let changed = answer.service().ok_or_else(|| incomplete(OPERATION, "service"))?;
        convert::service(OPERATION, changed)
    }

    async fn delete_service(&self, cluster: &str, name: &str, force: bool) -> Result<()> {
        let request = self
            .client
            .delete_service()
            .cluster(cluster)
            .service(name)
            .force(force);
        self.gate.call("ecs:DeleteService", request.send()).await?;
        Ok(())
    }

    async fn service_deployments(&self, cluster: &str, service: &str) -> Result<Vec<ServiceDeployment>> {
        self.deployments_of(cluster, service).await
    }

    async fn tasks(&self, cluster: &str, service: &str, filter: TaskFilter) -> Result<Vec<Task>> {
        self.tasks_of(cluster, service, filter).await
    }
}
