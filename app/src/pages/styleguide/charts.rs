//! The charts with their states.

use leptos::prelude::*;

use super::chart_samples as samples;
use crate::{
    charts::*,
    components::*,
    i18n::{locale, t},
};

/// Every chart.
#[component]
pub fn ChartSection() -> impl IntoView {
    let l = locale();
    view! {
        <Panel title=t!(l, styleguide.slip_plan) id="charts" end=view! { <SlipLegend plan=true/> }>
            <Slip view=samples::slip(l, samples::Moment::Plan)/>
        </Panel>
        <Panel title=t!(l, styleguide.slip_run) beside=view! { <State tone=Tone::Wait word=t!(l, slip.running) live=true/> } end=view! { <SlipLegend/> }>
            <Slip view=samples::slip(l, samples::Moment::Running)/>
        </Panel>
        <Panel title=t!(l, styleguide.slip_failed) beside=view! { <State tone=Tone::Bad word=t!(l, slip.failed)/> } end=view! { <SlipLegend/> }>
            <Slip view=samples::slip(l, samples::Moment::Failed)/>
        </Panel>
        <Panel title=t!(l, graph.label)>
            <Graph view=samples::graph(l)/>
        </Panel>
        <Panel title=t!(l, styleguide.day) end="99.97%">
            <HistoryBars slots=samples::day() label=t!(l, styleguide.day_label) from="14:30" to="14:30"/>
        </Panel>
        <Panel title=t!(l, styleguide.latency) beside=view! { <Tag>"24 h"</Tag> }>
            <Latency view=samples::latency() label=t!(l, styleguide.latency_label)/>
        </Panel>
        <Panel title=t!(l, styleguide.sparks) flush=true>
            <Table label=t!(l, styleguide.sparks)>
                <tbody>
                    <tr><td><a href="#charts">"vendor0919"</a></td><td><State tone=Tone::Ok word=t!(l, styleguide.healthy)/></td><td><Spark values=samples::spark(0) label="24 h"/></td></tr>
                    <tr><td><a href="#charts">"vendor0919-stg"</a></td><td><State tone=Tone::Bad word=t!(l, styleguide.down)/></td><td><Spark values=samples::spark(1) label="24 h"/></td></tr>
                    <tr><td><a href="#charts">"report-worker"</a></td><td><State tone=Tone::None word=t!(l, path.unknown)/></td><td><Spark values=vec![None; 24] label="24 h"/></td></tr>
                </tbody>
            </Table>
        </Panel>
    }
    .into_any()
}
