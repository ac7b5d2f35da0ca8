//! Targets and their health, as the load balancer finds it out.

use std::net::Ipv4Addr;

use engine::cloud::balancing::{HealthCheck, TargetGroup, TargetHealth, TargetState};
use engine::cloud::network::Direction;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::timing::after;
use crate::world::World;

/// What one request to a target would meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Probe {
    /// An answer with this code.
    Code(u16),
    /// Nothing listens there (yet).
    Refused,
    /// No answer in time: a closed group, or too slow.
    Timeout,
}

/// Why a registered target is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unchecked {
    NoListener,
    ZoneNotEnabled,
    NotYet,
}

/// A registered address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) ip: Ipv4Addr,
    pub(crate) port: u16,
    /// The task behind it.
    pub(crate) task_id: String,
    pub(crate) state: TargetState,
    reason: Option<String>,
    pub(crate) description: Option<String>,
    /// What the checks find now, and since when.
    streak: Option<(Probe, Timestamp)>,
    draining_until: Option<Timestamp>,
}

impl Target {
    fn new(ip: Ipv4Addr, port: u16, task_id: String) -> Self {
        let mut target = Self {
            ip,
            port,
            task_id,
            state: TargetState::Initial,
            reason: None,
            description: None,
            streak: None,
            draining_until: None,
        };
        target.set(
            TargetState::Initial,
            Some((
                "Elb.InitialHealthChecking",
                "Initial health checks in progress".into(),
            )),
        );
        target
    }

    fn set(&mut self, state: TargetState, why: Option<(&str, String)>) -> bool {
        let (reason, description) = match why {
            Some((reason, description)) => (Some(reason.to_owned()), Some(description)),
            None => (None, None),
        };
        let changed = (self.state, &self.reason, &self.description) != (state, &reason, &description);
        (self.state, self.reason, self.description) = (state, reason, description);
        changed
    }

    /// When the streak has lasted long enough to decide.
    fn decides_at(&self, check: &HealthCheck) -> Option<Timestamp> {
        let (probe, since) = self.streak?;
        let threshold = if passes(probe, &check.matcher) {
            check.healthy_threshold
        } else {
            check.unhealthy_threshold
        };
        Some(after(since, u32::from(threshold) * u32::from(check.interval_s)))
    }

    pub(super) fn next_moment(&self, group: &TargetGroup) -> Option<Timestamp> {
        self.draining_until
            .or_else(|| self.decides_at(&group.health_check))
    }

    pub(super) fn postpone(&mut self, gap: SignedDuration) {
        if let Some((_, since)) = &mut self.streak {
            *since = since.checked_add(gap).unwrap_or(Timestamp::MAX);
        }
    }

    fn seen(&self) -> TargetHealth {
        TargetHealth {
            target: self.ip.to_string(),
            port: self.port,
            state: self.state,
            reason: self.reason.clone(),
            description: self.description.clone(),
        }
    }
}

/// Whether a matcher such as `200`, `200-299` or `200,302` accepts a code.
pub(crate) fn accepts(matcher: &str, code: u16) -> bool {
    matcher.split(',').any(|part| match part.split_once('-') {
        Some((from, to)) => {
            let (from, to) = (from.trim().parse(), to.trim().parse());
            matches!((from, to), (Ok(from), Ok(to)) if (from..=to).contains(&code))
        }
        None => part.trim().parse() == Ok(code),
    })
}

fn passes(probe: Probe, matcher: &str) -> bool {
    matches!(probe, Probe::Code(code) if accepts(matcher, code))
}

/// What `DescribeTargetHealth` says about failing checks (catalogue F8–F15).
fn failure(probe: Probe) -> (&'static str, String) {
    match probe {
        Probe::Code(code) => (
            "Target.ResponseCodeMismatch",
            format!("Health checks failed with these codes: [{code}]"),
        ),
        Probe::Refused => ("Target.FailedHealthChecks", "Health checks failed".to_owned()),
        Probe::Timeout => ("Target.Timeout", "Request timed out".to_owned()),
    }
}

impl World {
    pub(crate) fn register_target(
        &mut self,
        group_arn: &str,
        ip: Ipv4Addr,
        port: u16,
        task_id: &str,
    ) -> bool {
        let Some(record) = self.balancing.target_groups.get_mut(group_arn) else {
            return false;
        };
        record
            .targets
            .retain(|target| (target.ip, target.port) != (ip, port));
        record.targets.push(Target::new(ip, port, task_id.to_owned()));
        true
    }

    /// Takes a task's targets out; they drain first. Answers the groups it was in and the longest drain.
    pub(crate) fn deregister_targets(&mut self, task_id: &str) -> (Vec<String>, u32) {
        let now = self.now;
        let (mut groups, mut longest) = (Vec::new(), 0);
        for (arn, record) in &mut self.balancing.target_groups {
            let delay = u32::from(record.group.deregistration_delay_s);
            for target in record
                .targets
                .iter_mut()
                .filter(|target| target.task_id == task_id)
            {
                if target.draining_until.is_none() {
                    target.draining_until = Some(after(now, delay));
                    target.streak = None;
                    let why = "Target deregistration is in progress".to_owned();
                    target.set(
                        TargetState::Draining,
                        Some(("Target.DeregistrationInProgress", why)),
                    );
                    groups.push(arn.clone());
                    longest = longest.max(delay);
                }
            }
        }
        (groups, longest)
    }

    pub(crate) fn targets_of<'a>(&'a self, task_id: &'a str) -> impl Iterator<Item = (&'a str, &'a Target)> {
        self.balancing
            .target_groups
            .iter()
            .flat_map(move |(arn, record)| {
                record
                    .targets
                    .iter()
                    .filter(move |target| target.task_id == task_id)
                    .map(move |t| (arn.as_str(), t))
            })
    }

    pub(super) fn target_health(&self, group_arn: &str) -> Option<Vec<TargetHealth>> {
        Some(
            self.balancing
                .target_groups
                .get(group_arn)?
                .targets
                .iter()
                .map(Target::seen)
                .collect(),
        )
    }

    /// What a load balancer's request to a target meets.
    pub(crate) fn probe(&self, balancer_arn: &str, target: &Target, path: &str, timeout_s: u32) -> Probe {
        let Some(record) = self.balancing.load_balancers.get(balancer_arn) else {
            return Probe::Timeout;
        };
        let Some(task) = self.compute.task(&target.task_id) else {
            return Probe::Timeout;
        };
        let groups = &record.balancer.security_groups;
        let out = self.lets_pass(
            groups,
            Direction::Egress,
            target.port,
            target.ip,
            &task.security_groups,
        );
        let inward = self.network.owned_by(balancer_arn).any(|interface| {
            let from = interface.private_ip;
            self.lets_pass(
                &task.security_groups,
                Direction::Ingress,
                target.port,
                from,
                groups,
            )
        });
        if out && inward {
            task.answer(target.port, path, timeout_s, self.now)
        } else {
            Probe::Timeout
        }
    }

    fn check(&self, group: &TargetGroup, target: &Target) -> Result<Probe, Unchecked> {
        let balancers = self.balancing.balancers_of(&group.arn);
        let arn = balancers.first().ok_or(Unchecked::NoListener)?;
        let record = self
            .balancing
            .load_balancers
            .get(arn)
            .ok_or(Unchecked::NoListener)?;
        let zone_of = |subnet: &String| {
            self.network
                .subnets
                .get(subnet)
                .map(|subnet| subnet.zone.id.as_str())
        };
        let enabled: Vec<_> = record.balancer.subnet_ids.iter().filter_map(zone_of).collect();
        let task = self.compute.task(&target.task_id);
        let zone = task.and_then(|task| task.subnet_id.as_ref()).and_then(zone_of);
        if zone.is_none_or(|zone| !enabled.contains(&zone)) {
            return Err(Unchecked::ZoneNotEnabled);
        }
        if !record.is_active() {
            return Err(Unchecked::NotYet);
        }
        Ok(self.probe(
            arn,
            target,
            &group.health_check.path,
            u32::from(group.health_check.timeout_s),
        ))
    }

    pub(super) fn settle_targets(&mut self) -> bool {
        let now = self.now;
        let arns: Vec<String> = self.balancing.target_groups.keys().cloned().collect();
        let mut moved = false;
        for arn in arns {
            let Some(record) = self.balancing.target_groups.get(&arn) else {
                continue;
            };
            let group = record.group.clone();
            let found: Vec<_> = record
                .targets
                .iter()
                .map(|target| self.check(&group, target))
                .collect();
            let Some(record) = self.balancing.target_groups.get_mut(&arn) else {
                continue;
            };
            let before = record.targets.len();
            for (target, found) in record.targets.iter_mut().zip(found) {
                if target.draining_until.is_none() {
                    moved |= target.learn(found, &group.health_check, now);
                }
            }
            record
                .targets
                .retain(|target| target.draining_until.is_none_or(|at| at > now));
            moved |= record.targets.len() != before;
        }
        moved
    }
}

impl Target {
    /// Takes in what a check finds now.
    fn learn(&mut self, found: Result<Probe, Unchecked>, check: &HealthCheck, now: Timestamp) -> bool {
        let initial = || {
            Some((
                "Elb.InitialHealthChecking",
                "Initial health checks in progress".to_owned(),
            ))
        };
        let probe = match found {
            Ok(probe) => probe,
            Err(why) => {
                self.streak = None;
                return match why {
                    Unchecked::NotYet => self.set(TargetState::Initial, initial()),
                    Unchecked::NoListener => {
                        let why = "Target group is not configured to receive traffic from the load balancer";
                        self.set(TargetState::Unused, Some(("Target.NotInUse", why.to_owned())))
                    }
                    Unchecked::ZoneNotEnabled => {
                        let why =
                            "Target is in an Availability Zone that is not enabled for the load balancer";
                        self.set(TargetState::Unused, Some(("Target.NotInUse", why.to_owned())))
                    }
                };
            }
        };
        let mut moved = false;
        if self.state == TargetState::Unused {
            moved |= self.set(TargetState::Initial, initial());
        }
        let same_kind = self
            .streak
            .is_some_and(|(known, _)| passes(known, &check.matcher) == passes(probe, &check.matcher));
        match &mut self.streak {
            // Failing in another way goes on failing: only the reason changes.
            Some((known, _)) if same_kind => *known = probe,
            _ => self.streak = Some((probe, now)),
        }
        if self.decides_at(check).is_some_and(|at| at <= now) {
            moved |= match passes(probe, &check.matcher) {
                true => self.set(TargetState::Healthy, None),
                false => self.set(TargetState::Unhealthy, Some(failure(probe))),
            };
        }
        moved
    }
}
