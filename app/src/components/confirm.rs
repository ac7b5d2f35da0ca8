//! A question before something that ends or removes. A `<details>`, so it needs no JavaScript and no second page.

use leptos::prelude::*;

use super::Text;

/// A button that opens a question; the form inside does it. `<Confirm open=… question=…><form …>…</form></Confirm>`
#[component]
pub fn Confirm(
    /// The words on the button that opens the question.
    #[prop(into)]
    open: Text,
    /// What will happen, with its numbers: what is stopped, what stays, what it costs.
    #[prop(into)]
    question: Text,
    /// It ends or removes something.
    #[prop(optional)]
    danger: bool,
    /// The form that does it.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="confirm">
            <summary class="button" class:danger=danger>{open.get()}</summary>
            <div class="sheet" role="group">
                <p>{question.get()}</p>
                {children()}
            </div>
        </details>
    }
    .into_any()
}
