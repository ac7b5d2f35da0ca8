//! How a stack is now: its monitors taken together.

use app::backend::stacks::{HealthNow, HealthState};
use engine::health::state::State;
use serde::{Deserialize, Serialize};
use store::health::{Kind, Monitor};

/// What a look leaves with its monitor, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Healthy targets and all targets.
    pub targets: Option<(u32, u32)>,
    /// Running and desired tasks.
    pub tasks: Option<(u32, u32)>,
    /// What was wrong, in its own words.
    pub error: Option<String>,
}

impl Facts {
    /// The facts kept with a monitor; none when a version of another time wrote them.
    pub fn of(monitor: &Monitor) -> Self {
        Self::deserialize(&monitor.facts).unwrap_or_default()
    }
}

/// The stack's health: the worst of its monitors. `None`: it is not watched.
pub fn of(monitors: &[Monitor]) -> Option<HealthNow> {
    let worst = monitors
        .iter()
        .max_by_key(|monitor| badness(monitor.standing.state))?;
    let facts: Vec<(Kind, Facts)> = monitors
        .iter()
        .map(|monitor| (monitor.kind, Facts::of(monitor)))
        .collect();
    let http = monitors.iter().find(|monitor| monitor.kind == Kind::Http);
    Some(HealthNow {
        state: state(worst.standing.state),
        since: worst.standing.since,
        last_at: monitors.iter().filter_map(|monitor| monitor.looked_at).max(),
        last_latency_us: http.and_then(|monitor| monitor.last_latency_us).map(u64::from),
        targets: facts.iter().find_map(|(_, facts)| facts.targets),
        tasks: facts.iter().find_map(|(_, facts)| facts.tasks),
        last_error: Facts::of(worst).error,
    })
}

fn state(state: State) -> HealthState {
    match state {
        State::Unknown => HealthState::Unknown,
        State::Up => HealthState::Up,
        State::Degraded => HealthState::Degraded,
        State::Down => HealthState::Down,
    }
}

/// Down is worse than degraded; not knowing is worse than knowing that all is well.
fn badness(state: State) -> u8 {
    match state {
        State::Up => 0,
        State::Unknown => 1,
        State::Degraded => 2,
        State::Down => 3,
    }
}
