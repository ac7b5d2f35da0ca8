//! The form that is on its way.

use leptos::prelude::*;

use super::Spinner;
use crate::i18n::{locale, t};
use crate::live::form::show_sending;

/// Says that a form is being sent, when that takes longer than a moment; its button is busy meanwhile. Frames place it.
#[island]
pub fn Sending() -> impl IntoView {
    let l = locale();
    let (sending, set_sending) = signal(false);
    Effect::new(move || show_sending(move |now| set_sending.set(now)));
    view! {
        <p class="sending" role="status">
            {move || sending.get().then(|| view! { <Spinner/> <span>{t!(l, state.sending)}</span> })}
        </p>
    }
}
