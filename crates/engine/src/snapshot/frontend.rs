//! The Amplify app and branch as they are.

use std::collections::BTreeMap;

use super::FrontendState;
use crate::cloud::hosting::{App, Branch};
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
    let jobs = cloud.hosting.jobs(&app.id, &branch.name).await?;
    Ok(found(wanted, app, branch, jobs.first().map(|job| job.id.clone())))
}

fn found(wanted: &FrontendSpec, app: &App, branch: &Branch, last_job: Option<String>) -> FrontendState {
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
        last_job,
    }
}
