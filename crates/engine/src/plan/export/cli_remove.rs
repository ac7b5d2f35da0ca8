//! AWS CLI commands of the steps that remove.

use serde_json::{Value, json};

use super::cli_create::set_variables;
use super::shell::Command;
use crate::cloud::network::{Peer, Rule, Traffic};
use crate::plan::action::Removal;

/// Tries, 5 seconds apart, until AWS has let go of what uses the thing.
const RELEASE_TRIES: u32 = 60;

/// How EC2 says that a gateway is gone, or attached to nothing.
const GATEWAY_GONE: &str = "Gateway.NotAttached|InvalidInternetGatewayID.NotFound";

pub(super) fn commands(target: &Removal) -> Vec<Command> {
    match target {
        Removal::FrontendVariables {
            app_id,
            scope,
            before,
        } => {
            let mut filter = "(. // {})".to_owned();
            for (name, value) in before {
                let name = json!(name);
                match value {
                    Some(value) => filter.push_str(&format!(" | .[{name}] = {}", json!(value))),
                    None => filter.push_str(&format!(" | del(.[{name}])")),
                }
            }
            vec![set_variables(app_id, scope, &filter, None)]
        }
        Removal::Service { cluster, name } => vec![
            Command::aws("ecs", "update-service")
                .set("cluster", cluster)
                .set("service", name)
                .set("desired-count", "0")
                .done_when("ServiceNot"),
            Command::aws("ecs", "delete-service")
                .set("cluster", cluster)
                .set("service", name)
                .flag("force")
                .done_when("ServiceNot"),
            Command::aws("ecs", "wait services-inactive")
                .set("cluster", cluster)
                .set("services", name)
                .done_when("MISSING"),
        ],
        Removal::Listener { arn, .. } => {
            vec![
                Command::aws("elbv2", "delete-listener")
                    .set("listener-arn", arn)
                    .done_when("ListenerNotFound"),
            ]
        }
        Removal::LoadBalancer { arn, .. } => vec![
            Command::aws("elbv2", "delete-load-balancer")
                .set("load-balancer-arn", arn)
                .done_when("LoadBalancerNotFound"),
            Command::aws("elbv2", "wait load-balancers-deleted").set("load-balancer-arns", arn),
        ],
        Removal::TargetGroup { arn, .. } => {
            vec![
                Command::aws("elbv2", "delete-target-group")
                    .set("target-group-arn", arn)
                    .tried(RELEASE_TRIES)
                    .done_when("TargetGroupNotFound"),
            ]
        }
        Removal::TaskDefinitions { arns, .. } => arns
            .iter()
            .map(|arn| Command::aws("ecs", "deregister-task-definition").set("task-definition", arn))
            .collect(),
        Removal::Cluster { name } => vec![
            Command::aws("ecs", "delete-cluster")
                .set("cluster", name)
                .tried(RELEASE_TRIES)
                .done_when("ClusterNotFoundException"),
        ],
        Removal::SecurityGroupRules { group_id, ingress } => {
            let permissions: Vec<Value> = ingress.iter().map(permission).collect();
            let revoke = Command::aws("ec2", "revoke-security-group-ingress").set("group-id", group_id);
            vec![
                revoke
                    .set("ip-permissions", json!(permissions).to_string())
                    .done_when("InvalidPermission.NotFound"),
            ]
        }
        Removal::SecurityGroup { id, .. } => {
            let delete = Command::aws("ec2", "delete-security-group").set("group-id", id);
            vec![delete.tried(RELEASE_TRIES).done_when("InvalidGroup.NotFound")]
        }
        Removal::Subnet { id, .. } => vec![
            Command::aws("ec2", "delete-subnet")
                .set("subnet-id", id)
                .tried(RELEASE_TRIES)
                .done_when("InvalidSubnetID.NotFound"),
        ],
        Removal::RouteTable { id } => {
            let delete = Command::aws("ec2", "delete-route-table").set("route-table-id", id);
            vec![delete.done_when("InvalidRouteTableID.NotFound")]
        }
        Removal::InternetGateway { id, vpc_id } => {
            let detach = vpc_id.as_ref().map(|vpc| {
                Command::aws("ec2", "detach-internet-gateway")
                    .set("internet-gateway-id", id)
                    .set("vpc-id", vpc)
                    .tried(RELEASE_TRIES)
                    .done_when(GATEWAY_GONE)
            });
            let delete = Command::aws("ec2", "delete-internet-gateway")
                .set("internet-gateway-id", id)
                .done_when("InvalidInternetGatewayID.NotFound");
            detach.into_iter().chain([delete]).collect()
        }
        Removal::Vpc { id } => vec![
            Command::aws("ec2", "delete-vpc")
                .set("vpc-id", id)
                .tried(RELEASE_TRIES)
                .done_when("InvalidVpcID.NotFound"),
        ],
        Removal::RolePolicy { role, name } => {
            vec![
                Command::aws("iam", "delete-role-policy")
                    .set("role-name", role)
                    .set("policy-name", name)
                    .done_when("NoSuchEntity"),
            ]
        }
        Removal::Role {
            name,
            attached_policies,
            inline_policies,
        } => {
            let detach = attached_policies.iter().map(|arn| {
                Command::aws("iam", "detach-role-policy")
                    .set("role-name", name)
                    .set("policy-arn", arn)
                    .done_when("NoSuchEntity")
            });
            let delete = inline_policies.iter().map(|policy| {
                Command::aws("iam", "delete-role-policy")
                    .set("role-name", name)
                    .set("policy-name", policy)
                    .done_when("NoSuchEntity")
            });
            let role = Command::aws("iam", "delete-role")
                .set("role-name", name)
                .done_when("NoSuchEntity");
            detach.chain(delete).chain([role]).collect()
        }
        Removal::LogGroup { name } => {
            let delete = Command::aws("logs", "delete-log-group").set("log-group-name", name);
            vec![delete.done_when("ResourceNotFoundException")]
        }
        Removal::Repository { name, .. } => {
            vec![
                Command::aws("ecr", "delete-repository")
                    .set("repository-name", name)
                    .flag("force")
                    .done_when("RepositoryNotFoundException"),
            ]
        }
    }
}

/// One rule as `--ip-permissions` wants it.
pub(super) fn permission(rule: &Rule) -> Value {
    let mut permission = match rule.traffic {
        Traffic::All => json!({ "IpProtocol": "-1" }),
        Traffic::Tcp { from, to } => json!({ "IpProtocol": "tcp", "FromPort": from, "ToPort": to }),
        Traffic::Udp { from, to } => json!({ "IpProtocol": "udp", "FromPort": from, "ToPort": to }),
        Traffic::Other { number } => json!({ "IpProtocol": number.to_string() }),
    };
    let (list, peer) = match &rule.peer {
        Peer::Cidr(net) => ("IpRanges", json!([{ "CidrIp": net }])),
        Peer::Group(id) => ("UserIdGroupPairs", json!([{ "GroupId": id }])),
        Peer::Other(other) if other.starts_with("pl-") => {
            ("PrefixListIds", json!([{ "PrefixListId": other }]))
        }
        Peer::Other(other) => ("Ipv6Ranges", json!([{ "CidrIpv6": other }])),
    };
    if let Some(fields) = permission.as_object_mut() {
        fields.insert(list.to_owned(), peer);
    }
    permission
}
