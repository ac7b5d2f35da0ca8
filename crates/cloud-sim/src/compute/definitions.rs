//! Clusters and task definitions.

use engine::cloud::compute::{Cluster, RegisterTaskDefinition, ServiceStatus, TaskDefinition};
use engine::cloud::identity::LinkedService;
use engine::cloud::registry::Architecture;
use engine::cloud::{CloudError, Result, Tags};

use super::ClusterRecord;
use crate::refusal::{in_use, invalid, not_found};
use crate::world::World;

/// Deregistered revisions kept per family.
const INACTIVE_KEPT: usize = 20;

pub(super) fn no_cluster() -> CloudError {
    not_found("ClusterNotFoundException", "Cluster not found.")
}

/// Whether Fargate runs this pair (catalogue B1).
fn is_fargate_pair(cpu: u32, memory_mib: u32) -> bool {
    let gib = |from: u32, to: u32, step: u32| {
        (from * 1024..=to * 1024).contains(&memory_mib)
            && (memory_mib - from * 1024).is_multiple_of(step * 1024)
    };
    match cpu {
        256 => [512, 1024, 2048].contains(&memory_mib),
        512 => gib(1, 4, 1),
        1024 => gib(2, 8, 1),
        2048 => gib(4, 16, 1),
        4096 => gib(8, 30, 1),
        8192 => gib(16, 60, 4),
        16384 => gib(32, 120, 8),
        _ => false,
    }
}

fn name_fits(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

impl World {
    pub(super) fn seen_cluster(&self, record: &ClusterRecord) -> Cluster {
        let services = self.compute.services.iter();
        let active = services.filter(|service| {
            service.cluster == record.cluster.name && service.status != ServiceStatus::Inactive
        });
        Cluster {
            active_services: u32::try_from(active.count()).unwrap_or(u32::MAX),
            ..record.cluster.clone()
        }
    }

    pub(super) fn active_cluster(&self, name: &str) -> Result<&ClusterRecord> {
        let name = name.rsplit('/').next().unwrap_or(name);
        self.compute
            .clusters
            .get(name)
            .filter(|record| record.cluster.active)
            .ok_or_else(no_cluster)
    }

    pub(super) fn needs_ecs_role(&mut self) -> Result<()> {
        if self.linked_role_ready(LinkedService::Ecs) {
            return Ok(());
        }
        Err(invalid(
            "InvalidParameterException",
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        ))
    }

    pub(super) fn create_cluster(&mut self, name: &str, tags: Tags) -> Result<Cluster> {
        if !name_fits(name) {
            return Err(invalid("InvalidParameterException", "Invalid cluster name."));
        }
        self.needs_ecs_role()?;
        if let Some(record) = self
            .compute
            .clusters
            .get(name)
            .filter(|record| record.cluster.active)
        {
            // Creating a cluster that is there is a success, and changes nothing.
            return Ok(self.seen_cluster(record));
        }
        let arn = self.arn("ecs", &format!("cluster/{name}"));
        let cluster = Cluster {
            name: name.to_owned(),
            arn,
            active: true,
            active_services: 0,
            tags,
        };
        let record = ClusterRecord {
            cluster: cluster.clone(),
            deleted_at: None,
        };
        self.compute.clusters.insert(name.to_owned(), record);
        Ok(cluster)
    }

    pub(super) fn delete_cluster(&mut self, name: &str) -> Result<()> {
        let record = self.active_cluster(name)?;
        if self.seen_cluster(record).active_services > 0 {
            return Err(in_use(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            ));
        }
        let name = record.cluster.name.clone();
        if self
            .compute
            .tasks
            .iter()
            .any(|task| task.cluster == name && !task.is_stopped())
        {
            return Err(in_use(
                "ClusterContainsTasksException",
                "The Cluster cannot be deleted while Tasks are active.",
            ));
        }
        let now = self.now;
        if let Some(record) = self.compute.clusters.get_mut(&name) {
            record.cluster.active = false;
            record.deleted_at = Some(now);
        }
        Ok(())
    }

    pub(super) fn register_task_definition(
        &mut self,
        wanted: RegisterTaskDefinition,
    ) -> Result<TaskDefinition> {
        let client = |message: &str| Err(invalid("ClientException", message));
        if !name_fits(&wanted.family) {
            return client("Family contains invalid characters.");
        }
        if !is_fargate_pair(wanted.cpu, wanted.memory_mib) {
            return client(
                "No Fargate configuration exists for given values. (Invalid 'cpu' setting for task)",
            );
        }
        if !name_fits(&wanted.container.name) {
            return client("Container.name contains invalid characters.");
        }
        if wanted.container.port == 0 {
            return client("Container port must be between 1 and 65535.");
        }
        if wanted.container.image.is_empty() || wanted.container.image.contains(char::is_whitespace) {
            return client("Container.image contains invalid characters.");
        }
        for role in [Some(&wanted.execution_role_arn), wanted.task_role_arn.as_ref()]
            .into_iter()
            .flatten()
        {
            if !role.starts_with("arn:aws:iam::") || !role.contains(":role/") {
                return client("Role is not valid");
            }
        }
        let next = self.compute.revisions.entry(wanted.family.clone()).or_insert(0);
        *next += 1;
        let revision = *next;
        let arn = self.arn("ecs", &format!("task-definition/{}:{revision}", wanted.family));
        let definition = TaskDefinition {
            arn: arn.clone(),
            family: wanted.family,
            revision,
            active: true,
            cpu: wanted.cpu,
            memory_mib: wanted.memory_mib,
            architecture: wanted.architecture,
            execution_role_arn: Some(wanted.execution_role_arn),
            task_role_arn: wanted.task_role_arn,
            container: wanted.container,
            tags: wanted.tags,
        };
        self.compute.definitions.insert(arn, definition.clone());
        Ok(definition)
    }

    /// A family's newest active revision, `family:revision`, or an ARN.
    pub(super) fn definition(&self, reference: &str) -> Option<&TaskDefinition> {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        match name.split_once(':') {
            Some((family, revision)) => {
                let revision: u32 = revision.parse().ok()?;
                self.compute
                    .definitions
                    .values()
                    .find(|known| known.family == family && known.revision == revision)
            }
            None => {
                let family = self
                    .compute
                    .definitions
                    .values()
                    .filter(|known| known.family == name && known.active);
                family.max_by_key(|known| known.revision)
            }
        }
    }

    pub(super) fn definition_arns(&self, family: &str) -> Vec<String> {
        let known = self
            .compute
            .definitions
            .values()
            .filter(|known| known.family == family && known.active);
        let mut active: Vec<_> = known.collect();
        active.sort_by_key(|known| std::cmp::Reverse(known.revision));
        active.into_iter().map(|known| known.arn.clone()).collect()
    }

    pub(super) fn definition_families(&self) -> Vec<String> {
        let active = self.compute.definitions.values().filter(|known| known.active);
        let families: std::collections::BTreeSet<String> = active.map(|known| known.family.clone()).collect();
        families.into_iter().collect()
    }

    pub(super) fn deregister_task_definition(&mut self, reference: &str) -> Result<()> {
        let found = self
            .definition(reference)
            .map(|known| (known.arn.clone(), known.family.clone()));
        let (arn, family) = found
            .ok_or_else(|| invalid("ClientException", "The specified task definition does not exist."))?;
        if let Some(definition) = self.compute.definitions.get_mut(&arn) {
            definition.active = false;
        }
        let inactive = self
            .compute
            .definitions
            .values()
            .filter(|known| known.family == family && !known.active);
        let mut inactive: Vec<(u32, String)> = inactive
            .map(|known| (known.revision, known.arn.clone()))
            .collect();
        inactive.sort();
        for (_, arn) in inactive.iter().rev().skip(INACTIVE_KEPT) {
            let used = self.compute.services.iter().any(|service| service.uses(arn));
            if !used && !self.compute.tasks.iter().any(|task| task.definition == *arn) {
                self.compute.definitions.remove(arn);
            }
        }
        Ok(())
    }
}

/// The platform as OCI writes it.
pub(super) fn platform(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "linux/amd64",
        Architecture::Arm64 => "linux/arm64",
    }
}

#[cfg(test)]
mod tests {
    use super::is_fargate_pair;

    #[test]
    fn fargate_takes_only_its_own_pairs() {
        for (cpu, memory) in [
            (256, 512),
            (256, 2048),
            (512, 1024),
            (1024, 8192),
            (4096, 30720),
            (8192, 20480),
        ] {
            assert!(is_fargate_pair(cpu, memory), "{cpu} {memory}");
        }
        for (cpu, memory) in [
            (256, 768),
            (256, 4096),
            (512, 512),
            (1024, 1024),
            (8192, 17408),
            (300, 512),
        ] {
            assert!(!is_fargate_pair(cpu, memory), "{cpu} {memory}");
        }
    }
}
