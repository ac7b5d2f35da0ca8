//! Whether this process lives and reaches its database.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::panel::Panel;

/// Longest wait for the database.
const PATIENCE: Duration = Duration::from_secs(3);

/// `200` with `{"status":"ok"}`, or `503` when the database does not answer in time.
pub(super) async fn answer(State(panel): State<Arc<Panel>>) -> (StatusCode, Json<Value>) {
    match tokio::time::timeout(PATIENCE, panel.db.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, Json(json!({"status": "ok"}))),
        Ok(Err(_)) | Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({"status": "unavailable", "reason": "database"})),
        ),
    }
}
