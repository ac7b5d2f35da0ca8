//! AWS CLI commands of the network's steps.

use serde_json::json;

use super::cli::{Values, creates, variable};
use super::shell::{Command, Word};
use crate::cloud::network::Traffic;
use crate::plan::action::{Action, GroupRole, OutputName, PlannedRule, RulePeer};
use crate::plan::{Change, StepId};

fn tag_specification(values: &Values<'_>, kind: &str, name: &str) -> String {
    let tags: Vec<_> = values
        .tags(Some(name))
        .into_iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json!([{ "ResourceType": kind, "Tags": tags }]).to_string()
}

pub(super) fn network(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    let own = values.own(id, OutputName::Id);
    let keep = variable(id, OutputName::Id);
    let mut commands = Vec::new();
    match action {
        Action::Vpc { cidr, name } => {
            let create = Command::aws("ec2", "create-vpc")
                .set("cidr-block", cidr.to_string())
                .set("tag-specifications", tag_specification(values, "vpc", name));
            commands.extend(creates(change).then(|| create.capture(keep, "Vpc.VpcId")));
            let modify = Command::aws("ec2", "modify-vpc-attribute").set("vpc-id", own);
            commands.push(modify.set("enable-dns-hostnames", "Value=true"));
        }
        Action::InternetGateway { vpc, name } => {
            let create = Command::aws("ec2", "create-internet-gateway").set(
                "tag-specifications",
                tag_specification(values, "internet-gateway", name),
            );
            commands
                .extend(creates(change).then(|| create.capture(keep, "InternetGateway.InternetGatewayId")));
            let attach = Command::aws("ec2", "attach-internet-gateway").set("internet-gateway-id", own);
            commands.push(attach.set("vpc-id", values.word(vpc)));
        }
        Action::RouteTable { vpc, gateway, name } => {
            let create = Command::aws("ec2", "create-route-table")
                .set("vpc-id", values.word(vpc))
                .set(
                    "tag-specifications",
                    tag_specification(values, "route-table", name),
                );
            commands.extend(creates(change).then(|| create.capture(keep, "RouteTable.RouteTableId")));
            let route = |operation: &str| {
                Command::aws("ec2", operation)
                    .set("route-table-id", own.clone())
                    .set("destination-cidr-block", "0.0.0.0/0")
                    .set("gateway-id", values.word(gateway))
            };
            commands.push(match creates(change) {
                true => route("create-route"),
                // The route may be gone, or lead elsewhere.
                false => Command::raw(format!(
                    "{} || {}",
                    route("replace-route").shown(),
                    route("create-route").shown()
                )),
            });
        }
        Action::Subnet {
            vpc,
            cidr,
            zone,
            route_table,
            name,
        } => {
            let create = Command::aws("ec2", "create-subnet")
                .set("vpc-id", values.word(vpc))
                .set("cidr-block", cidr.to_string())
                .set("availability-zone-id", &zone.id)
                .set("tag-specifications", tag_specification(values, "subnet", name));
            commands.extend(creates(change).then(|| create.capture(keep, "Subnet.SubnetId")));
            let modify = Command::aws("ec2", "modify-subnet-attribute").set("subnet-id", own.clone());
            commands.push(modify.flag("map-public-ip-on-launch"));
            if let Some(table) = route_table {
                let associate = Command::aws("ec2", "associate-route-table").set("subnet-id", own);
                commands.push(associate.set("route-table-id", values.word(table)));
            }
        }
        _ => {}
    }
    commands
}

/// One rule as `--ip-permissions` wants it.
fn permission(values: &Values<'_>, rule: &PlannedRule) -> Word {
    let protocol = match rule.traffic {
        Traffic::All => "\"IpProtocol\":\"-1\"".to_owned(),
        Traffic::Tcp { from, to } => format!("\"IpProtocol\":\"tcp\",\"FromPort\":{from},\"ToPort\":{to}"),
        Traffic::Udp { from, to } => format!("\"IpProtocol\":\"udp\",\"FromPort\":{from},\"ToPort\":{to}"),
        Traffic::Other { number } => format!("\"IpProtocol\":\"{number}\""),
    };
    let description = Word::from(&rule.description).json();
    let (list, member, peer) = match &rule.peer {
        RulePeer::Cidr(net) => ("IpRanges", "CidrIp", Word::from(net.to_string())),
        RulePeer::Group(group) => ("UserIdGroupPairs", "GroupId", values.word(group)),
    };
    Word::from(format!("{{{protocol},\"{list}\":[{{\"{member}\":"))
        .then(peer.json())
        .then(",\"Description\":")
        .then(description)
        .then("}]}")
}

fn permissions(values: &Values<'_>, rules: &[PlannedRule]) -> Word {
    let all = Word::joined(rules.iter().map(|rule| permission(values, rule)), ",");
    Word::from("[").then(all).then("]")
}

pub(super) fn group(values: &Values<'_>, id: &StepId, action: &Action, change: Change) -> Vec<Command> {
    let Action::SecurityGroup {
        role,
        vpc,
        name,
        ingress,
        egress,
        ..
    } = action
    else {
        return Vec::new();
    };
    if change == Change::Keep {
        return Vec::new();
    }
    let own = values.own(id, OutputName::Id);
    let mut commands = Vec::new();
    if creates(change) {
        let what = match role {
            GroupRole::LoadBalancer => "load balancer",
            GroupRole::Task => "tasks",
        };
        let create = Command::aws("ec2", "create-security-group")
            .set("group-name", name)
            .set(
                "description",
                format!("Slipway stack {}: {what}", values.plan.spec.name),
            )
            .set("vpc-id", values.word(vpc))
            .set(
                "tag-specifications",
                tag_specification(values, "security-group", name),
            );
        commands.push(create.capture(variable(id, OutputName::Id), "GroupId"));
    }
    let authorize = |rules: &[PlannedRule]| {
        let command = Command::aws("ec2", "authorize-security-group-ingress").set("group-id", own.clone());
        command.set("ip-permissions", permissions(values, rules))
    };
    if creates(change) {
        commands.push(authorize(ingress));
    } else {
        // Some are there already, and EC2 refuses a rule that is.
        let one = |rule: &PlannedRule| authorize(std::slice::from_ref(rule)).shown();
        commands.extend(
            ingress
                .iter()
                .map(|rule| Command::raw(format!("{} || true", one(rule)))),
        );
    }
    if let (Some(rules), Change::Create) = (egress, change) {
        // A new group lets everything out.
        let everything = r#"[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]"#;
        let revoke = Command::aws("ec2", "revoke-security-group-egress").set("group-id", own.clone());
        commands.push(revoke.set("ip-permissions", everything));
        let authorize = Command::aws("ec2", "authorize-security-group-egress").set("group-id", own);
        commands.push(authorize.set("ip-permissions", permissions(values, rules)));
    }
    commands
}

/// Closes what is open for nobody any more.
pub(super) fn closed_ports(values: &Values<'_>, action: &Action) -> Vec<Command> {
    let Action::ClosedPorts { group, rules, .. } = action else {
        return Vec::new();
    };
    let revoke = Command::aws("ec2", "revoke-security-group-ingress").set("group-id", values.word(group));
    vec![revoke.set("ip-permissions", permissions(values, rules))]
}
