//! Ranges of the spec's numbers, in one place: the reader, the checks and the wizard's forms share them.

use std::ops::RangeInclusive;

/// TCP port of the container.
pub const PORT: RangeInclusive<u64> = 1..=65_535;
/// Seconds between health checks (Elastic Load Balancing, `HealthCheckIntervalSeconds`).
pub const HEALTH_INTERVAL_S: RangeInclusive<u64> = 5..=300;
/// Seconds to wait for a health check's answer (`HealthCheckTimeoutSeconds`).
pub const HEALTH_TIMEOUT_S: RangeInclusive<u64> = 2..=120;
/// Successes until healthy, failures until unhealthy.
pub const HEALTH_THRESHOLD: RangeInclusive<u64> = 2..=10;
/// Seconds after a task's start in which failing checks do not count. ECS itself would accept far more.
pub const HEALTH_GRACE_S: RangeInclusive<u64> = 0..=7_200;
/// Deregistration delay, seconds.
pub const DRAIN_S: RangeInclusive<u64> = 0..=3_600;
/// Tasks.
pub const DESIRED_COUNT: RangeInclusive<u64> = 0..=100;
/// Circuit breaker's threshold when it is on (ECS, `thresholdConfiguration` of type COUNT; 1 would fail on a hiccup).
pub const FAILURE_THRESHOLD: RangeInclusive<u64> = 2..=100;
/// Lower limit of healthy tasks, percent.
pub const MINIMUM_HEALTHY_PERCENT: RangeInclusive<u64> = 0..=100;
/// Upper limit of tasks, percent.
pub const MAXIMUM_PERCENT: RangeInclusive<u64> = 100..=200;
/// Extra tags: AWS allows 50 on a resource, and Slipway adds its own.
pub const TAGS: RangeInclusive<u64> = 0..=40;
/// Prefix lengths of a VPC that can hold two subnets (AWS: /16 to /28, and a subnet is at least a /28).
pub const VPC_PREFIX: RangeInclusive<u8> = 16..=27;
/// Prefix lengths of a subnet.
pub const SUBNET_PREFIX: RangeInclusive<u8> = 16..=28;

/// Days that CloudWatch Logs accepts in `PutRetentionPolicy`.
pub const RETENTION_DAYS: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
