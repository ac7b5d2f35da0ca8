//! What a removal has to know beyond what the spec of today names: things that earlier specs of the stack made, and who
//! else uses what the stack made.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use futures::try_join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Snapshot, observe, owned_by};
use crate::cloud::compute::TaskDefinition;
use crate::cloud::identity::Role;
use crate::cloud::logs::LogGroup;
use crate::cloud::network::{InternetGateway, RouteTable, SecurityGroup, Subnet};
use crate::cloud::registry::Repository;
use crate::cloud::{Cloud, Result};
use crate::plan::Memory;
use crate::spec::StackSpec;
use crate::spec::image::ImageName;
use crate::spec::names::Names;
use crate::step::grant_mark;

/// A repository that an earlier spec named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryLeft {
    /// The repository.
    pub repository: Repository,
    /// Images in it.
    pub images: usize,
}

/// What is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    /// A role.
    Role,
    /// A repository.
    Repository,
    /// A log group.
    LogGroup,
}

/// Somebody else's use of a thing that is the stack's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Use {
    /// What kind of thing.
    pub kind: UseKind,
    /// Its name.
    pub name: String,
    /// The task definition family that uses it.
    pub by: String,
}

/// What earlier specs of the stack made, and what others use. Only the stack's own things are in the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftovers {
    /// Log groups.
    pub log_groups: Vec<LogGroup>,
    /// Repositories.
    pub repositories: Vec<RepositoryLeft>,
    /// Roles, and roles of others that still carry the stack's inline policy.
    pub roles: Vec<Role>,
    /// Subnets in other VPCs than the stack's.
    pub subnets: Vec<Subnet>,
    /// Route tables there.
    pub route_tables: Vec<RouteTable>,
    /// Internet gateways there.
    pub internet_gateways: Vec<InternetGateway>,
    /// Security groups there, and groups of others that still have a rule for the stack.
    pub security_groups: Vec<SecurityGroup>,
    /// Who else uses the stack's things.
    pub used: Vec<Use>,
}

impl Leftovers {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads everything that a removal of this stack depends on. `memory` tells what its runs named.
///
/// # Errors
/// The first call that AWS refused. Amplify is the exception: whatever it answers becomes part of the snapshot.
pub async fn observe_removal(
    cloud: &Cloud,
    spec: &StackSpec,
    memory: &Memory,
    now: Timestamp,
) -> Result<Snapshot> {
    let mut snapshot = observe(cloud, spec, now).await?;
    let names = Names::of(spec);
    let (arns, log_groups, repositories, roles, ()) = try_join!(
        own_revisions(cloud, spec, &names),
        log_groups(cloud, spec, &names, memory),
        repositories(cloud, spec, &snapshot, memory),
        roles(cloud, spec, &names, memory),
        async { Ok(()) },
    )?;
    snapshot.task_definition_arns = arns;
    snapshot.leftovers = networks(cloud, spec, &snapshot, memory).await?;
    snapshot.leftovers.log_groups = log_groups;
    snapshot.leftovers.repositories = repositories;
    snapshot.leftovers.roles = roles;
    snapshot.leftovers.used = used(cloud, spec, &names, &snapshot).await?;
    Ok(snapshot)
}

/// The family may hold revisions that somebody else registered: those are never touched.
async fn own_revisions(cloud: &Cloud, spec: &StackSpec, names: &Names) -> Result<Vec<String>> {
    let arns = cloud.compute.task_definition_arns(&names.family).await?;
    let read = async |arn: String| {
        let found = cloud.compute.task_definition(&arn).await?;
        Ok(found
            .filter(|found| found.active && owned_by(&found.tags, &spec.name))
            .map(|_| arn))
    };
    Ok(try_join_all(arns.into_iter().map(read))
        .await?
        .into_iter()
        .flatten()
        .collect())
}

/// Those of the remembered names that the spec of today does not say.
fn others<'m>(remembered: &'m BTreeSet<String>, today: Option<&'m str>) -> impl Iterator<Item = &'m String> {
    remembered.iter().filter(move |name| Some(name.as_str()) != today)
}

async fn log_groups(
    cloud: &Cloud,
    spec: &StackSpec,
    names: &Names,
    memory: &Memory,
) -> Result<Vec<LogGroup>> {
    let read = |name| cloud.logs.log_group(name);
    let found =
        try_join_all(others(&memory.made.log_groups, Some(&names.log_group)).map(|name| read(name))).await?;
    let ours = |found: &LogGroup| owned_by(&found.tags, &spec.name);
    Ok(found.into_iter().flatten().filter(ours).collect())
}

async fn repositories(
    cloud: &Cloud,
    spec: &StackSpec,
    snapshot: &Snapshot,
    memory: &Memory,
) -> Result<Vec<RepositoryLeft>> {
    let today = snapshot.repository.as_ref().map(|one| one.name.as_str());
    let read = async |name: &String| {
        let found = cloud.registry.repository(name).await?;
        let Some(repository) = found.filter(|one| owned_by(&one.tags, &spec.name)) else {
            return Ok(None);
        };
        let images = cloud.registry.images(name).await?.len();
        Ok(Some(RepositoryLeft { repository, images }))
    };
    let found = try_join_all(others(&memory.made.repositories, today).map(read)).await?;
    Ok(found.into_iter().flatten().collect())
}

async fn roles(cloud: &Cloud, spec: &StackSpec, names: &Names, memory: &Memory) -> Result<Vec<Role>> {
    let read = |name| cloud.identity.role(name);
    let found =
        try_join_all(others(&memory.made.roles, Some(&names.execution_role)).map(|name| read(name))).await?;
    let ours = |found: &Role| {
        owned_by(&found.tags, &spec.name) || found.inline_policies.contains(&names.secrets_policy)
    };
    Ok(found.into_iter().flatten().filter(ours).collect())
}

/// The stack's things in VPCs that an earlier spec chose or made.
async fn networks(
    cloud: &Cloud,
    spec: &StackSpec,
    snapshot: &Snapshot,
    memory: &Memory,
) -> Result<Leftovers> {
    let ours = |vpc: &&crate::cloud::network::Vpc| {
        let known = memory.made.vpcs.contains(&vpc.id) || owned_by(&vpc.tags, &spec.name);
        known && snapshot.vpc_id.as_ref() != Some(&vpc.id)
    };
    let mark = grant_mark(&spec.name);
    let granted = |group: &SecurityGroup| {
        group
            .ingress
            .iter()
            .any(|rule| rule.description.starts_with(&mark))
    };
    let mut all = Leftovers::default();
    for vpc in snapshot.vpcs.iter().filter(ours) {
        let (subnets, tables, gateways, groups) = try_join!(
            cloud.network.subnets(&vpc.id),
            cloud.network.route_tables(&vpc.id),
            cloud.network.internet_gateways(&vpc.id),
            cloud.network.security_groups(&vpc.id),
        )?;
        all.subnets
            .extend(subnets.into_iter().filter(|one| owned_by(&one.tags, &spec.name)));
        all.route_tables
            .extend(tables.into_iter().filter(|one| owned_by(&one.tags, &spec.name)));
        all.internet_gateways
            .extend(gateways.into_iter().filter(|one| owned_by(&one.tags, &spec.name)));
        let ours = |one: &SecurityGroup| owned_by(&one.tags, &spec.name) || granted(one);
        all.security_groups.extend(groups.into_iter().filter(ours));
    }
    Ok(all)
}

/// Who else uses the stack's role, repository or log group: the newest active revision of every other family is asked.
async fn used(cloud: &Cloud, spec: &StackSpec, names: &Names, snapshot: &Snapshot) -> Result<Vec<Use>> {
    let left = &snapshot.leftovers;
    let owned = |tags: &crate::cloud::Tags| owned_by(tags, &spec.name);
    let roles = snapshot
        .execution_role
        .iter()
        .chain(&left.roles)
        .filter(|one| owned(&one.tags));
    let roles: Vec<&Role> = roles.collect();
    let repositories = snapshot
        .repository
        .iter()
        .chain(left.repositories.iter().map(|one| &one.repository));
    let repositories: Vec<&Repository> = repositories.filter(|one| owned(&one.tags)).collect();
    let groups = snapshot
        .log_group
        .iter()
        .chain(&left.log_groups)
        .filter(|one| owned(&one.tags));
    let groups: Vec<&LogGroup> = groups.collect();
    if roles.is_empty() && repositories.is_empty() && groups.is_empty() {
        return Ok(Vec::new());
    }
    let families = cloud.compute.families().await?;
    let families = families.iter().filter(|family| **family != names.family);
    let definitions = try_join_all(families.map(|family| cloud.compute.task_definition(family))).await?;
    let mut found = BTreeSet::new();
    for definition in definitions
        .into_iter()
        .flatten()
        .filter(|one| one.active && !owned(&one.tags))
    {
        let mut note = |kind, name: &str| {
            let (name, by) = (name.to_owned(), definition.family.clone());
            found.insert(Use { kind, name, by });
        };
        for role in roles.iter().filter(|role| uses_role(&definition, role)) {
            note(UseKind::Role, &role.name);
        }
        let image = ImageName::parse(&definition.container.image);
        for repository in &repositories {
            let same = image
                .as_ref()
                .is_some_and(|image| format!("{}/{}", image.registry, image.repository) == repository.uri);
            if same {
                note(UseKind::Repository, &repository.name);
            }
        }
        for group in groups
            .iter()
            .filter(|group| definition.container.log_group == group.name)
        {
            note(UseKind::LogGroup, &group.name);
        }
    }
    Ok(found.into_iter().collect())
}

fn uses_role(definition: &TaskDefinition, role: &Role) -> bool {
    let both = [&definition.execution_role_arn, &definition.task_role_arn];
    both.into_iter().flatten().any(|arn| *arn == role.arn)
}
