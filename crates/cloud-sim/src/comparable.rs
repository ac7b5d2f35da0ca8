//! The account's state as far as two accounts can be told apart by it.

use engine::cloud::compute::ServiceStatus;
use serde_json::{Value, json};

use crate::world::World;

impl World {
    /// What exists, for deep comparison: without service-linked roles (AWS keeps them), inactive records, stopped
    /// tasks, job history and what builds compiled in, log lines, counters, calls and the time.
    pub fn comparable(&self) -> Value {
        let mut groups = self.network.groups.clone();
        for group in groups.values_mut() {
            group.ingress.sort();
            group.egress.sort();
        }
        let subnets: Vec<_> = self
            .network
            .subnets
            .values()
            .map(|subnet| self.seen_subnet(subnet))
            .collect();
        let interfaces: Vec<_> = self
            .network
            .interfaces
            .values()
            .map(|interface| &interface.nic)
            .collect();
        let roles: Vec<_> = self
            .identity
            .roles
            .values()
            .map(|record| json!({ "role": record.role, "inline": record.inline }))
            .collect();
        let repositories: Vec<_> = self
            .registry
            .repositories
            .values()
            .map(|record| {
                let image =
                    |image: &crate::registry::Image| json!({ "digest": image.digest, "tags": image.tags });
                let images: Vec<_> = record.images.iter().map(image).collect();
                json!({ "repository": record.repository, "images": images })
            })
            .collect();
        let clusters = self
            .compute
            .clusters
            .values()
            .filter(|record| record.cluster.active);
        let clusters: Vec<_> = clusters.map(|record| &record.cluster).collect();
        let definitions: Vec<_> = self
            .compute
            .definitions
            .values()
            .filter(|known| known.active)
            .collect();
        let services = self
            .compute
            .services
            .iter()
            .filter(|service| service.status != ServiceStatus::Inactive);
        let services: Vec<_> = services
            .map(|service| {
                json!({
                    "arn": service.arn, "status": service.status, "desired": service.desired,
                    "task_definition": service.task_definition, "network": service.network,
                    "targets": service.targets, "settings": service.settings, "grace_s": service.grace_s,
                    "tags": service.tags,
                })
            })
            .collect();
        let tasks = self.compute.tasks.iter().filter(|task| !task.is_stopped());
        let tasks: Vec<_> = tasks
            .map(|task| json!({ "arn": task.arn, "definition": task.definition }))
            .collect();
        let balancers: Vec<_> = self
            .balancing
            .load_balancers
            .values()
            .map(|record| &record.balancer)
            .collect();
        let target_groups: Vec<_> = self
            .balancing
            .target_groups
            .values()
            .map(|record| &record.group)
            .collect();
        let listeners: Vec<_> = self
            .balancing
            .listeners
            .values()
            .map(|record| &record.listener)
            .collect();
        let log_groups: Vec<_> = self.logs.groups.values().map(|record| &record.group).collect();
        let apps: Vec<_> = self
            .hosting
            .apps
            .values()
            .map(|app| {
                let branch = |(name, branch): (&String, &crate::hosting::BranchRecord)| {
                    (name.clone(), json!(branch.variables))
                };
                let branches: serde_json::Map<String, Value> = app.branches.iter().map(branch).collect();
                json!({ "id": app.id, "name": app.name, "variables": app.variables, "branches": branches })
            })
            .collect();
        json!({
            "account": self.account_id,
            "region": self.region,
            "roles": roles,
            "vpcs": self.network.vpcs,
            "subnets": subnets,
            "route_tables": self.network.tables,
            "internet_gateways": self.network.gateways,
            "security_groups": groups,
            "network_interfaces": interfaces,
            "repositories": repositories,
            "clusters": clusters,
            "task_definitions": definitions,
            "services": services,
            "tasks": tasks,
            "load_balancers": balancers,
            "target_groups": target_groups,
            "listeners": listeners,
            "log_groups": log_groups,
            "apps": apps,
        })
    }
}
