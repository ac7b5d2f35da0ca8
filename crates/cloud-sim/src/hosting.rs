//! Amplify Hosting.

use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::cloud::hosting::{
    App, Branch, Hosting, Job, JobKind, JobStatus, JobStep, VariableScope, Variables, WantedJob,
};
use engine::cloud::{CloudError, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cell::Account;
use crate::refusal::{invalid, not_found};
use crate::timing::{RELEASE_STEPS_S, after};
use crate::world::World;

/// Jobs kept per branch.
const JOBS_KEPT: usize = 50;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) apps: BTreeMap<String, AppRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AppRecord {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) branches: BTreeMap<String, BranchRecord>,
    pub(crate) updated_at: Timestamp,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct BranchRecord {
    pub(crate) variables: BTreeMap<String, String>,
    /// What the frontend that is being served has compiled in.
    pub(crate) built_variables: BTreeMap<String, String>,
    pub(crate) jobs: Vec<JobRecord>,
    pub(crate) updated_at: Timestamp,
    /// The newest commit does not build.
    pub(crate) broken: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JobRecord {
    pub(crate) id: u32,
    pub(crate) kind: JobKind,
    pub(crate) started_at: Timestamp,
    /// What the build compiles in; taken when it is deployed.
    pub(crate) compiled: Option<BTreeMap<String, String>>,
    /// Its commit does not build.
    pub(crate) fails: bool,
}

impl JobRecord {
    /// A job that fails to build gets no further.
    fn steps(&self) -> &'static [(&'static str, u32)] {
        match self.fails {
            true => RELEASE_STEPS_S.split_at(2).0,
            false => &RELEASE_STEPS_S,
        }
    }

    fn ends_at(&self) -> Timestamp {
        let steps = self.steps().iter();
        after(self.started_at, steps.map(|(_, seconds)| seconds).sum())
    }

    fn seen(&self, branch_arn: &str, now: Timestamp) -> Job {
        let mut begins = self.started_at;
        let mut steps = Vec::new();
        for (name, seconds) in self.steps() {
            let ends = after(begins, *seconds);
            let status = match () {
                () if now >= ends && self.fails && *name == "BUILD" => JobStatus::Failed,
                () if now >= ends => JobStatus::Succeed,
                () if now >= begins => JobStatus::Running,
                () => JobStatus::Pending,
            };
            steps.push(JobStep {
                name: (*name).to_owned(),
                status,
                started_at: (now >= begins).then_some(begins),
                ended_at: (now >= ends).then_some(ends),
            });
            begins = ends;
        }
        let status = match steps.first().map(|step| step.status) {
            Some(JobStatus::Running) => JobStatus::Provisioning,
            _ if now >= self.ends_at() && self.fails => JobStatus::Failed,
            _ if now >= self.ends_at() => JobStatus::Succeed,
            _ => JobStatus::Running,
        };
        Job {
            id: self.id.to_string(),
            arn: format!("{branch_arn}/jobs/{:010}", self.id),
            status,
            kind: self.kind,
            started_at: Some(self.started_at),
            ended_at: (now >= self.ends_at()).then(|| self.ends_at()),
            steps,
        }
    }
}

impl AppRecord {
    pub(crate) fn default_domain(&self) -> String {
        format!("{}.amplifyapp.com", self.id)
    }

    fn seen(&self) -> App {
        App {
            id: self.id.clone(),
            arn: self.arn.clone(),
            name: self.name.clone(),
            default_domain: self.default_domain(),
            variables: Variables(self.variables.clone()),
            updated_at: Some(self.updated_at),
        }
    }

    fn branch_arn(&self, branch: &str) -> String {
        format!("{}/branches/{branch}", self.arn)
    }
}

impl State {
    fn unfinished(&self) -> impl Iterator<Item = &JobRecord> {
        let branches = self.apps.values().flat_map(|app| app.branches.values());
        branches
            .flat_map(|branch| &branch.jobs)
            .filter(|job| job.compiled.is_some())
    }

    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        self.unfinished().map(JobRecord::ends_at).min()
    }
}

fn no_app(id: &str) -> CloudError {
    not_found("NotFoundException", format!("App {id} not found."))
}

fn no_branch(name: &str) -> CloudError {
    not_found("NotFoundException", format!("Branch {name} not found."))
}

impl World {
    pub(super) fn settle_hosting(&mut self) -> bool {
        let now = self.now;
        let mut moved = false;
        for branch in self
            .hosting
            .apps
            .values_mut()
            .flat_map(|app| app.branches.values_mut())
        {
            for at in 0..branch.jobs.len() {
                if branch.jobs[at].ends_at() <= now
                    && let Some(compiled) = branch.jobs[at].compiled.take()
                {
                    if !branch.jobs[at].fails {
                        branch.built_variables = compiled;
                    }
                    moved = true;
                }
            }
        }
        moved
    }

    /// What the frontend that a branch serves has compiled in; `None` without such a branch.
    pub fn built_variables(&self, app_id: &str, branch: &str) -> Option<&BTreeMap<String, String>> {
        Some(
            &self
                .hosting
                .apps
                .get(app_id)?
                .branches
                .get(branch)?
                .built_variables,
        )
    }

    fn set_variables(&mut self, app_id: &str, scope: &VariableScope, variables: Variables) -> Result<()> {
        let now = self.now;
        let app = self.hosting.apps.get_mut(app_id).ok_or_else(|| no_app(app_id))?;
        if let Some(name) = variables.0.keys().find(|name| name.starts_with("AWS")) {
            return Err(invalid(
                "BadRequestException",
                format!("Environment variables cannot start with the reserved prefix \"AWS\": {name}"),
            ));
        }
        match scope {
            VariableScope::App => (app.variables, app.updated_at) = (variables.0, now),
            VariableScope::Branch { branch } => {
                let branch = app.branches.get_mut(branch).ok_or_else(|| no_branch(branch))?;
                (branch.variables, branch.updated_at) = (variables.0, now);
            }
        }
        Ok(())
    }

    /// Somebody breaks the newest commit of the frontend, or mends it; nothing is built by this.
    pub fn break_frontend(&mut self, app_id: &str, branch: &str, broken: bool) {
        let app = self.hosting.apps.get_mut(app_id);
        if let Some(branch) = app.and_then(|app| app.branches.get_mut(branch)) {
            branch.broken = broken;
        }
    }

    /// Somebody pushes a commit of the frontend: Amplify builds the branch.
    ///
    /// # Errors
    /// Amplify's, when there is no such branch.
    pub fn push_frontend(&mut self, app_id: &str, branch: &str) -> Result<Job> {
        self.start_job(app_id, branch, JobKind::WebHook)
    }

    fn start_job(&mut self, app_id: &str, branch_name: &str, kind: JobKind) -> Result<Job> {
        let now = self.now;
        let app = self.hosting.apps.get_mut(app_id).ok_or_else(|| no_app(app_id))?;
        let mut compiled = app.variables.clone();
        let branch_arn = app.branch_arn(branch_name);
        let branch = app
            .branches
            .get_mut(branch_name)
            .ok_or_else(|| no_branch(branch_name))?;
        if branch.jobs.iter().any(|job| job.compiled.is_some()) {
            return Err(invalid(
                "BadRequestException",
                format!("The branch {branch_name} already have pending or running jobs"),
            ));
        }
        compiled.extend(branch.variables.clone());
        let id = branch.jobs.last().map_or(0, |job| job.id) + 1;
        let job = JobRecord {
            id,
            kind,
            started_at: now,
            compiled: Some(compiled),
            fails: branch.broken,
        };
        let seen = Job {
            status: JobStatus::Pending,
            ..job.seen(&branch_arn, now)
        };
        branch.jobs.push(job);
        let too_many = branch.jobs.len().saturating_sub(JOBS_KEPT);
        branch.jobs.drain(..too_many);
        Ok(seen)
    }
}

#[async_trait]
impl Hosting for Account {
    async fn apps(&self) -> Result<Vec<App>> {
        self.call(&["amplify:ListApps"], |world| {
            Ok(world.hosting.apps.values().map(AppRecord::seen).collect())
        })
        .await
    }

    async fn app(&self, app_id: &str) -> Result<Option<App>> {
        let id = app_id.to_owned();
        self.call(&["amplify:GetApp"], move |world| {
            Ok(world.hosting.apps.get(&id).map(AppRecord::seen))
        })
        .await
    }

    async fn branches(&self, app_id: &str) -> Result<Vec<Branch>> {
        let id = app_id.to_owned();
        self.call(&["amplify:ListBranches"], move |world| {
            let app = world.hosting.apps.get(&id).ok_or_else(|| no_app(&id))?;
            let seen = |(name, branch): (&String, &BranchRecord)| Branch {
                name: name.clone(),
                variables: Variables(branch.variables.clone()),
                updated_at: Some(branch.updated_at),
            };
            Ok(app.branches.iter().map(seen).collect())
        })
        .await
    }

    async fn set_variables(&self, app_id: &str, scope: &VariableScope, variables: &Variables) -> Result<()> {
        let (id, scope, variables) = (app_id.to_owned(), scope.clone(), variables.clone());
        let actions: &'static [&'static str] = match scope {
            VariableScope::App => &["amplify:UpdateApp"],
            VariableScope::Branch { .. } => &["amplify:UpdateBranch"],
        };
        self.call(actions, move |world| world.set_variables(&id, &scope, variables))
            .await
    }

    // Like AWS, which takes a reason and never shows it again.
    async fn start_release(&self, app_id: &str, branch: &str, _reason: &str) -> Result<Job> {
        let (id, branch) = (app_id.to_owned(), branch.to_owned());
        self.call(&["amplify:StartJob"], move |world| {
            world.start_job(&id, &branch, JobKind::Release)
        })
        .await
    }

    async fn job(&self, app_id: &str, branch: &str, job_id: &str) -> Result<Option<Job>> {
        let (id, branch, job_id) = (app_id.to_owned(), branch.to_owned(), job_id.to_owned());
        self.call(&["amplify:GetJob"], move |world| {
            let Some(app) = world.hosting.apps.get(&id) else {
                return Ok(None);
            };
            let Some(record) = app.branches.get(&branch) else {
                return Ok(None);
            };
            let job = record.jobs.iter().find(|job| job.id.to_string() == job_id);
            Ok(job.map(|job| job.seen(&app.branch_arn(&branch), world.now)))
        })
        .await
    }

    async fn find_job(&self, app_id: &str, branch: &str, wanted: &WantedJob<'_>) -> Result<Option<Job>> {
        let (id, branch) = (app_id.to_owned(), branch.to_owned());
        let listed = self.call(&["amplify:ListJobs"], move |world| {
            let app = world.hosting.apps.get(&id).ok_or_else(|| no_app(&id))?;
            let record = app.branches.get(&branch).ok_or_else(|| no_branch(&branch))?;
            let arn = app.branch_arn(&branch);
            let listed = |job: &JobRecord| Job {
                steps: Vec::new(),
                ..job.seen(&arn, world.now)
            };
            Ok(record.jobs.iter().rev().map(listed).collect::<Vec<_>>())
        });
        Ok(listed.await?.into_iter().find(|job| wanted(job)))
    }
}
