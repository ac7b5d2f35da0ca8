//! What a plan depends on, in one number: the same account gives the same digest, whatever order AWS answers in.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::routes::{ANYWHERE, FREE_ADDRESSES_WANTED};
use super::{FrontendState, Snapshot, SnapshotDigest};
use crate::cloud::{TAG_STACK, Tags};

/// Lists in which the order is the meaning.
const ORDERED: [&str; 3] = ["command", "health_command", "entrypoint"];

impl Snapshot {
    /// SHA-256 over everything a decision depends on: not the time, not who asked, not counters that move by themselves
    /// (running and pending tasks, free addresses, events), and not what no plan reads (routes to elsewhere, tags of
    /// others, other variables of the frontend). Lists count as sets.
    pub fn digest(&self) -> SnapshotDigest {
        // Plain data always serialises; an empty value would only make the digest differ.
        let mut value = serde_json::to_value(self.still()).unwrap_or_default();
        sort(&mut value);
        let hash = Sha256::digest(value.to_string().as_bytes());
        SnapshotDigest(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn still(&self) -> Self {
        let mut still = self.clone();
        still.taken_at = Timestamp::UNIX_EPOCH;
        still.caller.arn = String::new();
        still.repository_images = 0;
        still.healthy_targets = usize::from(still.healthy_targets > 0);
        for subnet in &mut still.subnets {
            subnet.free_addresses = u32::from(subnet.free_addresses >= FREE_ADDRESSES_WANTED);
            known_tags(&mut subnet.tags);
        }
        for vpc in &mut still.vpcs {
            known_tags(&mut vpc.tags);
        }
        for table in &mut still.route_tables {
            table.routes.retain(|route| route.destination == ANYWHERE);
            known_tags(&mut table.tags);
        }
        for gateway in &mut still.internet_gateways {
            known_tags(&mut gateway.tags);
        }
        if let Some(service) = &mut still.service {
            service.running = 0;
            service.pending = 0;
            service.events.clear();
            service.deployments.clear();
        }
        if let Some(cluster) = &mut still.cluster {
            cluster.active_services = 0;
        }
        if let FrontendState::Found { other_names, .. } = &mut still.frontend {
            other_names.clear();
        }
        still
    }
}

/// The tags that decide something: whose a thing is, and which of ours.
fn known_tags(tags: &mut Tags) {
    tags.retain(|key, _| key == TAG_STACK || key == "Name");
}

fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_cached_key(Value::to_string);
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if !ORDERED.contains(&name.as_str()) {
                    sort(field);
                }
            }
        }
        _ => {}
    }
}
