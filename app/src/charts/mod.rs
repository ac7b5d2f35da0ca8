//! The charts: drawn as SVG on the server from plain structs, and again by an island when its data moves.
//!
//! | chart | view | shows |
//! |---|---|---|
//! | [`Slip`] | [`SlipView`] of [`SlipBar`] | a plan on a time axis, expected and come true ([`SlipLegend`] explains it) |
//! | [`Graph`] | [`GraphView`] of [`GraphNode`] | what waits for what |
//! | [`PathWay`] | `Vec<`[`Hop`]`>` | the way a packet goes, and the hop that stops it |
//! | [`HistoryBars`] | `Vec<`[`HistoryBar`]`>` | how a day or a month went |
//! | [`Latency`] | [`LatencyView`] | median, 95th and 99th percentile, deploys, incidents |
//! | [`Spark`] | `Vec<Option<f64>>` | the shape of a day in a row |
//!
//! Horizontal places are percentages, so a chart fills its place at any width and its text keeps its size. Every chart
//! says what it shows in words too.

mod bars;
mod graph;
mod graph_layout;
mod latency;
mod path;
mod scale;
mod slip;
mod spark;

pub use bars::*;
pub use graph::*;
pub use latency::*;
pub use path::*;
pub use slip::*;
pub use spark::*;
