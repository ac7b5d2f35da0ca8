//! The Amplify frontend: its variables, and the release that compiles them in.

use super::balancing::Balancing;
use crate::cloud::hosting::VariableScope;
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::builder::Builder;
use crate::plan::{Change, FindingCode, Reason, ReasonCode, StepId, Weight};
use crate::snapshot::FrontendState;
use crate::spec::{FrontendSpec, WhenMissing};

/// Plans the frontend. `reachable` is the wait for the backend's first answer.
///
/// The variables wait for that answer only when they hold a working URL now: then a failed deployment must not turn a
/// frontend away from a backend that works. Where there is nothing to break, the release runs beside the deployment.
pub(super) fn frontend(builder: &mut Builder<'_>, balancing: &Balancing, reachable: StepId) {
    let Some(wanted) = &builder.spec.frontend else {
        return;
    };
    let FrontendState::Found {
        app_id,
        app_name,
        values,
        overridden_by_branch,
        default_domain,
        built,
        ..
    } = &builder.snapshot.frontend
    else {
        return missing(builder, wanted);
    };
    builder.finding(FindingCode::FrontendFound, Weight::Pass, &[("app", app_name)]);
    builder.finding(
        FindingCode::MixedContent,
        Weight::Warn,
        &[("app", app_name), ("domain", default_domain)],
    );
    if !overridden_by_branch.is_empty() {
        let names = overridden_by_branch.join(", ");
        builder.finding(
            FindingCode::BranchOverrides,
            Weight::Warn,
            &[("variables", &names)],
        );
    }
    let dns_name = balancing.dns_name();
    let url = builder
        .value(&dns_name)
        .map(|dns_name| format!("http://{dns_name}"));
    let is_right = |name: &String| url.is_some() && values.get(name) == url.as_ref();
    let up_to_date = wanted.variables.iter().all(is_right);
    let works_now = values
        .values()
        .any(|value| value.starts_with("http://") || value.starts_with("https://"));
    let after = if works_now && !up_to_date {
        reachable
    } else {
        balancing.listener.clone()
    };
    let scope = match wanted.branch_only {
        true => VariableScope::Branch {
            branch: wanted.branch.clone(),
        },
        false => VariableScope::App,
    };
    let (change, reason) = if up_to_date {
        (Change::Keep, Reason::new(ReasonCode::FrontendUpToDate))
    } else {
        (
            Change::Update,
            Reason::new(ReasonCode::FullUrl).with("variables", wanted.variables.join(", ")),
        )
    };
    let variables = variables(builder, app_id, scope, wanted, dns_name, (change, reason), after);
    if let Some(url) = url {
        builder.knows(&variables, [(OutputName::Url, url)]);
    }
    // Variables alone change nothing: a build that failed, or that nobody waited for, is asked for again.
    if up_to_date && *built {
        return;
    }
    let action = Action::FrontendRelease {
        app_id: app_id.clone(),
        branch: wanted.branch.clone(),
    };
    let reason = Reason::new(ReasonCode::RebuildNeeded).with("branch", &wanted.branch);
    builder.step("frontend.release", action, Change::Create, reason, &[variables]);
}

fn variables(
    builder: &mut Builder<'_>,
    app_id: &str,
    scope: VariableScope,
    wanted: &FrontendSpec,
    dns_name: Ref,
    (change, reason): (Change, Reason),
    after: StepId,
) -> StepId {
    let action = Action::FrontendVariables {
        app_id: app_id.to_owned(),
        scope,
        variables: wanted.variables.clone(),
        dns_name,
    };
    builder.step("frontend.variables", action, change, reason, &[after])
}

/// The app or its branch is not there, or Amplify can't be asked: the spec says whether that matters.
fn missing(builder: &mut Builder<'_>, wanted: &FrontendSpec) {
    let why = match &builder.snapshot.frontend {
        FrontendState::BranchMissing { .. } => format!("branch {}", wanted.branch),
        FrontendState::Unreachable { reason } => reason.clone(),
        FrontendState::NotWanted | FrontendState::AppMissing | FrontendState::Found { .. } => String::new(),
    };
    let (code, weight) = match wanted.when_missing {
        WhenMissing::Skip => (FindingCode::FrontendSkipped, Weight::Warn),
        WhenMissing::Fail => (FindingCode::FrontendFound, Weight::Block),
    };
    builder.finding(code, weight, &[("app", &wanted.app), ("why", &why)]);
}
