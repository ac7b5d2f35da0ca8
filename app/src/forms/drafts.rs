//! The wizard.

use axum::extract::{Extension, Form, Path};
use axum::response::Response;

use super::{Posted, back, done_or_back, see_other};
use crate::backend::drafts::{FormValues, WizardStep};
use crate::backend::{PanelError, PanelErrorCode, SharedBackend};
use crate::components::Noted;
use crate::routes;

/// A new draft.
pub(super) async fn create(Extension(backend): Extension<SharedBackend>) -> Response {
    let answer = backend.create_draft(None).await;
    done_or_back(&backend, answer, routes::HOME, |id| {
        routes::draft(id, WizardStep::Account)
    })
    .await
}

/// A draft that changes a stack.
pub(super) async fn edit_stack(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
) -> Response {
    let answer = backend.create_draft(Some(&id)).await;
    done_or_back(&backend, answer, &routes::stack(&id), |draft| {
        routes::draft(draft, WizardStep::Image)
    })
    .await
}

/// A draft that changes what a run was to bring about. `page` says where to begin.
pub(super) async fn edit_run(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    let step = WizardStep::from_slug(posted.one("page")).unwrap_or(WizardStep::Image);
    let answer = backend.change_run(&id).await;
    done_or_back(&backend, answer, &routes::run(&id), |draft| {
        routes::draft(draft, step)
    })
    .await
}

/// A draft thrown away.
pub(super) async fn discard(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
) -> Response {
    let answer = backend.discard_draft(&id).await;
    done_or_back(&backend, answer, &routes::draft(&id, WizardStep::Account), |()| {
        Noted::Removed.on(routes::HOME)
    })
    .await
}

/// One page kept, right or wrong. `go` says where to: `next`, `back`, `stay` or a page's name.
pub(super) async fn save(
    Extension(backend): Extension<SharedBackend>,
    Path((id, step)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let Some(step) = WizardStep::from_slug(&step) else {
        return back(
            &backend,
            routes::HOME,
            PanelError::new(PanelErrorCode::BadRequest),
            FormValues::new(),
        )
        .await;
    };
    let posted = Posted::of(pairs);
    let go = posted.one("go").to_owned();
    let page = routes::draft(&id, step);
    let typed = posted.without(&["go"]);
    match backend.save_page(&id, step, typed.clone()).await {
        Ok(problems) => see_other(&destination(&id, step, &go, problems.is_empty())),
        Err(error) => back(&backend, &page, error, typed).await,
    }
}

/// Going back is always allowed; going on only from a page without problems.
fn destination(id: &str, step: WizardStep, go: &str, good: bool) -> String {
    let target = match go {
        "back" => step.back(),
        "stay" => None,
        "next" | "" => step.next().filter(|_| good),
        page => WizardStep::from_slug(page).filter(|page| good || *page < step),
    };
    match target {
        Some(target) => routes::draft(id, target),
        None if good => Noted::Saved.on(&routes::draft(id, step)),
        None => format!("{}?checked=1", routes::draft(id, step)),
    }
}

/// The repository, before the rest, so that an image can be pushed.
pub(super) async fn create_repository(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let page = routes::draft(&id, WizardStep::Image);
    let posted = Posted::of(pairs);
    // The button stands in the page's form: what was typed is kept first.
    let saved = backend
        .save_page(&id, WizardStep::Image, posted.without(&["go"]))
        .await;
    let answer = match saved {
        Ok(problems) if problems.is_empty() => backend.create_repository(&id).await,
        Ok(_) => return see_other(&format!("{page}?checked=1")),
        Err(error) => Err(error),
    };
    done_or_back(&backend, answer, &page, |_| page.clone()).await
}

/// A practice account's push.
pub(super) async fn play_push(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
) -> Response {
    let page = routes::draft(&id, WizardStep::Image);
    done_or_back(&backend, backend.play_push(&id).await, &page, |()| page.clone()).await
}

/// The plan that was shown becomes a run.
pub(super) async fn apply(
    Extension(backend): Extension<SharedBackend>,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let posted = Posted::of(pairs);
    let answer = backend.apply(&id, posted.one("digest")).await;
    done_or_back(
        &backend,
        answer,
        &routes::draft(&id, WizardStep::Review),
        routes::run,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_problems_leads_back_but_not_on() {
        let to = |go: &str, good: bool| destination("7", WizardStep::Network, go, good);
        assert_eq!(to("next", true), "/drafts/7/service");
        assert_eq!(to("next", false), "/drafts/7/network?checked=1");
        assert_eq!(to("back", false), "/drafts/7/image");
        assert_eq!(to("account", false), "/drafts/7/account");
        assert_eq!(to("review", false), "/drafts/7/network?checked=1");
        assert_eq!(to("review", true), "/drafts/7/review");
        assert_eq!(to("stay", true), "/drafts/7/network?note=saved");
    }
}
