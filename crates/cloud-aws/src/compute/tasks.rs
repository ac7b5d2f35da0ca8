//! Tasks, running and stopped.

use std::collections::HashMap;

use aws_sdk_ecs::types::{self, DesiredStatus};
use engine::cloud::Result;
use engine::cloud::compute::{Task, TaskContainer, TaskFilter};

use super::Ecs;
use super::convert::text;
use crate::moment::timestamp;

/// `DescribeTasks` takes at most this many ARNs.
const TASKS_AT_ONCE: usize = 100;

impl Ecs {
    pub(super) async fn tasks_of(
        &self,
        cluster: &str,
        service: &str,
        filter: TaskFilter,
    ) -> Result<Vec<Task>> {
        let status = match filter {
            TaskFilter::Running => DesiredStatus::Running,
            TaskFilter::Stopped => DesiredStatus::Stopped,
        };
        let request = self
            .client
            .list_tasks()
            .cluster(cluster)
            .service_name(service)
            .desired_status(status);
        let mut pages = request.into_paginator().send();
        let mut arns = Vec::new();
        while let Some(page) = self.gate.call("ecs:ListTasks", pages.try_next()).await? {
            arns.extend(page.task_arns.unwrap_or_default());
        }
        let mut found = Vec::new();
        for batch in arns.chunks(TASKS_AT_ONCE) {
            let request = self
                .client
                .describe_tasks()
                .cluster(cluster)
                .set_tasks(Some(batch.to_vec()));
            let answer = self.gate.call("ecs:DescribeTasks", request.send()).await?;
            found.extend(answer.tasks().iter().filter_map(task));
        }
        Ok(found)
    }
}

fn task(from: &types::Task) -> Option<Task> {
    let details: HashMap<&str, &str> = from
        .attachments()
        .iter()
        .filter(|attachment| attachment.r#type() == Some("ElasticNetworkInterface"))
        .flat_map(|attachment| attachment.details())
        .filter_map(|detail| Some((detail.name()?, detail.value()?)))
        .collect();
    let detail = |name: &str| details.get(name).map(|value| (*value).to_owned());
    Some(Task {
        arn: from.task_arn()?.to_owned(),
        task_definition: text(from.task_definition_arn()),
        last_status: text(from.last_status()),
        desired_status: text(from.desired_status()),
        health: from
            .health_status()
            .map_or("UNKNOWN", |health| health.as_str())
            .to_owned(),
        stop_code: from.stop_code().map(|code| code.as_str().to_owned()),
        stopped_reason: from.stopped_reason().map(str::to_owned),
        zone: from.availability_zone().map(str::to_owned),
        subnet_id: detail("subnetId"),
        network_interface_id: detail("networkInterfaceId"),
        private_ip: detail("privateIPv4Address"),
        containers: from.containers().iter().map(task_container).collect(),
        created_at: from.created_at().and_then(timestamp),
        started_at: from.started_at().and_then(timestamp),
        stopped_at: from.stopped_at().and_then(timestamp),
    })
}

fn task_container(from: &types::Container) -> TaskContainer {
    TaskContainer {
        name: text(from.name()),
        last_status: text(from.last_status()),
        exit_code: from.exit_code(),
        reason: from.reason().map(str::to_owned),
    }
}
