//! The Amplify app and branch as they are.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::FrontendState;
use crate::cloud::hosting::{App, Branch, Job, JobStatus};
use crate::cloud::{Cloud, Result};
use crate::spec::FrontendSpec;

/// Never an error: a stack without a reachable Amplify is still a stack, and the plan says what it means for the spec.
pub(super) async fn frontend(cloud: &Cloud, wanted: Option<&FrontendSpec>) -> FrontendState {
    let Some(wanted) = wanted else {
        return FrontendState::NotWanted;
    };
    match read(cloud, wanted).await {
        Ok(state) => state,
        Err(error) => FrontendState::Unreachable {
            reason: error.fault().to_string(),
        },
    }
}

async fn read(cloud: &Cloud, wanted: &FrontendSpec) -> Result<FrontendState> {
    let apps = cloud.hosting.apps().await?;
    let by_id = apps.iter().find(|app| app.id == wanted.app);
    let Some(app) = by_id.or_else(|| apps.iter().find(|app| app.name == wanted.app)) else {
        return Ok(FrontendState::AppMissing);
    };
    let branches = cloud.hosting.branches(&app.id).await?;
    let Some(branch) = branches.iter().find(|branch| branch.name == wanted.branch) else {
        return Ok(FrontendState::BranchMissing {
            app_id: app.id.clone(),
        });
    };
    let changed_at = match wanted.branch_only {
        true => branch.updated_at,
        false => app.updated_at,
    };
    let built = |job: &Job| built_since(changed_at, job);
    let built = cloud.hosting.find_job(&app.id, &branch.name, &built).await?;
    Ok(found(wanted, app, branch, built.is_some()))
}

/// How close to the end of a job a change of the app or branch may be the job's own work, seconds: AWS does not say
/// whether a deployment counts as one.
const OWN_CHANGE_S: i64 = 60;

/// Whether this is a job that went well and began after a change. It may have been started by anybody.
fn built_since(changed_at: Option<Timestamp>, job: &Job) -> bool {
    let began_after = |changed: Timestamp| {
        job.started_at
            .is_some_and(|began| began.as_second() >= changed.as_second())
    };
    let by_itself = |changed: Timestamp| {
        job.ended_at
            .is_some_and(|ended| (ended.as_second() - changed.as_second()).abs() <= OWN_CHANGE_S)
    };
    job.status == JobStatus::Succeed
        && changed_at.is_none_or(|changed| began_after(changed) || by_itself(changed))
}

fn found(wanted: &FrontendSpec, app: &App, branch: &Branch, built: bool) -> FrontendState {
    let scope = if wanted.branch_only {
        &branch.variables.0
    } else {
        &app.variables.0
    };
    let is_wanted = |name: &String| wanted.variables.contains(name);
    let values: BTreeMap<_, _> = scope
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let overridden_by_branch = if wanted.branch_only {
        Vec::new()
    } else {
        branch
            .variables
            .0
            .keys()
            .filter(|name| is_wanted(name))
            .cloned()
            .collect()
    };
    FrontendState::Found {
        app_id: app.id.clone(),
        app_name: app.name.clone(),
        default_domain: app.default_domain.clone(),
        values,
        other_names: scope.keys().filter(|name| !is_wanted(name)).cloned().collect(),
        overridden_by_branch,
        built,
    }
}
