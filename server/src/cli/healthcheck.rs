//! `slipway healthcheck`: for containers without curl.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failure::{Exit, Failure};
use super::{Context, output};
use crate::config::listen_addr;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Ask a running panel whether it is well.
#[derive(Debug, Args)]
pub(super) struct HealthcheckCommand {
    /// Address the panel listens on [default: as for `serve`]
    #[arg(long, env = "SLIPWAY_ADDR", value_name = "IP:PORT")]
    addr: Option<SocketAddr>,
}

pub(super) async fn run(context: &Context, command: &HealthcheckCommand) -> Result<Exit, Failure> {
    let mut addr = listen_addr(command.addr)?;
    if addr.ip().is_unspecified() {
        // "Every address" is a place to listen, not one to call.
        addr.set_ip(if addr.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    let status = match tokio::time::timeout(PATIENCE, ask(addr)).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => return Err(Failure::other(&format!("no answer from {addr}"), error)),
        Err(_) => {
            return Err(Failure::Other(format!(
                "no answer from {addr} in {} s",
                PATIENCE.as_secs()
            )));
        }
    };
    if status != 200 {
        return Err(Failure::Other(format!("{addr} answers {status}")));
    }
    if context.json {
        output::json(&json!({ "status": "ok" }));
    } else {
        output::line("ok");
    }
    Ok(Exit::Done)
}

/// The status of `GET /healthz`.
async fn ask(addr: SocketAddr) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    status(&answer).ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "not an HTTP answer"))
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_has_a_status() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        assert_eq!(status(b"SSH-2.0-OpenSSH\r\n"), None);
        assert_eq!(status(b""), None);
    }
}
