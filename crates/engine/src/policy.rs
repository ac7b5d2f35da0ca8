//! The IAM policy Slipway needs, and no more: derived from one table of every action that any part of it calls.
//!
//! What it makes is tagged `slipway:stack`, so nearly everything that changes or deletes is allowed on things that
//! carry that tag only. The exceptions are what the user lends: a security group, a role, an Amplify app, the VPC.
//!
//! Roles are where a policy turns into more than it says: whoever may write a role's policy, and hand the role to a
//! task, may do everything. So roles are limited by name, the only policy that can be attached to one is AWS's own for
//! execution roles, and writing a policy of one's own is allowed only where stacks read secrets ([`Lent::secrets`]).

mod document;
mod lent;
mod questions;
mod scope;

pub use document::{LONGEST, document};
pub use lent::Lent;
pub use questions::questions;
pub use scope::Scope;

/// The managed policy an execution role gets.
pub const EXECUTION_POLICY: &str = "service-role/AmazonECSTaskExecutionRolePolicy";

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
    grant("iam:SimulatePrincipalPolicy", Scope::Anywhere),
    grant("iam:GetRole", Scope::Anywhere),
    grant("iam:ListAttachedRolePolicies", Scope::Anywhere),
    grant("iam:ListRolePolicies", Scope::Anywhere),
    grant("iam:GetRolePolicy", Scope::Anywhere),
    grant("iam:CreateRole", Scope::MakeRole),
    grant("iam:TagRole", Scope::MakeRole),
    grant("iam:AttachRolePolicy", Scope::ExecutionPolicy),
    grant("iam:DetachRolePolicy", Scope::ExecutionPolicy),
    grant("iam:DeleteRole", Scope::OwnRole),
    grant("iam:DeleteRolePolicy", Scope::OwnRole),
    grant("iam:PutRolePolicy", Scope::OwnSecrets),
    grant("iam:PutRolePolicy", Scope::LentSecrets),
    grant("iam:DeleteRolePolicy", Scope::LentSecrets),
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
    grant("ec2:AttachInternetGateway", Scope::MakeInside),
    grant("ec2:DetachInternetGateway", Scope::Own),
    grant("ec2:DetachInternetGateway", Scope::MakeInside),
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
    grant("logs:CreateLogGroup", Scope::MakeLogs),
    grant("logs:TagResource", Scope::MakeLogs),
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
        grant.action == action
            && matches!(
                grant.scope,
                Scope::Own | Scope::OwnRole | Scope::OwnSecrets | Scope::ExecutionPolicy
            )
    })
}
