//! How long something was up.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::{Change, State};

/// How a stretch of time was spent, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Up.
    pub up_s: f64,
    /// Degraded.
    pub degraded_s: f64,
    /// Down.
    pub down_s: f64,
    /// Nobody knows.
    pub unknown_s: f64,
}

impl Spent {
    /// How the time from `from` to `to` was spent: it began in `initial` and went through `changes`, oldest first.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp, initial: State, changes: &[Change]) -> Self {
        let mut spent = Self::default();
        let (mut state, mut since) = (initial, from);
        for change in changes {
            let at = change.at.clamp(from, to.max(from));
            spent.add(state, since, at);
            (state, since) = (change.to, at.max(since));
        }
        spent.add(state, since, to);
        spent
    }

    /// The share (0 to 1) of the known time in which it answered: up or degraded. `None` when nothing is known.
    #[must_use]
    pub fn uptime(&self) -> Option<f64> {
        let answered = self.up_s + self.degraded_s;
        let known = answered + self.down_s;
        (known > 0.0).then(|| answered / known)
    }

    fn add(&mut self, state: State, since: Timestamp, until: Timestamp) {
        let seconds = until.duration_since(since).as_secs_f64().max(0.0);
        match state {
            State::Up => self.up_s += seconds,
            State::Degraded => self.degraded_s += seconds,
            State::Down => self.down_s += seconds,
            State::Unknown => self.unknown_s += seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn unknown_time_counts_neither_for_nor_against() {
        let changes = [
            Change {
                at: at(100),
                from: State::Up,
                to: State::Unknown,
            },
            Change {
                at: at(800),
                from: State::Unknown,
                to: State::Down,
            },
            Change {
                at: at(900),
                from: State::Down,
                to: State::Up,
            },
        ];
        let spent = Spent::between(at(0), at(1_200), State::Up, &changes);
        assert_eq!(
            spent,
            Spent {
                up_s: 400.0,
                degraded_s: 0.0,
                down_s: 100.0,
                unknown_s: 700.0
            }
        );
        assert_eq!(spent.uptime(), Some(0.8));
        assert_eq!(Spent::between(at(0), at(10), State::Unknown, &[]).uptime(), None);
    }

    #[test]
    fn a_change_before_the_window_only_sets_its_beginning() {
        let changes = [Change {
            at: at(-50),
            from: State::Up,
            to: State::Down,
        }];
        let spent = Spent::between(at(0), at(10), State::Up, &changes);
        assert_eq!((spent.up_s, spent.down_s), (0.0, 10.0));
    }

    fn state() -> impl Strategy<Value = State> {
        prop::sample::select(vec![State::Unknown, State::Up, State::Degraded, State::Down])
    }

    proptest! {
        #[test]
        fn all_time_is_spent_somehow(mut moves in prop::collection::vec((-600_i64..4_200, state()), 0..100)) {
            moves.sort_by_key(|(second, _)| *second);
            let mut from = State::Unknown;
            let changes: Vec<Change> = moves
                .into_iter()
                .map(|(second, to)| Change { at: at(second), from: std::mem::replace(&mut from, to), to })
                .collect();
            let spent = Spent::between(at(0), at(3_600), State::Unknown, &changes);
            let sum = spent.up_s + spent.degraded_s + spent.down_s + spent.unknown_s;
            prop_assert!((sum - 3_600.0).abs() < 1e-6);
        }
    }
}
