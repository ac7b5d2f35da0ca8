//! The prober against servers of our own: names, phases, caps and the guard.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloud_aws::{EdgeOptions, HttpEdge};
use engine::cloud::edge::{Edge, EdgeError};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UdpSocket};

use crate::replay::{Replay, Scene, when};

/// A name server that knows `app.test` (this machine) and nothing else.
struct Names {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Names {
    async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                count.fetch_add(1, Ordering::SeqCst);
                socket.send_to(&answer(&packet[..length]), from).await.unwrap();
            }
        });
        Self { address, asked }
    }

    fn edge(&self, allow: &[&str]) -> HttpEdge {
        let allow = allow.iter().map(|range| range.parse().unwrap()).collect();
        HttpEdge::new(EdgeOptions {
            allow,
            name_servers: vec![self.address],
            extra_roots: Vec::new(),
        })
    }
}

/// RFC 1035 by hand: the question back, with one A record or with NXDOMAIN.
fn answer(query: &[u8]) -> Vec<u8> {
    let name_end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap();
    let question = &query[12..name_end + 5];
    let known = question.starts_with(b"\x03app\x04test\x00");
    let wants_a = question[question.len() - 4..] == [0, 1, 0, 1];
    let answers = u8::from(known && wants_a);
    let code = if known { 0x80 } else { 0x83 };
    let mut packet = query[..2].to_vec();
    packet.extend([0x81, code, 0, 1, 0, answers, 0, 0, 0, 0]);
    packet.extend(question);
    if answers == 1 {
        packet.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    packet
}

/// Says the same bytes to everybody who connects.
async fn saying(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(bytes).await.ok();
            // Kept, so that the client sees silence and not an end.
            open.push(stream);
        }
    });
    address
}

const HERE: &[&str] = &["127.0.0.0/8"];

#[tokio::test]
async fn an_answer_comes_with_the_time_of_every_phase() {
    let names = Names::start().await;
    let site = Replay::of(vec![Scene::answer(
        when(["GET /health?deep=1 "]),
        200,
        &[],
        r#"{"ok":true}"#,
    )])
    .await;
    let port = site.url.port().unwrap();
    let answer = names
        .edge(HERE)
        .get(&format!("http://app.test:{port}/health?deep=1"), 5)
        .await
        .unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"ok":true}"#));
    assert!(
        answer.phases.dns_us > 0 && answer.phases.connect_us > 0 && answer.phases.ttfb_us > 0,
        "{answer:?}"
    );
    assert_eq!(answer.phases.tls_us, 0);
    assert_eq!(
        site.count(&format!("host: app.test:{port}\r\n")),
        1,
        "virtual hosts need the name"
    );
    assert_eq!(site.count("authorization"), 0);
    site.finish();
}

#[tokio::test]
async fn redirects_are_reported_and_not_followed() {
    let names = Names::start().await;
    let elsewhere = Scene::answer(
        when(["GET / "]),
        302,
        &[("location", "http://169.254.169.254/")],
        "",
    );
    let site = Replay::of(vec![elsewhere]).await;
    let answer = names.edge(HERE).get(site.url.as_str(), 5).await.unwrap();
    assert_eq!(answer.status, 302);
    site.finish();
}

#[tokio::test]
async fn a_body_is_kept_to_two_kibibytes() {
    let names = Names::start().await;
    let site = Replay::of(vec![Scene::answer(
        when(["GET / "]),
        500,
        &[],
        "x".repeat(100_000),
    )])
    .await;
    let answer = names.edge(HERE).get(site.url.as_str(), 5).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (500, 2048));
}

#[tokio::test]
async fn a_name_cannot_lead_where_an_address_may_not() {
    let names = Names::start().await;
    let site = Replay::of(vec![]).await;
    let port = site.url.port().unwrap();
    let error = names
        .edge(&[])
        .get(&format!("http://app.test:{port}/"), 5)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        EdgeError::Forbidden {
            address: "app.test".to_owned()
        }
    );
    let error = names.edge(&[]).get(site.url.as_str(), 5).await.unwrap_err();
    assert_eq!(
        error,
        EdgeError::Forbidden {
            address: "127.0.0.1".to_owned()
        }
    );
    site.finish();
}

#[tokio::test]
async fn metadata_is_shut_whatever_is_allowed() {
    let names = Names::start().await;
    let edge = names.edge(&["0.0.0.0/0", "::/0"]);
    for url in [
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
    ] {
        let error = edge.get(url, 5).await.unwrap_err();
        assert!(matches!(error, EdgeError::Forbidden { .. }), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn every_question_is_asked_afresh() {
    let names = Names::start().await;
    let edge = names.edge(&[]);
    assert_eq!(
        edge.resolve("app.test").await.unwrap(),
        [IpAddr::V4(Ipv4Addr::LOCALHOST)]
    );
    let once = names.asked.load(Ordering::SeqCst);
    edge.resolve("app.test").await.unwrap();
    assert_eq!(names.asked.load(Ordering::SeqCst), once * 2);
}

#[tokio::test]
async fn a_name_that_is_not_there_yet_is_a_dns_error() {
    let names = Names::start().await;
    let error = names.edge(&[]).resolve("nobody.test").await.unwrap_err();
    assert!(
        matches!(&error, EdgeError::Dns { host, .. } if host == "nobody.test"),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_http_or_not_tls_is_said_to_be() {
    let names = Names::start().await;
    let edge = names.edge(HERE);
    let chatter = saying(b"220 mail.example ESMTP\r\n").await;
    let error = edge.get(&format!("http://{chatter}/"), 5).await.unwrap_err();
    assert!(matches!(error, EdgeError::Protocol { .. }), "{error:?}");
    let error = edge.get(&format!("https://{chatter}/"), 5).await.unwrap_err();
    assert!(matches!(error, EdgeError::Tls { .. }), "{error:?}");
    for url in ["ftp://app.test/", "app.test", "http://"] {
        let error = edge.get(url, 5).await.unwrap_err();
        assert!(matches!(error, EdgeError::Protocol { .. }), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn refusal_and_silence_are_told_apart() {
    let names = Names::start().await;
    let edge = names.edge(HERE);
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = edge.get(&format!("http://{nobody}/"), 5).await.unwrap_err();
    assert!(matches!(error, EdgeError::Connect { .. }), "{error:?}");
    let silent = saying(b"").await;
    let error = edge.get(&format!("http://{silent}/"), 1).await.unwrap_err();
    assert_eq!(error, EdgeError::Timeout { timeout_s: 1 });
}
