//! The graph: what waits for what. The same steps as the slip, by order instead of by time.

use std::collections::HashMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    BarState,
    graph_layout::{Edge, Layout, Spot, layout},
    scale::trimmed,
};
use crate::i18n::{locale, t, tn};

const BOX_WIDTH: f64 = 164.0;
const BOX_HEIGHT: f64 = 44.0;
const COLUMN: f64 = 200.0;
const ROW: f64 = 58.0;
const EDGE: f64 = 6.0;

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GraphNode {
    /// Its id, as others name it in `after`.
    pub id: String,
    /// What it is: "ALB".
    pub kind: String,
    /// Its name: `vendor0919-alb`.
    pub name: String,
    /// What it has come to.
    pub state: BarState,
    /// One of those that decide the shortest time.
    pub critical: bool,
    /// Ids of the steps it waits for.
    pub after: Vec<String>,
}

/// A plan, or a run of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GraphView {
    /// The steps.
    pub nodes: Vec<GraphNode>,
}

impl GraphView {
    fn layout(&self) -> Layout {
        let index: HashMap<&str, usize> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| (node.id.as_str(), index))
            .collect();
        let after: Vec<Vec<usize>> = self
            .nodes
            .iter()
            .map(|node| {
                node.after
                    .iter()
                    .filter_map(|id| index.get(id.as_str()).copied())
                    .collect()
            })
            .collect();
        layout(&after)
    }
}

/// Draws a graph from left to right, in a region that scrolls by itself.
#[component]
pub fn Graph(
    /// The plan or run.
    view: GraphView,
) -> impl IntoView {
    let l = locale();
    let placed = view.layout();
    let width = placed.layers.saturating_sub(1) as f64 * COLUMN + BOX_WIDTH + 2.0 * EDGE;
    let height = placed.rows.saturating_sub(1) as f64 * ROW + BOX_HEIGHT + 2.0 * EDGE;
    let edges: Vec<_> = placed
        .edges
        .iter()
        .map(|edge| {
            let (from, to) = (&view.nodes[edge.from], &view.nodes[edge.to]);
            let critical = from.critical && to.critical;
            let done = matches!(from.state, BarState::Ok | BarState::Kept);
            view! { <path d=curve(edge) class="edge" class:critical=critical class:done=done/> }
        })
        .collect();
    let boxes: Vec<_> = view
        .nodes
        .iter()
        .zip(&placed.spots)
        .map(|(node, spot)| view! { <Node node=node.clone() spot=*spot/> })
        .collect();
    let names: HashMap<&str, &GraphNode> = view.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let words: Vec<_> = view
        .nodes
        .iter()
        .map(|node| {
            let after: Vec<_> = node
                .after
                .iter()
                .filter_map(|id| names.get(id.as_str()))
                .map(|before| format!("{} {}", before.kind, before.name))
                .collect();
            let what = format!(
                "{} {}{}{}",
                node.kind,
                node.name,
                t!(l, slip.comma),
                node.state.word(l)
            );
            let text = match after.is_empty() {
                true => what,
                false => t!(l, graph.after, what = what, after = after.join(t!(l, slip.comma))),
            };
            view! { <li>{text}</li> }
        })
        .collect();
    let label = tn!(l, view.nodes.len(), slip.steps);
    view! {
        <figure class="graph" role="group" aria-label=label>
            <div class="scroll" tabindex="0" role="region" aria-label=t!(l, graph.label)>
                <svg width=trimmed(width) height=trimmed(height) aria-hidden="true">
                    {edges}
                    {boxes}
                </svg>
            </div>
            <ol class="said-only">{words}</ol>
        </figure>
    }
    .into_any()
}

#[component]
fn Node(node: GraphNode, spot: Spot) -> impl IntoView {
    let (x, y) = corner(spot);
    let l = locale();
    let title = format!("{} {} · {}", node.kind, node.name, node.state.word(l));
    view! {
        <g class=format!("node {}", node.state.class()) class:critical=node.critical transform=format!("translate({} {})", trimmed(x), trimmed(y))>
            <title>{title}</title>
            <rect width=BOX_WIDTH height=BOX_HEIGHT rx="6"/>
            <StateMark state=node.state/>
            <text class="kind" x="30" y="18">{fitted(&node.kind, 126.0)}</text>
            <text class="name" x="30" y="34">{fitted(&node.name, 126.0)}</text>
        </g>
    }
    .into_any()
}

/// The tone's shape, small, inside of a box: seen without colour.
#[component]
fn StateMark(state: BarState) -> impl IntoView {
    match state {
        BarState::Ok => view! { <circle class="shape" cx="16" cy="14" r="5"/><path class="cut" d="m13.6 14.2 1.7 1.7 3.1-3.5"/> }.into_any(),
        BarState::Kept => view! { <path class="line" d="m12 14.2 2.7 2.7 5-5.8"/> }.into_any(),
        BarState::Running | BarState::Waiting => view! { <circle class="line" cx="16" cy="14" r="4.5"/><circle class="shape pulse" cx="16" cy="14" r="2"/> }.into_any(),
        BarState::Failed => view! { <rect class="shape" x="11" y="9" width="10" height="10" rx="2"/><path class="cut" d="m13.8 11.8 4.4 4.4m0-4.4-4.4 4.4"/> }.into_any(),
        BarState::Blocked => view! { <path class="shape" d="m16 8.2 5.8 5.8-5.8 5.8-5.8-5.8z"/><path class="cut" d="M16 11.4v3M16 16.3v.2"/> }.into_any(),
        BarState::Expected => view! { <circle class="line" cx="16" cy="14" r="4.5"/> }.into_any(),
    }
}

fn corner(spot: Spot) -> (f64, f64) {
    (EDGE + spot.layer as f64 * COLUMN, EDGE + spot.row * ROW)
}

/// A way of soft bends from the right side of a box to the left side of another.
fn curve(edge: &Edge) -> String {
    let mut path = String::new();
    for pair in edge.way.windows(2) {
        let (from, to) = (corner(pair[0]), corner(pair[1]));
        let (x1, y1) = (from.0 + BOX_WIDTH, from.1 + BOX_HEIGHT / 2.0);
        let (x2, y2) = (to.0, to.1 + BOX_HEIGHT / 2.0);
        let middle = (x1 + x2) / 2.0;
        // A bend is as wide as a box: the edge runs straight through it.
        path.push_str(&format!(
            "{}{} {}",
            if path.is_empty() { 'M' } else { 'L' },
            trimmed(x1),
            trimmed(y1)
        ));
        path.push_str(&format!(
            "C{} {} {} {} {} {}",
            trimmed(middle),
            trimmed(y1),
            trimmed(middle),
            trimmed(y2),
            trimmed(x2),
            trimmed(y2)
        ));
    }
    path
}

/// As much of a text as fits into so many pixels of 12 px type: SVG does not cut text by itself.
fn fitted(text: &str, width: f64) -> String {
    let of = |c: char| if c.is_ascii() { 6.6 } else { 12.0 };
    if text.chars().map(of).sum::<f64>() <= width {
        return text.to_owned();
    }
    let mut left = width - 10.0;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            left -= of(*c);
            left >= 0.0
        })
        .collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, after: &[&str]) -> GraphNode {
        GraphNode {
            id: id.into(),
            kind: id.into(),
            after: after.iter().map(ToString::to_string).collect(),
            ..GraphNode::default()
        }
    }

    #[test]
    fn an_unknown_id_is_not_an_edge() {
        let view = GraphView {
            nodes: vec![node("a", &["gone"]), node("b", &["a"])],
        };
        assert_eq!(view.layout().edges.len(), 1);
    }

    #[test]
    fn a_long_name_is_cut_by_its_width_not_its_letters() {
        assert_eq!(fitted("vendor0919-alb", 126.0), "vendor0919-alb");
        assert_eq!(fitted("ロードバランサーのリスナー", 126.0), "ロードバランサーの…");
        assert!(fitted("a-very-long-name-of-a-service", 126.0).ends_with('…'));
    }

    #[test]
    fn a_curve_starts_at_the_right_side_and_ends_at_the_left() {
        let edge = Edge {
            from: 0,
            to: 1,
            way: vec![Spot { layer: 0, row: 0.0 }, Spot { layer: 1, row: 1.0 }],
        };
        assert_eq!(curve(&edge), "M170 28C188 28 188 86 206 86");
    }
}
