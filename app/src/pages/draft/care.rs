//! The wizard's forms while they are filled in: the engine's own checks, in the browser.

use engine::spec::field;
use engine::spec::problem::Problem;
use leptos::prelude::*;

use crate::components::*;
use crate::i18n::locale;
use crate::live::form::look_after;
use crate::words;

const TEMPLATE: &str = "problem-template";

/// Says what is wrong with a field as soon as it is left.
#[island]
pub fn Care() -> impl IntoView {
    Effect::new(|| look_after(TEMPLATE, wrong));
    view! { <p class="problem" id=TEMPLATE hidden=true><Glyph icon=Tone::Bad.icon()/><span></span></p> }
}

/// The sentence for a field that breaks a rule.
fn wrong(field: &str, text: &str) -> Option<String> {
    let code = field::named(field, text).err()?;
    let problem = Problem {
        field: field.to_owned(),
        code,
        given: text.trim().to_owned(),
    };
    Some(words::problem::problem(locale(), &problem))
}
