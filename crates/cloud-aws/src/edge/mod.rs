//! The data plane: names and HTTP as a visitor gets them, with a guard against asking what is not ours to ask.

pub(crate) mod fetch;
mod guard;

use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use engine::cloud::edge::{Answer, Edge, EdgeError};
use ipnet::IpNet;

use fetch::{Fetcher, Reach};
pub(crate) use guard::may_connect;

/// Bytes of a body that are kept.
const BODY_LIMIT: usize = 2048;

/// What a prober may be told.
#[derive(Debug, Clone, Default)]
pub struct EdgeOptions {
    /// Private ranges that may be reached. Link-local and metadata addresses stay shut whatever it says.
    pub allow: Vec<IpNet>,
    /// Name servers; empty: the system's.
    pub name_servers: Vec<SocketAddr>,
    /// Root certificates (DER) that are trusted beside the system's.
    pub extra_roots: Vec<Vec<u8>>,
}

/// Real DNS and real HTTP.
#[derive(Debug)]
pub struct HttpEdge(Fetcher);

impl HttpEdge {
    /// A prober. Nothing is opened or read before the first question.
    pub fn new(options: EdgeOptions) -> Self {
        Self(Fetcher::new(
            Reach::Guarded(options.allow),
            options.name_servers,
            options.extra_roots,
        ))
    }
}

#[async_trait]
impl Edge for HttpEdge {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, EdgeError> {
        self.0.resolve(host).await
    }

    async fn get(&self, url: &str, timeout_s: u32) -> Result<Answer, EdgeError> {
        let fetched = self.0.get(url, BODY_LIMIT, timeout_s).await?;
        let body = String::from_utf8_lossy(&fetched.body).into_owned();
        Ok(Answer {
            status: fetched.status,
            body,
            phases: fetched.phases,
        })
    }
}
