//! How things were: roll-ups, slots and uptime.

use engine::health::state::{Change, Look, State};
use jiff::ToSpan;
use store::health::{Observation, history, results, rollups};

use crate::health::{monitor, noon, observation, story};
use crate::testbed::TestDb;

#[tokio::test]
async fn closed_minutes_and_hours_are_summed_once_however_often_it_runs() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let batch: Vec<_> = (0..240_u32)
        .map(|n| {
            let look = match n % 10 {
                0 => Look::Bad,
                1 => Look::Slow,
                2 => Look::Blind,
                _ => Look::Good,
            };
            observation(
                id,
                noon() + i64::from(30 * n).seconds(),
                look,
                1_000 * (n % 100 + 1),
            )
        })
        .collect();
    results::save(&bed.db, &batch).await.unwrap();
    let later = noon() + 90.minutes();
    let first = rollups::roll_up(&bed.db, later).await.unwrap().unwrap();
    assert_eq!((first.minutes, first.hours), (90, 1), "the open hour waits");
    rollups::roll_up(&bed.db, later).await.unwrap().unwrap();
    rollups::roll_up(&bed.db, noon() + 121.minutes())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bed.number("SELECT count(*) FROM rollup_1m").await, 120);
    assert_eq!(bed.number("SELECT count(*) FROM rollup_1h").await, 2);
    let expected = 168 * 1_000_000 + 24 * 10_000 + 24 * 100 + 24;
    assert_eq!(bed.number(MINUTE_COUNTS).await, expected);
    assert_eq!(bed.number(HOUR_COUNTS).await, expected);
}

const MINUTE_COUNTS: &str = "SELECT (sum(up) * 1000000 + sum(degraded) * 10000 + sum(down) * 100 + sum(unknown))::bigint FROM rollup_1m";
const HOUR_COUNTS: &str = "SELECT (sum(up) * 1000000 + sum(degraded) * 10000 + sum(down) * 100 + sum(unknown))::bigint FROM rollup_1h";

#[tokio::test]
async fn a_look_that_is_saved_late_is_still_counted() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    results::save(&bed.db, &[observation(id, noon(), Look::Good, 1_000)])
        .await
        .unwrap();
    rollups::roll_up(&bed.db, noon() + 2.minutes()).await.unwrap();
    results::save(
        &bed.db,
        &[observation(id, noon() + 20.seconds(), Look::Bad, 1_000)],
    )
    .await
    .unwrap();
    rollups::roll_up(&bed.db, noon() + 4.minutes()).await.unwrap();
    assert_eq!(
        bed.number("SELECT (up * 10 + down)::bigint FROM rollup_1m").await,
        11
    );
}

#[tokio::test]
async fn sums_are_made_once_a_minute_and_the_last_hour_again_only_while_late_looks_may_reach_it() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let look = async |minute: i64| {
        let seen = observation(id, noon() + minute.minutes(), Look::Good, 1_000);
        results::save(&bed.db, &[seen]).await.unwrap();
    };
    let sum_up = async |second: i64| {
        let done = rollups::roll_up(&bed.db, noon() + second.seconds()).await;
        let done = done.unwrap().unwrap();
        (done.minutes, done.hours)
    };
    look(0).await;
    look(58).await;
    assert_eq!(sum_up(60 * 60).await, (2, 1));
    look(59).await;
    assert_eq!(sum_up(60 * 60 + 45).await, (0, 0), "no minute was closed");
    assert_eq!(sum_up(60 * 61).await, (2, 1));
    assert_eq!(bed.number("SELECT sum(up)::bigint FROM rollup_1h").await, 3);
    look(57).await;
    assert_eq!(
        sum_up(60 * 70).await,
        (3, 1),
        "late, and nobody had summed up since"
    );
    assert_eq!(bed.number("SELECT sum(up)::bigint FROM rollup_1h").await, 4);
    assert_eq!(sum_up(60 * 71).await, (0, 0), "the hour is what it is");
}

#[tokio::test]
async fn a_history_has_every_slot_with_percentiles_within_eight_percent() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    // One answer each millisecond from 1 to 100 ms, over 50 minutes.
    let batch: Vec<_> = (0..100_u32)
        .map(|n| {
            observation(
                id,
                noon() + i64::from(30 * n).seconds(),
                Look::Good,
                1_000 * (n + 1),
            )
        })
        .collect();
    results::save(&bed.db, &batch).await.unwrap();
    rollups::roll_up(&bed.db, noon() + 3.hours()).await.unwrap();
    let minutes = history::slots(
        &bed.db,
        &[id, 77],
        noon() - 30.minutes(),
        noon() + 60.minutes(),
        900,
    )
    .await
    .unwrap();
    let of_it = &minutes[&id];
    assert_eq!(
        of_it.iter().map(|slot| slot.up).collect::<Vec<_>>(),
        [0, 0, 30, 30, 30, 10]
    );
    assert_eq!((of_it[0].p50_us, of_it[2].max_us), (None, Some(30_000)));
    assert_eq!(minutes[&77].len(), 6);
    let hours = history::slots(&bed.db, &[id], noon(), noon() + 1.hours(), 3_600)
        .await
        .unwrap();
    let [hour] = hours[&id][..] else {
        panic!("one slot")
    };
    for (estimate, exact) in [
        (hour.p50_us, 50_000.0),
        (hour.p95_us, 95_000.0),
        (hour.p99_us, 99_000.0),
    ] {
        let estimate = estimate.unwrap() as f64;
        assert!((estimate - exact).abs() <= exact * 0.08, "{estimate} for {exact}");
    }
}

#[tokio::test]
async fn histograms_from_before_they_were_bytes_are_kept() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let batch: Vec<_> = (0..119_u32)
        .map(|n| {
            observation(
                id,
                noon() + i64::from(30 * n).seconds(),
                Look::Good,
                500 * (n + 1),
            )
        })
        .collect();
    results::save(&bed.db, &batch).await.unwrap();
    rollups::roll_up(&bed.db, noon() + 61.minutes()).await.unwrap();
    let hour = async || {
        let slots = history::slots(&bed.db, &[id], noon(), noon() + 1.hours(), 3_600).await;
        slots.unwrap()[&id][0]
    };
    let before = hour().await;
    // As the tables were then: the counts of all buckets up to the last one that counted something.
    for statement in [
        "CREATE FUNCTION counts_of(bytes bytea) RETURNS smallint[] LANGUAGE sql IMMUTABLE AS $$
             SELECT array_agg(coalesce((
                 SELECT get_byte(bytes, at + 1) + 256 * get_byte(bytes, at + 2)
                 FROM generate_series(0, length(bytes) - 3, 3) AS at WHERE get_byte(bytes, at) = bucket), 0)
                 ORDER BY bucket)::smallint[]
             FROM generate_series(0, get_byte(bytes, length(bytes) - 3)) AS bucket $$",
        "ALTER TABLE rollup_1m ALTER COLUMN hist TYPE smallint[] USING counts_of(hist)",
        "ALTER TABLE rollup_1h ALTER COLUMN hist TYPE smallint[] USING counts_of(hist)",
        "DROP FUNCTION counts_of(bytea)",
        "DELETE FROM _sqlx_migrations WHERE version = 9",
    ] {
        bed.execute(statement).await;
    }
    bed.db.migrate().await.unwrap();
    assert!(before.p50_us < before.p95_us);
    assert_eq!(hour().await, before);
}

#[tokio::test]
async fn the_hour_that_is_not_over_is_drawn_from_its_minutes_and_nothing_twice() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let batch: Vec<_> = (0..150)
        .map(|n: i64| observation(id, noon() + (30 * n).seconds(), Look::Good, 1_000))
        .collect();
    results::save(&bed.db, &batch).await.unwrap();
    let now = noon() + 75.minutes();
    let drawn = async || {
        let hours = history::slots(&bed.db, &[id], noon(), now, 3_600).await.unwrap();
        hours[&id].iter().map(|slot| slot.up).collect::<Vec<_>>()
    };
    rollups::roll_up(&bed.db, noon() + 30.minutes()).await.unwrap();
    assert_eq!(drawn().await, [60, 0]);
    rollups::roll_up(&bed.db, now).await.unwrap();
    assert_eq!(drawn().await, [120, 30]);
}

#[tokio::test]
async fn uptime_is_the_time_between_changes_and_leaves_the_unknown_out() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    let at = |minute: i64| noon() + minute.minutes();
    let change = |minute, from, to| Observation {
        change: Some(Change {
            at: at(minute),
            from,
            to,
        }),
        ..observation(id, at(minute), Look::Good, 1)
    };
    let batch = [
        change(-30, State::Unknown, State::Up),
        change(10, State::Up, State::Down),
        change(20, State::Down, State::Up),
        change(30, State::Up, State::Unknown),
    ];
    results::save(&bed.db, &batch).await.unwrap();
    let spent = history::spent(&bed.db, &[id, 77], at(0), at(60)).await.unwrap();
    assert_eq!(
        (spent[&id].up_s, spent[&id].down_s, spent[&id].unknown_s),
        (1_200.0, 600.0, 1_800.0)
    );
    assert_eq!(spent[&id].uptime(), Some(2.0 / 3.0));
    assert_eq!(
        spent[&77].uptime(),
        None,
        "a monitor without any change is unknown"
    );
    let changes = history::changes(&bed.db, &[id], at(0), at(25)).await.unwrap();
    assert_eq!((changes[&id].initial, changes[&id].changes.len()), (State::Up, 2));
}

#[tokio::test]
async fn only_one_process_rolls_up_at_a_time() {
    let bed = TestDb::new().await;
    let mut other = bed.side_door().await;
    sqlx::query("SELECT pg_advisory_lock(1919904876)")
        .execute(&mut other)
        .await
        .unwrap();
    assert_eq!(rollups::roll_up(&bed.db, noon()).await.unwrap(), None);
    drop(other);
}

#[tokio::test]
async fn what_is_older_than_it_is_kept_goes_and_changes_of_state_stay() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    results::save(&bed.db, &story(id, noon(), &[Look::Good; 4]))
        .await
        .unwrap();
    rollups::roll_up(&bed.db, noon() + 2.hours()).await.unwrap();
    rollups::expire(&bed.db, noon() + (3 * 24).hours(), rollups::Retention::default())
        .await
        .unwrap();
    assert_eq!(bed.number("SELECT count(*) FROM rollup_1m").await, 0);
    assert_eq!(bed.number("SELECT count(*) FROM rollup_1h").await, 1);
    rollups::expire(&bed.db, noon() + (91 * 24).hours(), rollups::Retention::default())
        .await
        .unwrap();
    assert_eq!(bed.number("SELECT count(*) FROM rollup_1h").await, 0);
    assert_eq!(bed.number("SELECT count(*) FROM state_change").await, 1);
}

#[tokio::test]
async fn sums_go_on_after_a_clock_that_ran_ahead_came_back() {
    let bed = TestDb::new().await;
    let id = monitor(&bed.db).await;
    results::save(&bed.db, &story(id, noon(), &[Look::Good; 4]))
        .await
        .unwrap();
    let later = noon().checked_add(jiff::SignedDuration::from_hours(3)).unwrap();
    rollups::roll_up(&bed.db, later).await.unwrap().unwrap();
    // The clock is right again, and more is seen.
    let from = noon().checked_add(jiff::SignedDuration::from_mins(10)).unwrap();
    results::save(&bed.db, &story(id, from, &[Look::Good; 4]))
        .await
        .unwrap();
    let now = from.checked_add(jiff::SignedDuration::from_mins(3)).unwrap();
    let summed = rollups::roll_up(&bed.db, now).await.unwrap().unwrap();
    assert!(summed.minutes >= 2, "{summed:?}");
}
