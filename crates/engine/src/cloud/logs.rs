//! CloudWatch Logs.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Result, Tags};

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Name, for example `/ecs/vendor0919-api`.
    pub name: String,
    /// ARN without the trailing `:*`.
    pub arn: String,
    /// Days; `None`: for ever.
    pub retention_days: Option<u16>,
    /// Tags.
    pub tags: Tags,
}

/// One log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// Stream name (`prefix/container/task`).
    pub stream: String,
    /// The text.
    pub message: String,
}

/// CloudWatch Logs.
#[async_trait]
pub trait Logs: Send + Sync {
    /// `logs:DescribeLogGroups` for exactly this name, `logs:ListTagsForResource`.
    async fn log_group(&self, name: &str) -> Result<Option<LogGroup>>;
    /// `logs:CreateLogGroup`.
    async fn create_log_group(&self, name: &str, tags: Tags) -> Result<()>;
    /// `logs:PutRetentionPolicy`.
    async fn put_retention(&self, name: &str, days: u16) -> Result<()>;
    /// `logs:DeleteLogGroup`.
    async fn delete_log_group(&self, name: &str) -> Result<()>;
    /// `logs:FilterLogEvents`: the last `limit` lines since `since`, oldest first.
    async fn tail(&self, group: &str, since: Timestamp, limit: usize) -> Result<Vec<LogLine>>;
}
