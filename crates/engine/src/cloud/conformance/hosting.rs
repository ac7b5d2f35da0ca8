//! Amplify Hosting. Apps are not made by Slipway, so the check needs one that exists.

use super::{Checked, During, Patience, ensure, not_found, there};
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::cloud::hosting::{JobKind, JobStatus, VariableScope, Variables};

/// Variables and a release of `branch` of the app with this id. The variables are put back as they were.
///
/// # Errors
/// The first promise that was not kept.
pub async fn hosting(cloud: &Cloud, clock: &dyn Clock, app_id: &str, branch: &str) -> Checked {
    let amplify = &cloud.hosting;
    let apps = amplify.apps().await.during("apps")?;
    ensure(apps.iter().any(|app| app.id == app_id), "the list holds the app")?;
    ensure(
        amplify
            .app("d0000000000000")
            .await
            .during("app of nobody")?
            .is_none(),
        "a missing app is None",
    )?;
    let app = there(amplify.app(app_id).await.during("app")?, "the app")?;
    let branches = amplify.branches(app_id).await.during("branches")?;
    let before = there(
        branches.into_iter().find(|found| found.name == branch),
        "the branch",
    )?
    .variables;

    for scope in [
        VariableScope::App,
        VariableScope::Branch {
            branch: branch.to_owned(),
        },
    ] {
        let old = if scope == VariableScope::App {
            &app.variables
        } else {
            &before
        };
        let mut new = old.clone();
        new.0.insert("SLIPWAY_CONF".into(), "http://example.com".into());
        amplify
            .set_variables(app_id, &scope, &new)
            .await
            .during("set_variables")?;
        let read = match &scope {
            VariableScope::App => there(amplify.app(app_id).await.during("app")?, "the app")?.variables,
            VariableScope::Branch { branch } => {
                let branches = amplify.branches(app_id).await.during("branches")?;
                there(
                    branches.into_iter().find(|found| found.name == *branch),
                    "the branch",
                )?
                .variables
            }
        };
        ensure(read == new, format!("the whole map is what was set: {read:?}"))?;
        amplify
            .set_variables(app_id, &scope, old)
            .await
            .during("set_variables back")?;
    }
    ensure(
        there(amplify.app(app_id).await.during("app")?, "the app")?.variables == Variables(app.variables.0),
        "the variables are back as they were",
    )?;

    let started = amplify
        .start_release(app_id, branch, "Conformance")
        .await
        .during("start_release")?;
    ensure(started.kind == JobKind::Release, "the job is a release")?;
    let newest = amplify
        .find_job(app_id, branch, &|_| true)
        .await
        .during("find_job")?;
    ensure(
        newest.is_some_and(|job| job.id == started.id && job.kind == JobKind::Release),
        "the newest job comes first",
    )?;
    ensure(
        amplify
            .find_job(app_id, branch, &|job| job.id == "999999")
            .await
            .during("find_job of nobody")?
            .is_none(),
        "a job that is in no list is None",
    )?;
    let mut job = started.clone();
    for _ in 0..Patience::TRIES * 5 {
        job = there(
            amplify.job(app_id, branch, &started.id).await.during("job")?,
            "the job",
        )?;
        if job.status.is_over() {
            break;
        }
        clock.sleep(Patience::PAUSE).await;
    }
    ensure(
        job.status == JobStatus::Succeed,
        format!("the job ends well: {job:?}"),
    )?;
    ensure(
        job.steps.iter().all(|step| step.status == JobStatus::Succeed),
        "so do its steps",
    )?;
    ensure(
        amplify
            .job(app_id, branch, "999999")
            .await
            .during("job of nobody")?
            .is_none(),
        "a missing job is None",
    )?;
    not_found(
        amplify.start_release("d0000000000000", branch, "x").await,
        "start_release of a missing app",
    )
}
