//! Plans in other forms, as downloads.

use app::backend::SharedBackend;
use app::backend::drafts::ExportFormat;
use axum::extract::{Extension, Path};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// `GET /drafts/{id}/export/{cli|terraform|spec}`.
pub(super) async fn download(
    Extension(backend): Extension<SharedBackend>,
    Path((draft, format)): Path<(String, String)>,
) -> Response {
    let (format, name, kind) = match format.as_str() {
        "cli" => (
            ExportFormat::Cli,
            "slipway.sh",
            "text/x-shellscript; charset=utf-8",
        ),
        "terraform" => (ExportFormat::Terraform, "main.tf", "text/plain; charset=utf-8"),
        "spec" => (
            ExportFormat::Spec,
            "slipway.toml",
            "application/toml; charset=utf-8",
        ),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match backend.export(&draft, format).await {
        Ok(text) => {
            let disposition = format!("attachment; filename=\"{name}\"");
            (
                [
                    (header::CONTENT_TYPE, kind.to_owned()),
                    (header::CONTENT_DISPOSITION, disposition),
                ],
                text,
            )
                .into_response()
        }
        Err(error) => super::events::refuse(error),
    }
}
