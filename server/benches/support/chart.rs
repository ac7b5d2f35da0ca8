//! What a chart of one monitor costs: its data from the roll-ups, and its drawing.

use std::time::{Duration, Instant};

use app::charts::{Latency, LatencyPoint, LatencyProps, LatencyView};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::{Owner, RenderHtml};
use slipway::health::history as pages;
use store::Database;
use store::health::history::{Slot, slots};
use store::health::{Kind, Monitor};

/// How often each is drawn, one after another.
const TIMES: usize = 200;
const DAY_S: u32 = 86_400;

/// As on a stack's page: a day in quarters of an hour.
pub(crate) async fn day(db: &Database, monitor: &Monitor) -> Vec<Duration> {
    chart(db, monitor, 1, pages::PAGE_SLOT_S).await
}

/// 90 days, day by day.
pub(crate) async fn ninety_days(db: &Database, monitor: &Monitor) -> Vec<Duration> {
    chart(db, monitor, 90, DAY_S).await
}

async fn chart(db: &Database, monitor: &Monitor, days: i64, slot_s: u32) -> Vec<Duration> {
    assert_eq!(monitor.kind, Kind::Http, "only visits take time");
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        let now = Timestamp::now();
        let from = now - SignedDuration::from_hours(24 * days);
        let found = slots(db, &[monitor.id], from, now, slot_s).await.unwrap();
        let drawn = draw(&found[&monitor.id]);
        took.push(began.elapsed());
        assert!(
            drawn.contains(" d=\"M") && drawn.contains("class=\"p50\""),
            "a line was drawn"
        );
    }
    took
}

fn draw(slots: &[Slot]) -> String {
    let ms = |us: Option<u64>| us.map(|us| us as f64 / 1_000.0);
    let points = slots
        .iter()
        .map(|slot| LatencyPoint {
            at: slot.at.to_string(),
            p50_ms: ms(slot.p50_us),
            p95_ms: ms(slot.p95_us),
            p99_ms: ms(slot.p99_us),
        })
        .collect();
    let view = LatencyView {
        points,
        ..LatencyView::default()
    };
    Owner::new().with(|| Latency(LatencyProps::builder().view(view).label("latency").build()).to_html())
}
