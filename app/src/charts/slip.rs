//! The slip: a plan's steps on a time axis. Dashes are what was expected, fill is what came true, an outline marks the
//! steps that decide the shortest time.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::scale;
use crate::{
    components::{Glyph, Icon, Tone},
    format::{clock, duration},
    i18n::{Locale, locale, t, tn},
};

/// What a step has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BarState {
    /// Not begun.
    #[default]
    Expected,
    /// Being worked on.
    Running,
    /// Made, changed or adopted.
    Ok,
    /// Was there already and stays as it is.
    Kept,
    /// Waits for something outside.
    Waiting,
    /// Did not work.
    Failed,
    /// Cannot begin because another one failed, or needs a person.
    Blocked,
}

impl BarState {
    /// What it means for the reader.
    pub fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Ok,
            Self::Running | Self::Waiting => Tone::Wait,
            Self::Failed => Tone::Bad,
            Self::Blocked => Tone::Warn,
            Self::Expected | Self::Kept => Tone::None,
        }
    }

    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Kept => "kept",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }

    /// Its word.
    pub fn word(self, l: Locale) -> &'static str {
        match self {
            Self::Expected => t!(l, slip.expected),
            Self::Running => t!(l, slip.running),
            Self::Ok => t!(l, slip.ok),
            Self::Kept => t!(l, slip.kept),
            Self::Waiting => t!(l, slip.waiting),
            Self::Failed => t!(l, slip.failed),
            Self::Blocked => t!(l, slip.blocked),
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self {
            Self::Kept => Icon::Tick,
            other => other.tone().icon(),
        }
    }
}

/// One step. Times are seconds after the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlipBar {
    /// What it makes, with its name.
    pub label: String,
    /// Expected to begin.
    pub start_s: f64,
    /// Expected to take.
    pub len_s: f64,
    /// What it has come to.
    pub state: BarState,
    /// Began.
    pub actual_start_s: Option<f64>,
    /// Took; of a step under way, so far.
    pub actual_len_s: Option<f64>,
    /// One of those that decide the shortest time.
    pub critical: bool,
}

impl SlipBar {
    fn expected_end(&self) -> f64 {
        self.start_s + self.len_s
    }

    fn actual(&self) -> Option<(f64, f64)> {
        Some((self.actual_start_s?, self.actual_len_s.unwrap_or(0.0)))
    }

    fn end(&self) -> f64 {
        self.actual().map_or(self.expected_end(), |(start, len)| {
            (start + len).max(self.expected_end())
        })
    }
}

/// A plan, or a run of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlipView {
    /// The steps, in the order in which they are read.
    pub bars: Vec<SlipBar>,
    /// How far a run is; absent for a plan and for a run that is over.
    pub now_s: Option<f64>,
}

impl SlipView {
    /// Seconds that the axis covers: everything, and room for the last number.
    fn span_s(&self) -> f64 {
        let end = self
            .bars
            .iter()
            .map(SlipBar::end)
            .chain(self.now_s)
            .fold(0.0, f64::max);
        (end * 1.06).max(1.0)
    }

    /// Seconds at which the axis has a line.
    fn lines(&self) -> Vec<f64> {
        let span = self.span_s();
        let step = scale::time_step(span);
        (0..)
            .map(|line| f64::from(line) * step)
            .take_while(|at| *at < span * 0.985)
            .collect()
    }
}

/// The narrowest bar, as a share of the axis: two seconds of four minutes must still be seen.
const LEAST: f64 = 0.008;

/// Draws a slip. Where it is narrow, names stand above their bars.
#[component]
pub fn Slip(
    /// The plan or run.
    view: SlipView,
) -> impl IntoView {
    let l = locale();
    let span = view.span_s();
    let name = tn!(l, view.bars.len(), slip.steps);
    let lines: Vec<_> = view
        .lines()
        .into_iter()
        .map(|at| {
            let x = scale::percent(at, span);
            view! {
                <line x1=x.clone() x2=x.clone() y1="20" y2="100%"/>
                <text x=x y="12">{clock(at as u64)}</text>
            }
        })
        .collect();
    let now = view.now_s.map(|at| {
        let x = scale::percent(at, span);
        view! { <line class="now" x1=x.clone() x2=x y1="16" y2="100%"/> }
    });
    let rows: Vec<_> = view
        .bars
        .into_iter()
        .map(|bar| view! { <Row bar span/> })
        .collect();
    view! {
        <figure class="slip" role="group" aria-label=name>
            <svg class="slip-axis" width="100%" height="100%" aria-hidden="true">
                {lines}
                {now}
            </svg>
            <ol>{rows}</ol>
        </figure>
    }
    .into_any()
}

#[component]
fn Row(bar: SlipBar, span: f64) -> impl IntoView {
    let l = locale();
    let state = bar.state;
    let place = move |start: f64, len: f64| {
        let len = len.max(span * LEAST);
        (
            scale::percent(start.min(span - len), span),
            scale::percent(len, span),
        )
    };
    let (ghost_x, ghost_width) = place(bar.start_s, bar.len_s);
    let actual = bar.actual();
    let did = actual.map(|(start, len)| {
        let (x, width) = place(start, len);
        view! { <rect class="did" x=x y="6" width=width height="12" rx="3"/> }
    });
    // The outline is around what is known best: what came true once it is over, what is expected before.
    let over = matches!(state, BarState::Ok | BarState::Kept | BarState::Failed);
    let (outline_start, outline_len) = actual.filter(|_| over).unwrap_or((bar.start_s, bar.len_s));
    let outline = bar.critical.then(|| {
        let (x, width) = place(outline_start, outline_len);
        view! { <rect class="critical" x=x y="6" width=width height="12" rx="3"/> }
    });
    let said = said(&bar);
    let end = bar.end();
    let number = if end / span < 0.9 {
        view! { <text x=scale::percent(end.max(span * LEAST), span) dx="6" y="16">{said}</text> }.into_any()
    } else {
        let start = bar.actual_start_s.unwrap_or(bar.start_s).min(bar.start_s);
        view! { <text class="before" x=scale::percent(start, span) dx="-6" y="16">{said}</text> }.into_any()
    };
    view! {
        <li class=state.class() class:critical=bar.critical>
            <span class="slip-name" title=bar.label.clone()>
                <Glyph icon=state.icon()/>
                <span>{bar.label.clone()}</span>
                <span class="said-only">{spoken(&bar, l)}</span>
            </span>
            <svg class="slip-bar" width="100%" height="24" aria-hidden="true">
                <rect class="ghost" x=ghost_x y="6" width=ghost_width height="12" rx="3"/>
                {did}
                {outline}
                {number}
            </svg>
        </li>
    }
}

/// The number beside a bar.
fn said(bar: &SlipBar) -> String {
    let expected = clock(bar.len_s.round() as u64);
    match (bar.state, bar.actual_len_s) {
        (BarState::Running | BarState::Waiting, Some(len)) => {
            format!("{} / {expected}", clock(len.round() as u64))
        }
        (BarState::Kept, _) => String::new(),
        (_, Some(len)) => clock(len.round() as u64),
        (_, None) => expected,
    }
}

/// The bar in words.
fn spoken(bar: &SlipBar, l: Locale) -> String {
    let seconds = |s: f64| duration(l, s.round() as u64);
    let mut words = vec![bar.state.word(l).to_owned()];
    if let Some((start, len)) = bar.actual() {
        words.push(t!(
            l,
            slip.came_true,
            start = clock(start.round() as u64),
            len = seconds(len)
        ));
    }
    words.push(t!(
        l,
        slip.was_expected,
        start = clock(bar.start_s.round() as u64),
        len = seconds(bar.len_s)
    ));
    if bar.critical {
        words.push(t!(l, slip.critical).to_owned());
    }
    words.join(t!(l, slip.comma))
}

/// How a slip is read, for the end of its panel's heading.
#[component]
pub fn SlipLegend(
    /// Only a plan: nothing has come true yet.
    #[prop(optional)]
    plan: bool,
) -> impl IntoView {
    let l = locale();
    view! {
        <span class="legend">
            <span><svg width="22" height="12" aria-hidden="true"><rect class="ghost" x="1" y="1" width="20" height="10" rx="3"/></svg>{t!(l, slip.legend_expected)}</span>
            {(!plan).then(|| view! { <span><svg width="22" height="12" aria-hidden="true"><rect class="did" x="1" y="1" width="20" height="10" rx="3"/></svg>{t!(l, slip.legend_did)}</span> })}
            <span><svg width="22" height="12" aria-hidden="true"><rect class="critical" x="1" y="1" width="20" height="10" rx="3"/></svg>{t!(l, slip.legend_critical)}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(start_s: f64, len_s: f64) -> SlipBar {
        SlipBar {
            label: "ALB".into(),
            start_s,
            len_s,
            ..SlipBar::default()
        }
    }

    #[test]
    fn the_axis_covers_a_step_that_took_longer_than_expected() {
        let mut late = bar(10.0, 20.0);
        late.actual_start_s = Some(12.0);
        late.actual_len_s = Some(90.0);
        let view = SlipView {
            bars: vec![bar(0.0, 30.0), late],
            now_s: None,
        };
        assert!(view.span_s() > 102.0);
        assert!(view.lines().last().is_some_and(|line| *line < view.span_s()));
    }

    #[test]
    fn the_axis_covers_now() {
        let view = SlipView {
            bars: vec![bar(0.0, 30.0)],
            now_s: Some(400.0),
        };
        assert!(view.span_s() > 400.0);
    }

    #[test]
    fn an_empty_plan_has_an_axis() {
        assert_eq!(SlipView::default().lines(), [0.0]);
    }

    #[test]
    fn a_step_under_way_shows_what_it_took_and_what_it_should() {
        let mut running = bar(100.0, 70.0);
        running.state = BarState::Running;
        running.actual_start_s = Some(101.0);
        running.actual_len_s = Some(35.2);
        assert_eq!(said(&running), "0:35 / 1:10");
        assert_eq!(
            spoken(&running, Locale::en),
            "running, began at 1:41 and has taken 35 s, expected at 1:40 for 1 min 10 s"
        );
    }
}
