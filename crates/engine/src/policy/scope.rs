//! What a statement of the policy is limited to.

use std::collections::BTreeMap;

use super::{EXECUTION_POLICY, Lent};
use crate::cloud::TAG_STACK;
use crate::cloud::identity::LinkedService;
use crate::plan::documents::TASKS_PRINCIPAL;

/// What a statement is limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Looking, and one call that knows neither resources nor tags.
    Anywhere,
    /// Looking into repositories and their images.
    LookAtImages,
    /// Making something that carries the stack's tag.
    Make,
    /// Making a log group that carries the stack's tag. By name too: tagging knows no call that it belongs to, so that
    /// elsewhere it would make anybody's log group ours.
    MakeLogs,
    /// Making something inside a VPC or behind a load balancer that is there already.
    MakeInside,
    /// Tagging in EC2, only in the call that makes the thing: a tag set later would make somebody's thing ours.
    TagNetwork,
    /// The same in ECS.
    TagContainers,
    /// The same in load balancing.
    TagBalancing,
    /// Changing and deleting what carries the stack's tag.
    Own,
    /// Changing what the user lends: rules in a security group, the association of a subnet with a route table.
    Lent,
    /// An Amplify app's variables and releases.
    Frontend,
    /// Making execution roles, tagged.
    MakeRole,
    /// Deleting execution roles that carry the stack's tag, and what they may do.
    OwnRole,
    /// Giving the execution policy, and no other, to such roles.
    ExecutionPolicy,
    /// Reading secrets, allowed to such roles.
    OwnSecrets,
    /// Reading secrets, allowed to execution roles that specs choose.
    LentSecrets,
    /// Handing roles to ECS tasks, and to nothing else.
    PassRole,
    /// The two service-linked roles.
    LinkedRole,
}

/// The execution roles that Slipway makes ([`Names`](crate::spec::names::Names)): every name ends like this.
const OWN_ROLES: &str = "*-execution";
/// The log groups that Slipway names.
const OWN_LOG_GROUPS: &str = "/ecs/*";

/// Where a policy holds, and for what.
pub(super) struct Place<'p> {
    partition: &'static str,
    region: &'p str,
    account: &'p str,
    lent: &'p Lent,
}

impl<'p> Place<'p> {
    pub(super) fn new(account: &'p str, region: &'p str, lent: &'p Lent) -> Self {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        Self {
            partition,
            region,
            account,
            lent,
        }
    }

    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition, self.region, self.account
        )
    }

    pub(super) fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account)
    }
}

impl Place<'_> {
    /// Execution roles under every name that plans use.
    fn own_roles(&self) -> Vec<String> {
        let chosen = self.lent.execution_roles.iter();
        let chosen = chosen.filter(|name| !name.ends_with(OWN_ROLES.trim_start_matches('*')));
        std::iter::once(OWN_ROLES)
            .chain(chosen.map(String::as_str))
            .map(|name| self.role(name))
            .collect()
    }
}

/// The services whose things carry the stack's tag.
const TAGGED_SERVICES: [&str; 5] = ["ec2", "ecr", "ecs", "elasticloadbalancing", "logs"];
/// Those where the same tag in the same call is all that making something needs.
const MAKING_SERVICES: [&str; 4] = ["ec2", "ecr", "ecs", "elasticloadbalancing"];

/// What the request must bring along. Keys are IAM's condition keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Limit {
    /// The key is there, whatever its value.
    Present(String),
    /// The key has one of these values.
    OneOf(&'static str, Vec<String>),
    /// The key is this ARN.
    Arn(&'static str, String),
}

impl Scope {
    pub(super) const ALL: [Self; 18] = [
        Self::Anywhere,
        Self::LookAtImages,
        Self::Make,
        Self::MakeLogs,
        Self::MakeInside,
        Self::TagNetwork,
        Self::TagContainers,
        Self::TagBalancing,
        Self::Own,
        Self::Lent,
        Self::Frontend,
        Self::MakeRole,
        Self::OwnRole,
        Self::ExecutionPolicy,
        Self::OwnSecrets,
        Self::LentSecrets,
        Self::PassRole,
        Self::LinkedRole,
    ];

    /// ARNs, with IAM's wildcards. None: nothing is allowed.
    pub(super) fn resources(self, place: &Place<'_>) -> Vec<String> {
        let lent = place.lent;
        let of = |services: &[&str]| services.iter().map(|service| place.arn(service, "*")).collect();
        match self {
            Self::Anywhere => vec!["*".to_owned()],
            Self::LookAtImages => vec![place.arn("ecr", "repository/*")],
            Self::Make => of(&MAKING_SERVICES),
            Self::MakeLogs => {
                // What is under a group's name is the group itself in some calls, with `:*` after it in others.
                let lent = lent.log_groups.iter().map(|name| format!("{name}*"));
                std::iter::once(OWN_LOG_GROUPS.to_owned())
                    .chain(lent)
                    .map(|name| place.arn("logs", &format!("log-group:{name}")))
                    .collect()
            }
            Self::Own => of(&TAGGED_SERVICES),
            Self::TagNetwork => vec![place.arn("ec2", "*")],
            Self::TagContainers => vec![place.arn("ecs", "*")],
            Self::TagBalancing => vec![place.arn("elasticloadbalancing", "*")],
            Self::MakeInside => vec![place.arn("ec2", "vpc/*")],
            Self::Lent => ["route-table/*", "subnet/*", "security-group/*"]
                .iter()
                .map(|resource| place.arn("ec2", resource))
                .collect(),
            Self::Frontend => vec![place.arn("amplify", "apps/*")],
            // A role that a spec chooses is made under that name where it is missing.
            Self::MakeRole | Self::OwnRole | Self::ExecutionPolicy => place.own_roles(),
            Self::OwnSecrets if lent.secrets => place.own_roles(),
            Self::LentSecrets if lent.secrets => {
                lent.execution_roles.iter().map(|name| place.role(name)).collect()
            }
            Self::OwnSecrets | Self::LentSecrets => Vec::new(),
            Self::PassRole => {
                let task_roles = lent.task_roles.difference(&lent.execution_roles);
                let task_roles = task_roles.map(|name| place.role(name));
                place.own_roles().into_iter().chain(task_roles).collect()
            }
            Self::LinkedRole => vec![place.role("aws-service-role/*")],
        }
    }

    pub(super) fn limits(self, place: &Place<'_>) -> Vec<Limit> {
        let request = || Limit::Present(format!("aws:RequestTag/{TAG_STACK}"));
        let resource = || Limit::Present(format!("aws:ResourceTag/{TAG_STACK}"));
        match self {
            Self::Anywhere
            | Self::LookAtImages
            | Self::MakeInside
            | Self::Lent
            | Self::Frontend
            | Self::LentSecrets => Vec::new(),
            Self::Make | Self::MakeLogs | Self::MakeRole => vec![request()],
            Self::TagNetwork => vec![Limit::Present("ec2:CreateAction".to_owned())],
            Self::TagContainers => vec![Limit::Present("ecs:CreateAction".to_owned())],
            Self::TagBalancing => vec![Limit::Present("elasticloadbalancing:CreateAction".to_owned())],
            Self::Own | Self::OwnRole | Self::OwnSecrets => vec![resource()],
            Self::ExecutionPolicy => {
                let policy = format!("arn:{}:iam::aws:policy/{EXECUTION_POLICY}", place.partition);
                vec![resource(), Limit::Arn("iam:PolicyARN", policy)]
            }
            Self::PassRole => vec![Limit::OneOf(
                "iam:PassedToService",
                vec![TASKS_PRINCIPAL.to_owned()],
            )],
            Self::LinkedRole => {
                let services = [LinkedService::Ecs, LinkedService::ElasticLoadBalancing];
                let services = services.map(|service| service.principal().to_owned());
                vec![Limit::OneOf("iam:AWSServiceName", services.to_vec())]
            }
        }
    }

    /// What a call that stays within the limits brings along: condition keys and a value for each.
    pub(super) fn example(self, place: &Place<'_>) -> BTreeMap<String, String> {
        let example = |limit| match limit {
            Limit::Present(key) => {
                let value = match key.as_str() {
                    "ec2:CreateAction" => "CreateVpc",
                    "ecs:CreateAction" => "CreateService",
                    "elasticloadbalancing:CreateAction" => "CreateLoadBalancer",
                    _ => "slipway-check",
                };
                (key, value.to_owned())
            }
            Limit::OneOf(key, values) => (key.to_owned(), values.into_iter().next().unwrap_or_default()),
            Limit::Arn(key, arn) => (key.to_owned(), arn),
        };
        self.limits(place).into_iter().map(example).collect()
    }
}
