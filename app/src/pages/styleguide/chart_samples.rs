//! What the charts of the styleguide show: the stack of the first runbook, as planned, under way, and stopped.

use crate::{
    charts::*,
    components::Tone,
    i18n::{Locale, t},
};

/// A moment of the sample run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before.
    Plan,
    /// 132 seconds in.
    Running,
    /// Stopped at 190 seconds.
    Failed,
}

/// Name, start, length, on the critical path, kept, indices it waits for.
type Row = (&'static str, &'static str, f64, f64, bool, bool, &'static [usize]);

fn rows(l: Locale) -> [Row; 12] {
    [
        (
            t!(l, styleguide.k_log_group),
            "/ecs/vendor0919-api",
            0.0,
            2.0,
            false,
            false,
            &[],
        ),
        (
            t!(l, styleguide.k_role),
            "ecsTaskExecutionRole",
            0.0,
            2.0,
            false,
            true,
            &[],
        ),
        (
            t!(l, styleguide.k_cluster),
            "vendor0919-cluster",
            0.0,
            2.0,
            false,
            false,
            &[],
        ),
        (
            t!(l, styleguide.k_subnet),
            "10.0.10.0/24 (1c)",
            0.0,
            4.0,
            true,
            false,
            &[],
        ),
        (
            t!(l, styleguide.k_groups),
            "vendor0919-alb, -task",
            0.0,
            4.0,
            false,
            false,
            &[],
        ),
        (
            t!(l, styleguide.k_task_definition),
            "vendor0919-task:1",
            2.0,
            2.0,
            false,
            false,
            &[0, 1],
        ),
        ("ALB", "vendor0919-alb", 4.0, 92.0, true, false, &[3, 4]),
        (
            t!(l, styleguide.k_target_group),
            "vendor0919-tg",
            4.0,
            2.0,
            false,
            false,
            &[4],
        ),
        (
            t!(l, styleguide.k_listener),
            "HTTP :80",
            96.0,
            2.0,
            true,
            false,
            &[6, 7],
        ),
        (
            t!(l, styleguide.k_service),
            "vendor0919-service",
            98.0,
            62.0,
            false,
            false,
            &[2, 5, 8],
        ),
        ("Amplify", "NEXT_PUBLIC_API_BASE", 98.0, 117.0, true, false, &[6]),
        ("GET /health", "vendor0919-alb", 160.0, 6.0, false, false, &[9]),
    ]
}

fn state(
    moment: Moment,
    start: f64,
    len: f64,
    kept: bool,
    index: usize,
) -> (BarState, Option<f64>, Option<f64>) {
    let now = match moment {
        Moment::Plan => return (if kept { BarState::Kept } else { BarState::Expected }, None, None),
        Moment::Running => 132.0,
        Moment::Failed => 190.0,
    };
    let began = start + 0.4;
    match (moment, index) {
        (Moment::Failed, 9) => (BarState::Failed, Some(began), Some(now - began)),
        (Moment::Failed, 11) => (BarState::Blocked, None, None),
        _ if began > now => (BarState::Expected, None, None),
        _ if start + len > now => (
            if index == 9 {
                BarState::Waiting
            } else {
                BarState::Running
            },
            Some(began),
            Some(now - began),
        ),
        _ => (
            if kept { BarState::Kept } else { BarState::Ok },
            Some(began),
            Some(len * if index == 6 { 0.93 } else { 1.1 }),
        ),
    }
}

pub(super) fn slip(l: Locale, moment: Moment) -> SlipView {
    let bars = rows(l)
        .into_iter()
        .enumerate()
        .map(|(index, (kind, name, start_s, len_s, critical, kept, _))| {
            let (state, actual_start_s, actual_len_s) = state(moment, start_s, len_s, kept, index);
            SlipBar {
                label: format!("{kind} {name}"),
                start_s,
                len_s,
                state,
                actual_start_s,
                actual_len_s,
                critical,
            }
        })
        .collect();
    SlipView {
        bars,
        now_s: (moment == Moment::Running).then_some(132.0),
    }
}

pub(super) fn graph(l: Locale) -> GraphView {
    let nodes = rows(l)
        .into_iter()
        .enumerate()
        .map(
            |(index, (kind, name, start, len, critical, kept, after))| GraphNode {
                id: index.to_string(),
                kind: kind.to_owned(),
                name: name.to_owned(),
                state: state(Moment::Running, start, len, kept, index).0,
                critical,
                after: after.iter().map(ToString::to_string).collect(),
            },
        )
        .collect();
    GraphView { nodes }
}

/// A wave without randomness: the page is the same each time.
fn wave(index: usize) -> f64 {
    let x = index as f64;
    (x * 0.7).sin() * 0.5 + (x * 0.23).sin() * 0.35 + (x * 1.9).cos() * 0.15
}

pub(super) fn day() -> Vec<HistoryBar> {
    (0..96)
        .map(|slot| {
            let (tone, said) = match slot {
                0..10 => (Tone::None, "—"),
                41 | 80 => (Tone::Warn, "1/30"),
                42 => (Tone::Bad, "24/30"),
                _ => (Tone::Ok, "0/30"),
            };
            HistoryBar {
                tone,
                title: format!("{:02}:{:02} · {said}", slot / 4, slot % 4 * 15),
            }
        })
        .collect()
}

pub(super) fn latency() -> LatencyView {
    let points = (0..96)
        .map(|slot| {
            let slow = if (56..62).contains(&slot) { 1.9 } else { 1.0 };
            let known = !(20..24).contains(&slot);
            let of = |base: f64, swing: f64| known.then(|| (base + wave(slot) * swing) * slow);
            LatencyPoint {
                at: format!("{:02}:{:02}", (slot / 4 + 6) % 24, slot % 4 * 15),
                p50_ms: of(76.0, 6.0),
                p95_ms: of(122.0, 14.0),
                p99_ms: of(164.0, 22.0),
            }
        })
        .collect();
    let hours = (1..6)
        .map(|hour| Mark {
            place: f64::from(hour) / 6.0,
            text: format!("{:02}:00", (hour * 4 + 6) % 24),
        })
        .collect();
    LatencyView {
        points,
        hours,
        deploys: vec![Mark {
            place: 0.57,
            text: "v1.8.2".into(),
        }],
        incidents: vec![(0.585, 0.65)],
    }
}

pub(super) fn spark(kind: usize) -> Vec<Option<f64>> {
    (0..48)
        .map(|slot| match kind {
            0 => Some(80.0 + wave(slot) * 12.0),
            _ => (!(30..36).contains(&slot))
                .then(|| 120.0 + wave(slot) * 30.0 + if slot > 24 { 160.0 } else { 0.0 }),
        })
        .collect()
}
