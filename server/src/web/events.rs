//! A run as it happens: server-sent events, and the whole view as JSON.
//!
//! Each event is named `run` and holds a whole `RunMoment` in the reader's language; its id is the newest thing that
//! happened in it. So whoever lost the line has everything again with the first event of the next one, and nothing has to
//! be replayed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use app::backend::SharedBackend;
use app::backend::error::{PanelError, PanelErrorCode};
use app::backend::runs::RunView;
use app::i18n::Locale;
use app::pages::run_sheet::RunMoment;
use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::unfold;
use tokio::sync::broadcast::Receiver;
use tokio::time::Instant;
use uuid::Uuid;

use crate::backend::id;
use crate::panel::Panel;
use crate::runs::watch::{self, Signal};

/// A comment this often keeps proxies from closing a quiet line.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after this long: the browser comes back, and is asked who it is again.
const LONGEST_STREAM: Duration = Duration::from_secs(15 * 60);
/// A word from the database may get lost: look anyway this often.
const LOOK_ANYWAY: Duration = Duration::from_secs(10);
/// At most four events a second: what happens in between travels with the next one.
const BREATH: Duration = Duration::from_millis(250);

/// `GET /runs/{id}/events`.
pub(super) async fn stream(
    State(panel): State<Arc<Panel>>,
    Extension(backend): Extension<SharedBackend>,
    Path(run): Path<String>,
    headers: HeaderMap,
) -> Response {
    // Listening begins before the first look, so that nothing falls between.
    let signals = panel.signals.subscribe();
    let (run_id, view) = match open(&backend, &run).await {
        Ok(found) => found,
        Err(error) => return refuse(error),
    };
    let line = Line {
        until: Instant::now() + LONGEST_STREAM,
        seen: None,
        locale: app::locale_of(&headers),
        panel,
        backend,
        view,
        run_id,
        signals,
    };
    let sse = Sse::new(events(line)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    // Proxies that collect answers would turn live into late.
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    ([unbuffered], sse).into_response()
}

/// `GET /runs/{id}/view.json`: what the run page shows.
pub(super) async fn view(Extension(backend): Extension<SharedBackend>, Path(run): Path<String>) -> Response {
    match backend.run(&run).await {
        Ok(view) => Json(view).into_response(),
        Err(error) => refuse(error),
    }
}

/// A refusal as JSON with the status that fits.
pub(super) fn refuse(error: PanelError) -> Response {
    let status = match error.code {
        PanelErrorCode::SignInNeeded => StatusCode::UNAUTHORIZED,
        PanelErrorCode::NotFound => StatusCode::NOT_FOUND,
        PanelErrorCode::DraftDone => StatusCode::GONE,
        PanelErrorCode::Storage => StatusCode::SERVICE_UNAVAILABLE,
        PanelErrorCode::BadRequest | PanelErrorCode::Form => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(serde_json::json!({ "error": error }))).into_response()
}

async fn open(backend: &SharedBackend, run: &str) -> Result<(Uuid, RunView), PanelError> {
    Ok((id(run)?, backend.run(run).await?))
}

fn events(line: Line) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(line, |mut line| async move {
        let event = line.next().await?;
        Some((Ok(event), line))
    })
}

/// One open stream.
struct Line {
    panel: Arc<Panel>,
    backend: SharedBackend,
    /// The run as it was seen last.
    view: RunView,
    run_id: Uuid,
    locale: Locale,
    signals: Receiver<Signal>,
    /// The newest event that was sent; `None` before the first one.
    seen: Option<i64>,
    until: Instant,
}

impl Line {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.seen.is_some() {
                self.look_again().await?;
            }
            let moment = RunMoment::of(self.locale, &self.view);
            if self.seen == Some(moment.last_event) {
                continue;
            }
            self.seen = Some(moment.last_event);
            let event = Event::default().event("run").id(moment.last_event.to_string());
            match serde_json::to_string(&moment) {
                Ok(data) => return Some(event.data(data)),
                Err(error) => {
                    tracing::error!(%error, run = self.view.id, "a run's moment can't be written");
                    return None;
                }
            }
        }
    }

    /// Waits for a word about the run, or a while, and looks. `None` ends the stream.
    async fn look_again(&mut self) -> Option<()> {
        let pause = async {
            tokio::time::sleep(BREATH).await;
            tokio::select! {
                heard = watch::word_about(&mut self.signals, self.run_id) => heard,
                () = tokio::time::sleep(LOOK_ANYWAY) => true,
            }
        };
        let goes_on = tokio::select! {
            () = self.panel.stopping.cancelled() => false,
            () = tokio::time::sleep_until(self.until) => false,
            goes_on = pause => goes_on,
        };
        if !goes_on {
            return None;
        }
        match self.backend.run_progress(&self.view.id).await {
            Ok(progress) => {
                self.view.advance(progress);
                Some(())
            }
            Err(error) => {
                // The browser comes back, and gets a plain answer then.
                tracing::warn!(code = ?error.code, run = self.view.id, "a stream of events broke");
                None
            }
        }
    }
}
