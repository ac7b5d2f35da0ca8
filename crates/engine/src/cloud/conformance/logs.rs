//! CloudWatch Logs.

use jiff::Timestamp;

use super::{During, PREFIX, already_exists, ensure, not_found, tagged, tags, there};
use crate::cloud::Cloud;

/// Log groups with retention and tags; reading lines.
///
/// # Errors
/// The first promise that was not kept.
pub async fn logs(cloud: &Cloud) -> super::Checked {
    let logs = &cloud.logs;
    let name = format!("/{PREFIX}/api");
    ensure(
        logs.log_group(&name).await.during("log_group before")?.is_none(),
        "a group that is not there is None",
    )?;
    not_found(
        logs.put_retention(&name, 30).await,
        "put_retention of a missing group",
    )?;
    logs.create_log_group(&name, tags())
        .await
        .during("create_log_group")?;
    already_exists(
        logs.create_log_group(&name, tags()).await,
        "create_log_group again",
    )?;
    let longer = format!("{name}-2");
    logs.create_log_group(&longer, tags())
        .await
        .during("create_log_group of a longer name")?;
    let read = there(logs.log_group(&name).await.during("log_group")?, "the group")?;
    ensure(
        read.name == name,
        format!("exactly this name, not a prefix: {}", read.name),
    )?;
    ensure(
        !read.arn.ends_with(":*"),
        format!("the ARN has no trailing :*: {}", read.arn),
    )?;
    ensure(read.retention_days.is_none(), "a new group keeps lines for ever")?;
    tagged(&read.tags, "the group")?;
    logs.put_retention(&name, 30).await.during("put_retention")?;
    let read = there(logs.log_group(&name).await.during("log_group")?, "the group")?;
    ensure(
        read.retention_days == Some(30),
        format!("retention is what was put: {:?}", read.retention_days),
    )?;
    let lines = logs.tail(&name, Timestamp::UNIX_EPOCH, 10).await.during("tail")?;
    ensure(lines.is_empty(), "an empty group has no lines")?;
    logs.delete_log_group(&longer)
        .await
        .during("delete_log_group of the longer name")?;
    logs.delete_log_group(&name).await.during("delete_log_group")?;
    ensure(
        logs.log_group(&name).await.during("log_group after")?.is_none(),
        "a deleted group is None",
    )?;
    not_found(logs.delete_log_group(&name).await, "delete_log_group again")?;
    not_found(
        logs.tail(&name, Timestamp::UNIX_EPOCH, 10).await,
        "tail of a missing group",
    )
}
