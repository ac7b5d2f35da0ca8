//! Tokens, components and charts with their states.

use leptos::prelude::*;

use crate::components::*;

/// The styleguide. Its words are names of things in the code, so they are not translated.
#[component]
pub fn Styleguide() -> impl IntoView {
    view! {
        <Frame place=Place::Nowhere trail=vec![Crumb::here("Styleguide")]>
            <PageHead title="Styleguide" lead="Every component with its states."/>
            <Panel title="State">
                <div class="actions">
                    <State tone=Tone::Ok word="Healthy"/>
                    <State tone=Tone::Warn word="Drift"/>
                    <State tone=Tone::Bad word="Down"/>
                    <State tone=Tone::Wait word="Waiting" live=true/>
                    <State tone=Tone::None word="Kept"/>
                </div>
            </Panel>
        </Frame>
    }
}
