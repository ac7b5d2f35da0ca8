//! The next click for a run that does not get on: where what is in its way can be changed.

use engine::plan::Purpose;
use engine::run::{RunState, StepState};
use engine::step::{DiagnosisCode, WaitingCode};
use leptos::prelude::*;

use super::draft::step_name;
use super::run_sheet::{FixClick, RunSheet};
use crate::backend::drafts::WizardStep;
use crate::backend::runs::{PushView, RunView};
use crate::components::*;
use crate::i18n::{Locale, t};

/// Where something is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On a page of the wizard.
    Page(WizardStep),
    /// At the connection: what it may do, and whether it works.
    Connection,
    /// Not in the panel: the words say what to do, and then the run goes on.
    Elsewhere,
}

/// Where the cause of a failure is put right.
pub(super) fn place(code: DiagnosisCode) -> Place {
    match code {
        DiagnosisCode::ImageMissing | DiagnosisCode::ImagePlatform | DiagnosisCode::ImagePull => {
            Place::Page(WizardStep::Image)
        }
        DiagnosisCode::NoRoute | DiagnosisCode::TargetTimeout | DiagnosisCode::LoadBalancerFailed => {
            Place::Page(WizardStep::Network)
        }
        DiagnosisCode::RoleTrust
        | DiagnosisCode::LogGroupMissing
        | DiagnosisCode::ContainerExited
        | DiagnosisCode::OutOfMemory
        | DiagnosisCode::ContainerCheck
        | DiagnosisCode::TargetRefused
        | DiagnosisCode::TargetWrongCode
        | DiagnosisCode::DeploymentFailed
        | DiagnosisCode::RolledBack
        | DiagnosisCode::WrongAnswer => Place::Page(WizardStep::Service),
        DiagnosisCode::ReleaseFailed => Place::Page(WizardStep::Frontend),
        DiagnosisCode::Denied | DiagnosisCode::Credentials | DiagnosisCode::Unreachable => Place::Connection,
        DiagnosisCode::NameTaken
        | DiagnosisCode::Vanished
        | DiagnosisCode::Quota
        | DiagnosisCode::Refused
        | DiagnosisCode::TookTooLong => Place::Elsewhere,
    }
}

/// Whether what the run was to bring about can be changed: it is over, and it is what the stack was asked to be last.
pub(super) fn can_change(run: &RunView) -> bool {
    let over = matches!(
        run.state,
        RunState::Failed | RunState::Cancelled | RunState::Waiting
    );
    over && run.plan.purpose == Purpose::Apply && run.newer.is_none() && !run.stack_gone
}

/// The click that leads to where a cause is put right.
pub(super) fn click(l: Locale, run: &RunView, code: DiagnosisCode) -> Option<FixClick> {
    match place(code) {
        Place::Page(page) if can_change(run) => Some(FixClick::Change {
            page,
            label: t!(l, run.change_page, page = step_name(l, page)),
        }),
        Place::Connection => Some(FixClick::TestConnection),
        Place::Page(_) | Place::Elsewhere => None,
    }
}

/// Whether the run waits for its image, or has stopped because of it.
pub(super) fn awaits_push(run: &RunView) -> bool {
    run.steps.iter().any(|record| {
        let waits = record
            .waiting
            .as_ref()
            .is_some_and(|waiting| waiting.code == WaitingCode::ImagePush);
        let missing = record
            .diagnosis
            .as_ref()
            .is_some_and(|found| place(found.code) == Place::Page(WizardStep::Image));
        waits && record.state == StepState::Waiting || missing && record.state == StepState::Blocked
    })
}

/// A click as a button.
pub(super) fn button(l: Locale, run: &RunSheet, click: FixClick) -> AnyView {
    match click {
        FixClick::Change { page, label } => change(run, page, label),
        FixClick::TestConnection => {
            let href = run.connection_page.clone();
            view! { <LinkButton href>{t!(l, next.test_connection)}</LinkButton> }.into_any()
        }
    }
}

/// A button to a draft of what the run was to bring about.
pub(super) fn change(run: &RunSheet, page: WizardStep, label: String) -> AnyView {
    let action = format!("{}/edit", run.page);
    view! {
        <form method="post" action=action>
            <input type="hidden" name="page" value=page.slug()/>
            <Button>{label}</Button>
        </form>
    }
    .into_any()
}

/// How the image gets to where the run waits for it, while it does.
pub(super) fn push(l: Locale, run: &RunSheet) -> Option<AnyView> {
    let PushView { commands, can_play } = run.push.clone().filter(|_| run.moment.awaits_push)?;
    let play = can_play.then(|| {
        let action = format!("{}/push", run.page);
        view! {
            <form method="post" action=action>
                <p class="muted">{t!(l, wizard.image.play_why)}</p>
                <div class="actions"><Button>{t!(l, wizard.image.play)}</Button></div>
            </form>
        }
    });
    let commands = commands.join("\n");
    Some(
        view! {
            <Panel title=t!(l, wizard.image.push)>
                <p class="muted">{t!(l, wizard.image.push_why)}</p>
                <Code text=commands/>
                {play}
            </Panel>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_leads_to_the_page_that_holds_its_field() {
        for (code, expected) in [
            (DiagnosisCode::ImagePlatform, Place::Page(WizardStep::Image)),
            (DiagnosisCode::NoRoute, Place::Page(WizardStep::Network)),
            (DiagnosisCode::TargetRefused, Place::Page(WizardStep::Service)),
            (DiagnosisCode::ReleaseFailed, Place::Page(WizardStep::Frontend)),
            (DiagnosisCode::Denied, Place::Connection),
            (DiagnosisCode::Quota, Place::Elsewhere),
        ] {
            assert_eq!(place(code), expected, "{code:?}");
        }
    }
}
