//! Things said on a page: notes, errors with their next click, empty states, and what a form answered.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{Glyph, Slot, Text, Tone};
use crate::i18n::{locale, t};

/// Something to know, in the page's flow. `tone` is `None` for plain information.
#[component]
pub fn Note(
    /// What it means for the reader.
    #[prop(optional)]
    tone: Tone,
    /// The first words, strong.
    #[prop(optional, into)]
    title: Text,
    /// The rest, with links to what to do.
    children: Children,
) -> impl IntoView {
    let role = match tone {
        Tone::Bad => "alert",
        Tone::Ok | Tone::Warn | Tone::Wait | Tone::None => "note",
    };
    view! {
        <div class=format!("note {}", tone.class()) role=role>
            {(tone != Tone::None).then(|| view! { <Glyph icon=tone.icon()/> })}
            <div class="said">{title.get().map(|title| view! { <b>{title}</b> " " })} {children()}</div>
        </div>
    }
    .into_any()
}

/// What went wrong, why, and the next click. AWS's own code, message and request id stay readable and are never the only text.
#[component]
pub fn ErrorNote(
    /// What did not work, in the reader's words.
    #[prop(into)]
    title: Text,
    /// Why, in the reader's words.
    #[prop(optional, into)]
    why: Text,
    /// The code of whoever refused (`AccessDeniedException`).
    #[prop(optional, into)]
    code: Text,
    /// Their message, as they said it.
    #[prop(optional, into)]
    message: Text,
    /// Their request id, for support.
    #[prop(optional, into)]
    request_id: Text,
    /// The next click: a link or a form.
    #[prop(optional, into)]
    next: Slot,
) -> impl IntoView {
    let l = locale();
    let detail = (code.is_some() || message.is_some()).then(|| {
        view! {
            <p class="raw">
                {code.get().map(|code| view! { <code>{code}</code> " " })}
                {message.get()}
                {request_id.get().map(|id| view! { <span class="muted">" · " {t!(l, error.request)} " " <code>{id}</code></span> })}
            </p>
        }
    });
    view! {
        <div class="note bad" role="alert">
            <Glyph icon=Tone::Bad.icon()/>
            <div class="said">
                <p><b>{title.get()}</b> " " {why.get()}</p>
                {detail}
                {next.get().map(|next| view! { <div class="actions">{next}</div> })}
            </div>
        </div>
    }
    .into_any()
}

/// Nothing here yet: what will be here, and how it gets here.
#[component]
pub fn Empty(
    /// What is not here.
    #[prop(into)]
    title: Text,
    /// The click that changes that.
    #[prop(optional, into)]
    actions: Slot,
    /// What will be here and what it is good for.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <svg width="120" height="56" viewBox="0 0 120 56" aria-hidden="true">
                <rect x="6" y="6" width="46" height="9" rx="4.5"/>
                <rect x="30" y="22" width="58" height="9" rx="4.5"/>
                <rect x="66" y="38" width="48" height="9" rx="4.5" class="last"/>
            </svg>
            <h3>{title.get()}</h3>
            <p class="lead">{children()}</p>
            {actions.get().map(|actions| view! { <div class="actions">{actions}</div> })}
        </div>
    }
    .into_any()
}

/// What the last form answered, as a fixed code in the address: `see_other("/stacks/x?note=saved")`. A text from the
/// address itself is never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Saved.
    Saved,
    /// Added.
    Added,
    /// Removed.
    Removed,
    /// Started.
    Started,
    /// Asked to stop.
    Stopping,
    /// Signed out.
    SignedOut,
    /// The session is over.
    Expired,
}

impl Noted {
    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::Saved,
        Self::Added,
        Self::Removed,
        Self::Started,
        Self::Stopping,
        Self::SignedOut,
        Self::Expired,
    ];

    /// Its value of the `note` parameter.
    pub fn code(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::SignedOut => "signed_out",
            Self::Expired => "expired",
        }
    }

    /// The path with this answer added to it.
    pub fn on(self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}note={}", self.code())
    }
}

/// Shows what the last form answered. The frames place it; pages need not.
#[component]
pub fn Flash() -> impl IntoView {
    let l = locale();
    let code = use_query_map().with_untracked(|query| query.get("note"));
    let noted = Noted::ALL
        .into_iter()
        .find(|noted| Some(noted.code()) == code.as_deref())?;
    let (tone, text) = match noted {
        Noted::Saved => (Tone::Ok, t!(l, flash.saved)),
        Noted::Added => (Tone::Ok, t!(l, flash.added)),
        Noted::Removed => (Tone::Ok, t!(l, flash.removed)),
        Noted::Started => (Tone::Wait, t!(l, flash.started)),
        Noted::Stopping => (Tone::Wait, t!(l, flash.stopping)),
        Noted::SignedOut => (Tone::Ok, t!(l, flash.signed_out)),
        Noted::Expired => (Tone::Warn, t!(l, flash.expired)),
    };
    Some(view! {
        <div class=format!("note flash {}", tone.class()) role="status">
            <Glyph icon=tone.icon()/>
            <div class="said">{text}</div>
        </div>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_joins_the_query_that_is_there() {
        assert_eq!(Noted::Saved.on("/stacks/x"), "/stacks/x?note=saved");
        assert_eq!(
            Noted::SignedOut.on("/sign-in?next=/"),
            "/sign-in?next=/&note=signed_out"
        );
    }
}
