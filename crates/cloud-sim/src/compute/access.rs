//! The access lines that the load balancer's checks leave in the log.

use engine::cloud::logs::LogLine;
use jiff::Timestamp;

use super::task::Stage;
use crate::balancing::Probe;
use crate::timing::{after, seconds_between};
use crate::world::World;

/// Between two access lines that are shown of the many a load balancer's checks write.
const ACCESS_LINE_S: u32 = 30;

impl World {
    /// The access lines a group's running tasks have written since, the youngest `limit` of each.
    pub(crate) fn access_lines(&self, group: &str, since: Timestamp, limit: usize) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for task in self
            .compute
            .tasks
            .iter()
            .filter(|task| task.log_group == group && task.stage == Stage::Running)
        {
            let Some(process) = task
                .process
                .as_ref()
                .filter(|process| process.ready_at <= self.now)
            else {
                continue;
            };
            let Some((arn, target)) = self.targets_of(&task.id).next() else {
                continue;
            };
            let Some(record) = self.balancing.target_groups.get(arn) else {
                continue;
            };
            let Some(balancer) = self.balancing.balancers_of(arn).into_iter().next() else {
                continue;
            };
            let check = &record.group.health_check;
            let Probe::Code(code) = self.probe(&balancer, target, &check.path, u32::from(check.timeout_s))
            else {
                continue;
            };
            let from = self
                .network
                .owned_by(&balancer)
                .next()
                .map(|interface| interface.private_ip.to_string());
            let from = from.unwrap_or_default();
            let first = process.ready_at.max(since);
            let count = seconds_between(first, self.now) / ACCESS_LINE_S;
            let skip = count.saturating_sub(u32::try_from(limit).unwrap_or(u32::MAX));
            let elapsed = seconds_between(process.ready_at, first).next_multiple_of(ACCESS_LINE_S);
            for number in skip..count {
                let at = after(process.ready_at, elapsed + (number + 1) * ACCESS_LINE_S);
                if at <= self.now {
                    let source = 40_000 + (elapsed / ACCESS_LINE_S + number) % 20_000;
                    let message = format!(
                        "INFO:     {from}:{source} - \"GET {} HTTP/1.1\" {code}",
                        check.path
                    );
                    lines.push(LogLine {
                        at,
                        stream: task.log_stream.clone(),
                        message,
                    });
                }
            }
        }
        lines
    }
}
