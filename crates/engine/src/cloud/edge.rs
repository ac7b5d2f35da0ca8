//! The data plane, as a visitor meets it: name resolution and HTTP.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Where the time of a request went, in microseconds. A phase that did not happen is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// Name resolution.
    pub dns_us: u64,
    /// TCP connect.
    pub connect_us: u64,
    /// TLS handshake.
    pub tls_us: u64,
    /// Request sent to first byte.
    pub ttfb_us: u64,
    /// First byte to the end of the (capped) body.
    pub body_us: u64,
}

impl Phases {
    /// All phases together, microseconds.
    pub fn total_us(&self) -> u64 {
        self.dns_us + self.connect_us + self.tls_us + self.ttfb_us + self.body_us
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The first 2 KiB of the body, lossily as text.
    pub body: String,
    /// Timing.
    pub phases: Phases,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EdgeError {
    /// The name does not resolve (yet).
    #[error("{host} does not resolve: {reason}")]
    Dns {
        /// The name.
        host: String,
        /// The resolver's words.
        reason: String,
    },
    /// TCP was refused or reset.
    #[error("connection failed: {reason}")]
    Connect {
        /// The system's words.
        reason: String,
    },
    /// The TLS handshake failed.
    #[error("TLS failed: {reason}")]
    Tls {
        /// The library's words.
        reason: String,
    },
    /// Nothing came in time.
    #[error("no answer within {timeout_s} s")]
    Timeout {
        /// The limit, seconds.
        timeout_s: u32,
    },
    /// The answer was not HTTP.
    #[error("not an HTTP answer: {reason}")]
    Protocol {
        /// The library's words.
        reason: String,
    },
    /// The address may not be asked (SSRF guard: link-local, metadata, private ranges that are not ours).
    #[error("{address} may not be probed")]
    Forbidden {
        /// The address or host.
        address: String,
    },
    /// Nobody was asked: our own side failed before.
    #[error("nobody could ask: {reason}")]
    Unavailable {
        /// What failed.
        reason: String,
    },
}

/// The data plane.
#[async_trait]
pub trait Edge: Send + Sync {
    /// A and AAAA records of `host`, asked afresh.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, EdgeError>;
    /// `GET url`, redirects not followed, no credentials, body capped at 2 KiB.
    async fn get(&self, url: &str, timeout_s: u32) -> Result<Answer, EdgeError>;
}
