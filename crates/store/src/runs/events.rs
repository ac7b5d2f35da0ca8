//! What happened in a run, in order, and who wants to know.

use std::time::Duration;

use engine::run::RunState;
use futures::Stream;
use futures::stream::unfold;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::postgres::{PgListener, PgRow};
use sqlx::types::Json;
use sqlx::{FromRow, PgExecutor, Row};
use uuid::Uuid;

use crate::{Database, Result, instant};

/// The channel on which the database announces events, as `run:event`.
const CHANNEL: &str = "run_events";

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Grows within a run in the order in which events become visible.
    pub id: i64,
    /// The run.
    pub run_id: Uuid,
    /// When (wall clock).
    pub at: Timestamp,
    /// `step`, `state` or `cancel_requested`.
    pub kind: String,
    /// `step`: `{step, state, outcome}`. `state`: `{state}`.
    pub payload: Value,
}

impl FromRow<'_, PgRow> for Event {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            run_id: row.try_get("run_id")?,
            at: instant::get(row, "at")?,
            kind: row.try_get("kind")?,
            payload: row.try_get("payload")?,
        })
    }
}

/// A word from [`watch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A run has a new event.
    Event {
        /// The run.
        run_id: Uuid,
        /// The event, for [`after`].
        event_id: i64,
    },
    /// The connection was lost for a moment: events may have been missed. Everyone who waits reads [`after`] again.
    Missed,
}

pub(super) async fn add(
    executor: impl PgExecutor<'_>,
    run_id: Uuid,
    kind: &str,
    payload: &(impl Serialize + Sync),
) -> Result<()> {
    sqlx::query("INSERT INTO run_events (run_id, kind, payload) VALUES ($1, $2, $3)")
        .bind(run_id)
        .bind(kind)
        .bind(Json(payload))
        .execute(executor)
        .await?;
    Ok(())
}

pub(super) async fn add_state(executor: impl PgExecutor<'_>, run_id: Uuid, state: RunState) -> Result<()> {
    add(executor, run_id, "state", &json!({ "state": state })).await
}

/// The events of a run after this one (0: all of them), the oldest first.
///
/// # Errors
/// Those of the database.
pub async fn after(db: &Database, run_id: Uuid, event_id: i64) -> Result<Vec<Event>> {
    Ok(
        sqlx::query_as("SELECT * FROM run_events WHERE run_id = $1 AND id > $2 ORDER BY id")
            .bind(run_id)
            .bind(event_id)
            .fetch_all(db.pool())
            .await?,
    )
}

/// The newest event of a run, 0 when it has none.
///
/// # Errors
/// Those of the database.
pub async fn last(db: &Database, run_id: Uuid) -> Result<i64> {
    Ok(
        sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM run_events WHERE run_id = $1")
            .bind(run_id)
            .fetch_one(db.pool())
            .await?,
    )
}

/// Tells about every new event of every run, from all processes, until the database is closed. One per process is
/// enough: it holds a connection of the pool, and finds it again when it is lost.
///
/// # Errors
/// [`Error::Unavailable`](crate::Error::Unavailable) when listening cannot begin.
pub async fn watch(db: &Database) -> Result<impl Stream<Item = Signal> + Send + use<>> {
    let listener = listen(db).await?;
    Ok(unfold((db.clone(), listener), |(db, mut listener)| async move {
        loop {
            match listener.try_recv().await {
                Ok(Some(notice)) => match parse(notice.payload()) {
                    Some(signal) => return Some((signal, (db, listener))),
                    None => tracing::warn!(payload = notice.payload(), "not an event of a run"),
                },
                Ok(None) => return Some((Signal::Missed, (db, listener))),
                Err(error) => {
                    tracing::warn!(%error, "lost the connection that announces events");
                    // Gives its place in the pool back before the next one asks for it.
                    drop(listener);
                    let listener = listen_again(&db).await?;
                    return Some((Signal::Missed, (db, listener)));
                }
            }
        }
    }))
}

async fn listen(db: &Database) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(db.pool()).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Tries until it works. `None` when the pool was closed.
async fn listen_again(db: &Database) -> Option<PgListener> {
    let mut pause = Duration::from_millis(100);
    loop {
        if db.pool().is_closed() {
            return None;
        }
        match listen(db).await {
            Ok(listener) => return Some(listener),
            Err(error) => tracing::warn!(%error, "cannot listen for events yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

fn parse(payload: &str) -> Option<Signal> {
    let (run, event) = payload.split_once(':')?;
    Some(Signal::Event {
        run_id: run.parse().ok()?,
        event_id: event.parse().ok()?,
    })
}
