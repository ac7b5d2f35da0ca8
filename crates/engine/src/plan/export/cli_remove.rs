//! AWS CLI commands of the steps that remove.

use serde_json::{Value, json};

use super::cli_create::set_variables;
use super::shell::Command;
use crate::cloud::network::{Peer, Rule, Traffic};
use crate::plan::action::Removal;

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
                .set("desired-count", "0"),
            Command::aws("ecs", "delete-service")
                .set("cluster", cluster)
                .set("service", name)
                .flag("force"),
            Command::aws("ecs", "wait services-inactive")
                .set("cluster", cluster)
                .set("services", name),
        ],
        Removal::Listener { arn, .. } => {
            vec![Command::aws("elbv2", "delete-listener").set("listener-arn", arn)]
        }
        Removal::LoadBalancer { arn, .. } => vec![
            Command::aws("elbv2", "delete-load-balancer").set("load-balancer-arn", arn),
            Command::aws("elbv2", "wait load-balancers-deleted").set("load-balancer-arns", arn),
        ],
        Removal::TargetGroup { arn, .. } => {
            vec![Command::aws("elbv2", "delete-target-group").set("target-group-arn", arn)]
        }
        Removal::TaskDefinitions { arns, .. } => arns
            .iter()
            .map(|arn| Command::aws("ecs", "deregister-task-definition").set("task-definition", arn))
            .collect(),
        Removal::Cluster { name } => vec![Command::aws("ecs", "delete-cluster").set("cluster", name)],
        Removal::SecurityGroupRules { group_id, ingress } => {
            let permissions: Vec<Value> = ingress.iter().map(permission).collect();
            let revoke = Command::aws("ec2", "revoke-security-group-ingress").set("group-id", group_id);
            vec![revoke.set("ip-permissions", json!(permissions).to_string())]
        }
        Removal::SecurityGroup { id, .. } => {
            vec![patient(
                &Command::aws("ec2", "delete-security-group").set("group-id", id),
            )]
        }
        Removal::Subnet { id, .. } => vec![patient(
            &Command::aws("ec2", "delete-subnet").set("subnet-id", id),
        )],
        Removal::RouteTable { id } => {
            vec![Command::aws("ec2", "delete-route-table").set("route-table-id", id)]
        }
        Removal::InternetGateway { id, vpc_id } => {
            let detach = vpc_id.as_ref().map(|vpc| {
                Command::aws("ec2", "detach-internet-gateway")
                    .set("internet-gateway-id", id)
                    .set("vpc-id", vpc)
            });
            let delete = Command::aws("ec2", "delete-internet-gateway").set("internet-gateway-id", id);
            detach.into_iter().chain([delete]).collect()
        }
        Removal::Vpc { id } => vec![Command::aws("ec2", "delete-vpc").set("vpc-id", id)],
        Removal::RolePolicy { role, name } => {
            vec![
                Command::aws("iam", "delete-role-policy")
                    .set("role-name", role)
                    .set("policy-name", name),
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
            });
            let delete = inline_policies.iter().map(|policy| {
                Command::aws("iam", "delete-role-policy")
                    .set("role-name", name)
                    .set("policy-name", policy)
            });
            let role = Command::aws("iam", "delete-role").set("role-name", name);
            detach.chain(delete).chain([role]).collect()
        }
        Removal::LogGroup { name } => {
            vec![Command::aws("logs", "delete-log-group").set("log-group-name", name)]
        }
        Removal::Repository { name, .. } => {
            vec![
                Command::aws("ecr", "delete-repository")
                    .set("repository-name", name)
                    .flag("force"),
            ]
        }
    }
}

/// What network interfaces still use can't be deleted at once.
fn patient(command: &Command) -> Command {
    Command::raw(format!(
        "for _ in {{1..60}}; do {} > /dev/null && break; sleep 5; done",
        command.shown()
    ))
}

fn permission(rule: &Rule) -> Value {
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
