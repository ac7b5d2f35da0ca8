//! CloudWatch Logs over the SDK.

use std::collections::VecDeque;

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::Client;
use engine::cloud::logs::{LogGroup, LogLine, Logs};
use engine::cloud::{Result, Tags};
use jiff::{SignedDuration, Timestamp};

use crate::calls::Gate;

/// Pages of one look at most: ten thousand events, or a megabyte, each.
const PAGES: u32 = 10;
/// How far back the last lines are looked for before everything is read, minutes.
const LOOK_BACK_MIN: [i64; 2] = [1, 15];

/// CloudWatch Logs of one account and region.
#[derive(Debug)]
pub(crate) struct CloudWatchLogs {
    client: Client,
    gate: Gate,
}

impl CloudWatchLogs {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            gate: Gate::default(),
        }
    }
}

impl CloudWatchLogs {
    /// The last lines of those that were read, oldest first, and whether all since `start` were.
    async fn last_lines(&self, group: &str, start: Timestamp, limit: usize) -> Result<(Vec<LogLine>, bool)> {
        let request = self
            .client
            .filter_log_events()
            .log_group_name(group)
            .start_time(start.as_millisecond());
        let mut pages = request.into_paginator().send();
        let mut window: VecDeque<LogLine> = VecDeque::new();
        let (mut read, mut whole) = (0, true);
        while let Some(page) = self.gate.call("logs:FilterLogEvents", pages.try_next()).await? {
            for event in page.events() {
                let at = event
                    .timestamp()
                    .and_then(|millis| Timestamp::from_millisecond(millis).ok());
                let (Some(at), Some(message)) = (at, event.message()) else {
                    continue;
                };
                let stream = event.log_stream_name().unwrap_or_default().to_owned();
                window.push_back(LogLine {
                    at,
                    stream,
                    message: message.to_owned(),
                });
                if window.len() > limit {
                    window.pop_front();
                }
            }
            read += 1;
            if read == PAGES && page.next_token().is_some() {
                whole = false;
                break;
            }
        }
        // Streams are interleaved by page, so order is only sure after sorting.
        let mut lines = Vec::from(window);
        lines.sort_by_key(|line| line.at);
        Ok((lines, whole))
    }
}

#[async_trait]
impl Logs for CloudWatchLogs {
    async fn log_group(&self, name: &str) -> Result<Option<LogGroup>> {
        let mut pages = self
            .client
            .describe_log_groups()
            .log_group_name_prefix(name)
            .into_paginator()
            .send();
        while let Some(page) = self.gate.call("logs:DescribeLogGroups", pages.try_next()).await? {
            let Some(group) = page
                .log_groups()
                .iter()
                .find(|group| group.log_group_name() == Some(name))
            else {
                continue;
            };
            // The list's ARN ends in `:*`, which ListTagsForResource refuses.
            let arn = group.arn().unwrap_or_default().trim_end_matches(":*").to_owned();
            let retention_days = group
                .retention_in_days()
                .and_then(|days| u16::try_from(days).ok());
            let request = self.client.list_tags_for_resource().resource_arn(&arn);
            let tags = match self.gate.call("logs:ListTagsForResource", request.send()).await {
                Ok(answer) => answer.tags.unwrap_or_default().into_iter().collect(),
                // Deleted between the two calls.
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error),
            };
            return Ok(Some(LogGroup {
                name: name.to_owned(),
                arn,
                retention_days,
                tags,
            }));
        }
        Ok(None)
    }

    async fn create_log_group(&self, name: &str, tags: Tags) -> Result<()> {
        let tags = (!tags.is_empty()).then(|| tags.into_iter().collect());
        let request = self.client.create_log_group().log_group_name(name).set_tags(tags);
        self.gate.call("logs:CreateLogGroup", request.send()).await?;
        Ok(())
    }

    async fn put_retention(&self, name: &str, days: u16) -> Result<()> {
        let request = self
            .client
            .put_retention_policy()
            .log_group_name(name)
            .retention_in_days(days.into());
        self.gate.call("logs:PutRetentionPolicy", request.send()).await?;
        Ok(())
    }

    async fn delete_log_group(&self, name: &str) -> Result<()> {
        let request = self.client.delete_log_group().log_group_name(name);
        self.gate.call("logs:DeleteLogGroup", request.send()).await?;
        Ok(())
    }

    async fn tail(&self, group: &str, since: Timestamp, limit: usize) -> Result<Vec<LogLine>> {
        // FilterLogEvents answers oldest first and knows no other order, and a container that crashes in a loop writes
        // without end: the last minutes are looked through first, and the whole time only when they hold too little.
        let now = Timestamp::now();
        let mut found = Vec::new();
        for minutes in LOOK_BACK_MIN {
            let start = now
                .checked_sub(SignedDuration::from_mins(minutes))
                .map_or(since, |start| start.max(since));
            let (lines, whole) = self.last_lines(group, start, limit).await?;
            // The part that was read of a longer time is older than what the shorter one held.
            if whole || found.is_empty() {
                found = lines;
            }
            if found.len() >= limit || start == since || !whole {
                return Ok(found);
            }
        }
        let (lines, whole) = self.last_lines(group, since, limit).await?;
        Ok(if whole || found.is_empty() { lines } else { found })
    }
}
