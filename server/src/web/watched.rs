//! For somebody who works on the panel: open pages load again when the server or its stylesheet is a new one.
//!
//! `cargo xtask dev` asks for it with `LEPTOS_WATCH`; no installation does.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::Stream;
use futures::stream::unfold;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(500);

/// `GET /watched`: an event with a mark of what is served, at once and whenever it changes. A server that was started
/// again has another mark: the browser comes back by itself and sees it.
pub(super) fn router(stylesheet: PathBuf, stopping: CancellationToken) -> Router {
    let started = SystemTime::now();
    let answer = move || {
        let mark = Mark {
            started,
            stylesheet: stylesheet.clone(),
            stopping: stopping.clone(),
        };
        async { Sse::new(marks(mark)) }
    };
    Router::new().route("/watched", get(answer))
}

struct Mark {
    started: SystemTime,
    stylesheet: PathBuf,
    stopping: CancellationToken,
}

impl Mark {
    fn now(&self) -> String {
        let styled = std::fs::metadata(&self.stylesheet).and_then(|about| about.modified());
        format!("{:?} {:?}", self.started, styled.ok())
    }
}

fn marks(mark: Mark) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold((mark, String::new()), |(mark, sent)| async move {
        loop {
            let now = mark.now();
            if now != sent {
                return Some((Ok(Event::default().data(&now)), (mark, now)));
            }
            tokio::select! {
                () = mark.stopping.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    })
}
