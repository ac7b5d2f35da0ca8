//! The data plane as a visitor on the internet meets it.

use std::net::{IpAddr, Ipv4Addr};

use async_trait::async_trait;
use engine::cloud::balancing::{ListenerAction, TargetState};
use engine::cloud::edge::{Answer, Edge, EdgeError, Phases};
use engine::cloud::network::Direction;

use crate::balancing::{BalancerRecord, Probe, Target};
use crate::cell::{Account, CellError};
use crate::world::{World, scramble};

/// AWS's service that answers with the address it was asked from.
const MIRROR: &str = "checkip.amazonaws.com";
/// Where the visitor comes from (TEST-NET-3): what an `allow_from` that shuts the panel out does not hold.
pub(crate) const VISITOR: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
/// An ALB gives a target this long to accept a connection.
const ALB_CONNECT_S: u32 = 10;
/// The body is capped there.
const BODY_BYTES: usize = 2048;

struct Url<'a> {
    secure: bool,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if secure { 443 } else { 80 }),
        };
        (!host.is_empty()).then_some(Self {
            secure,
            host,
            port,
            path,
        })
    }
}

impl World {
    fn balancer_named(&self, host: &str) -> Option<&BalancerRecord> {
        let resolves = |record: &&BalancerRecord| {
            record.balancer.dns_name.eq_ignore_ascii_case(host) && record.resolves_at() <= self.now
        };
        self.balancing.load_balancers.values().find(resolves)
    }

    pub(crate) fn resolve_host(&self, host: &str) -> Result<Vec<IpAddr>, EdgeError> {
        if let Ok(ip) = host.parse() {
            return Ok(vec![ip]);
        }
        if let Some(record) = self.balancer_named(host) {
            let interfaces = self.network.owned_by(&record.balancer.arn);
            let addresses = interfaces.map(|interface| interface.public_ip.unwrap_or(interface.private_ip));
            return Ok(addresses.map(IpAddr::V4).collect());
        }
        if host == MIRROR {
            return Ok(vec![IpAddr::V4(Ipv4Addr::new(52, 119, 216, 2))]);
        }
        if self.frontend_named(host).is_some() {
            return Ok(vec![IpAddr::V4(Ipv4Addr::new(13, 225, 183, 73))]);
        }
        Err(EdgeError::Dns {
            host: host.to_owned(),
            reason: "no such host (NXDOMAIN)".to_owned(),
        })
    }

    fn frontend_named(&self, host: &str) -> Option<&std::collections::BTreeMap<String, String>> {
        self.hosting.apps.values().find_map(|app| {
            let branch = host.strip_suffix(&format!(".{}", app.default_domain()))?;
            Some(&app.branches.get(branch)?.built_variables)
        })
    }

    pub(crate) fn visit(&self, url: &str, timeout_s: u32) -> Result<Answer, EdgeError> {
        let protocol = |reason: &str| EdgeError::Protocol {
            reason: reason.to_owned(),
        };
        let url = Url::parse(url).ok_or_else(|| protocol("not an http or https URL"))?;
        let addresses = self.resolve_host(url.host)?;
        if url.host == MIRROR {
            return Ok(self.answered(&url, 200, format!("{VISITOR}\n"), 3));
        }
        if let Some(built) = self.frontend_named(url.host) {
            let shown = built.iter().filter(|(name, _)| name.starts_with("NEXT_PUBLIC_"));
            let values: Vec<String> = shown.map(|(name, value)| format!("{name}={value}")).collect();
            let body = format!(
                "<!doctype html><title>Frontend</title><!-- {} -->",
                values.join(" ")
            );
            return Ok(self.answered(&url, 200, body, 6));
        }
        if let Some(record) = self.balancer_named(url.host) {
            return self.visit_balancer(record, &url, timeout_s);
        }
        let public = |interface: &&crate::network::Interface| {
            interface
                .public_ip
                .is_some_and(|ip| addresses.contains(&IpAddr::V4(ip)))
        };
        let interface = self
            .network
            .interfaces
            .values()
            .find(public)
            .ok_or(EdgeError::Timeout { timeout_s })?;
        let task = self.compute.tasks.iter().find(|task| task.arn == interface.owner);
        let task = task.ok_or(EdgeError::Timeout { timeout_s })?;
        let open = self.lets_pass(&task.security_groups, Direction::Ingress, url.port, VISITOR, &[]);
        if !open || !self.is_public(&interface.nic.subnet_id) {
            return Err(EdgeError::Timeout { timeout_s });
        }
        match task.answer(url.port, url.path, timeout_s, self.now) {
            Probe::Code(code) => {
                let (body, answer_ms) = task.page(url.path);
                Ok(self.answered(&url, code, body, answer_ms))
            }
            Probe::Refused => Err(EdgeError::Connect {
                reason: "connection refused".to_owned(),
            }),
            Probe::Timeout => Err(EdgeError::Timeout { timeout_s }),
        }
    }

    fn visit_balancer(
        &self,
        record: &BalancerRecord,
        url: &Url<'_>,
        timeout_s: u32,
    ) -> Result<Answer, EdgeError> {
        let balancer = &record.balancer;
        let open = self.lets_pass(
            &balancer.security_groups,
            Direction::Ingress,
            url.port,
            VISITOR,
            &[],
        );
        let entrances: Vec<_> = self.network.owned_by(&balancer.arn).collect();
        // Visitors are spread over the zones: one without a way in is noticed now and then (catalogue N2, H15).
        let turn = usize::try_from(self.bucket()).unwrap_or_default();
        let entrance = entrances.get(turn % entrances.len().max(1));
        let reachable = entrance.is_some_and(|interface| self.is_public(&interface.nic.subnet_id));
        if !balancer.internet_facing || !open || !reachable {
            return Err(EdgeError::Timeout { timeout_s });
        }
        let listener = self
            .balancing
            .listeners
            .values()
            .find(|known| known.balancer_arn == balancer.arn && known.listener.port == url.port);
        let Some(listener) = listener else {
            return Err(EdgeError::Connect {
                reason: "connection refused".to_owned(),
            });
        };
        if url.secure != (listener.listener.protocol == "HTTPS") {
            return Err(EdgeError::Tls {
                reason: "the server does not speak TLS on this port".to_owned(),
            });
        }
        let ListenerAction::Forward { target_group_arn } = &listener.listener.action else {
            return Ok(self.answered(url, 503, page(503, "Service Temporarily Unavailable"), 0));
        };
        let targets = self
            .balancing
            .target_groups
            .get(target_group_arn)
            .map(|group| group.targets.as_slice());
        let in_state = |state: TargetState| -> Vec<&Target> {
            targets
                .unwrap_or_default()
                .iter()
                .filter(|target| target.state == state)
                .collect()
        };
        // With no healthy target an ALB tries the unhealthy ones (catalogue F25).
        let healthy = in_state(TargetState::Healthy);
        let choices = if healthy.is_empty() {
            in_state(TargetState::Unhealthy)
        } else {
            healthy
        };
        let Some(target) = choices.get(turn % choices.len().max(1)) else {
            return Ok(self.answered(url, 503, page(503, "Service Temporarily Unavailable"), 0));
        };
        match self.probe(&balancer.arn, target, url.path, 60) {
            Probe::Code(code) => {
                let found = self.compute.task(&target.task_id).map(|task| task.page(url.path));
                let (body, answer_ms) = found.unwrap_or_default();
                if answer_ms > timeout_s.saturating_mul(1000) {
                    return Err(EdgeError::Timeout { timeout_s });
                }
                Ok(self.answered(url, code, body, answer_ms))
            }
            Probe::Refused => Ok(self.answered(url, 502, page(502, "Bad Gateway"), 0)),
            Probe::Timeout if timeout_s <= ALB_CONNECT_S => Err(EdgeError::Timeout { timeout_s }),
            Probe::Timeout => {
                Ok(self.answered(url, 504, page(504, "Gateway Time-out"), ALB_CONNECT_S * 1000))
            }
        }
    }

    /// Five-second slices of time: what varies, varies between them.
    fn bucket(&self) -> u64 {
        u64::try_from(self.now.as_second()).unwrap_or_default() / 5
    }

    fn answered(&self, url: &Url<'_>, status: u16, mut body: String, answer_ms: u32) -> Answer {
        let bucket = self.bucket();
        let host = url.host.bytes().fold(0_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        let noise = scramble(bucket ^ host);
        // A day has a busy half: the path is a little slower there, and a few answers in a hundred are slow.
        let second_of_day = bucket * 5 % 86_400;
        let busy = second_of_day.min(86_400 - second_of_day) / 12;
        let hiccup = if noise.is_multiple_of(53) {
            60_000 + noise % 90_000
        } else {
            0
        };
        if let Some((end, _)) = body
            .char_indices()
            .find(|(at, character)| at + character.len_utf8() > BODY_BYTES)
        {
            body.truncate(end);
        }
        let phases = Phases {
            dns_us: 1_200 + noise % 2_400,
            connect_us: 2_600 + (noise >> 12) % 1_800,
            tls_us: if url.secure {
                6_400 + (noise >> 20) % 3_000
            } else {
                0
            },
            ttfb_us: 5_200 + u64::from(answer_ms) * 1_000 + busy + (noise >> 28) % 4_000 + hiccup,
            body_us: 90 + (noise >> 40) % 240,
        };
        Answer { status, body, phases }
    }
}

/// An error page as an ALB writes it.
fn page(status: u16, phrase: &str) -> String {
    format!(
        "<html>\r\n<head><title>{status} {phrase}</title></head>\r\n<body>\r\n<center><h1>{status} {phrase}</h1>\
         </center>\r\n</body>\r\n</html>\r\n"
    )
}

/// The account could not be read: that says nothing about what it holds.
fn unreadable(error: CellError) -> EdgeError {
    EdgeError::Unavailable {
        reason: error.to_string(),
    }
}

#[async_trait]
impl Edge for Account {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, EdgeError> {
        let name = host.to_owned();
        self.take(move |world| world.resolve_host(&name))
            .await
            .map_err(unreadable)?
    }

    async fn get(&self, url: &str, timeout_s: u32) -> Result<Answer, EdgeError> {
        let url = url.to_owned();
        self.take(move |world| world.visit(&url, timeout_s))
            .await
            .map_err(unreadable)?
    }
}
