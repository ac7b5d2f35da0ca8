//! The calls.

use async_trait::async_trait;
use engine::cloud::compute::{
    Cluster, Compute, CreateService, RegisterTaskDefinition, Service, ServiceDeployment, Task,
    TaskDefinition, TaskFilter, UpdateService,
};
use engine::cloud::{Result, Tags};

use crate::cell::Account;
use crate::refusal::not_found;

#[async_trait]
impl Compute for Account {
    async fn cluster(&self, name: &str) -> Result<Option<Cluster>> {
        let name = name.to_owned();
        self.call(&["ecs:DescribeClusters"], move |world| {
            Ok(world
                .compute
                .clusters
                .get(&name)
                .map(|record| world.seen_cluster(record)))
        })
        .await
    }

    async fn create_cluster(&self, name: &str, tags: Tags) -> Result<Cluster> {
        let name = name.to_owned();
        self.call(&["ecs:CreateCluster"], move |world| {
            world.create_cluster(&name, tags)
        })
        .await
    }

    async fn delete_cluster(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.call(&["ecs:DeleteCluster"], move |world| world.delete_cluster(&name))
            .await
    }

    async fn task_definition(&self, reference: &str) -> Result<Option<TaskDefinition>> {
        let reference = reference.to_owned();
        self.call(&["ecs:DescribeTaskDefinition"], move |world| {
            Ok(world.definition(&reference).cloned())
        })
        .await
    }

    async fn task_definition_arns(&self, family: &str) -> Result<Vec<String>> {
        let family = family.to_owned();
        self.call(&["ecs:ListTaskDefinitions"], move |world| {
            Ok(world.definition_arns(&family))
        })
        .await
    }

    async fn families(&self) -> Result<Vec<String>> {
        self.call(&["ecs:ListTaskDefinitions"], move |world| {
            Ok(world.definition_families())
        })
        .await
    }

    async fn register_task_definition(&self, definition: RegisterTaskDefinition) -> Result<TaskDefinition> {
        let actions = &["ecs:RegisterTaskDefinition", "iam:PassRole"];
        self.call(actions, move |world| world.register_task_definition(definition))
            .await
    }

    async fn deregister_task_definition(&self, arn: &str) -> Result<()> {
        let arn = arn.to_owned();
        self.call(&["ecs:DeregisterTaskDefinition"], move |world| {
            world.deregister_task_definition(&arn)
        })
        .await
    }

    async fn service(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        let (cluster, name) = (cluster.to_owned(), name.to_owned());
        self.call(&["ecs:DescribeServices"], move |world| {
            Ok(world.service_at(&cluster, &name).map(|at| world.seen_service(at)))
        })
        .await
    }

    async fn create_service(&self, service: CreateService) -> Result<Service> {
        self.call(&["ecs:CreateService"], move |world| world.create_service(service))
            .await
    }

    async fn update_service(&self, cluster: &str, name: &str, update: UpdateService) -> Result<Service> {
        let (cluster, name) = (cluster.to_owned(), name.to_owned());
        self.call(&["ecs:UpdateService"], move |world| {
            world.update_service(&cluster, &name, update)
        })
        .await
    }

    async fn delete_service(&self, cluster: &str, name: &str, force: bool) -> Result<()> {
        let (cluster, name) = (cluster.to_owned(), name.to_owned());
        self.call(&["ecs:DeleteService"], move |world| {
            world.delete_service(&cluster, &name, force)
        })
        .await
    }

    async fn service_deployments(&self, cluster: &str, service: &str) -> Result<Vec<ServiceDeployment>> {
        let (cluster, name) = (cluster.to_owned(), service.to_owned());
        let actions = &[
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
        ];
        self.call(actions, move |world| {
            let at = world.service_at(&cluster, &name);
            let at = at.ok_or_else(|| not_found("ServiceNotFoundException", "Service not found."))?;
            Ok(world.seen_history(at))
        })
        .await
    }

    async fn tasks(&self, cluster: &str, service: &str, filter: TaskFilter) -> Result<Vec<Task>> {
        let (cluster, name) = (cluster.to_owned(), service.to_owned());
        self.call(&["ecs:ListTasks", "ecs:DescribeTasks"], move |world| {
            world.active_cluster(&cluster)?;
            let at = world.service_at(&cluster, &name);
            let at = at.ok_or_else(|| not_found("ServiceNotFoundException", "Service not found."))?;
            let arn = world.compute.services[at].arn.clone();
            let tasks = world.compute.tasks.iter().filter(|task| task.service == arn);
            let wanted = tasks.filter(|task| task.is_wanted() == (filter == TaskFilter::Running));
            Ok(wanted.map(|task| task.seen()).collect())
        })
        .await
    }
}
