//! Which addresses a probe may reach. Asked after name resolution, so that a name cannot lead where an address may not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Addresses that hand out credentials to whoever can reach them (EC2 metadata, ECS and EKS credentials). Nothing
/// opens them, not even the allow list.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

/// Whether `address` may be probed. `allow` opens private and loopback ranges; link-local ones stay shut.
pub(super) fn may_probe(address: IpAddr, allow: &[IpNet]) -> bool {
    if !may_connect(address) {
        return false;
    }
    let address = embedded(address).map_or(address, IpAddr::V4);
    is_public(address) || allow.iter().any(|range| range.contains(&address))
}

/// Whether anything at all may be asked there, an endpoint that somebody entered included: not the addresses of this
/// machine's own network that hand out credentials.
pub(crate) fn may_connect(address: IpAddr) -> bool {
    let address = embedded(address).map_or(address, IpAddr::V4);
    !METADATA.contains(&address) && !is_link_local(address)
}

/// The IPv4 address inside an IPv6 one that is only a way to write it or to reach it.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let tail = |high: u16, low: u16| {
        let ([w, x], [y, z]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(w, x, y, z)
    };
    match (a, b, c, d, e, f) {
        // ::ffff:a.b.c.d (mapped), 64:ff9b::a.b.c.d (NAT64, RFC 6052)
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(tail(g, h)),
        // ::a.b.c.d (compatible, deprecated), but not :: and ::1
        (0, 0, 0, 0, 0, 0) if g != 0 => Some(tail(g, h)),
        // 2002:aabb:ccdd:: (6to4)
        (0x2002, ..) => Some(tail(b, c)),
        _ => None,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = v4.is_private()
                || v4.is_loopback()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                // RFC 6598 carrier-grade NAT
                || (a == 100 && (64..128).contains(&b))
                // RFC 6890 protocol assignments, RFC 2544 benchmarking, RFC 1112 reserved
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b))
                || a >= 240;
            !special
        }
        IpAddr::V6(v6) => {
            // Global unicast is 2000::/3; the rest is loopback, unique local, multicast, site-local or unassigned.
            let [a, b, ..] = v6.segments();
            let documentation = a == 0x2001 && b == 0x0db8;
            let teredo = a == 0x2001 && b == 0;
            a & 0xe000 == 0x2000 && !documentation && !teredo
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(address: &str, allow: &[&str]) -> bool {
        let allow: Vec<IpNet> = allow.iter().map(|range| range.parse().unwrap()).collect();
        may_probe(address.parse().unwrap(), &allow)
    }

    #[test]
    fn public_addresses_may_be_probed() {
        for address in [
            "52.195.1.1",
            "8.8.8.8",
            "172.15.255.255",
            "172.32.0.1",
            "100.128.0.1",
            "2406:da14::1",
            "192.0.1.1",
        ] {
            assert!(may(address, &[]), "{address}");
        }
    }

    #[test]
    fn everything_else_is_shut_without_an_allow_list() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "100.64.0.1",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "fec0::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:a00:1::",
        ] {
            assert!(!may(address, &[]), "{address}");
        }
    }

    #[test]
    fn an_allow_list_opens_what_it_names_and_nothing_beside() {
        assert!(may("10.1.2.3", &["10.1.0.0/16"]));
        assert!(may("::ffff:10.1.2.3", &["10.1.0.0/16"]));
        assert!(may("127.0.0.1", &["127.0.0.0/8"]));
        assert!(may("fd12::1", &["fd12::/16"]));
        assert!(!may("10.2.0.1", &["10.1.0.0/16"]));
    }

    #[test]
    fn no_allow_list_opens_link_local_or_metadata() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "169.254.1.1",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
        ] {
            assert!(!may(address, &["0.0.0.0/0", "::/0"]), "{address}");
        }
    }
}
