//! The wizard: one page per file, and what they share.

pub mod account;
pub mod care;
pub mod frontend;
pub mod image;
pub mod network;
pub mod review;
pub mod service;

use std::future::Future;

use engine::cloud::AwsFault;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::loaded::{Around, ErrorOf, NoticeOf, answer_with, loaded};
use crate::backend::drafts::{DraftView, WizardStep};
use crate::backend::{Answer, PanelError, SharedBackend};
use crate::components::*;
use crate::i18n::{Locale, locale, t};
use crate::routes;
use crate::words;

/// The wizard page of the address.
#[component]
pub fn DraftPage() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let id = params.get("id").unwrap_or_default();
    match params.get("step").as_deref().and_then(WizardStep::from_slug) {
        Some(WizardStep::Account) => view! { <account::AccountPage id/> }.into_any(),
        Some(WizardStep::Image) => view! { <image::ImagePage id/> }.into_any(),
        Some(WizardStep::Network) => view! { <network::NetworkPage id/> }.into_any(),
        Some(WizardStep::Service) => view! { <service::ServicePage id/> }.into_any(),
        Some(WizardStep::Frontend) => view! { <frontend::FrontendPage id/> }.into_any(),
        Some(WizardStep::Review) => view! { <review::ReviewPage id/> }.into_any(),
        None => view! { <super::errors::NotFound/> }.into_any(),
    }
}

/// The name of a page.
pub(super) fn step_name(l: Locale, step: WizardStep) -> &'static str {
    match step {
        WizardStep::Account => t!(l, wizard.account.title),
        WizardStep::Image => t!(l, wizard.image.title),
        WizardStep::Network => t!(l, wizard.network.title),
        WizardStep::Service => t!(l, wizard.service.title),
        WizardStep::Frontend => t!(l, wizard.frontend.title),
        WizardStep::Review => t!(l, wizard.review.title),
    }
}

/// What was typed into a form that was refused, over what is stored: nothing that was typed is lost.
fn retyped(draft: &mut DraftView, around: &Around) {
    if let Some(notice) = &around.notice {
        let typed = notice.values.iter().filter(|(field, _)| *field != "seen");
        draft
            .values
            .extend(typed.map(|(field, all)| (field.clone(), all.clone())));
    }
}

/// A page of the wizard that asks the account. When AWS refuses, the frame with its steps stays, so that a person gets on
/// from here: to the other pages, to the connection, or once more to this one.
fn wizard_page<T, Asked, View>(
    id: String,
    step: WizardStep,
    ask: impl Fn(SharedBackend, String) -> Asked + Clone + Send + Sync + 'static,
    show: impl Fn(T, Around) -> View + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    Asked: Future<Output = Answer<T>> + Send + 'static,
    View: IntoView + 'static,
{
    loaded(
        move |backend| {
            let (ask, id) = (ask.clone(), id.clone());
            async move {
                match ask(backend.clone(), id.clone()).await {
                    Ok(page) => Ok(Ok(page)),
                    Err(error) if error.fault.is_some() => {
                        // The first page asks no account.
                        let (draft, _) = backend.account_page(&id).await?;
                        Ok(Err((draft, error)))
                    }
                    Err(error) => Err(error),
                }
            }
        },
        move |answer, around| match answer {
            Ok(page) => show(page, around).into_any(),
            Err((draft, error)) => refused(draft, step, around, error),
        },
    )
}

/// What of a page could not be seen, in AWS's words.
fn trouble_note(l: Locale, fault: AwsFault) -> AnyView {
    let words = fault.to_string();
    view! { <Note tone=Tone::Warn title=t!(l, wizard.trouble)><span class="raw">{words}</span></Note> }
        .into_any()
}

/// What AWS said, within the wizard.
fn refused(draft: DraftView, step: WizardStep, around: Around, error: PanelError) -> AnyView {
    let l = locale();
    answer_with(&error);
    let again = routes::draft(&draft.id, step);
    let test = draft
        .connection
        .as_ref()
        .map(|connection| routes::connection(&connection.id));
    let before = step.back().map(|back| {
        let href = routes::draft(&draft.id, back);
        view! { <LinkButton href kind=ButtonKind::Quiet>{t!(l, wizard.back)}</LinkButton> }
    });
    let error = PanelError { next: None, ..error };
    view! {
        <Wizard draft step around lead=t!(l, wizard.refused)>
            <ErrorOf error/>
            <div class="actions">
                <LinkButton href=again kind=ButtonKind::Primary>{t!(l, next.try_again)}</LinkButton>
                {test.map(|href| view! { <LinkButton href>{t!(l, next.test_connection)}</LinkButton> })}
                {before}
            </div>
        </Wizard>
    }
    .into_any()
}

/// Problems of a page, once it was checked: a page nobody has filled in yet does not scold.
fn problems(draft: &DraftView, step: WizardStep, around: &Around) -> Problems {
    let seen = around.checked || draft.done.iter().any(|done| *done > step);
    let found = draft
        .problems
        .iter()
        .filter(|(page, _)| seen && *page == step)
        .map(|(_, problem)| problem);
    words::problem::problems(locale(), found)
}

/// The frame, the steps and the opening of a wizard page.
#[component]
fn Wizard(
    draft: DraftView,
    step: WizardStep,
    around: Around,
    #[prop(into)] lead: Slot,
    #[prop(optional, into)] actions: Slot,
    #[prop(optional, into)] heading: Text,
    children: Children,
) -> impl IntoView {
    let l = locale();
    let name = draft.value("name").to_owned();
    let name = match (draft.stack_id.is_some(), name.is_empty()) {
        (true, _) => t!(l, wizard.change_to, name = name),
        (false, true) => t!(l, wizard.new_stack).to_owned(),
        (false, false) => name,
    };
    let items = WizardStep::ALL
        .into_iter()
        .map(|page| step_item(l, &draft, page, step))
        .collect();
    let link = routes::draft(&draft.id, step);
    let title = heading
        .get()
        .map_or_else(|| step_name(l, step).to_owned(), |heading| heading.to_string());
    let saved = move || {
        view! {
            <span class="saved">
                {t!(l, wizard.saved, by = draft.saved_by)} " " <When at=draft.saved_at/> " · " <a href=link>{t!(l, wizard.link)}</a>
            </span>
        }
    };
    view! {
        <Frame place=Place::Stacks trail=vec![Crumb::link(t!(l, nav.stacks), routes::HOME), Crumb::here(name)] aside=saved>
            <Steps items/>
            <PageHead title lead actions/>
            <NoticeOf around/>
            {children()}
        </Frame>
    }
}

fn step_item(l: Locale, draft: &DraftView, page: WizardStep, here: WizardStep) -> StepItem {
    let wrong = draft.problems.iter().any(|(of, _)| *of == page);
    let done = draft.done.contains(&page);
    let mark = match () {
        () if page == here => StepMark::Here,
        () if done && wrong => StepMark::Problem,
        () if done => StepMark::Done,
        () => StepMark::Ahead,
    };
    let reachable = page < here || done || draft.done.contains(&here) && page.back() == Some(here);
    let href = (page != here && reachable).then(|| routes::draft(&draft.id, page));
    StepItem {
        label: step_name(l, page).to_owned(),
        href,
        mark,
    }
}

/// The buttons at the end of a page's form.
#[component]
fn Onward(
    step: WizardStep,
    /// What is stored of this page, as the form shows it.
    seen: String,
) -> impl IntoView {
    let l = locale();
    let next = step
        .next()
        .map(|next| t!(l, wizard.next, page = step_name(l, next)));
    view! {
        <input type="hidden" name="seen" value=seen/>
        <div class="actions">
            {next.map(|next| view! { <Button kind=ButtonKind::Primary name="go" value="next">{next}</Button> })}
            {step.back().map(|_| view! { <Button kind=ButtonKind::Quiet name="go" value="back">{t!(l, wizard.back)}</Button> })}
            <Button kind=ButtonKind::Quiet name="go" value="stay">{t!(l, wizard.save)}</Button>
        </div>
        <care::Care/>
    }
}
