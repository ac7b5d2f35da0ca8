//! Wizard: the image. Chosen from ECR, given by its name, or pushed now.

use std::ops::ControlFlow;

use engine::cloud::AwsFault;
use engine::cloud::registry::{Architecture, ImageFacts};
use leptos::prelude::*;

use super::super::run_live::line_note;
use super::{Onward, Wizard, problems, retyped, trouble_note, wizard_page};
use crate::backend::drafts::{self, RepositoryChoice, WizardStep};
use crate::components::*;
use crate::format;
use crate::i18n::{Locale, locale, t};
use crate::live::form::is_dirty;
use crate::live::{Line, follow};
use crate::routes;

/// Which image runs.
#[component]
pub fn ImagePage(
    /// Id of the draft.
    id: String,
) -> impl IntoView {
    wizard_page(
        id,
        WizardStep::Image,
        |backend, id| async move { backend.image_page(&id).await },
        |mut page: drafts::ImagePage, around| {
            let l = locale();
            retyped(&mut page.draft, &around);
            let seen = page.draft.seen.clone();
            let step = WizardStep::Image;
            let found = problems(&page.draft, step, &around);
            let chosen = page.draft.value("image.choice").to_owned();
            let existing: Vec<_> = page
                .repositories
                .iter()
                .flat_map(|repository| choices(l, repository, &chosen))
                .collect();
            let listed = matches!(chosen.as_str(), "" | "new" | "uri")
                || page
                    .repositories
                    .iter()
                    .any(|repository| shown(repository).any(|value| value == chosen));
            // What is chosen stays on offer, also when it is not among the newest.
            let kept = chosen.clone();
            let unlisted = (!listed).then(|| {
                view! { <Choice name="image.choice" value=kept.clone() checked=true><code>{kept}</code></Choice> }
            });
            let value = |field: &str| page.draft.value(field).to_owned();
            let (repository, tag, uri) = (
                value("image.new_repository"),
                value("image.tag"),
                value("image.uri"),
            );
            let trouble = page.trouble.clone().map(|fault| trouble_note(l, fault));
            let action = routes::draft(&page.draft.id, step);
            let create = format!("/drafts/{}/repository", page.draft.id);
            let is_new = chosen == "new";
            let ready = page.repository_ready;
            let push = (chosen != "uri").then(|| push_panel(l, &page, is_new));
            let facts = page.facts.clone().map(|facts| facts_panel(l, facts));
            let has_side = push.is_some() || facts.is_some();
            view! {
                <Wizard draft=page.draft step around lead=t!(l, wizard.image.lead)>
                    <div class=has_side.then_some("cols")>
                        <form class="panel" method="post" action=action novalidate=true>
                            <div class="body">
                                {trouble}
                                <ProblemSummary problems=found.clone()/>
                                <Choices legend=t!(l, wizard.image.which) name="image.choice" problems=found.clone()>
                                    {existing}
                                    {unlisted}
                                    <Choice name="image.choice" value="new" checked=is_new why=t!(l, wizard.image.new_why)>{t!(l, wizard.image.new)}</Choice>
                                    <div class="nested">
                                        <TextField name="image.new_repository" label=t!(l, wizard.image.repository) value=repository problems=found.clone() mono=true required=true/>
                                        <TextField name="image.tag" label=t!(l, wizard.image.tag) value=tag problems=found.clone() mono=true required=true/>
                                        {(!ready).then(|| view! {
                                            <div class="actions"><button class="button" type="submit" formaction=create>{t!(l, wizard.image.create)}</button></div>
                                        })}
                                    </div>
                                    <Choice name="image.choice" value="uri" checked=chosen == "uri" why=t!(l, wizard.image.other_why)>{t!(l, wizard.image.other)}</Choice>
                                    <div class="nested">
                                        <TextField name="image.uri" label=t!(l, wizard.image.uri) value=uri placeholder="public.ecr.aws/nginx/nginx:1.27" problems=found mono=true required=true/>
                                    </div>
                                </Choices>
                                <Onward step seen/>
                            </div>
                        </form>
                        {has_side.then(|| view! { <div class="stack">{facts}{push}</div> })}
                    </div>
                </Wizard>
            }
        },
    )
}

/// Images of a repository that are offered: the newest.
const OFFERED: usize = 5;

/// The values of the choices of a repository.
fn shown(repository: &RepositoryChoice) -> impl Iterator<Item = String> {
    let name = &repository.name;
    let newest = repository.images.iter().take(OFFERED);
    newest.map(move |image| format!("{name}:{}", image.reference))
}

/// The newest images of a repository as choices.
fn choices(l: Locale, repository: &RepositoryChoice, chosen: &str) -> Vec<AnyView> {
    repository
        .images
        .iter()
        .take(OFFERED)
        .map(|image| {
            let value = format!("{}:{}", repository.name, image.reference);
            let size = format::bytes(image.size_bytes);
            let pushed = image.pushed_at.map(|at| format::date_time(at, &Zone::current()));
            let why = match pushed {
                Some(pushed) => t!(l, wizard.image.pushed, at = pushed, size = size),
                None => size,
            };
            let checked = value == chosen;
            view! { <Choice name="image.choice" value=value.clone() checked why><code>{value}</code></Choice> }.into_any()
        })
        .collect()
}

/// The commands, and the wait for what they bring.
fn push_panel(l: Locale, page: &drafts::ImagePage, is_new: bool) -> AnyView {
    let id = &page.draft.id;
    let arrived = page.facts.is_some();
    let commands = page.push_commands.join("\n");
    if !is_new {
        // The image is there: pushing is what somebody may do next.
        return view! {
            <Panel title=t!(l, wizard.image.push)>
                <Disclosure summary=t!(l, wizard.image.push_newer)>
                    <p class="muted">{t!(l, wizard.image.push_why)}</p>
                    <Code text=commands/>
                </Disclosure>
            </Panel>
        }
        .into_any();
    }
    let play = (page.can_play_push && page.repository_ready && !arrived).then(|| {
        view! {
            <form method="post" action=format!("/drafts/{id}/push")>
                <p class="muted">{t!(l, wizard.image.play_why)}</p>
                <div class="actions"><Button>{t!(l, wizard.image.play)}</Button></div>
            </form>
        }
    });
    let state = if !page.repository_ready {
        view! { <State tone=Tone::None word=t!(l, wizard.image.no_repository)/> }.into_any()
    } else if arrived {
        view! { <State tone=Tone::Ok word=t!(l, wizard.image.arrived)/> }.into_any()
    } else {
        view! {
            <Arrival events=format!("/drafts/{id}/image/events") page=routes::draft(id, WizardStep::Image)/>
        }
        .into_any()
    };
    view! {
        <Panel title=t!(l, wizard.image.push)>
            <p class="muted">{t!(l, wizard.image.push_why)}</p>
            <Code text=commands/>
            {state}
            {play}
        </Panel>
    }
    .into_any()
}

/// Waits for the image. When it has arrived the page is shown anew, unless that would lose what was typed. Without
/// JavaScript the link does the same.
#[island]
fn Arrival(
    /// Where the server tells: event `image` when it is there, `refused` when the registry does not answer.
    events: String,
    /// This page.
    page: String,
) -> impl IntoView {
    let l = locale();
    let (line, set_line) = signal(Line::Open);
    let (arrived, set_arrived) = signal(false);
    let (refused, set_refused) = signal(None::<AwsFault>);
    Effect::new(move |_| {
        follow(
            events.clone(),
            &["image", "refused"],
            move |event| {
                if event.name == "refused" {
                    set_refused.set(serde_json::from_str(&event.data).ok());
                    return ControlFlow::Continue(());
                }
                set_refused.set(None);
                set_arrived.set(true);
                if !is_dirty() {
                    // A page that can't reload itself still has the link.
                    let _ = window().location().reload();
                }
                ControlFlow::Break(())
            },
            move |line| set_line.set(line),
        );
    });
    let own = page.clone();
    view! {
        {move || line_note(l, line.get(), &own)}
        {move || if arrived.get() {
            view! {
                <p><State tone=Tone::Ok word=t!(l, wizard.image.arrived)/></p>
                <p class="muted">{t!(l, wizard.image.arrived_dirty)}</p>
            }.into_any()
        } else {
            view! {
                <p><State tone=Tone::Wait word=t!(l, wizard.image.waiting) live=true/> " " <a href=page.clone()>{t!(l, wizard.image.look)}</a></p>
            }.into_any()
        }}
        {move || refused.get().map(|fault| view! {
            <ErrorNote title=t!(l, wizard.image.refused) code=fault.code message=fault.message request_id=fault.request_id/>
        })}
    }
}

/// What the image says about itself.
fn facts_panel(l: Locale, facts: ImageFacts) -> AnyView {
    let platforms: Vec<_> = facts
        .architectures
        .iter()
        .map(|architecture| match architecture {
            Architecture::X86_64 => "linux/amd64",
            Architecture::Arm64 => "linux/arm64",
        })
        .collect();
    let ports: Vec<_> = facts.exposed_ports.iter().map(u16::to_string).collect();
    let curl = match facts.has_curl {
        Some(true) => (Tone::Ok, t!(l, wizard.image.curl_yes)),
        Some(false) => (Tone::None, t!(l, wizard.image.curl_no)),
        None => (Tone::None, t!(l, wizard.image.curl_unknown)),
    };
    let command = [facts.entrypoint, facts.command].concat().join(" ");
    let user = if facts.user.is_empty() {
        "root".to_owned()
    } else {
        facts.user
    };
    view! {
        <Panel title=t!(l, wizard.image.facts)>
            <Rows>
                <Row name=t!(l, wizard.image.platform)>{platforms.join(", ")}</Row>
                <Row name=t!(l, wizard.image.ports)>{if ports.is_empty() { "–".to_owned() } else { ports.join(", ") }}</Row>
                <Row name=t!(l, wizard.image.user)><code>{user}</code></Row>
                <Row name=t!(l, wizard.image.command)><code>{command}</code></Row>
                <Row name="curl"><State tone=curl.0 word=curl.1/></Row>
                <Row name=t!(l, wizard.image.size)>{format::bytes(facts.size_bytes)}</Row>
                <Row name=t!(l, wizard.image.digest)><AwsId id=facts.digest/></Row>
            </Rows>
            {(facts.has_curl != Some(true)).then(|| view! { <p class="muted">{t!(l, wizard.image.no_check)}</p> })}
        </Panel>
    }
    .into_any()
}
