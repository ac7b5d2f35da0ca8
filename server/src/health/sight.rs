//! What one look saw, and what follows from it for the monitor.

use engine::health::state::{Look, Rules};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::health::{Monitor, Observation, Timing};

/// Why a look was not good, in one word for the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The name did not resolve.
    Dns,
    /// No connection.
    Connect,
    /// No TLS.
    Tls,
    /// No answer in time.
    Timeout,
    /// Not an HTTP answer.
    Protocol,
    /// Our own guard forbids the address.
    Forbidden,
    /// A status that the spec does not accept.
    Status,
    /// The right answer, too late.
    Slow,
    /// Targets that are not healthy.
    Targets,
    /// A target group without targets.
    NoTargets,
    /// Fewer tasks than wanted.
    Tasks,
    /// The thing itself is not there.
    Gone,
    /// The account did not let us look.
    Denied,
    /// Our own side failed: network, credentials, database, throttling.
    OwnSide,
}

impl Trouble {
    /// The word under which it is kept.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Forbidden => "forbidden",
            Self::Status => "status",
            Self::Slow => "slow",
            Self::Targets => "targets",
            Self::NoTargets => "no_targets",
            Self::Tasks => "tasks",
            Self::Gone => "gone",
            Self::Denied => "denied",
            Self::OwnSide => "own_side",
        }
    }
}

/// What is kept of the last look beside the state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// How many are well, and how many there are or should be: healthy and registered targets, running and desired
    /// tasks.
    pub counts: Option<(u32, u32)>,
    /// What was wrong.
    pub trouble: Option<Trouble>,
    /// Where, with what values, and in whose words: nothing that has to be translated.
    pub error: Option<String>,
    /// What the tasks that run are made of.
    pub running: Option<Running>,
}

/// What the tasks that run are made of, whatever was asked for last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// ARN of the task definition.
    pub definition: String,
    /// The image, with tag or digest; unknown when the account did not show the definition.
    pub image: Option<String>,
}

impl Facts {
    /// What a monitor's last look left; empty before the first one.
    #[must_use]
    pub fn of(monitor: &Monitor) -> Self {
        Self::deserialize(&monitor.facts).unwrap_or_default()
    }
}

/// What one look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The verdict.
    pub look: Look,
    /// Status and phases of an answer.
    pub timing: Timing,
    /// Counts, where the look was for them.
    pub counts: Option<(u32, u32)>,
    /// What runs, where the look was for it.
    pub running: Option<Running>,
    /// What was wrong.
    pub trouble: Option<(Trouble, String)>,
}

impl Sight {
    /// All well.
    #[must_use]
    pub fn good() -> Self {
        Self {
            look: Look::Good,
            timing: Timing::default(),
            counts: None,
            running: None,
            trouble: None,
        }
    }

    /// Something is wrong: with these values, or in AWS's words.
    pub fn wrong(look: Look, trouble: Trouble, words: impl Into<String>) -> Self {
        Self {
            look,
            trouble: Some((trouble, words.into())),
            ..Self::good()
        }
    }

    /// Nobody could look.
    pub fn blind(trouble: Trouble, words: impl Into<String>) -> Self {
        Self::wrong(Look::Blind, trouble, words)
    }

    /// With these counts.
    #[must_use]
    pub fn counting(self, counts: (u32, u32)) -> Self {
        Self {
            counts: Some(counts),
            ..self
        }
    }
}

/// What a look adds to the record of a monitor, the oldest first.
///
/// When nobody looked for a while before (the panel was off), that time becomes unknown first: it was not up only
/// because it was up before and after.
#[must_use]
pub fn observations(monitor: &Monitor, rules: &Rules, sight: &Sight, at: Timestamp) -> Vec<Observation> {
    let mut standing = monitor.standing;
    let mut seen = Vec::with_capacity(2);
    let known_until = standing.last_at.and_then(|last| {
        last.checked_add(SignedDuration::from_secs(i64::from(rules.blind_s)))
            .ok()
    });
    if let Some(lost_at) = known_until.filter(|until| *until < at) {
        let (lapsed, change) = standing.lapse(rules, lost_at);
        if change.is_some() {
            standing = lapsed;
            seen.push(Observation {
                monitor_id: monitor.id,
                at: lost_at,
                look: Look::Blind,
                timing: Timing::default(),
                error_class: None,
                standing,
                change,
                facts: monitor.facts.clone(),
            });
        }
    }
    let (standing, change) = standing.observe(rules, sight.look, at);
    let before = Facts::of(monitor);
    let facts = Facts {
        // A look that saw nothing leaves what it counts as that was seen last.
        counts: if sight.look == Look::Blind {
            before.counts
        } else {
            sight.counts
        },
        running: if sight.look == Look::Blind {
            before.running
        } else {
            sight.running.clone()
        },
        trouble: sight.trouble.as_ref().map(|(trouble, _)| *trouble),
        error: sight.trouble.as_ref().map(|(_, words)| words.clone()),
    };
    seen.push(Observation {
        monitor_id: monitor.id,
        at,
        look: sight.look,
        timing: sight.timing,
        error_class: sight
            .trouble
            .as_ref()
            .map(|(trouble, _)| trouble.word().to_owned()),
        standing,
        change,
        facts: serde_json::to_value(facts).unwrap_or_default(),
    });
    seen
}

#[cfg(test)]
pub(crate) mod tests {
    use engine::health::state::{Standing, State};
    use serde_json::json;
    use store::health::Kind;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    /// A monitor that was well at its last look.
    pub(crate) fn monitor(kind: Kind, state: State, last_s: i64) -> Monitor {
        Monitor {
            id: 7,
            stack_id: Uuid::nil(),
            kind,
            settings: json!({}),
            interval_s: 30,
            paused: false,
            standing: Standing {
                state,
                last_at: Some(at(last_s)),
                ok_streak: 2,
                ..Standing::new(at(0))
            },
            looked_at: Some(at(last_s)),
            last_latency_us: None,
            facts: json!({}),
        }
    }

    #[test]
    fn time_without_looks_is_unknown_and_not_what_came_before() {
        let monitor = monitor(Kind::Http, State::Up, 100);
        let seen = observations(&monitor, &Rules::default(), &Sight::good(), at(1_000));
        let changes: Vec<_> = seen
            .iter()
            .map(|it| it.change.unwrap())
            .map(|it| (it.at, it.from, it.to))
            .collect();
        assert_eq!(
            changes,
            [
                (at(280), State::Up, State::Unknown),
                (at(1_000), State::Unknown, State::Up)
            ]
        );
        assert_eq!(
            seen.iter().map(|it| it.look).collect::<Vec<_>>(),
            [Look::Blind, Look::Good]
        );
    }

    #[test]
    fn looks_in_time_are_one_observation_each() {
        let monitor = monitor(Kind::Http, State::Up, 100);
        let seen = observations(&monitor, &Rules::default(), &Sight::good(), at(130));
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].change, None);
    }

    #[test]
    fn a_blind_look_keeps_the_counts_and_says_why_it_was_blind() {
        let mut monitor = monitor(Kind::Targets, State::Up, 100);
        monitor.facts = json!({ "counts": [2, 2] });
        let sight = Sight::blind(Trouble::OwnSide, "no way out");
        let seen = observations(&monitor, &Rules::default(), &sight, at(130));
        assert_eq!(
            seen[0].facts,
            json!({ "counts": [2, 2], "trouble": "own_side", "error": "no way out", "running": null })
        );
        assert_eq!(
            (seen[0].error_class.as_deref(), seen[0].standing.state),
            (Some("own_side"), State::Up)
        );
    }
}
