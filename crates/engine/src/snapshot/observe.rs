//! Reading the account: what does not depend on each other is read at once.

use std::net::Ipv4Addr;

use futures::{join, try_join};
use jiff::Timestamp;

use super::frontend::frontend;
use super::routes::ANYWHERE;
use super::{Leftovers, Snapshot, owned_by};
use crate::cloud::balancing::TargetState;
use crate::cloud::identity::{LinkedService, Role};
use crate::cloud::network::{InternetGateway, RouteTable, SecurityGroup, Subnet, Vpc};
use crate::cloud::registry::{ImageFacts, Repository};
use crate::cloud::{Cloud, Result, TAG_STACK};
use crate::spec::names::Names;
use crate::spec::{StackSpec, VpcChoice};
use crate::step::grant_mark;

/// Reads everything that a plan for this spec depends on.
///
/// # Errors
/// The first call that AWS refused. Amplify is the exception: whatever it answers becomes part of the snapshot.
pub async fn observe(cloud: &Cloud, spec: &StackSpec, now: Timestamp) -> Result<Snapshot> {
    let names = Names::of(spec);
    let account = async {
        let caller = cloud.identity.caller().await?;
        let image = image(cloud, spec, &caller.account_id).await?;
        Ok((caller, image))
    };
    let linked = async {
        try_join!(
            cloud.identity.service_linked_role(LinkedService::Ecs),
            cloud
                .identity
                .service_linked_role(LinkedService::ElasticLoadBalancing),
        )
    };
    let compute = async {
        try_join!(
            cloud.compute.cluster(&names.cluster),
            cloud.compute.task_definition(&names.family),
            cloud.compute.service(&names.cluster, &names.service),
        )
    };
    let panel = async { Ok(panel_address(cloud, spec).await) };
    let amplify = async { Ok(frontend(cloud, spec.frontend.as_ref()).await) };
    let (
        (caller, (repository, repository_images, image)),
        (ecs_linked_role, elb_linked_role),
        (execution_role, secrets_policy),
        (cluster, task_definition, service),
        balancing,
        log_group,
        panel_address,
        frontend,
    ) = try_join!(
        account,
        linked,
        role(cloud, &names),
        compute,
        balancing_and_network(cloud, spec, &names),
        cloud.logs.log_group(&names.log_group),
        panel,
        amplify,
    )?;
    let (load_balancer, listeners, (target_group, healthy_targets), network) = balancing;
    Ok(Snapshot {
        taken_at: now,
        caller,
        region: cloud.region.clone(),
        zones: network.zones,
        vpcs: network.vpcs,
        vpc_id: network.vpc_id,
        subnets: network.subnets,
        route_tables: network.route_tables,
        internet_gateways: network.internet_gateways,
        security_groups: network.security_groups,
        repository,
        repository_images,
        image,
        log_group,
        execution_role,
        secrets_policy,
        ecs_linked_role,
        elb_linked_role,
        cluster,
        task_definition,
        task_definition_arns: Vec::new(),
        service,
        load_balancer,
        listeners,
        target_group,
        healthy_targets,
        panel_address,
        frontend,
        leftovers: Leftovers::default(),
    })
}

/// AWS's own mirror: it answers with the address that asked.
const MIRROR: &str = "https://checkip.amazonaws.com/";
/// Limit of one look into it, seconds.
const MIRROR_TIMEOUT_S: u32 = 5;

/// Where the panel comes from. Never an error: without it, the plan only says that nobody could tell.
async fn panel_address(cloud: &Cloud, spec: &StackSpec) -> Option<Ipv4Addr> {
    let from = &spec.network.allow_from;
    if from.is_empty() || from.contains(&ANYWHERE) {
        return None;
    }
    let answer = cloud.edge.get(MIRROR, MIRROR_TIMEOUT_S).await.ok()?;
    answer.body.trim().parse().ok()
}

async fn image(
    cloud: &Cloud,
    spec: &StackSpec,
    account_id: &str,
) -> Result<(Option<Repository>, usize, Option<ImageFacts>)> {
    let Some((repository, reference)) = spec.image.in_own_registry(account_id, &cloud.region) else {
        return Ok((None, 0, None));
    };
    let Some(found) = cloud.registry.repository(&repository).await? else {
        return Ok((None, 0, None));
    };
    let (images, image) = try_join!(
        cloud.registry.images(&repository),
        cloud.registry.image(&repository, &reference)
    )?;
    Ok((Some(found), images.len(), image))
}

async fn role(cloud: &Cloud, names: &Names) -> Result<(Option<Role>, Option<String>)> {
    let Some(role) = cloud.identity.role(&names.execution_role).await? else {
        return Ok((None, None));
    };
    let policy = if role.inline_policies.contains(&names.secrets_policy) {
        cloud
            .identity
            .role_policy(&names.execution_role, &names.secrets_policy)
            .await?
    } else {
        None
    };
    Ok((Some(role), policy))
}

struct Network {
    zones: Vec<crate::cloud::network::Zone>,
    vpcs: Vec<Vpc>,
    vpc_id: Option<String>,
    subnets: Vec<Subnet>,
    route_tables: Vec<RouteTable>,
    internet_gateways: Vec<InternetGateway>,
    security_groups: Vec<SecurityGroup>,
}

type Balancing = (
    Option<crate::cloud::balancing::LoadBalancer>,
    Vec<crate::cloud::balancing::Listener>,
    (Option<crate::cloud::balancing::TargetGroup>, usize),
    Network,
);

/// The ALB first: where it is decides which VPC is the stack's.
async fn balancing_and_network(cloud: &Cloud, spec: &StackSpec, names: &Names) -> Result<Balancing> {
    let (load_balancer, target_group, zones, vpcs) = try_join!(
        cloud.balancing.load_balancer(&names.load_balancer),
        cloud.balancing.target_group(&names.target_group),
        cloud.network.zones(),
        cloud.network.vpcs(),
    )?;
    let balancer_vpc = load_balancer
        .as_ref()
        .filter(|found| owned_by(&found.tags, &spec.name))
        .map(|found| &found.vpc_id);
    let group_vpc = target_group
        .as_ref()
        .filter(|found| owned_by(&found.tags, &spec.name))
        .map(|found| &found.vpc_id);
    let vpc_id = vpc_of(cloud, spec, &vpcs, balancer_vpc.or(group_vpc)).await?;
    let listeners = async {
        match &load_balancer {
            Some(found) => cloud.balancing.listeners(&found.arn).await,
            None => Ok(Vec::new()),
        }
    };
    let details = async {
        match &vpc_id {
            Some(id) => try_join!(
                cloud.network.subnets(id),
                cloud.network.route_tables(id),
                cloud.network.internet_gateways(id),
                cloud.network.security_groups(id),
            ),
            None => Ok(Default::default()),
        }
    };
    let ours = cloud.network.internet_gateways_tagged(TAG_STACK, &spec.name);
    let healthy = async {
        match &target_group {
            Some(found) => cloud.balancing.target_health(&found.arn).await,
            None => Ok(Vec::new()),
        }
    };
    let (listeners, details, ours, healthy) = join!(listeners, details, ours, healthy);
    let healthy = healthy?
        .iter()
        .filter(|target| target.state == TargetState::Healthy)
        .count();
    let (subnets, route_tables, mut internet_gateways, mut security_groups) = details?;
    security_groups.retain(|group| concerns(spec, names, group));
    // A run that was cut off may have left a gateway that is attached to nothing.
    let detached = ours?.into_iter().filter(|gateway| gateway.vpc_id.is_none());
    internet_gateways.extend(detached);
    let network = Network {
        zones,
        vpcs,
        vpc_id,
        subnets,
        route_tables,
        internet_gateways,
        security_groups,
    };
    Ok((load_balancer, listeners?, (target_group, healthy), network))
}

/// Whether a plan looks at the group: the spec chose it, it has a name the stack takes, or it is or carries something of
/// the stack's. A VPC may hold hundreds of others.
fn concerns(spec: &StackSpec, names: &Names, group: &SecurityGroup) -> bool {
    let mark = grant_mark(&spec.name);
    spec.network.task_security_group.as_ref() == Some(&group.id)
        || group.name == names.load_balancer_group
        || group.name == names.task_group
        || owned_by(&group.tags, &spec.name)
        || group
            .ingress
            .iter()
            .any(|rule| rule.description.starts_with(&mark))
}

/// The VPC of the stack: where its ALB or target group is already; else as the spec says. `Find` means the VPC that
/// holds the subnets or the security group the spec names, else the only VPC, else the default one.
async fn vpc_of(
    cloud: &Cloud,
    spec: &StackSpec,
    vpcs: &[Vpc],
    used: Option<&String>,
) -> Result<Option<String>> {
    match &spec.network.vpc {
        VpcChoice::Use(id) => Ok(vpcs.iter().find(|vpc| vpc.id == *id).map(|vpc| vpc.id.clone())),
        VpcChoice::Create(_) => Ok(vpcs
            .iter()
            .find(|vpc| owned_by(&vpc.tags, &spec.name))
            .map(|vpc| vpc.id.clone())),
        VpcChoice::Find => {
            if let Some(used) = used {
                return Ok(Some(used.clone()));
            }
            if let Some(named) = vpc_of_named(cloud, spec, vpcs).await? {
                return Ok(Some(named));
            }
            let found = match vpcs {
                [only] => Some(only),
                several => several.iter().find(|vpc| vpc.is_default),
            };
            Ok(found.map(|vpc| vpc.id.clone()))
        }
    }
}

async fn vpc_of_named(cloud: &Cloud, spec: &StackSpec, vpcs: &[Vpc]) -> Result<Option<String>> {
    let wanted = &spec.network;
    if wanted.subnets.is_empty() && wanted.task_security_group.is_none() {
        return Ok(None);
    }
    for vpc in vpcs {
        let (subnets, groups) = try_join!(
            cloud.network.subnets(&vpc.id),
            cloud.network.security_groups(&vpc.id)
        )?;
        let holds_subnet = subnets.iter().any(|subnet| wanted.subnets.contains(&subnet.id));
        let holds_group = groups
            .iter()
            .any(|group| wanted.task_security_group.as_ref() == Some(&group.id));
        if holds_subnet || holds_group {
            return Ok(Some(vpc.id.clone()));
        }
    }
    Ok(None)
}
