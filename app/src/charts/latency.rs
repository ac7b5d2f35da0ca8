//! Latency over time: the median as a line, a band up to the 95th percentile, dashes for the 99th; deploys and incidents
//! behind them. A time without an answer is a gap.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::scale::{percent, trimmed, value_lines};
use crate::{
    components::Disclosure,
    format::millis,
    i18n::{locale, t},
};

/// One slot of time. Milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyPoint {
    /// The slot's time in words: `14:15`.
    pub at: String,
    /// Half of the answers were faster.
    pub p50_ms: Option<f64>,
    /// 95 in a hundred were faster.
    pub p95_ms: Option<f64>,
    /// 99 in a hundred were faster.
    pub p99_ms: Option<f64>,
}

/// A moment on the axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Place from 0 (oldest) to 1 (newest).
    pub place: f64,
    /// Its word: an hour, a version.
    pub text: String,
}

/// Latency over a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyView {
    /// Slots of equal length, oldest first.
    pub points: Vec<LatencyPoint>,
    /// Hours under the axis.
    pub hours: Vec<Mark>,
    /// Deploys.
    pub deploys: Vec<Mark>,
    /// Incidents, from and to, from 0 to 1.
    pub incidents: Vec<(f64, f64)>,
}

const HEIGHT: f64 = 160.0;
const TOP: f64 = 18.0;

impl LatencyView {
    fn top(&self) -> f64 {
        let high = |point: &LatencyPoint| point.p99_ms.or(point.p95_ms).or(point.p50_ms).unwrap_or(0.0);
        self.points.iter().map(high).fold(0.0, f64::max)
    }

    /// The points of one line, with a new run after each gap: x in thousandths of the width, y in pixels.
    fn runs(&self, value: impl Fn(&LatencyPoint) -> Option<f64>, top: f64) -> Vec<Vec<(f64, f64)>> {
        let last = self.points.len().saturating_sub(1).max(1) as f64;
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (index, point) in self.points.iter().enumerate() {
            match value(point) {
                Some(value) => {
                    let at = (index as f64 / last * 1000.0, HEIGHT - value / top * HEIGHT);
                    if let Some(run) = runs.last_mut() {
                        run.push(at);
                    }
                }
                None => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    fn line(&self, value: impl Fn(&LatencyPoint) -> Option<f64>, top: f64) -> String {
        let mut path = String::new();
        for run in self.runs(value, top) {
            // A single answer between two gaps is a dot: a line of no length with round ends.
            let dot = (run.len() == 1).then(|| run[0]);
            for (index, (x, y)) in run.into_iter().chain(dot).enumerate() {
                path.push(if index == 0 { 'M' } else { 'L' });
                path.push_str(&format!("{} {}", trimmed(x), trimmed(y)));
            }
        }
        path
    }

    fn band(&self, top: f64) -> String {
        let both = |point: &LatencyPoint| point.p50_ms.is_some() && point.p95_ms.is_some();
        let upper = self.runs(|point| point.p95_ms.filter(|_| both(point)), top);
        let lower = self.runs(|point| point.p50_ms.filter(|_| both(point)), top);
        let mut path = String::new();
        for (upper, lower) in upper.into_iter().zip(lower) {
            for (index, (x, y)) in upper.into_iter().chain(lower.into_iter().rev()).enumerate() {
                path.push(if index == 0 { 'M' } else { 'L' });
                path.push_str(&format!("{} {}", trimmed(x), trimmed(y)));
            }
            path.push('Z');
        }
        path
    }
}

/// Draws latency over time, with its numbers as a table behind a fold.
#[component]
pub fn Latency(
    /// The numbers.
    view: LatencyView,
    /// The whole in words: `Latency over 24 hours: median 76 ms, 95th percentile 128 ms`.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let l = locale();
    let lines = value_lines(view.top());
    let top = lines.last().copied().unwrap_or(1.0);
    let height_of = |value: f64| TOP + HEIGHT - value / top * HEIGHT;
    let grid: Vec<_> = lines
        .iter()
        .map(|value| {
            let y = trimmed(height_of(*value));
            view! { <line class="grid" x1="0" x2="100%" y1=y.clone() y2=y/> }
        })
        .collect();
    let values: Vec<_> = lines
        .iter()
        .map(|value| view! { <text x="0" y=trimmed(height_of(*value) - 4.0)>{millis(*value)}</text> })
        .collect();
    let hours: Vec<_> = view
        .hours
        .iter()
        .map(|mark| view! { <text class="hour" x=percent(mark.place, 1.0) y=trimmed(TOP + HEIGHT + 18.0)>{mark.text.clone()}</text> })
        .collect();
    let incidents: Vec<_> = view
        .incidents
        .iter()
        .map(|(from, to)| {
            let width = percent((to - from).max(0.004), 1.0);
            view! { <rect class="incident" x=percent(*from, 1.0) y=TOP width=width height=HEIGHT><title>{t!(l, latency.incident)}</title></rect> }
        })
        .collect();
    let deploys: Vec<_> = view
        .deploys
        .iter()
        .map(|mark| {
            let x = percent(mark.place, 1.0);
            // Near the right end the word stands left of its line.
            let (class, dx) = if mark.place > 0.8 {
                ("deploy before", "-5")
            } else {
                ("deploy", "5")
            };
            view! {
                <line class="deploy" x1=x.clone() x2=x.clone() y1="4" y2=trimmed(TOP + HEIGHT)/>
                <text class=class x=x y="12" dx=dx>{mark.text.clone()}</text>
            }
        })
        .collect();
    let count = view.points.len().max(1) as f64;
    let number = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), millis);
    let columns: Vec<_> = view
        .points
        .iter()
        .enumerate()
        .map(|(index, point)| {
            let title = format!(
                "{} · p50 {} · p95 {} · p99 {}",
                point.at,
                number(point.p50_ms),
                number(point.p95_ms),
                number(point.p99_ms)
            );
            let x = percent(index as f64, count);
            view! { <rect class="column" x=x y=TOP width=percent(1.0, count) height=HEIGHT><title>{title}</title></rect> }
        })
        .collect();
    let rows: Vec<_> = view
        .points
        .iter()
        .map(|point| {
            view! {
                <tr>
                    <td>{point.at.clone()}</td>
                    <td class="num">{number(point.p50_ms)}</td>
                    <td class="num">{number(point.p95_ms)}</td>
                    <td class="num">{number(point.p99_ms)}</td>
                </tr>
            }
        })
        .collect();
    let (p99, band, p50) = (
        view.line(|point| point.p99_ms, top),
        view.band(top),
        view.line(|point| point.p50_ms, top),
    );
    let box_size = format!("0 0 1000 {HEIGHT}");
    view! {
        <figure class="latency">
            <svg width="100%" height=trimmed(TOP + HEIGHT + 24.0) role="img" aria-label=label>
                {grid}
                {incidents}
                <svg x="0" y=TOP width="100%" height=HEIGHT viewBox=box_size preserveAspectRatio="none">
                    <path class="band" d=band/>
                    <path class="p99" d=p99/>
                    <path class="p50" d=p50/>
                </svg>
                {values}
                {deploys}
                {columns}
                {hours}
            </svg>
            <figcaption>
                <span><i class="p50"></i>{t!(l, latency.p50)}</span>
                <span><i class="band"></i>{t!(l, latency.p95)}</span>
                <span><i class="p99"></i>{t!(l, latency.p99)}</span>
            </figcaption>
            <Disclosure summary=t!(l, latency.table)>
                <div class="scroll tall" tabindex="0" role="region" aria-label=t!(l, latency.table)>
                    <table>
                        <thead>
                            <tr><th>{t!(l, latency.time)}</th><th class="num">"p50"</th><th class="num">"p95"</th><th class="num">"p99"</th></tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </Disclosure>
        </figure>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(p50_ms: Option<f64>) -> LatencyPoint {
        LatencyPoint {
            at: String::new(),
            p50_ms,
            p95_ms: p50_ms.map(|v| v * 2.0),
            p99_ms: p50_ms.map(|v| v * 3.0),
        }
    }

    fn view(values: &[Option<f64>]) -> LatencyView {
        LatencyView {
            points: values.iter().map(|value| point(*value)).collect(),
            ..LatencyView::default()
        }
    }

    #[test]
    fn a_time_without_an_answer_is_a_gap_in_every_line() {
        let view = view(&[Some(10.0), Some(20.0), None, Some(10.0), Some(10.0)]);
        let top = view.top();
        assert_eq!(view.line(|point| point.p50_ms, top).matches('M').count(), 2);
        assert_eq!(view.band(top).matches('Z').count(), 2);
    }

    #[test]
    fn the_highest_value_is_at_the_top_and_zero_at_the_bottom() {
        let view = view(&[Some(0.0), Some(10.0)]);
        assert_eq!(view.top(), 30.0);
        assert_eq!(view.line(|point| point.p99_ms, 30.0), "M0 160L1000 0");
    }

    #[test]
    fn one_answer_alone_is_still_drawn() {
        let view = view(&[None, Some(10.0), None]);
        assert_eq!(view.line(|point| point.p50_ms, 20.0), "M500 80L500 80");
    }
}
