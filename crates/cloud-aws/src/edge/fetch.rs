//! One HTTP GET with the time of every phase: resolve, guard, connect, TLS, request, body.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use engine::cloud::edge::{EdgeError, Phases};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::guard::{may_connect, may_probe};

/// How servers see us in their logs.
const USER_AGENT: &str = concat!("slipway/", env!("CARGO_PKG_VERSION"));
/// Limit for one DNS query; a name server that does not answer gets one more.
const DNS_TIMEOUT: Duration = Duration::from_secs(3);

/// What was fetched.
pub(crate) struct Fetched {
    pub(crate) status: u16,
    /// At most as long as was asked for.
    pub(crate) body: Vec<u8>,
    pub(crate) phases: Phases,
}

/// Whom a fetcher may reach.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// Public addresses and these ranges: for addresses that people type.
    Guarded(Vec<IpNet>),
    /// Anything but where credentials are handed out: for addresses that AWS, or what stands in for it, gives in an answer.
    Trusted,
}

/// Fetches. Keeps no connection and no name: every answer is fresh.
pub(crate) struct Fetcher {
    reach: Reach,
    name_servers: Vec<SocketAddr>,
    extra_roots: Vec<Vec<u8>>,
    resolver: OnceLock<Result<TokioResolver, String>>,
    tls: OnceLock<Result<TlsConnector, String>>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher")
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    pub(crate) fn new(reach: Reach, name_servers: Vec<SocketAddr>, extra_roots: Vec<Vec<u8>>) -> Self {
        Self {
            reach,
            name_servers,
            extra_roots,
            resolver: OnceLock::new(),
            tls: OnceLock::new(),
        }
    }

    /// A and AAAA records, IPv4 first.
    pub(crate) async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, EdgeError> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let failed = |reason: String| EdgeError::Dns {
            host: host.to_owned(),
            reason,
        };
        let resolver = match self.resolver.get_or_init(|| resolver(&self.name_servers)) {
            Ok(resolver) => resolver,
            Err(reason) => return Err(failed(reason.clone())),
        };
        // The final dot keeps search domains out: `app.example.com.corp.example` is not what was asked.
        let name = format!("{}.", host.trim_end_matches('.'));
        let answer = resolver
            .lookup_ip(name.as_str())
            .await
            .map_err(|error| failed(error.to_string()))?;
        let mut addresses: Vec<IpAddr> = answer.iter().collect();
        addresses.sort_by_key(IpAddr::is_ipv6);
        if addresses.is_empty() {
            return Err(failed("no A or AAAA record".to_owned()));
        }
        Ok(addresses)
    }

    /// GET, not following redirects, reading at most `limit` bytes of the body.
    pub(crate) async fn get(&self, url: &str, limit: usize, timeout_s: u32) -> Result<Fetched, EdgeError> {
        let within = Duration::from_secs(timeout_s.into());
        match tokio::time::timeout(within, Box::pin(self.get_untimed(url, limit))).await {
            Ok(outcome) => outcome,
            Err(_) => Err(EdgeError::Timeout { timeout_s }),
        }
    }

    async fn get_untimed(&self, url: &str, limit: usize) -> Result<Fetched, EdgeError> {
        let not_http = || EdgeError::Protocol {
            reason: format!("{url} is not an http or https address"),
        };
        let url = Url::parse(url).map_err(|_| not_http())?;
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(not_http());
        };
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(not_http()),
        };
        let mut phases = Phases::default();

        let began = Instant::now();
        let addresses = match host {
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(name) => self.resolve(name).await?,
        };
        phases.dns_us = micros(began);

        let began = Instant::now();
        let stream = self.connect(&host.to_string(), &addresses, port).await?;
        phases.connect_us = micros(began);

        if secure {
            let began = Instant::now();
            let name = match host {
                Host::Ipv4(address) => ServerName::IpAddress(IpAddr::V4(address).into()),
                Host::Ipv6(address) => ServerName::IpAddress(IpAddr::V6(address).into()),
                Host::Domain(name) => {
                    ServerName::try_from(name.to_owned()).map_err(|error| EdgeError::Tls {
                        reason: error.to_string(),
                    })?
                }
            };
            let connector = match self.tls.get_or_init(|| tls(&self.extra_roots)) {
                Ok(connector) => connector,
                Err(reason) => {
                    return Err(EdgeError::Tls {
                        reason: reason.clone(),
                    });
                }
            };
            let stream = connector
                .connect(name, stream)
                .await
                .map_err(|error| EdgeError::Tls {
                    reason: error.to_string(),
                })?;
            phases.tls_us = micros(began);
            exchange(stream, &url, limit, phases).await
        } else {
            exchange(stream, &url, limit, phases).await
        }
    }

    /// The first address that may be reached and answers.
    async fn connect(&self, host: &str, addresses: &[IpAddr], port: u16) -> Result<TcpStream, EdgeError> {
        let mut failure = EdgeError::Forbidden {
            address: host.to_owned(),
        };
        for &address in addresses {
            let may = match &self.reach {
                Reach::Guarded(allow) => may_probe(address, allow),
                // Whoever names the endpoint also names where it sends us.
                Reach::Trusted => may_connect(address),
            };
            if !may {
                continue;
            }
            match TcpStream::connect((address, port)).await {
                Ok(stream) => {
                    // A probe is one small packet each way: waiting for more would only add to the time measured.
                    stream.set_nodelay(true).ok();
                    return Ok(stream);
                }
                Err(error) => {
                    failure = EdgeError::Connect {
                        reason: error.to_string(),
                    }
                }
            }
        }
        Err(failure)
    }
}

fn resolver(name_servers: &[SocketAddr]) -> Result<TokioResolver, String> {
    let mut builder = if name_servers.is_empty() {
        TokioResolver::builder_tokio().map_err(|error| error.to_string())?
    } else {
        let servers = name_servers.iter().map(|address| {
            let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for connection in &mut connections {
                connection.port = address.port();
            }
            NameServerConfig::new(address.ip(), true, connections.into())
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options = builder.options_mut();
    options.cache_size = 0;
    options.timeout = DNS_TIMEOUT;
    options.attempts = 1;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.use_hosts_file = ResolveHosts::Never;
    builder.build().map_err(|error| error.to_string())
}

fn tls(extra_roots: &[Vec<u8>]) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for der in extra_roots {
        roots
            .add(CertificateDer::from(der.clone()))
            .map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("this machine has no root certificates (install ca-certificates)".to_owned());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn exchange<S>(stream: S, url: &Url, limit: usize, mut phases: Phases) -> Result<Fetched, EdgeError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let began = Instant::now();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    // The connection lives in a task that ends with this function, whatever way it ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::get(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
        .header("host", &url[url::Position::BeforeHost..url::Position::AfterPort])
        .header("user-agent", USER_AGENT)
        .header("accept", "*/*")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| EdgeError::Protocol {
            reason: error.to_string(),
        })?;
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| broken(&error))?;
    phases.ttfb_us = micros(began);

    let began = Instant::now();
    let status = response.status().as_u16();
    let body = capped(response, limit).await?;
    phases.body_us = micros(began);
    Ok(Fetched { status, body, phases })
}

async fn capped(response: Response<Incoming>, limit: usize) -> Result<Vec<u8>, EdgeError> {
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while body.len() < limit
        && let Some(frame) = incoming.frame().await
    {
        if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
            let room = limit - body.len();
            body.extend_from_slice(data.get(..room).unwrap_or(&data));
        }
    }
    Ok(body)
}

fn broken(error: &hyper::Error) -> EdgeError {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    let mut io = false;
    while let Some(cause) = source {
        io |= cause.is::<std::io::Error>();
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    if error.is_parse() || !io {
        EdgeError::Protocol { reason: words }
    } else {
        EdgeError::Connect { reason: words }
    }
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}
