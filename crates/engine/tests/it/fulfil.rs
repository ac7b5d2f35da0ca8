//! What the account looks like once a plan has come true: each step, played on the data.

use std::collections::BTreeMap;

use engine::cloud::balancing::{Listener, ListenerAction, LoadBalancer, LoadBalancerState, TargetGroup};
use engine::cloud::compute::{
    Cluster, Container, Deployment, Service, ServiceNetwork, ServiceStatus, ServiceTarget, TaskDefinition,
};
use engine::cloud::identity::{LinkedService, Role};
use engine::cloud::logs::LogGroup;
use engine::cloud::network::{
    InternetGateway, Peer, Route, RouteTable, RouteTableAssociation, RouteTarget, Rule, SecurityGroup,
    Subnet, Vpc,
};
use engine::cloud::{TAG_STACK, Tags};
use engine::plan::action::{
    Action, OutputName, Outputs, PlannedRule, PlannedService, PlannedTaskDefinition, Ref, RulePeer,
};
use engine::plan::{Change, Plan, StepId};
use engine::snapshot::{FrontendState, Snapshot};

use crate::accounts::{ACCOUNT, REGION, image_facts, repository};

struct Player<'p> {
    plan: &'p Plan,
    now: Snapshot,
    outputs: BTreeMap<StepId, Outputs>,
}

/// The snapshot after the plan.
pub(crate) fn fulfil(plan: &Plan, before: &Snapshot) -> Snapshot {
    let mut player = Player {
        plan,
        now: before.clone(),
        outputs: BTreeMap::new(),
    };
    for step in &plan.steps {
        let outputs = player.play(&step.id, &step.action, step.change);
        player.outputs.insert(step.id.clone(), outputs);
    }
    player.now
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
}

impl Player<'_> {
    fn tags(&self, name: &str) -> Tags {
        [(TAG_STACK, self.plan.spec.name.as_str()), ("Name", name)]
            .map(|(key, value)| (key.into(), value.into()))
            .into()
    }

    fn value(&self, reference: &Ref) -> String {
        self.plan
            .value(reference, &self.outputs)
            .unwrap_or_else(|| panic!("{reference:?} has no value"))
            .to_owned()
    }

    fn values(&self, references: &[Ref]) -> Vec<String> {
        references.iter().map(|reference| self.value(reference)).collect()
    }

    fn rules(&self, planned: &[PlannedRule]) -> Vec<Rule> {
        let rule = |rule: &PlannedRule| Rule {
            traffic: rule.traffic,
            peer: match &rule.peer {
                RulePeer::Cidr(net) => Peer::Cidr(*net),
                RulePeer::Group(group) => Peer::Group(self.value(group)),
            },
            description: rule.description.clone(),
        };
        planned.iter().map(rule).collect()
    }

    fn play(&mut self, id: &StepId, action: &Action, change: Change) -> Outputs {
        let known = self.plan.known.get(id).cloned().unwrap_or_default();
        if change == Change::Keep {
            return known;
        }
        let made = match action {
            Action::LinkedRole { service } => {
                match service {
                    LinkedService::Ecs => self.now.ecs_linked_role = true,
                    LinkedService::ElasticLoadBalancing => self.now.elb_linked_role = true,
                }
                Vec::new()
            }
            Action::Repository {
                name,
                scan_on_push,
                lifecycle_policy,
            } => {
                if change == Change::Adopt {
                    return known;
                }
                let made = engine::cloud::registry::Repository {
                    scan_on_push: *scan_on_push,
                    lifecycle_policy: Some(lifecycle_policy.clone()),
                    tags: self.tags(name),
                    ..repository(name)
                };
                self.now.repository = Some(made.clone());
                vec![(OutputName::Arn, made.arn)]
            }
            Action::ImagePushed { architecture, .. } => {
                let mut facts = image_facts();
                facts.architectures = vec![*architecture];
                let digest = facts.digest.clone();
                self.now.image = Some(facts);
                self.now.repository_images += 1;
                vec![(OutputName::Digest, digest)]
            }
            Action::LogGroup { name, retention_days } => {
                if change == Change::Adopt {
                    return known;
                }
                self.now.log_group = Some(LogGroup {
                    name: name.clone(),
                    arn: arn("logs", &format!("log-group:{name}")),
                    retention_days: Some(*retention_days),
                    tags: self.tags(name),
                });
                Vec::new()
            }
            Action::ExecutionRole {
                name,
                policy_arn,
                secrets_policy,
                ..
            } => {
                let tags = self.tags(name);
                let inline = engine::spec::names::Names::of(&self.plan.spec).secrets_policy;
                let role = self.now.execution_role.get_or_insert_with(|| Role {
                    tags,
                    ..crate::accounts::role(name)
                });
                if change != Change::Adopt && !role.attached_policies.contains(policy_arn) {
                    role.attached_policies.push(policy_arn.clone());
                }
                role.inline_policies = secrets_policy.iter().map(|_| inline.clone()).collect();
                let role_arn = role.arn.clone();
                self.now.secrets_policy.clone_from(secrets_policy);
                vec![(OutputName::Arn, role_arn)]
            }
            Action::Cluster { name } => {
                let made = arn("ecs", &format!("cluster/{name}"));
                let tags = self.tags(name);
                self.now.cluster = Some(Cluster {
                    name: name.clone(),
                    arn: made.clone(),
                    active: true,
                    active_services: 0,
                    tags,
                });
                vec![(OutputName::Arn, made)]
            }
            Action::Vpc { cidr, name } => {
                let made = "vpc-0000000000000beef".to_owned();
                let tags = self.tags(name);
                let vpc = Vpc {
                    id: made.clone(),
                    cidrs: vec![*cidr],
                    is_default: false,
                    dns: Some(true),
                    tags,
                };
                self.now.vpcs.push(vpc);
                self.now.vpc_id = Some(made.clone());
                self.now.subnets.clear();
                self.now.internet_gateways.clear();
                self.now.route_tables = vec![crate::accounts::table(
                    "rtb-0000000000000main",
                    &made,
                    true,
                    None,
                    &[],
                )];
                self.now.security_groups =
                    vec![crate::accounts::group("sg-0000000000000dead", "default", &made)];
                vec![(OutputName::Id, made)]
            }
            Action::InternetGateway { vpc, name } => {
                let made = "igw-0000000000000beef".to_owned();
                let tags = self.tags(name);
                let vpc_id = Some(self.value(vpc));
                self.now
                    .internet_gateways
                    .retain(|gateway| gateway.vpc_id.is_some());
                self.now.internet_gateways.push(InternetGateway {
                    id: made.clone(),
                    vpc_id,
                    tags,
                });
                vec![(OutputName::Id, made)]
            }
            Action::RouteTable { vpc, gateway, name } => self.route_table(vpc, gateway, name),
            Action::Subnet {
                vpc,
                cidr,
                zone,
                route_table,
                name,
            } => {
                let made = format!("subnet-{:0>17}", format!("{:x}", u32::from(cidr.network())));
                let vpc_id = self.value(vpc);
                self.now.subnets.retain(|subnet| subnet.cidr != *cidr);
                self.now.subnets.push(Subnet {
                    id: made.clone(),
                    vpc_id,
                    cidr: *cidr,
                    zone: zone.clone(),
                    free_addresses: 251,
                    map_public_ip: true,
                    tags: self.tags(name),
                });
                if let Some(table) = route_table {
                    let id = self.value(table);
                    let table = self
                        .now
                        .route_tables
                        .iter_mut()
                        .find(|table| table.id == id)
                        .expect("there");
                    table.associations.push(RouteTableAssociation {
                        id: "rtbassoc-1".into(),
                        subnet_id: made.clone(),
                    });
                }
                vec![(OutputName::Id, made)]
            }
            Action::SecurityGroup {
                vpc,
                name,
                adopt,
                ingress,
                egress,
                ..
            } => {
                let (ingress, egress) = (
                    self.rules(ingress),
                    egress.as_ref().map(|rules| self.rules(rules)),
                );
                if let Some(id) = adopt {
                    let group = self
                        .now
                        .security_groups
                        .iter_mut()
                        .find(|group| group.id == *id)
                        .expect("there");
                    group.ingress.extend(ingress);
                    return known;
                }
                let made = format!("sg-{:0>17}", self.now.security_groups.len() + 16);
                self.now.security_groups.retain(|group| group.name != *name);
                self.now.security_groups.push(SecurityGroup {
                    id: made.clone(),
                    name: name.clone(),
                    description: String::new(),
                    vpc_id: self.value(vpc),
                    ingress,
                    egress: egress.unwrap_or_default(),
                    tags: self.tags(name),
                });
                vec![(OutputName::Id, made)]
            }
            Action::LoadBalancer {
                name,
                subnets,
                security_groups,
            } => {
                let made = arn(
                    "elasticloadbalancing",
                    &format!("loadbalancer/app/{name}/0123456789abcdef"),
                );
                let dns_name = format!("{name}-1234567890.{REGION}.elb.amazonaws.com");
                self.now.load_balancer = Some(LoadBalancer {
                    arn: made.clone(),
                    name: name.clone(),
                    dns_name: dns_name.clone(),
                    internet_facing: true,
                    state: LoadBalancerState::Active,
                    vpc_id: self.now.vpc_id.clone().expect("a VPC"),
                    subnet_ids: self.values(subnets),
                    security_groups: self.values(security_groups),
                    tags: self.tags(name),
                });
                vec![(OutputName::Arn, made), (OutputName::DnsName, dns_name)]
            }
            Action::TargetGroup {
                name,
                port,
                vpc,
                health_check,
                deregistration_delay_s,
            } => {
                let made = arn(
                    "elasticloadbalancing",
                    &format!("targetgroup/{name}/0123456789abcdef"),
                );
                self.now.target_group = Some(TargetGroup {
                    arn: made.clone(),
                    name: name.clone(),
                    protocol: "HTTP".into(),
                    port: *port,
                    target_type: "ip".into(),
                    vpc_id: self.value(vpc),
                    health_check: health_check.clone(),
                    deregistration_delay_s: *deregistration_delay_s,
                    load_balancer_arns: Vec::new(),
                    tags: self.tags(name),
                });
                vec![(OutputName::Arn, made)]
            }
            Action::Listener {
                port, target_group, ..
            } => {
                let made = arn("elasticloadbalancing", "listener/app/x/y/z");
                let action = ListenerAction::Forward {
                    target_group_arn: self.value(target_group),
                };
                let tags = self.tags("listener");
                self.now.listeners = vec![Listener {
                    arn: made.clone(),
                    port: *port,
                    protocol: "HTTP".into(),
                    action,
                    tags,
                }];
                vec![(OutputName::Arn, made)]
            }
            Action::TaskDefinition(planned) => self.task_definition(planned),
            Action::Service(planned) => self.service(planned),
            Action::Deployment { .. } | Action::Reachable { .. } => Vec::new(),
            Action::FrontendRelease { .. } => {
                if let FrontendState::Found { built, .. } = &mut self.now.frontend {
                    *built = true;
                }
                Vec::new()
            }
            Action::ClosedPorts { group, rules, .. } => {
                let (id, closed) = (self.value(group), self.rules(rules));
                for group in self.now.security_groups.iter_mut().filter(|group| group.id == id) {
                    group.ingress.retain(|rule| !closed.contains(rule));
                }
                Vec::new()
            }
            Action::HealthCheck { health_check, .. } => {
                let group = self.now.target_group.as_mut().expect("the target group");
                group.health_check = health_check.clone();
                Vec::new()
            }
            Action::FrontendVariables {
                variables, dns_name, ..
            } => {
                let url = format!("http://{}", self.value(dns_name));
                if let FrontendState::Found { values, built, .. } = &mut self.now.frontend {
                    *built = false;
                    values.extend(variables.iter().map(|name| (name.clone(), url.clone())));
                }
                Vec::new()
            }
            Action::Remove { .. } => panic!("not part of an apply plan"),
        };
        known.into_iter().chain(made).collect()
    }

    fn route_table(&mut self, vpc: &Ref, gateway: &Ref, name: &str) -> Vec<(OutputName, String)> {
        let made = "rtb-0000000000000beef".to_owned();
        let route = Route {
            destination: "0.0.0.0/0".parse().expect("a range"),
            target: RouteTarget::InternetGateway(self.value(gateway)),
            active: true,
        };
        let vpc_id = self.value(vpc);
        let tags = self.tags(name);
        self.now.route_tables.retain(|table| table.tags != tags);
        self.now.route_tables.push(RouteTable {
            id: made.clone(),
            vpc_id,
            main: false,
            associations: Vec::new(),
            routes: vec![route],
            tags,
        });
        vec![(OutputName::Id, made)]
    }

    fn task_definition(&mut self, planned: &PlannedTaskDefinition) -> Vec<(OutputName, String)> {
        let PlannedTaskDefinition {
            family,
            cpu,
            memory_mib,
            architecture,
            execution_role,
            task_role,
            container,
        } = planned;
        let revision = self
            .now
            .task_definition
            .as_ref()
            .map_or(1, |now| now.revision + 1);
        let made = arn("ecs", &format!("task-definition/{family}:{revision}"));
        let digest = container.digest.as_ref().map(|digest| self.value(digest));
        self.now.task_definition = Some(TaskDefinition {
            arn: made.clone(),
            family: family.clone(),
            revision,
            active: true,
            cpu: *cpu,
            memory_mib: *memory_mib,
            architecture: *architecture,
            execution_role_arn: Some(self.value(execution_role)),
            task_role_arn: task_role.clone(),
            container: Container {
                name: container.name.clone(),
                image: container.image_at(digest.as_deref()),
                port: container.port,
                command: container.command.clone(),
                environment: container.environment.clone(),
                secrets: container.secrets.clone(),
                log_group: container.log_group.clone(),
                log_stream_prefix: container.log_stream_prefix.clone(),
                health_command: None,
            },
            tags: self.tags(family),
        });
        self.now.task_definition_arns.insert(0, made.clone());
        vec![(OutputName::Arn, made)]
    }

    fn service(&mut self, planned: &PlannedService) -> Vec<(OutputName, String)> {
        let PlannedService {
            cluster,
            name,
            task_definition,
            desired,
            subnets,
            security_groups,
            target_group,
            container,
            port,
            settings,
            health_grace_s,
        } = planned;
        let made = arn("ecs", &format!("service/{cluster}/{name}"));
        let definition = self.value(task_definition);
        let deployment = Deployment {
            id: "ecs-svc/1".into(),
            status: "PRIMARY".into(),
            rollout_state: Some("COMPLETED".into()),
            rollout_reason: None,
            task_definition: definition.clone(),
            desired: *desired,
            running: *desired,
            pending: 0,
            failed: 0,
        };
        self.now.service = Some(Service {
            arn: made.clone(),
            name: name.clone(),
            status: ServiceStatus::Active,
            task_definition: definition,
            desired: *desired,
            running: *desired,
            pending: 0,
            network: ServiceNetwork {
                subnet_ids: self.values(subnets),
                security_groups: self.values(security_groups),
                assign_public_ip: true,
            },
            targets: vec![ServiceTarget {
                target_group_arn: self.value(target_group),
                container: container.clone(),
                port: *port,
            }],
            settings: *settings,
            health_grace_s: *health_grace_s,
            deployments: vec![deployment],
            events: Vec::new(),
            tags: self.tags(name),
        });
        vec![(OutputName::Arn, made)]
    }
}
