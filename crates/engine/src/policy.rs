//! The IAM policy Slipway needs, and no more: derived from one table of every action that any part of it calls.
//!
//! What it makes is tagged `slipway:stack`, so nearly everything that changes or deletes is allowed on things that
//! carry that tag only. The exceptions are what the user lends: a security group, a role, an Amplify app, the VPC.

use serde_json::{Map, Value, json};

use crate::cloud::TAG_STACK;
use crate::cloud::identity::LinkedService;

/// The managed policy an execution role gets.
pub const EXECUTION_POLICY: &str = "service-role/AmazonECSTaskExecutionRolePolicy";

/// What a statement is limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Looking, and one call that knows neither resources nor tags.
    Anywhere,
    /// Looking into roles and checking permissions.
    LookAtRoles,
    /// Looking into repositories and their images.
    LookAtImages,
    /// Making something that carries the stack's tag.
    Make,
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
    /// Making roles for the tasks, tagged.
    MakeRole,
    /// Changing and deleting roles that carry the stack's tag.
    OwnRole,
    /// Giving the execution policy, and no other, to such roles.
    ExecutionPolicy,
    /// Reading secrets, allowed to the account's well-known execution role, which is not ours.
    LentRole,
    /// Handing roles to ECS tasks, and to nothing else.
    PassRole,
    /// The two service-linked roles.
    LinkedRole,
}

/// One action that Slipway calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// IAM action.
    pub action: &'static str,
    /// What it is limited to.
    pub scope: Scope,
}

const fn grant(action: &'static str, scope: Scope) -> Grant {
    Grant { action, scope }
}

/// Every action that steps, discovery and monitoring call.
pub const ACTIONS: &[Grant] = &[
    // Who we are, and what we may do.
    grant("sts:GetCallerIdentity", Scope::Anywhere),
    grant("iam:SimulatePrincipalPolicy", Scope::LookAtRoles),
    grant("iam:GetRole", Scope::LookAtRoles),
    grant("iam:ListAttachedRolePolicies", Scope::LookAtRoles),
    grant("iam:ListRolePolicies", Scope::LookAtRoles),
    grant("iam:GetRolePolicy", Scope::LookAtRoles),
    grant("iam:CreateRole", Scope::MakeRole),
    grant("iam:TagRole", Scope::MakeRole),
    grant("iam:AttachRolePolicy", Scope::ExecutionPolicy),
    grant("iam:DetachRolePolicy", Scope::ExecutionPolicy),
    grant("iam:PutRolePolicy", Scope::OwnRole),
    grant("iam:DeleteRolePolicy", Scope::OwnRole),
    grant("iam:DeleteRole", Scope::OwnRole),
    grant("iam:PutRolePolicy", Scope::LentRole),
    grant("iam:DeleteRolePolicy", Scope::LentRole),
    grant("iam:PassRole", Scope::PassRole),
    grant("iam:CreateServiceLinkedRole", Scope::LinkedRole),
    // Network.
    grant("ec2:DescribeAvailabilityZones", Scope::Anywhere),
    grant("ec2:DescribeVpcs", Scope::Anywhere),
    grant("ec2:DescribeVpcAttribute", Scope::Anywhere),
    grant("ec2:DescribeSubnets", Scope::Anywhere),
    grant("ec2:DescribeRouteTables", Scope::Anywhere),
    grant("ec2:DescribeInternetGateways", Scope::Anywhere),
    grant("ec2:DescribeSecurityGroups", Scope::Anywhere),
    grant("ec2:DescribeNetworkInterfaces", Scope::Anywhere),
    grant("ec2:CreateVpc", Scope::Make),
    grant("ec2:CreateInternetGateway", Scope::Make),
    grant("ec2:CreateRouteTable", Scope::Make),
    grant("ec2:CreateSubnet", Scope::Make),
    grant("ec2:CreateSecurityGroup", Scope::Make),
    grant("ec2:CreateRouteTable", Scope::MakeInside),
    grant("ec2:CreateSubnet", Scope::MakeInside),
    grant("ec2:CreateSecurityGroup", Scope::MakeInside),
    grant("ec2:CreateTags", Scope::TagNetwork),
    grant("ec2:ModifyVpcAttribute", Scope::Own),
    grant("ec2:DeleteVpc", Scope::Own),
    grant("ec2:AttachInternetGateway", Scope::Own),
    grant("ec2:DetachInternetGateway", Scope::Own),
    grant("ec2:DeleteInternetGateway", Scope::Own),
    grant("ec2:CreateRoute", Scope::Own),
    grant("ec2:ReplaceRoute", Scope::Own),
    grant("ec2:DeleteRouteTable", Scope::Own),
    grant("ec2:ModifySubnetAttribute", Scope::Own),
    grant("ec2:DeleteSubnet", Scope::Own),
    grant("ec2:AuthorizeSecurityGroupEgress", Scope::Own),
    grant("ec2:RevokeSecurityGroupEgress", Scope::Own),
    grant("ec2:DeleteSecurityGroup", Scope::Own),
    grant("ec2:AssociateRouteTable", Scope::Lent),
    grant("ec2:DisassociateRouteTable", Scope::Lent),
    grant("ec2:AuthorizeSecurityGroupIngress", Scope::Lent),
    grant("ec2:RevokeSecurityGroupIngress", Scope::Lent),
    // Images.
    grant("ecr:DescribeRepositories", Scope::LookAtImages),
    grant("ecr:GetLifecyclePolicy", Scope::LookAtImages),
    grant("ecr:ListTagsForResource", Scope::LookAtImages),
    grant("ecr:DescribeImages", Scope::LookAtImages),
    grant("ecr:BatchGetImage", Scope::LookAtImages),
    grant("ecr:GetDownloadUrlForLayer", Scope::LookAtImages),
    grant("ecr:CreateRepository", Scope::Make),
    grant("ecr:TagResource", Scope::Make),
    grant("ecr:PutImageScanningConfiguration", Scope::Own),
    grant("ecr:PutLifecyclePolicy", Scope::Own),
    grant("ecr:DeleteRepository", Scope::Own),
    // ECS.
    grant("ecs:DescribeClusters", Scope::Anywhere),
    grant("ecs:DescribeTaskDefinition", Scope::Anywhere),
    grant("ecs:ListTaskDefinitions", Scope::Anywhere),
    grant("ecs:DescribeServices", Scope::Anywhere),
    grant("ecs:ListServiceDeployments", Scope::Anywhere),
    grant("ecs:DescribeServiceDeployments", Scope::Anywhere),
    grant("ecs:DescribeServiceRevisions", Scope::Anywhere),
    grant("ecs:ListTasks", Scope::Anywhere),
    grant("ecs:DescribeTasks", Scope::Anywhere),
    grant("ecs:CreateCluster", Scope::Make),
    grant("ecs:RegisterTaskDefinition", Scope::Make),
    grant("ecs:CreateService", Scope::Make),
    grant("ecs:TagResource", Scope::TagContainers),
    grant("ecs:UpdateService", Scope::Own),
    grant("ecs:DeleteService", Scope::Own),
    grant("ecs:DeleteCluster", Scope::Own),
    grant("ecs:DeregisterTaskDefinition", Scope::Anywhere),
    // Load balancing.
    grant("elasticloadbalancing:DescribeLoadBalancers", Scope::Anywhere),
    grant("elasticloadbalancing:DescribeTags", Scope::Anywhere),
    grant("elasticloadbalancing:DescribeTargetGroups", Scope::Anywhere),
    grant(
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        Scope::Anywhere,
    ),
    grant("elasticloadbalancing:DescribeListeners", Scope::Anywhere),
    grant("elasticloadbalancing:DescribeTargetHealth", Scope::Anywhere),
    grant("elasticloadbalancing:CreateLoadBalancer", Scope::Make),
    grant("elasticloadbalancing:CreateTargetGroup", Scope::Make),
    grant("elasticloadbalancing:CreateListener", Scope::Make),
    grant("elasticloadbalancing:AddTags", Scope::TagBalancing),
    grant("elasticloadbalancing:SetSecurityGroups", Scope::Own),
    grant("elasticloadbalancing:SetSubnets", Scope::Own),
    grant("elasticloadbalancing:ModifyTargetGroup", Scope::Own),
    grant("elasticloadbalancing:ModifyTargetGroupAttributes", Scope::Own),
    grant("elasticloadbalancing:ModifyListener", Scope::Own),
    grant("elasticloadbalancing:DeleteListener", Scope::Own),
    grant("elasticloadbalancing:DeleteTargetGroup", Scope::Own),
    grant("elasticloadbalancing:DeleteLoadBalancer", Scope::Own),
    // Logs.
    grant("logs:DescribeLogGroups", Scope::Anywhere),
    grant("logs:ListTagsForResource", Scope::Anywhere),
    grant("logs:FilterLogEvents", Scope::Anywhere),
    grant("logs:CreateLogGroup", Scope::Make),
    grant("logs:TagResource", Scope::Make),
    grant("logs:PutRetentionPolicy", Scope::Own),
    grant("logs:DeleteLogGroup", Scope::Own),
    // Amplify.
    grant("amplify:ListApps", Scope::Anywhere),
    grant("amplify:GetApp", Scope::Frontend),
    grant("amplify:ListBranches", Scope::Frontend),
    grant("amplify:UpdateApp", Scope::Frontend),
    grant("amplify:UpdateBranch", Scope::Frontend),
    grant("amplify:StartJob", Scope::Frontend),
    grant("amplify:GetJob", Scope::Frontend),
    grant("amplify:ListJobs", Scope::Frontend),
];

/// All actions, each once, in the order of the table: what a permission check asks about.
pub fn actions() -> Vec<&'static str> {
    let mut seen = Vec::with_capacity(ACTIONS.len());
    for grant in ACTIONS {
        if !seen.contains(&grant.action) {
            seen.push(grant.action);
        }
    }
    seen
}

/// Whether an action is allowed only on what carries the stack's tag. AWS learns of a tag a while after it was written.
pub fn depends_on_tags(action: &str) -> bool {
    ACTIONS.iter().any(|grant| {
        grant.action == action && matches!(grant.scope, Scope::Own | Scope::OwnRole | Scope::ExecutionPolicy)
    })
}

/// The actions that are allowed on everything without a condition: only about these does
/// `iam:SimulatePrincipalPolicy` on `*` tell the truth.
pub fn unconditional_actions() -> Vec<&'static str> {
    ACTIONS
        .iter()
        .filter(|grant| grant.scope == Scope::Anywhere)
        .map(|grant| grant.action)
        .collect()
}

/// The partition a region belongs to.
fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// Where a policy holds.
struct Place<'p> {
    partition: &'p str,
    region: &'p str,
    account: &'p str,
}

impl Place<'_> {
    fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition, self.region, self.account
        )
    }

    fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account)
    }
}

/// The services whose things carry the stack's tag.
const TAGGED_SERVICES: [&str; 5] = ["ec2", "ecr", "ecs", "elasticloadbalancing", "logs"];

impl Scope {
    const ALL: [Self; 17] = [
        Self::Anywhere,
        Self::LookAtRoles,
        Self::LookAtImages,
        Self::Make,
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
        Self::LentRole,
        Self::PassRole,
        Self::LinkedRole,
    ];

    fn resources(self, place: &Place<'_>) -> Vec<String> {
        match self {
            Self::Anywhere => vec!["*".to_owned()],
            Self::LookAtRoles => vec![
                place.role("*"),
                format!("arn:{}:iam::{}:user/*", place.partition, place.account),
            ],
            Self::LookAtImages => vec![place.arn("ecr", "repository/*")],
            Self::Make | Self::Own => TAGGED_SERVICES
                .iter()
                .map(|service| place.arn(service, "*"))
                .collect(),
            Self::TagNetwork => vec![place.arn("ec2", "*")],
            Self::TagContainers => vec![place.arn("ecs", "*")],
            Self::TagBalancing => vec![place.arn("elasticloadbalancing", "*")],
            Self::MakeInside => vec![place.arn("ec2", "vpc/*")],
            Self::Lent => ["route-table/*", "subnet/*", "security-group/*"]
                .iter()
                .map(|resource| place.arn("ec2", resource))
                .collect(),
            Self::Frontend => vec![place.arn("amplify", "apps/*")],
            Self::MakeRole | Self::OwnRole | Self::ExecutionPolicy | Self::PassRole => vec![place.role("*")],
            Self::LentRole => vec![place.role("ecsTaskExecutionRole")],
            Self::LinkedRole => vec![place.role("aws-service-role/*")],
        }
    }

    fn condition(self, place: &Place<'_>) -> Option<Value> {
        let request = format!("aws:RequestTag/{TAG_STACK}");
        let resource = format!("aws:ResourceTag/{TAG_STACK}");
        // "Null: false" reads: the key is there. Any stack's name will do.
        let present = |key: &str| json!({ "Null": { key: "false" } });
        match self {
            Self::Anywhere
            | Self::LookAtRoles
            | Self::LookAtImages
            | Self::MakeInside
            | Self::Lent
            | Self::Frontend
            | Self::LentRole => None,
            Self::Make | Self::MakeRole => Some(present(&request)),
            Self::TagNetwork => Some(present("ec2:CreateAction")),
            Self::TagContainers => Some(present("ecs:CreateAction")),
            Self::TagBalancing => Some(present("elasticloadbalancing:CreateAction")),
            Self::Own | Self::OwnRole => Some(present(&resource)),
            Self::ExecutionPolicy => {
                let policy = format!("arn:{}:iam::aws:policy/{EXECUTION_POLICY}", place.partition);
                Some(json!({ "Null": { resource: "false" }, "ArnEquals": { "iam:PolicyARN": policy } }))
            }
            Self::PassRole => {
                Some(json!({ "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } }))
            }
            Self::LinkedRole => {
                let services = [LinkedService::Ecs, LinkedService::ElasticLoadBalancing];
                let services = services.map(LinkedService::principal);
                Some(json!({ "StringEquals": { "iam:AWSServiceName": services } }))
            }
        }
    }
}

/// The policy for one account and region, as an IAM policy document.
pub fn document(account_id: &str, region: &str) -> Value {
    let place = Place {
        partition: partition(region),
        region,
        account: account_id,
    };
    let statements: Vec<Value> = Scope::ALL
        .into_iter()
        .filter_map(|scope| {
            let actions: Vec<&str> = ACTIONS
                .iter()
                .filter(|grant| grant.scope == scope)
                .map(|grant| grant.action)
                .collect();
            if actions.is_empty() {
                return None;
            }
            // A policy has room for 6,144 characters: no names, and no brackets around one value.
            let resources = scope.resources(&place);
            let resources = match resources.as_slice() {
                [one] => json!(one),
                many => json!(many),
            };
            let mut statement = Map::new();
            statement.insert("Effect".to_owned(), json!("Allow"));
            statement.insert("Action".to_owned(), json!(actions));
            statement.insert("Resource".to_owned(), resources);
            if let Some(condition) = scope.condition(&place) {
                statement.insert("Condition".to_owned(), condition);
            }
            Some(Value::Object(statement))
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}
