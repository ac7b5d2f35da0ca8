//! What is watched, how it stands, and how it was.

use std::time::Duration;

use engine::health::state::{Look, Rules, Standing, State};
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use store::health::{self, Kind, Observation, Timing, results, rollups};
use store::{Database, stacks};

use crate::stacks::stack;
use crate::testbed::TestDb;

/// The start of a UTC day and of an hour.
pub(crate) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(crate) fn observation(monitor_id: i64, at: Timestamp, look: Look, latency_us: u32) -> Observation {
    Observation {
        monitor_id,
        at,
        look,
        timing: Timing {
            http_status: Some(200),
            latency_us: Some(latency_us),
            ttfb_us: Some(latency_us / 2),
            ..Timing::default()
        },
        error_class: (look == Look::Bad).then(|| "timeout".to_owned()),
        standing: Standing::new(at),
        change: None,
        facts: json!({ "targets": [1, 2] }),
    }
}

/// Looks through the state machine, one every 30 seconds, as the prober does.
pub(crate) fn story(monitor_id: i64, from: Timestamp, looks: &[Look]) -> Vec<Observation> {
    let mut standing = Standing::new(from);
    let mut at = from;
    looks
        .iter()
        .map(|look| {
            let (next, change) = standing.observe(&Rules::default(), *look, at);
            standing = next;
            let seen = Observation {
                standing,
                change,
                ..observation(monitor_id, at, *look, 20_000)
            };
            at += 30.seconds();
            seen
        })
        .collect()
}

pub(crate) async fn monitor(db: &Database) -> i64 {
    let stack = stack(db, "shop").await.id;
    health::ensure(db, stack, Kind::Http, &json!({ "url": "http://alb/health" }), 30)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stack_is_watched_by_one_monitor_of_a_kind() {
    let bed = TestDb::new().await;
    let stack = stack(&bed.db, "shop").await.id;
    let first = health::ensure(&bed.db, stack, Kind::Http, &json!({ "url": "a" }), 30)
        .await
        .unwrap();
    let again = health::ensure(&bed.db, stack, Kind::Http, &json!({ "url": "b" }), 60)
        .await
        .unwrap();
    assert_eq!(first, again);
    health::ensure(&bed.db, stack, Kind::Targets, &json!({}), 30)
        .await
        .unwrap();
    let found = health::of_stack(&bed.db, stack).await.unwrap();
    assert_eq!(
        found.iter().map(|it| it.kind).collect::<Vec<_>>(),
        [Kind::Http, Kind::Targets]
    );
    assert_eq!(
        (found[0].interval_s, &found[0].settings),
        (60, &json!({ "url": "b" }))
    );
    assert_eq!(
        (found[0].standing.state, found[0].looked_at),
        (State::Unknown, None)
    );
    assert_eq!(health::all(&bed.db).await.unwrap(), found);
    stacks::remove(&bed.db, stack).await.unwrap();
    assert!(health::all(&bed.db).await.unwrap().is_empty());
}

#[tokio::test]
async fn replicas_look_at_different_monitors_and_each_is_due_once_an_interval() {
    let bed = TestDb::new().await;
    let stack = stack(&bed.db, "shop").await.id;
    for kind in [Kind::Http, Kind::Targets, Kind::Tasks] {
        health::ensure(&bed.db, stack, kind, &json!({}), 30)
            .await
            .unwrap();
    }
    let (one, two) = tokio::join!(health::claim_due(&bed.db, 2), health::claim_due(&bed.db, 2));
    let mut ids: Vec<i64> = one
        .unwrap()
        .into_iter()
        .chain(two.unwrap())
        .map(|it| it.id)
        .collect();
    ids.extend(
        health::claim_due(&bed.db, 2)
            .await
            .unwrap()
            .iter()
            .map(|it| it.id),
    );
    ids.sort_unstable();
    let claimed = ids.len();
    ids.dedup();
    assert_eq!((claimed, ids.len()), (3, 3));
    assert!(health::claim_due(&bed.db, 2).await.unwrap().is_empty());
}

#[tokio::test]
async fn looks_neither_drift_nor_pile_up() {
    let bed = TestDb::new().await;
    monitor(&bed.db).await;
    // 95 s late: three looks were missed, the next is due on the old beat.
    bed.execute("UPDATE monitors SET next_at = now() - interval '95 seconds', created_at = next_at")
        .await;
    let before = bed
        .number("SELECT (extract(epoch FROM next_at) * 1000)::bigint FROM monitors")
        .await;
    assert_eq!(health::claim_due(&bed.db, 5).await.unwrap().len(), 1);
    let after = bed
        .number("SELECT (extract(epoch FROM next_at) * 1000)::bigint FROM monitors")
        .await;
    assert_eq!(after - before, 120_000);
}

#[tokio::test]
async fn what_is_paused_is_not_looked_at() {
    let bed = TestDb::new().await;
    let stack = stack(&bed.db, "shop").await.id;
    health::ensure(&bed.db, stack, Kind::Http, &json!({}), 30)
        .await
        .unwrap();
    health::pause(&bed.db, stack, true).await.unwrap();
    assert!(health::claim_due(&bed.db, 5).await.unwrap().is_empty());
    health::pause(&bed.db, stack, false).await.unwrap();
    assert_eq!(health::claim_due(&bed.db, 5).await.unwrap().len(), 1);
    health::stop(&bed.db, stack).await.unwrap();
    assert!(health::of_stack(&bed.db, stack).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_batch_is_kept_once_however_often_it_is_saved() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let batch = story(id, noon(), &[Look::Good, Look::Bad, Look::Bad, Look::Bad]);
    for _ in 0..3 {
        results::save(&bed.db, &batch).await.unwrap();
    }
    assert_eq!(bed.number("SELECT count(*) FROM probe_result").await, 4);
    assert_eq!(bed.number("SELECT count(*) FROM state_change").await, 2);
    let now = health::all(&bed.db).await.unwrap().remove(0);
    assert_eq!(now.standing, batch[3].standing);
    assert_eq!(
        (now.standing.state, now.looked_at),
        (State::Down, Some(batch[3].at))
    );
    assert_eq!(
        (now.last_latency_us, now.facts),
        (Some(20_000), json!({ "targets": [1, 2] }))
    );
}

#[tokio::test]
async fn an_older_look_does_not_replace_a_newer_standing() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let batch = story(id, noon(), &[Look::Good, Look::Good]);
    results::save(&bed.db, &batch[1..]).await.unwrap();
    results::save(&bed.db, &batch[..1]).await.unwrap();
    assert_eq!(
        health::all(&bed.db).await.unwrap()[0].looked_at,
        Some(batch[1].at)
    );
    assert_eq!(bed.number("SELECT count(*) FROM probe_result").await, 2);
}

#[tokio::test]
async fn looks_at_a_forgotten_monitor_do_not_spoil_the_batch() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let ghost = observation(id + 1_000, noon(), Look::Good, 1);
    results::save(&bed.db, &[ghost, observation(id, noon(), Look::Good, 1)])
        .await
        .unwrap();
    assert_eq!(bed.number("SELECT count(*) FROM probe_result").await, 1);
}

#[tokio::test]
async fn days_are_made_when_needed_and_dropped_whole() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    results::ensure_days(&bed.db, noon(), 2).await.unwrap();
    results::ensure_days(&bed.db, noon(), 2).await.unwrap();
    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'probe_result'::regclass";
    assert_eq!(bed.number(partitions).await, 3);
    let old = noon().checked_sub(Duration::from_secs(10 * 86_400)).unwrap();
    results::save(
        &bed.db,
        &[
            observation(id, old, Look::Good, 1),
            observation(id, noon(), Look::Good, 1),
        ],
    )
    .await
    .unwrap();
    assert_eq!(
        bed.number(partitions).await,
        4,
        "the day of the old look was made"
    );
    rollups::expire(&bed.db, noon(), rollups::Retention::default())
        .await
        .unwrap();
    assert_eq!(bed.number(partitions).await, 3);
    assert_eq!(bed.number("SELECT count(*) FROM probe_result").await, 1);
}

#[tokio::test]
async fn a_day_ends_at_midnight_utc_whatever_the_sessions_time_zone_is() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    bed.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); END $$")
        .await;
    let db = Database::connect(&bed.url).await.unwrap();
    let last: Timestamp = "2026-11-23T23:59:59.999999Z".parse().unwrap();
    let next: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    results::save(
        &db,
        &[
            observation(id, last, Look::Good, 1),
            observation(id, next, Look::Good, 1),
        ],
    )
    .await
    .unwrap();
    assert_eq!(bed.number("SELECT count(*) FROM probe_result_20261123").await, 1);
    assert_eq!(bed.number("SELECT count(*) FROM probe_result_20261124").await, 1);
    db.close().await;
}

#[tokio::test]
async fn a_monitor_that_a_wrong_clock_put_off_for_years_is_looked_at_now() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    bed.execute("UPDATE monitors SET next_at = now() + interval '3 years'")
        .await;
    let due = health::claim_due(&bed.db, 10).await.unwrap();
    assert_eq!(due.iter().map(|it| it.id).collect::<Vec<_>>(), [id]);
    assert_eq!(
        bed.number(
            "SELECT count(*) FROM monitors WHERE next_at BETWEEN now() AND now() + interval '30 seconds'"
        )
        .await,
        1
    );
    assert!(health::claim_due(&bed.db, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_look_of_a_clock_that_ran_ahead_does_not_stop_those_that_follow() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let now = bed.db.now().await.unwrap();
    let ahead = now
        .checked_add(jiff::SignedDuration::from_hours(24 * 400))
        .unwrap();
    results::save(&bed.db, &[observation(id, ahead, Look::Good, 1_000)])
        .await
        .unwrap();
    let noted = health::all(&bed.db).await.unwrap().remove(0).looked_at.unwrap();
    assert!(noted <= bed.db.now().await.unwrap(), "{noted}");
    // As a version without that rule would have left it.
    bed.execute("UPDATE monitor_now SET looked_at = now() + interval '400 days'")
        .await;
    let next = bed.db.now().await.unwrap();
    results::save(&bed.db, &[observation(id, next, Look::Bad, 2_000)])
        .await
        .unwrap();
    let monitor = health::all(&bed.db).await.unwrap().remove(0);
    assert_eq!(monitor.last_latency_us, Some(2_000));
}
