//! CloudWatch Logs.

use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use engine::cloud::logs::{LogGroup, LogLine, Logs};
use engine::cloud::{CloudError, Result, Tags};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cell::Account;
use crate::refusal::{exists, invalid, not_found};
use crate::world::World;

/// Lines kept per group.
const LINES_KEPT: usize = 200;
/// The retentions CloudWatch Logs accepts, days.
const RETENTIONS: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) groups: BTreeMap<String, GroupRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub(crate) group: LogGroup,
    lines: VecDeque<LogLine>,
}

fn no_group() -> CloudError {
    not_found(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
}

impl World {
    /// Writes a line; nothing happens when the group is gone.
    pub(crate) fn write_log(&mut self, group: &str, stream: &str, at: Timestamp, message: String) {
        if let Some(record) = self.logs.groups.get_mut(group) {
            if record.lines.len() == LINES_KEPT {
                record.lines.pop_front();
            }
            record.lines.push_back(LogLine {
                at,
                stream: stream.to_owned(),
                message,
            });
        }
    }

    fn create_log_group(&mut self, name: &str, tags: Tags) -> Result<()> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.#".contains(&byte);
        if name.is_empty() || name.len() > 512 || !name.bytes().all(fits) {
            return Err(invalid(
                "InvalidParameterException",
                format!(
                    "1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint: \
                         Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
                ),
            ));
        }
        if self.logs.groups.contains_key(name) {
            return Err(exists(
                "ResourceAlreadyExistsException",
                "The specified log group already exists",
            ));
        }
        let arn = self.arn("logs", &format!("log-group:{name}"));
        let group = LogGroup {
            name: name.to_owned(),
            arn,
            retention_days: None,
            tags,
        };
        self.logs.groups.insert(
            name.to_owned(),
            GroupRecord {
                group,
                lines: VecDeque::new(),
            },
        );
        Ok(())
    }

    fn put_retention(&mut self, name: &str, days: u16) -> Result<()> {
        if !RETENTIONS.contains(&days) {
            return Err(invalid(
                "InvalidParameterException",
                format!(
                    "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy \
                         constraint: Member must satisfy enum value set"
                ),
            ));
        }
        self.logs
            .groups
            .get_mut(name)
            .ok_or_else(no_group)?
            .group
            .retention_days = Some(days);
        Ok(())
    }

    fn tail(&self, name: &str, since: Timestamp, limit: usize) -> Result<Vec<LogLine>> {
        let record = self.logs.groups.get(name).ok_or_else(no_group)?;
        let mut lines: Vec<LogLine> = record
            .lines
            .iter()
            .filter(|line| line.at >= since)
            .cloned()
            .collect();
        // Access lines are not stored: what the load balancer's checks wrote follows from how long the task has run.
        lines.extend(self.access_lines(name, since, limit));
        lines.sort_by_key(|one| one.at);
        let surplus = lines.len().saturating_sub(limit);
        lines.drain(..surplus);
        Ok(lines)
    }
}

#[async_trait]
impl Logs for Account {
    async fn log_group(&self, name: &str) -> Result<Option<LogGroup>> {
        let name = name.to_owned();
        self.call(
            &["logs:DescribeLogGroups", "logs:ListTagsForResource"],
            move |world| Ok(world.logs.groups.get(&name).map(|record| record.group.clone())),
        )
        .await
    }

    async fn create_log_group(&self, name: &str, tags: Tags) -> Result<()> {
        let name = name.to_owned();
        self.call(&["logs:CreateLogGroup"], move |world| {
            world.create_log_group(&name, tags)
        })
        .await
    }

    async fn put_retention(&self, name: &str, days: u16) -> Result<()> {
        let name = name.to_owned();
        self.call(&["logs:PutRetentionPolicy"], move |world| {
            world.put_retention(&name, days)
        })
        .await
    }

    async fn delete_log_group(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.call(&["logs:DeleteLogGroup"], move |world| {
            world.logs.groups.remove(&name).map(|_| ()).ok_or_else(no_group)
        })
        .await
    }

    async fn tail(&self, group: &str, since: Timestamp, limit: usize) -> Result<Vec<LogLine>> {
        let group = group.to_owned();
        self.call(&["logs:FilterLogEvents"], move |world| {
            world.tail(&group, since, limit)
        })
        .await
    }
}
