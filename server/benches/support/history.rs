//! What was seen of the stacks before: looks every 30 seconds, as the panel keeps them.

use engine::health::state::{Look, Rules, Standing};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use slipway::health::monitors::INTERVAL_S;
use store::Database;
use store::health::results;
use store::health::{Kind, Monitor, Observation, Timing};

/// Looks at each monitor in one batch.
const IN_BATCH: i64 = 10;

/// Looks at the monitors from a time until now. Every fiftieth was down for some minutes, a few answers were slow.
pub(crate) async fn looks(db: &Database, monitors: &[Monitor], from: Timestamp, every_s: i64) {
    let until = Timestamp::now();
    let mut standings: Vec<Standing> = monitors.iter().map(|_| Standing::new(from)).collect();
    let mut begin = from;
    while begin < until {
        let mut batch = Vec::new();
        for step in 0..IN_BATCH {
            let tick = begin + SignedDuration::from_secs(step * every_s);
            for (monitor, standing) in monitors.iter().zip(&mut standings) {
                // Spread over the interval, as the panel's own looks are.
                let at =
                    tick + SignedDuration::from_millis(monitor.id * 997 % (i64::from(INTERVAL_S) * 1_000));
                if at < until {
                    batch.push(look(monitor, standing, at));
                }
            }
        }
        results::save(db, &batch).await.unwrap();
        begin += SignedDuration::from_secs(IN_BATCH * every_s);
    }
}

fn look(monitor: &Monitor, standing: &mut Standing, at: Timestamp) -> Observation {
    let chance = scramble(monitor.id.unsigned_abs() ^ at.as_second().unsigned_abs() << 20);
    let down = monitor.id % 50 == 0 && at.as_second().rem_euclid(43_200) < 300;
    let look = match chance % 400 {
        _ if down => Look::Bad,
        0 => Look::Slow,
        _ => Look::Good,
    };
    let (next, change) = standing.observe(&Rules::default(), look, at);
    *standing = next;
    // Most answers are near the monitor's own pace, a few take up to ten times as long.
    let pace = 8_000 + scramble(monitor.id.unsigned_abs()) % 90_000;
    let tail = 1 + (chance >> 32) % 10 / 9 * (chance >> 40) % 10;
    let latency = u32::try_from(pace * tail + chance % 5_000).unwrap_or(u32::MAX);
    let counts = (monitor.kind != Kind::Http).then_some((1, 1));
    let timing = match monitor.kind {
        Kind::Http if !down => Timing {
            http_status: Some(200),
            latency_us: Some(latency),
            ttfb_us: Some(latency),
            ..Timing::default()
        },
        Kind::Http | Kind::Targets | Kind::Tasks => Timing::default(),
    };
    Observation {
        monitor_id: monitor.id,
        at,
        look,
        timing,
        error_class: down.then(|| "timeout".to_owned()),
        standing: next,
        change,
        facts: json!({ "counts": counts, "error": down.then_some("no answer in 5 s") }),
    }
}

/// A fixed, well mixed function of a number (splitmix64).
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
