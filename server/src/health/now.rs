//! How a stack stands now, from how its monitors stand.

use app::backend::stacks::{HealthNow, HealthState, HealthTrouble, RunningNow, TroubleCode};
use engine::health::state::{Rules, Standing, State};
use jiff::Timestamp;
use store::health::{Kind, Monitor};

use super::sight::{Facts, Trouble};

/// The health of a stack from its monitors; `None` when nothing of it is watched.
///
/// The worst of the monitors that know something counts. While the visitor's own look says nothing it is not known to be
/// up; a stack that the panel may not visit has no such look. A monitor that nobody looked at for long knows nothing,
/// whatever its last look said.
#[must_use]
pub fn of(monitors: &[Monitor], now: Timestamp) -> Option<HealthNow> {
    let rules = Rules::default();
    let standings: Vec<(&Monitor, Standing)> = monitors
        .iter()
        .map(|it| (it, it.standing.lapse(&rules, now).0))
        .collect();
    let worst = standings
        .iter()
        .map(|(_, standing)| standing.state)
        .max_by_key(|state| rank(*state))?;
    let answer = standings.iter().find(|(monitor, _)| monitor.kind == Kind::Http);
    let answers = answer.is_none_or(|(_, standing)| standing.state != State::Unknown);
    let state = if worst == State::Up && !answers {
        State::Unknown
    } else {
        worst
    };
    let since = standings
        .iter()
        .filter(|(_, standing)| standing.state == state)
        .map(|(_, standing)| standing.since);
    let since = match state {
        // Up as a whole since the last of them came up; in trouble since the first of them was.
        State::Up => since.max(),
        State::Degraded | State::Down | State::Unknown => since.min(),
    };
    let facts = |kind: Kind| {
        monitors
            .iter()
            .find(|it| it.kind == kind)
            .map(Facts::of)
            .unwrap_or_default()
    };
    let mut by_trouble: Vec<_> = standings.iter().collect();
    // Stable: of equally bad ones, the visitor's look speaks first.
    by_trouble.sort_by_key(|(monitor, standing)| (std::cmp::Reverse(rank(standing.state)), monitor.kind));
    Some(HealthNow {
        state: shown(state),
        since: since.or_else(|| standings.iter().map(|(_, standing)| standing.since).min())?,
        last_at: monitors.iter().filter_map(|it| it.looked_at).max(),
        last_latency_us: answer
            .and_then(|(monitor, _)| monitor.last_latency_us)
            .map(u64::from),
        targets: facts(Kind::Targets).counts,
        tasks: facts(Kind::Tasks).counts,
        running: facts(Kind::Tasks).running.map(|running| RunningNow {
            definition: short(&running.definition).to_owned(),
            image: running.image.as_deref().map(own_image).map(str::to_owned),
        }),
        last_trouble: by_trouble
            .into_iter()
            .find_map(|(monitor, _)| trouble(Facts::of(monitor))),
    })
}

fn trouble(facts: Facts) -> Option<HealthTrouble> {
    let code = match facts.trouble? {
        Trouble::Dns => TroubleCode::Dns,
        Trouble::Connect => TroubleCode::Connect,
        Trouble::Tls => TroubleCode::Tls,
        Trouble::Timeout => TroubleCode::Timeout,
        Trouble::Protocol => TroubleCode::Protocol,
        Trouble::Forbidden => TroubleCode::Forbidden,
        Trouble::Status => TroubleCode::Status,
        Trouble::Slow => TroubleCode::Slow,
        Trouble::Targets => TroubleCode::Targets,
        Trouble::NoTargets => TroubleCode::NoTargets,
        Trouble::Tasks => TroubleCode::Tasks,
        Trouble::Gone => TroubleCode::Gone,
        Trouble::Denied => TroubleCode::Denied,
        Trouble::OwnSide => TroubleCode::OwnSide,
    };
    Some(HealthTrouble {
        code,
        detail: facts.error.unwrap_or_default(),
    })
}

/// `family:revision` of an ARN.
fn short(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// An image of the account's own registry without the registry's name, as the spec has it.
fn own_image(uri: &str) -> &str {
    match uri.split_once('/') {
        Some((host, image)) if host.contains(".dkr.ecr.") => image,
        _ => uri,
    }
}

/// Worse is more. What is not known weighs least: it is no trouble while others know.
fn rank(state: State) -> u8 {
    match state {
        State::Unknown => 0,
        State::Up => 1,
        State::Degraded => 2,
        State::Down => 3,
    }
}

fn shown(state: State) -> HealthState {
    match state {
        State::Unknown => HealthState::Unknown,
        State::Up => HealthState::Up,
        State::Degraded => HealthState::Degraded,
        State::Down => HealthState::Down,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::health::sight::tests::{at, monitor};

    fn three(states: [State; 3]) -> Vec<Monitor> {
        let kinds = [Kind::Http, Kind::Targets, Kind::Tasks];
        kinds
            .into_iter()
            .zip(states)
            .map(|(kind, state)| monitor(kind, state, 100))
            .collect()
    }

    #[test]
    fn the_worst_that_is_known_counts_and_without_the_visitors_look_nothing_is_up() {
        use State::{Degraded, Down, Unknown, Up};
        for (states, shown) in [
            ([Up, Up, Up], HealthState::Up),
            ([Up, Degraded, Up], HealthState::Degraded),
            ([Up, Degraded, Down], HealthState::Down),
            ([Down, Up, Up], HealthState::Down),
            ([Unknown, Unknown, Unknown], HealthState::Unknown),
            // Nobody lets us see the targets: it answers all the same.
            ([Up, Unknown, Unknown], HealthState::Up),
            ([Unknown, Up, Up], HealthState::Unknown),
            ([Unknown, Up, Down], HealthState::Down),
        ] {
            assert_eq!(of(&three(states), at(110)).unwrap().state, shown, "{states:?}");
        }
        assert_eq!(of(&[], at(0)), None);
    }

    #[test]
    fn a_stack_that_the_panel_may_not_visit_is_up_when_its_targets_and_tasks_are() {
        let unvisited = three([State::Up; 3]).split_off(1);
        assert_eq!(of(&unvisited, at(110)).unwrap().state, HealthState::Up);
    }

    #[test]
    fn since_is_when_the_trouble_began_or_when_the_last_of_it_ended() {
        let mut monitors = three([State::Up, State::Up, State::Up]);
        for (monitor, since) in monitors.iter_mut().zip([10, 50, 30]) {
            monitor.standing.since = at(since);
        }
        assert_eq!(of(&monitors, at(110)).unwrap().since, at(50));
        for monitor in &mut monitors {
            monitor.standing.state = State::Down;
        }
        assert_eq!(of(&monitors, at(110)).unwrap().since, at(10));
    }

    #[test]
    fn counts_latency_and_words_come_from_whoever_has_them() {
        let mut monitors = three([State::Up, State::Degraded, State::Up]);
        monitors[0].last_latency_us = Some(12_000);
        monitors[0].facts = json!({ "trouble": "slow", "error": "one slow answer" });
        monitors[1].facts =
            json!({ "counts": [1, 2], "trouble": "targets", "error": "172.31.0.7:8080: Target.Timeout" });
        monitors[2].facts = json!({ "counts": [2, 2] });
        monitors[2].looked_at = Some(at(105));
        let now = of(&monitors, at(110)).unwrap();
        assert_eq!((now.targets, now.tasks), (Some((1, 2)), Some((2, 2))));
        assert_eq!((now.last_latency_us, now.last_at), (Some(12_000), Some(at(105))));
        let trouble = now.last_trouble.unwrap();
        assert_eq!(
            (trouble.code, trouble.detail.as_str()),
            (TroubleCode::Targets, "172.31.0.7:8080: Target.Timeout")
        );
    }

    #[test]
    fn an_old_look_says_nothing_about_now() {
        let now = of(&three([State::Up, State::Up, State::Up]), at(100 + 181)).unwrap();
        assert_eq!(now.state, HealthState::Unknown);
    }
}
