//! The wizard's pages as a numbered way: those behind are links back.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::i18n::{locale, t};

/// How far a page of the wizard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepMark {
    /// Filled in.
    Done,
    /// Something on it must be looked at again.
    Problem,
    /// This page.
    Here,
    /// Not yet.
    Ahead,
}

/// One page of the wizard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepItem {
    /// Its name.
    pub label: String,
    /// Where it is, when it may be opened.
    pub href: Option<String>,
    /// How far it is.
    pub mark: StepMark,
}

/// The wizard's pages as a numbered way.
#[component]
pub fn Steps(
    /// The pages in order.
    items: Vec<StepItem>,
) -> impl IntoView {
    let l = locale();
    let total = items.len();
    let here = items
        .iter()
        .position(|item| item.mark == StepMark::Here)
        .map_or(0, |index| index + 1);
    let items: Vec<_> = items
        .into_iter()
        .enumerate()
        .map(|(index, item)| {
            let number = match item.mark {
                StepMark::Done => view! { <Glyph icon=Icon::Tick/> }.into_any(),
                StepMark::Problem => "!".into_any(),
                StepMark::Here | StepMark::Ahead => (index + 1).into_any(),
            };
            let class = match item.mark {
                StepMark::Done => "done",
                StepMark::Problem => "problem",
                StepMark::Here => "here",
                StepMark::Ahead => "ahead",
            };
            let spoken = match item.mark {
                StepMark::Done => Some(t!(l, steps.done)),
                StepMark::Problem => Some(t!(l, steps.problem)),
                StepMark::Here | StepMark::Ahead => None,
            };
            let inner = view! {
                <b>{number}</b>
                <span>{item.label}</span>
                {spoken.map(|spoken| view! { <span class="said-only">{spoken}</span> })}
            };
            let current = (item.mark == StepMark::Here).then_some("step");
            match item.href {
                Some(href) if item.mark != StepMark::Here => {
                    view! { <li class=class><a href=href>{inner}</a></li> }.into_any()
                }
                _ => view! { <li class=class aria-current=current><span class="spot">{inner}</span></li> }
                    .into_any(),
            }
        })
        .collect();
    view! {
        <nav class="steps" aria-label=t!(l, steps.label, here = here, total = total)>
            <p class="count" aria-hidden="true">{t!(l, steps.label, here = here, total = total)}</p>
            <ol>{items}</ol>
        </nav>
    }
    .into_any()
}
