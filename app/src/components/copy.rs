//! Code blocks, folded details and AWS ids, with their copy buttons.

use leptos::prelude::*;

use super::{CopyButton, Glyph, Icon, Text};
use crate::i18n::{locale, t};

/// A command or a file, with a copy button beside it. Long lines scroll, they do not wrap.
#[component]
pub fn Code(
    /// The text.
    #[prop(into)]
    text: String,
    /// What it is, above it: a file name, "AWS CLI".
    #[prop(optional, into)]
    title: Text,
) -> impl IntoView {
    let l = locale();
    let label = title.clone().get().unwrap_or_else(|| t!(l, copy.code).into());
    view! {
        <figure class="code">
            {title.get().map(|title| view! { <figcaption>{title}</figcaption> })}
            <div class="paper">
                <pre tabindex="0" role="group" aria-label=label><code>{text.clone()}</code></pre>
                <CopyButton text/>
            </div>
        </figure>
    }
    .into_any()
}

/// Something folded away until asked for: the CLI equivalent, the raw answer.
#[component]
pub fn Disclosure(
    /// The line that opens it.
    #[prop(into)]
    summary: Text,
    /// Open from the start.
    #[prop(optional)]
    open: bool,
    /// What is folded away.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" open=open>
            <summary>{summary.get()}</summary>
            <div class="inside">{children()}</div>
        </details>
    }
    .into_any()
}

/// An AWS id or ARN with its copy button and, where there is one, its page in AWS's console.
#[component]
pub fn AwsId(
    /// The whole id; it is what is copied.
    #[prop(into)]
    id: String,
    /// Its page in AWS's console.
    #[prop(optional, into)]
    console: Text,
    /// Shorten the middle beyond this many characters. The whole stays in the tooltip and in the copy.
    #[prop(default = 48)]
    max_chars: usize,
) -> impl IntoView {
    let l = locale();
    let shown = crate::format::shortened(&id, max_chars);
    let title = (shown != id).then(|| id.clone());
    let name = t!(l, copy.copy_what, what = id.clone());
    view! {
        <span class="aws-id">
            <code title=title>{shown}</code>
            <CopyButton text=id.clone() label=name/>
            {console.get().map(|href| view! {
                <a class="console" href=href target="_blank" rel="noreferrer" aria-label=t!(l, copy.console_of, what = id) title=t!(l, copy.console)>
                    <Glyph icon=Icon::External/>
                </a>
            })}
        </span>
    }
    .into_any()
}
