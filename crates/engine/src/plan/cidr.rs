//! A free range for a new subnet.
//!
//! The rule: the first free /24 of the VPC, counted from its tenth /24 on and then from the start. The first ten are left
//! to people, who number theirs by hand from 0 or 1; so `10.0.0.0/16` gives `10.0.10.0/24`. Where no /24 is free, or the
//! VPC is no larger than one, the next smaller size is tried, down to the /28 that AWS and an ALB allow.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::spec::limits::SUBNET_PREFIX;

/// The usual size of a new subnet: 251 addresses.
const USUAL_PREFIX: u8 = 24;
/// Ranges at the start that are tried last.
const LEFT_TO_PEOPLE: u32 = 10;

/// The first free range inside the VPC's ranges that overlaps none of `taken`. `None`: the VPC is full.
pub fn free(vpc: &[Ipv4Net], taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    (USUAL_PREFIX..=*SUBNET_PREFIX.end())
        .find_map(|prefix| vpc.iter().find_map(|range| free_of_size(*range, prefix, taken)))
}

fn free_of_size(range: Ipv4Net, prefix: u8, taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    // A subnet as large as the VPC would leave no room for the second zone.
    if range.prefix_len() >= prefix {
        return None;
    }
    let count = 1u32 << u32::from(prefix - range.prefix_len()).min(31);
    let first = LEFT_TO_PEOPLE.min(count);
    let size = 1u32 << (32 - u32::from(prefix));
    let base = u32::from(range.network());
    (first..count).chain(0..first).find_map(|index| {
        let candidate = Ipv4Net::new(
            Ipv4Addr::from(base.checked_add(index.checked_mul(size)?)?),
            prefix,
        )
        .ok()?;
        (!taken.iter().any(|other| overlap(candidate, *other))).then_some(candidate)
    })
}

/// Whether two ranges share an address.
pub fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}
