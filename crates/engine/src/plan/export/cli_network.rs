//! AWS CLI commands of the network's steps.

use serde_json::json;

use super::cli::{Values, creates, variable};
use super::cli_create::shorthand;
use super::cli_remove;
use super::shell::{Command, Word};
use crate::cloud::TAG_STACK;
use crate::cloud::network::{Direction, Traffic};
use crate::plan::action::{Action, GroupRole, OutputName, PlannedRule, RulePeer};
use crate::plan::{Change, Difference, PlannedStep, StepId};
use crate::step::rule_description;

fn tag_specification(values: &Values<'_>, kind: &str, name: &str) -> String {
    let tags: Vec<_> = values
        .tags(Some(name))
        .into_iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json!([{ "ResourceType": kind, "Tags": tags }]).to_string()
}

/// A look for what a run of the script before this one has made.
fn tagged(values: &Values<'_>, operation: &str, name: &str) -> Command {
    let stack = format!(
        "Name=tag:{TAG_STACK},Values={}",
        shorthand(&values.plan.spec.name)
    );
    let name = format!("Name=tag:Name,Values={}", shorthand(name));
    Command::aws("ec2", operation).with("filters", [stack, name])
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
            let look = tagged(values, "describe-vpcs", name);
            let create = create.capture(keep, "Vpc.VpcId").unless(look, "Vpcs[0].VpcId");
            commands.extend(creates(change).then_some(create));
            let modify = Command::aws("ec2", "modify-vpc-attribute").set("vpc-id", own);
            commands.push(modify.set("enable-dns-hostnames", "Value=true"));
        }
        Action::InternetGateway { vpc, name } => {
            let create = Command::aws("ec2", "create-internet-gateway").set(
                "tag-specifications",
                tag_specification(values, "internet-gateway", name),
            );
            let look = tagged(values, "describe-internet-gateways", name);
            let create = create
                .capture(keep, "InternetGateway.InternetGatewayId")
                .unless(look, "InternetGateways[0].InternetGatewayId");
            commands.extend(creates(change).then_some(create));
            let attach = Command::aws("ec2", "attach-internet-gateway").set("internet-gateway-id", own);
            commands.push(
                attach
                    .set("vpc-id", values.word(vpc))
                    .done_when("Resource.AlreadyAssociated"),
            );
        }
        Action::RouteTable { vpc, gateway, name } => {
            let create = Command::aws("ec2", "create-route-table")
                .set("vpc-id", values.word(vpc))
                .set(
                    "tag-specifications",
                    tag_specification(values, "route-table", name),
                );
            let look = tagged(values, "describe-route-tables", name);
            let create = create
                .capture(keep, "RouteTable.RouteTableId")
                .unless(look, "RouteTables[0].RouteTableId");
            commands.extend(creates(change).then_some(create));
            let route = |operation: &str| {
                Command::aws("ec2", operation)
                    .set("route-table-id", own.clone())
                    .set("destination-cidr-block", "0.0.0.0/0")
                    .set("gateway-id", values.word(gateway))
            };
            commands.push(match creates(change) {
                true => route("create-route").done_when("RouteAlreadyExists"),
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
            let look = tagged(values, "describe-subnets", name);
            let create = create
                .capture(keep, "Subnet.SubnetId")
                .unless(look, "Subnets[0].SubnetId");
            commands.extend(creates(change).then_some(create));
            let modify = Command::aws("ec2", "modify-subnet-attribute").set("subnet-id", own.clone());
            commands.push(modify.flag("map-public-ip-on-launch"));
            if let Some(table) = route_table {
                let associate = Command::aws("ec2", "associate-route-table").set("subnet-id", own);
                commands.push(
                    associate
                        .set("route-table-id", values.word(table))
                        .done_when("Resource.AlreadyAssociated"),
                );
            }
        }
        _ => {}
    }
    commands
}

/// One rule as `--ip-permissions` wants it.
fn permission(values: &Values<'_>, rule: &PlannedRule, description: Option<String>) -> Word {
    let protocol = match rule.traffic {
        Traffic::All => "\"IpProtocol\":\"-1\"".to_owned(),
        Traffic::Tcp { from, to } => format!("\"IpProtocol\":\"tcp\",\"FromPort\":{from},\"ToPort\":{to}"),
        Traffic::Udp { from, to } => format!("\"IpProtocol\":\"udp\",\"FromPort\":{from},\"ToPort\":{to}"),
        Traffic::Other { number } => format!("\"IpProtocol\":\"{number}\""),
    };
    let description = match description {
        Some(text) => Word::from(",\"Description\":").then(Word::from(text).json()),
        None => Word::from(""),
    };
    let (list, member, peer) = match &rule.peer {
        RulePeer::Cidr(net) => ("IpRanges", "CidrIp", Word::from(net.to_string())),
        RulePeer::Group(group) => ("UserIdGroupPairs", "GroupId", values.word(group)),
    };
    Word::from(format!("[{{{protocol},\"{list}\":[{{\"{member}\":"))
        .then(peer.json())
        .then(description)
        .then("}]}]")
}

/// One rule at a time: EC2 refuses all of a call when one of them is there already.
fn authorize(group: &Word, direction: Direction, permission: Word) -> Command {
    let operation = match direction {
        Direction::Ingress => "authorize-security-group-ingress",
        Direction::Egress => "authorize-security-group-egress",
    };
    Command::aws("ec2", operation)
        .set("group-id", group.clone())
        .set("ip-permissions", permission)
        .done_when("InvalidPermission.Duplicate")
}

fn revoke(group: &Word, direction: Direction, permission: impl Into<Word>) -> Command {
    let operation = match direction {
        Direction::Ingress => "revoke-security-group-ingress",
        Direction::Egress => "revoke-security-group-egress",
    };
    Command::aws("ec2", operation)
        .set("group-id", group.clone())
        .set("ip-permissions", permission)
        .done_when("InvalidPermission.NotFound")
}

/// What AWS lets out of a new group; the second where the VPC has IPv6.
const EVERYTHING_OUT: [&str; 2] = [
    r#"[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]"#,
    r#"[{"IpProtocol":"-1","Ipv6Ranges":[{"CidrIpv6":"::/0"}]}]"#,
];

pub(super) fn group(values: &Values<'_>, step: &PlannedStep) -> Vec<Command> {
    let Action::SecurityGroup {
        role,
        vpc,
        name,
        adopt,
        ingress,
        egress,
    } = &step.action
    else {
        return Vec::new();
    };
    let own = values.own(&step.id, OutputName::Id);
    let stack = &values.plan.spec.name;
    let add = |direction: Direction, rule: &PlannedRule| {
        let description = rule_description(stack, adopt.is_some(), &rule.description);
        authorize(&own, direction, permission(values, rule, Some(description)))
    };
    if !creates(step.change) {
        let one = |difference: &Difference| match difference {
            Difference::RuleAdded { direction, rule } => Some(add(*direction, rule)),
            Difference::RuleRemoved { direction, rule } => {
                let permission = json!([cli_remove::permission(rule)]).to_string();
                Some(revoke(&own, *direction, permission))
            }
            Difference::Value { .. } => None,
        };
        return step.differences.iter().filter_map(one).collect();
    }
    let what = match role {
        GroupRole::LoadBalancer => "load balancer",
        GroupRole::Task => "tasks",
    };
    let look = Command::aws("ec2", "describe-security-groups").with(
        "filters",
        [
            Word::from("Name=vpc-id,Values=").then(values.word(vpc)),
            Word::from(format!("Name=group-name,Values={}", shorthand(name))),
        ],
    );
    let create = Command::aws("ec2", "create-security-group")
        .set("group-name", name)
        .set("description", format!("Slipway stack {stack}: {what}"))
        .set("vpc-id", values.word(vpc))
        .set(
            "tag-specifications",
            tag_specification(values, "security-group", name),
        )
        .capture(variable(&step.id, OutputName::Id), "GroupId")
        .unless(look, "SecurityGroups[0].GroupId");
    let mut commands = vec![create];
    commands.extend(ingress.iter().map(|rule| add(Direction::Ingress, rule)));
    if let Some(rules) = egress {
        commands.extend(EVERYTHING_OUT.map(|everything| revoke(&own, Direction::Egress, everything)));
        commands.extend(rules.iter().map(|rule| add(Direction::Egress, rule)));
    }
    commands
}

/// Closes what is open for nobody any more.
pub(super) fn closed_ports(values: &Values<'_>, action: &Action) -> Vec<Command> {
    let Action::ClosedPorts { group, rules, .. } = action else {
        return Vec::new();
    };
    let group = values.word(group);
    let closed = rules
        .iter()
        .map(|rule| revoke(&group, Direction::Ingress, permission(values, rule, None)));
    closed.collect()
}
