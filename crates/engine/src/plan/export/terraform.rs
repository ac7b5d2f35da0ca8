//! The plan as Terraform. What exists already and is the stack's own comes with an `import` block; what is somebody
//! else's is read as data. Amplify's variables are left out, because Terraform would have to own the whole app: the URL is
//! an output instead.

use std::collections::BTreeMap;

use super::hcl::{Block, Value};
use super::{terraform_blocks, terraform_order};
use crate::cloud::TAG_STACK;
use crate::plan::action::{Action, OutputName, Ref};
use crate::plan::{Change, Plan, PlannedStep, StepId};
use crate::spec::names::Names;

/// One configuration file. For a destroy plan it holds no resources: removing them from the file removes them.
pub fn hcl(plan: &Plan) -> String {
    let before = terraform_order::depends_on(plan);
    let writer = Writer { plan, before };
    let mut blocks = vec![terraform_block(), provider(plan)];
    for step in &plan.steps {
        blocks.extend(terraform_blocks::blocks(&writer, step));
        blocks.extend(writer.imports(step));
    }
    blocks.extend(outputs(plan));
    let head = format!(
        "# The stack {} in account {}, region {}, as planned {}.\n",
        plan.spec.name, plan.account_id, plan.region, plan.made_at
    );
    let bodies: Vec<String> = blocks.iter().map(Block::text).collect();
    format!("{head}\n{}", bodies.join("\n"))
}

fn terraform_block() -> Block {
    let aws = Value::Object(vec![
        ("source".to_owned(), "hashicorp/aws".into()),
        ("version".to_owned(), ">= 6.0".into()),
    ]);
    Block::new("terraform", &[])
        .set("required_version", ">= 1.5")
        .block(Block::new("required_providers", &[]).set("aws", aws))
}

fn provider(plan: &Plan) -> Block {
    let mut tags = plan.spec.tags.clone();
    tags.insert(TAG_STACK.to_owned(), plan.spec.name.clone());
    let account = Value::List(vec![plan.account_id.as_str().into()]);
    Block::new("provider", &["aws"])
        .set("region", &plan.region)
        .set("allowed_account_ids", account)
        .block(Block::new("default_tags", &[]).set("tags", map(&tags)))
}

fn outputs(plan: &Plan) -> Option<Block> {
    let balancer = plan
        .steps
        .iter()
        .find(|step| matches!(step.action, Action::LoadBalancer { .. }))?;
    let url = format!("\"http://${{{}.dns_name}}\"", address(balancer));
    Some(Block::new("output", &["url"]).set("value", Value::Expression(url)))
}

/// A map of texts.
pub(super) fn map(values: &BTreeMap<String, String>) -> Value {
    Value::Object(
        values
            .iter()
            .map(|(key, value)| (key.clone(), value.into()))
            .collect(),
    )
}

/// Whether a step's thing is somebody else's: read as data, never managed.
pub(super) fn is_foreign(step: &PlannedStep) -> bool {
    use crate::plan::ReasonCode::ChosenByUser;
    let chosen = step.reason.code == ChosenByUser && step.change != Change::Update;
    step.change == Change::Adopt
        || chosen
        || matches!(
            step.action,
            Action::ExecutionRole { adopt: true, .. } | Action::SecurityGroup { adopt: Some(_), .. }
        )
}

/// Terraform's resource type and name of a step.
pub(super) fn address(step: &PlannedStep) -> String {
    let (kind, name) = resource(step);
    if is_foreign(step) {
        format!("data.{kind}.{name}")
    } else {
        format!("{kind}.{name}")
    }
}

pub(super) fn resource(step: &PlannedStep) -> (&'static str, String) {
    let kind = match step.action {
        Action::LinkedRole { .. } => "aws_iam_service_linked_role",
        Action::Repository { .. } => "aws_ecr_repository",
        Action::LogGroup { .. } => "aws_cloudwatch_log_group",
        Action::ExecutionRole { .. } => "aws_iam_role",
        Action::Cluster { .. } => "aws_ecs_cluster",
        Action::Vpc { .. } => "aws_vpc",
        Action::InternetGateway { .. } => "aws_internet_gateway",
        Action::RouteTable { .. } => "aws_route_table",
        Action::Subnet { .. } => "aws_subnet",
        Action::SecurityGroup { .. } => "aws_security_group",
        Action::LoadBalancer { .. } => "aws_lb",
        Action::TargetGroup { .. } => "aws_lb_target_group",
        Action::Listener { .. } => "aws_lb_listener",
        Action::TaskDefinition(_) => "aws_ecs_task_definition",
        Action::Service(_) => "aws_ecs_service",
        Action::ImagePushed { .. }
        | Action::Deployment { .. }
        | Action::Reachable { .. }
        | Action::ClosedPorts { .. }
        | Action::HealthCheck { .. }
        | Action::FrontendVariables { .. }
        | Action::FrontendRelease { .. }
        | Action::Remove { .. } => "",
    };
    // `subnet.apne1-az1` → `apne1_az1`; a step with a plain id is the only one of its kind.
    let name = match step.id.0.split_once('.') {
        Some((_, name)) => name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect(),
        None => "main".to_owned(),
    };
    (kind, name)
}

/// What the blocks need to know.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan,
    before: BTreeMap<StepId, Vec<String>>,
}

impl Writer<'_> {
    /// A reference as an expression, or its value.
    pub(super) fn value(&self, reference: &Ref) -> Value {
        match reference {
            Ref::Known(value) => value.into(),
            Ref::Output { step, name } => match self.plan.step(step) {
                Some(found) => {
                    Value::Expression(format!("{}.{}", address(found), attribute(&found.action, *name)))
                }
                // `plan::lint` forbids it.
                None => Value::Expression("null".to_owned()),
            },
        }
    }

    pub(super) fn values(&self, references: &[Ref]) -> Value {
        Value::List(references.iter().map(|reference| self.value(reference)).collect())
    }

    /// `depends_on` of a step: what has to be there first and appears in none of its attributes.
    pub(super) fn depends_on(&self, id: &StepId) -> Option<Value> {
        let before = self.before.get(id)?;
        Some(Value::List(
            before.iter().cloned().map(Value::Expression).collect(),
        ))
    }

    /// What is there already and ours is taken over instead of made again.
    fn imports(&self, step: &PlannedStep) -> Vec<Block> {
        let exists = matches!(step.change, Change::Keep | Change::Update | Change::Wait) && !is_foreign(step);
        let (kind, label) = resource(step);
        if !exists || kind.is_empty() {
            return Vec::new();
        }
        let known = |name| self.plan.known(&step.id, name).map(str::to_owned);
        let is_there = known(OutputName::Arn).is_some() || known(OutputName::Id).is_some();
        let mut all = vec![(
            address(step),
            match &step.action {
                Action::Service(planned) => Some(format!("{}/{}", planned.cluster, planned.name)),
                Action::Repository { name, .. }
                | Action::LogGroup { name, .. }
                | Action::ExecutionRole { name, .. }
                | Action::Cluster { name } => Some(name.clone()),
                _ => known(OutputName::Id).or_else(|| known(OutputName::Arn)),
            },
        )];
        match &step.action {
            // Updated parts may not be there yet: those are made.
            _ if step.change != Change::Keep => {}
            Action::Repository { name, .. } => {
                all.push((format!("aws_ecr_lifecycle_policy.{label}"), Some(name.clone())));
            }
            Action::ExecutionRole {
                name,
                policy_arn,
                secrets_policy,
                ..
            } => {
                let attachment = format!("{name}/{policy_arn}");
                all.push((
                    format!("aws_iam_role_policy_attachment.{label}"),
                    Some(attachment),
                ));
                let policy = Names::of(&self.plan.spec).secrets_policy;
                let inline = secrets_policy.as_ref().map(|_| format!("{name}:{policy}"));
                all.push((format!("aws_iam_role_policy.{label}"), inline));
            }
            Action::Subnet {
                route_table: Some(table),
                ..
            } => {
                let none = BTreeMap::new();
                let table = self.plan.value(table, &none);
                let pair = known(OutputName::Id)
                    .zip(table)
                    .map(|(subnet, table)| format!("{subnet}/{table}"));
                all.push((format!("aws_route_table_association.{label}"), pair));
            }
            _ => {}
        }
        let block = |(to, id): (String, Option<String>)| {
            let id = id.filter(|_| is_there)?;
            Some(
                Block::new("import", &[])
                    .set("to", Value::Expression(to))
                    .set("id", id),
            )
        };
        all.into_iter().filter_map(block).collect()
    }
}

/// Terraform's attribute for an output.
fn attribute(action: &Action, name: OutputName) -> &'static str {
    match (action, name) {
        (Action::Repository { .. }, OutputName::Uri) => "repository_url",
        (_, OutputName::DnsName) => "dns_name",
        (_, OutputName::Name) => "name",
        (_, OutputName::Arn) => "arn",
        _ => "id",
    }
}
