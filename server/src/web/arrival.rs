//! An image that arrives: event `image` as soon as the repository holds what a draft names.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use app::backend::SharedBackend;
use app::backend::error::PanelErrorCode;
use axum::extract::{Extension, Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::once;

use super::events::refuse;
use crate::panel::Panel;

/// Pause between two questions to the registry.
const PAUSE: Duration = Duration::from_secs(3);
/// The stream ends after this many questions; the browser comes back, and is asked who it is again.
const QUESTIONS: u32 = 200;

/// So many refusals in a row are no accident.
const REFUSALS: u32 = 3;
/// The browser comes back so long after it heard of a refusal.
const REFUSED_PAUSE: Duration = Duration::from_secs(15);

/// `GET /drafts/{id}/image/events`.
pub(super) async fn stream(
    State(panel): State<Arc<Panel>>,
    Extension(backend): Extension<SharedBackend>,
    Path(draft): Path<String>,
) -> Response {
    // Nobody comes back to a draft that is not there, or is a run by now. An account that does not answer is asked again.
    if let Err(error) = backend.image_digest(&draft).await
        && ends(error.code)
    {
        return refuse(error);
    }
    let event = once(async move { Ok::<_, Infallible>(arrival(&panel, &backend, &draft).await) });
    Sse::new(event)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response()
}

/// Whether asking again can't help.
fn ends(code: PanelErrorCode) -> bool {
    matches!(
        code,
        PanelErrorCode::SignInNeeded | PanelErrorCode::NotFound | PanelErrorCode::DraftDone
    )
}

/// The event, or a comment when it is time to come back.
async fn arrival(panel: &Panel, backend: &SharedBackend, draft: &str) -> Event {
    let mut refusals = 0;
    for _ in 0..QUESTIONS {
        match backend.image_digest(draft).await {
            Ok(Some(digest)) => return Event::default().event("image").data(digest),
            Ok(None) => refusals = 0,
            // An account that does not answer for a moment is asked again; one that goes on refusing is named.
            Err(error) => {
                refusals += 1;
                if refusals >= REFUSALS
                    && let Some(fault) = &error.fault
                    && let Ok(data) = serde_json::to_string(fault)
                {
                    return Event::default().event("refused").data(data).retry(REFUSED_PAUSE);
                }
            }
        }
        tokio::select! {
            () = panel.stopping.cancelled() => break,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    Event::default().comment("not yet")
}
