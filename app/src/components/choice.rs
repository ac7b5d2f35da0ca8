//! Choices laid out as cards: what is proposed, why, and what else there is.

use leptos::prelude::*;

use super::{Glyph, Problems, Slot, Text, Tone};

/// A group of choices with its question.
#[component]
pub fn Choices(
    /// The question.
    #[prop(into)]
    legend: Text,
    /// The field's name, to find its problems.
    #[prop(optional, into)]
    name: Text,
    /// What to know before choosing.
    #[prop(optional, into)]
    hint: Text,
    /// The form's problems; the group takes its own.
    #[prop(optional, into)]
    problems: Problems,
    /// `Choice`s.
    children: Children,
) -> impl IntoView {
    let name = name.get().unwrap_or_default();
    let wrong = problems.of(&name);
    let id = format!("field-{name}");
    let problem_id = format!("{id}-problem");
    let messages: Vec<_> = wrong
        .iter()
        .map(|problem| view! { <span data-code=problem.code.clone()>{problem.message.clone()}</span> })
        .collect();
    let problem = (!wrong.is_empty()).then(|| {
        view! { <p class="problem" id=problem_id.clone()><Glyph icon=Tone::Bad.icon()/><span>{messages}</span></p> }
    });
    view! {
        <fieldset
            id=(!name.is_empty()).then_some(id)
            class:wrong=!wrong.is_empty()
            aria-describedby=(!wrong.is_empty()).then_some(problem_id.clone())
        >
            <legend>{legend.get()}</legend>
            {hint.get().map(|hint| view! { <small>{hint}</small> })}
            {problem}
            {children()}
        </fieldset>
    }
    .into_any()
}

/// One choice. Radio unless `many`.
#[component]
pub fn Choice(
    /// The field's name in the form.
    #[prop(into)]
    name: String,
    /// What is sent.
    #[prop(into)]
    value: String,
    /// Chosen now.
    #[prop(optional)]
    checked: bool,
    /// Cannot be chosen. `why` says why.
    #[prop(optional)]
    disabled: bool,
    /// Several of the group may be chosen.
    #[prop(optional)]
    many: bool,
    /// One line: why it is proposed, or what it means.
    #[prop(optional, into)]
    why: Text,
    /// A state at the far end: usable, proposed, too wide.
    #[prop(optional, into)]
    state: Slot,
    /// What is chosen.
    children: Children,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input type=if many { "checkbox" } else { "radio" } name=name value=value checked=checked disabled=disabled/>
            <span class="what">{children()}</span>
            <span class="state-of">{state.get()}</span>
            {why.get().map(|why| view! { <span class="why">{why}</span> })}
        </label>
    }
    .into_any()
}
