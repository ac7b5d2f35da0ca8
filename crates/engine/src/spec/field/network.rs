//! Checks of ranges and of EC2's ids.

use ipnet::Ipv4Net;

use super::{Checked, bad_name, ensure, given};
use crate::spec::limits;
use crate::spec::problem::ProblemCode;
use crate::spec::rule::NameRule;

/// An IPv4 range with no host bits set.
///
/// # Errors
/// What would be right.
pub fn cidr(text: &str) -> Checked<Ipv4Net> {
    let text = given(text)?;
    match text.parse::<Ipv4Net>() {
        Ok(net) => cidr_value(net),
        Err(_) => Err(ProblemCode::BadCidr {
            nearest: nearest_cidr(text),
        }),
    }
}

pub(in crate::spec) fn cidr_value(net: Ipv4Net) -> Checked<Ipv4Net> {
    ensure(net == net.trunc(), net, || ProblemCode::BadCidr {
        nearest: Some(net.trunc().to_string()),
    })
}

fn nearest_cidr(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
    let address = address.trim().parse().ok()?;
    let prefix = prefix.trim().parse::<u64>().ok()?.min(32);
    Ipv4Net::new(address, u8::try_from(prefix).ok()?)
        .ok()
        .map(|net| net.trunc().to_string())
}

/// The range of a VPC to create: private, /16 to /27.
///
/// # Errors
/// What would be right.
pub fn vpc_cidr(text: &str) -> Checked<Ipv4Net> {
    vpc_value(cidr(text)?)
}

pub(in crate::spec) fn vpc_value(net: Ipv4Net) -> Checked<Ipv4Net> {
    let net = cidr_value(net)?;
    let private = net.network().is_private() && net.broadcast().is_private();
    ensure(
        private && limits::VPC_PREFIX.contains(&net.prefix_len()),
        net,
        || ProblemCode::BadVpcRange,
    )
}

/// The range of a subnet to create: /16 to /28.
///
/// # Errors
/// What would be right.
pub fn subnet_cidr(text: &str) -> Checked<Ipv4Net> {
    subnet_value(cidr(text)?)
}

pub(in crate::spec) fn subnet_value(net: Ipv4Net) -> Checked<Ipv4Net> {
    let net = cidr_value(net)?;
    ensure(limits::SUBNET_PREFIX.contains(&net.prefix_len()), net, || {
        ProblemCode::BadSubnetRange
    })
}

fn ec2_id(text: &str, prefix: &str, rule: NameRule) -> Checked<String> {
    let text = given(text)?;
    let hex = text.strip_prefix(prefix).unwrap_or_default();
    let right = matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    ensure(right, text.to_owned(), || bad_name(rule))
}

/// Id of a VPC.
///
/// # Errors
/// What would be right.
pub fn vpc_id(text: &str) -> Checked<String> {
    ec2_id(text, "vpc-", NameRule::VpcId)
}

/// Id of a subnet.
///
/// # Errors
/// What would be right.
pub fn subnet_id(text: &str) -> Checked<String> {
    ec2_id(text, "subnet-", NameRule::SubnetId)
}

/// Id of a security group.
///
/// # Errors
/// What would be right.
pub fn security_group_id(text: &str) -> Checked<String> {
    ec2_id(text, "sg-", NameRule::SecurityGroupId)
}
