//! From single looks to a state: `Unknown → Up ⇄ Degraded ⇄ Down`, slow to cry and slow to calm down.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a monitored thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not looked at yet, or nobody could look for a while. Never counted as up or down.
    Unknown,
    /// Answers as it should.
    Up,
    /// Answers, but slowly or not with everything.
    Degraded,
    /// Does not answer as it should.
    Down,
}

/// What one look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// All well.
    Good,
    /// It answered, but too slowly, or not with everything.
    Slow,
    /// No answer, or a wrong one.
    Bad,
    /// The looker itself could not look (its own network is down, say): says nothing about the thing.
    Blind,
}

/// When looks become a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Bad looks in a row that mean down.
    pub bad_in_row: u32,
    /// Seconds of nothing but bad looks (at least two) that mean down, when they come sooner.
    pub bad_s: u32,
    /// Looks in a row that were not bad, after which it is up again.
    pub good_in_row: u32,
    /// Slow looks in a row that mean degraded.
    pub slow_in_row: u32,
    /// Seconds without any look that saw something, after which the state is unknown.
    pub blind_s: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            bad_in_row: 3,
            bad_s: 60,
            good_in_row: 2,
            slow_in_row: 3,
            blind_s: 180,
        }
    }
}

/// A change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Since when. Down counts from the first bad look, because it was down while it was being confirmed.
    pub at: Timestamp,
    /// From.
    pub from: State,
    /// To; never the same as `from`.
    pub to: State,
}

/// Everything that the next look needs to know about the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// State.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// The last look that saw something.
    pub last_at: Option<Timestamp>,
    /// Bad looks in a row.
    pub fail_streak: u32,
    /// Looks in a row that were not bad.
    pub ok_streak: u32,
    /// Good looks in a row.
    pub good_streak: u32,
    /// Slow looks in a row.
    pub slow_streak: u32,
    /// The first bad look of the row.
    pub failing_since: Option<Timestamp>,
}

impl Standing {
    /// Before the first look.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self {
            state: State::Unknown,
            since: at,
            last_at: None,
            fail_streak: 0,
            ok_streak: 0,
            good_streak: 0,
            slow_streak: 0,
            failing_since: None,
        }
    }

    /// How it stands after a look. Looks come in order of time.
    #[must_use]
    pub fn observe(mut self, rules: &Rules, look: Look, at: Timestamp) -> (Self, Option<Change>) {
        match look {
            Look::Blind => return self.lapse(rules, at),
            Look::Bad => {
                self.fail_streak = self.fail_streak.saturating_add(1);
                self.failing_since = self.failing_since.or(Some(at));
                (self.ok_streak, self.good_streak, self.slow_streak) = (0, 0, 0);
            }
            Look::Good => {
                self.calm();
                self.good_streak = self.good_streak.saturating_add(1);
                self.slow_streak = 0;
            }
            Look::Slow => {
                self.calm();
                self.slow_streak = self.slow_streak.saturating_add(1);
                self.good_streak = 0;
            }
        }
        self.last_at = Some(at);
        let next = self.judge(rules, look, at);
        let since = match (next, self.failing_since) {
            (State::Down, Some(first)) => first.max(self.since),
            _ => at,
        };
        self.enter(next, since)
    }

    /// How it stands when time passes without a look that saw something.
    #[must_use]
    pub fn lapse(mut self, rules: &Rules, now: Timestamp) -> (Self, Option<Change>) {
        let Some(last) = self.last_at else {
            return (self, None);
        };
        if now.duration_since(last).as_secs() < i64::from(rules.blind_s) {
            return (self, None);
        }
        (
            self.fail_streak,
            self.ok_streak,
            self.good_streak,
            self.slow_streak,
        ) = (0, 0, 0, 0);
        self.failing_since = None;
        self.enter(State::Unknown, now)
    }

    fn calm(&mut self) {
        self.ok_streak = self.ok_streak.saturating_add(1);
        self.fail_streak = 0;
        self.failing_since = None;
    }

    fn judge(&self, rules: &Rules, look: Look, at: Timestamp) -> State {
        let long_bad = self.fail_streak >= 2
            && self
                .failing_since
                .is_some_and(|first| at.duration_since(first).as_secs() >= i64::from(rules.bad_s));
        if self.fail_streak >= rules.bad_in_row || long_bad {
            return State::Down;
        }
        match (self.state, look) {
            (State::Unknown, Look::Good) => State::Up,
            (State::Unknown, Look::Slow) => State::Degraded,
            (State::Down, Look::Good) if self.ok_streak >= rules.good_in_row => State::Up,
            (State::Down, Look::Slow) if self.ok_streak >= rules.good_in_row => State::Degraded,
            (State::Degraded, Look::Good) if self.good_streak >= rules.good_in_row => State::Up,
            (State::Up, Look::Slow) if self.slow_streak >= rules.slow_in_row => State::Degraded,
            (state, _) => state,
        }
    }

    fn enter(mut self, to: State, at: Timestamp) -> (Self, Option<Change>) {
        if to == self.state {
            return (self, None);
        }
        let change = Change {
            at,
            from: self.state,
            to,
        };
        self.state = to;
        self.since = at;
        (self, Some(change))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    /// A look every 30 seconds.
    fn after(looks: &[Look]) -> (Standing, Vec<Change>) {
        let mut standing = Standing::new(at(0));
        let mut changes = Vec::new();
        for (n, look) in looks.iter().enumerate() {
            let (next, change) = standing.observe(&Rules::default(), *look, at(30 * n as i64));
            standing = next;
            changes.extend(change);
        }
        (standing, changes)
    }

    fn look() -> impl Strategy<Value = Look> {
        prop_oneof![3 => Just(Look::Good), 1 => Just(Look::Slow), 2 => Just(Look::Bad), 1 => Just(Look::Blind)]
    }

    use Look::{Bad, Blind, Good, Slow};

    #[test]
    fn the_first_good_look_means_up() {
        assert_eq!(after(&[Good]).0.state, State::Up);
        assert_eq!(after(&[Slow]).0.state, State::Degraded);
        assert_eq!(after(&[Bad, Bad]).0.state, State::Unknown);
    }

    #[test]
    fn two_bad_looks_are_no_outage_and_three_are_one_from_the_first() {
        assert_eq!(after(&[Good, Bad, Bad, Good]).1.len(), 1);
        let (standing, changes) = after(&[Good, Bad, Bad, Bad]);
        assert_eq!(standing.state, State::Down);
        assert_eq!(
            changes[1],
            Change {
                at: at(30),
                from: State::Up,
                to: State::Down
            }
        );
    }

    #[test]
    fn a_minute_of_bad_looks_is_an_outage_even_when_looks_are_rare() {
        let (up, _) = Standing::new(at(0)).observe(&Rules::default(), Good, at(0));
        let (once, _) = up.observe(&Rules::default(), Bad, at(60));
        assert_eq!(once.state, State::Up);
        let (twice, _) = once.observe(&Rules::default(), Bad, at(120));
        assert_eq!(twice.state, State::Down);
    }

    #[test]
    fn it_takes_two_good_looks_to_be_up_again() {
        let down = [Good, Bad, Bad, Bad];
        assert_eq!(after(&[&down[..], &[Good]].concat()).0.state, State::Down);
        assert_eq!(
            after(&[&down[..], &[Good, Bad, Good]].concat()).0.state,
            State::Down
        );
        assert_eq!(after(&[&down[..], &[Good, Good]].concat()).0.state, State::Up);
        assert_eq!(
            after(&[&down[..], &[Good, Slow]].concat()).0.state,
            State::Degraded
        );
    }

    #[test]
    fn slowness_degrades_and_good_answers_mend() {
        assert_eq!(after(&[Good, Slow, Slow]).0.state, State::Up);
        assert_eq!(after(&[Good, Slow, Slow, Slow]).0.state, State::Degraded);
        assert_eq!(after(&[Good, Slow, Slow, Slow, Good]).0.state, State::Degraded);
        assert_eq!(after(&[Good, Slow, Slow, Slow, Good, Good]).0.state, State::Up);
    }

    #[test]
    fn when_nobody_can_look_the_state_becomes_unknown_not_down() {
        assert_eq!(after(&[Good, Blind, Blind]).0.state, State::Up);
        let (standing, changes) = after(&[Good, Blind, Blind, Blind, Blind, Blind, Blind]);
        assert_eq!(standing.state, State::Unknown);
        assert_eq!(changes.len(), 2);
    }

    proptest! {
        #[test]
        fn changes_form_a_chain_in_order_of_time(looks in prop::collection::vec(look(), 0..200)) {
            let (standing, changes) = after(&looks);
            let mut state = State::Unknown;
            let mut time = at(0);
            for change in &changes {
                prop_assert_eq!(change.from, state);
                prop_assert_ne!(change.from, change.to);
                prop_assert!(change.at >= time);
                (state, time) = (change.to, change.at);
            }
            prop_assert_eq!(standing.state, state);
            prop_assert_eq!(standing.since, time);
        }

        #[test]
        fn down_needs_three_bad_looks_and_up_needs_two_that_are_not(looks in prop::collection::vec(look(), 0..200)) {
            let mut standing = Standing::new(at(0));
            for (n, look) in looks.iter().enumerate() {
                let (next, change) = standing.observe(&Rules::default(), *look, at(30 * n as i64));
                if let Some(change) = change {
                    let seen: Vec<Look> = looks[..=n].iter().copied().filter(|it| *it != Blind).collect();
                    let bad = seen.iter().rev().take_while(|it| **it == Bad).count();
                    let fine = seen.iter().rev().take_while(|it| **it != Bad).count();
                    match (change.from, change.to) {
                        (_, State::Down) => prop_assert!(bad >= 2),
                        (State::Down, State::Up | State::Degraded) => prop_assert!(fine >= 2),
                        _ => {}
                    }
                }
                standing = next;
            }
        }
    }
}
