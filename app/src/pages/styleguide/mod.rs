//! The styleguide: tokens, every component with its states, every chart, both themes beside each other.

mod chart_samples;
pub mod charts;
pub mod pieces;
pub mod tokens;

use leptos::prelude::*;

use self::{
    charts::ChartSection,
    pieces::{FormSection, PieceSection, ThemeSampler},
    tokens::TokenSection,
};
use crate::{
    components::*,
    i18n::{locale, t},
};

/// The styleguide.
#[component]
pub fn Styleguide() -> impl IntoView {
    let l = locale();
    let steps = vec![
        step(t!(l, styleguide.step_account), Some("#form"), StepMark::Done),
        step(t!(l, styleguide.step_image), Some("#form"), StepMark::Problem),
        step(t!(l, styleguide.step_network), None, StepMark::Here),
        step(t!(l, styleguide.step_service), None, StepMark::Ahead),
        step(t!(l, styleguide.step_frontend), None, StepMark::Ahead),
        step(t!(l, styleguide.step_review), None, StepMark::Ahead),
    ];
    view! {
        <Frame place=Place::Nowhere trail=vec![Crumb::here(t!(l, styleguide.title))] aside=t!(l, styleguide.aside)>
            <Steps items=steps/>
            <PageHead
                title=t!(l, styleguide.title)
                beside=view! { <State tone=Tone::Ok word=t!(l, styleguide.healthy)/> }
                lead=t!(l, styleguide.lead)
                actions=view! {
                    <LinkButton href="#charts">{t!(l, styleguide.charts)}</LinkButton>
                    <LinkButton href="#form" kind=ButtonKind::Primary>{t!(l, styleguide.forms)}</LinkButton>
                }
            />
            <Facts>
                <Fact name=t!(l, styleguide.elapsed) value="2:12"/>
                <Fact name=t!(l, styleguide.expected) value="3:35"/>
                <Fact name=t!(l, styleguide.step_count) value="11" more="/ 14"/>
                <Fact name=t!(l, styleguide.calls) value="63" more=t!(l, styleguide.retries, n = 2)/>
                <Fact name=t!(l, styleguide.cost) value="¥5,790" more=t!(l, cost.per_month)/>
            </Facts>
            <PieceSection/>
            <FormSection/>
            <ChartSection/>
            <div class="themes">
                <div class="light"><ThemeSampler name="light"/></div>
                <div class="dark"><ThemeSampler name="dark"/></div>
            </div>
            <TokenSection/>
        </Frame>
    }
}

fn step(label: &str, href: Option<&str>, mark: StepMark) -> StepItem {
    StepItem {
        label: label.to_owned(),
        href: href.map(str::to_owned),
        mark,
    }
}
