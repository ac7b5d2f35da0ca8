//! A server of prepared answers: alone, or in front of the emulator for the calls it gets wrong.
//!
//! It reads requests as they come over the wire, so a test that is answered has also sent the right request: the
//! service's protocol, its operation, its parameters.

use std::sync::{Arc, Mutex};

use cloud_aws::{CallLog, Credentials, connect_with};
use engine::cloud::Cloud;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::emulator::{REGION, with_profile};

/// What happens to a request.
enum Reaction {
    /// This is sent back.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// The emulator answers, and these words are replaced in what it says.
    Rewrite(Vec<(String, String)>),
}

/// A prepared reaction, used once.
pub(crate) struct Scene {
    /// Texts that must all be in the request (head and body as sent).
    when: Vec<String>,
    reaction: Reaction,
}

/// The request holds all of these texts.
pub(crate) fn when<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

impl Scene {
    /// An answer of a JSON service.
    pub(crate) fn json(when: Vec<String>, status: u16, body: impl Into<String>) -> Self {
        Self::answer(
            when,
            status,
            &[("content-type", "application/x-amz-json-1.1")],
            body,
        )
    }

    /// An answer of an XML service.
    pub(crate) fn xml(when: Vec<String>, status: u16, body: impl Into<String>) -> Self {
        Self::answer(when, status, &[("content-type", "text/xml")], body)
    }

    /// Any answer.
    pub(crate) fn answer(
        when: Vec<String>,
        status: u16,
        headers: &[(&str, &str)],
        body: impl Into<String>,
    ) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            when,
            reaction: Reaction::Answer {
                status,
                headers,
                body: body.into(),
            },
        }
    }

    /// The emulator's answer with one text replaced.
    pub(crate) fn rewrite(when: Vec<String>, from: &str, to: &str) -> Self {
        Self {
            when,
            reaction: Reaction::Rewrite(vec![(from.to_owned(), to.to_owned())]),
        }
    }
}

#[derive(Default)]
struct State {
    scenes: Vec<Option<Scene>>,
    seen: Vec<String>,
    surprises: Vec<String>,
}

/// The server. It stops with the test's runtime.
pub(crate) struct Replay {
    pub(crate) url: Url,
    /// The IAM actions of every call through it.
    pub(crate) calls: CallLog,
    state: Arc<Mutex<State>>,
    /// Read again while connections are used.
    profiles: Mutex<Vec<NamedTempFile>>,
}

impl Drop for Replay {
    /// Whatever a test is about, every call that it made is in the policy that `slipway policy` prints.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let allowed = engine::policy::actions();
        let mut missing = self.calls.actions();
        missing.retain(|action| !allowed.contains(&action.as_str()));
        assert!(missing.is_empty(), "not in the policy: {missing:?}");
    }
}

impl Replay {
    /// Answers only what was prepared; scenes that match are used in order.
    pub(crate) async fn of(scenes: Vec<Scene>) -> Self {
        Self::start(scenes, None).await
    }

    /// Prepared answers first, the emulator at `upstream` for everything else.
    pub(crate) async fn before(upstream: &Url, scenes: Vec<Scene>) -> Self {
        Self::start(scenes, Some(upstream.clone())).await
    }

    async fn start(scenes: Vec<Scene>, upstream: Option<Url>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"))
            .parse()
            .expect("a URL");
        let scenes = scenes.into_iter().map(Some).collect();
        let state = Arc::new(Mutex::new(State {
            scenes,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), upstream.clone()));
            }
        });
        Self {
            url,
            calls: CallLog::default(),
            state,
            profiles: Mutex::default(),
        }
    }

    /// A connection to this server, and the record of its calls.
    pub(crate) async fn cloud(&self) -> (Cloud, CallLog) {
        let (options, file) = with_profile(self.calls.clone());
        self.profiles.lock().expect("not poisoned").push(file);
        let profile = Credentials::Profile("emulator".to_owned());
        let cloud = connect_with(profile, REGION, Some(self.url.clone()), options)
            .await
            .expect("connected");
        (cloud, self.calls.clone())
    }

    /// How many requests held this text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.state
            .lock()
            .expect("not poisoned")
            .seen
            .iter()
            .filter(|request| request.contains(text))
            .count()
    }

    /// Every prepared answer was asked for, and nothing else was.
    pub(crate) fn finish(&self) {
        let state = self.state.lock().expect("not poisoned");
        assert!(
            state.surprises.is_empty(),
            "nobody prepared an answer to {:#?}",
            state.surprises
        );
        let unused: Vec<_> = state.scenes.iter().flatten().map(|scene| &scene.when).collect();
        assert!(unused.is_empty(), "never asked for: {unused:#?}");
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, upstream: Option<Url>) {
    // The SDK keeps connections open; every request on one is answered in turn.
    while let Some(request) = read(&mut stream).await {
        let text = String::from_utf8_lossy(&request).into_owned();
        let reaction = {
            let mut state = state.lock().expect("not poisoned");
            state.seen.push(text.clone());
            let matches = |scene: &Option<Scene>| {
                scene
                    .as_ref()
                    .is_some_and(|scene| scene.when.iter().all(|needle| text.contains(needle)))
            };
            let found = state.scenes.iter().position(matches);
            let scene = found.and_then(|index| state.scenes[index].take());
            if scene.is_none() && upstream.is_none() {
                state.surprises.push(text.clone());
            }
            scene.map(|scene| scene.reaction)
        };
        let answer = match (reaction, &upstream) {
            (
                Some(Reaction::Answer {
                    status,
                    headers,
                    body,
                }),
                _,
            ) => written(status, &headers, &body),
            (Some(Reaction::Rewrite(pairs)), Some(upstream)) => {
                let answer = String::from_utf8(forward(upstream, &request).await).expect("text");
                let (_, mut body) = answer
                    .split_once("\r\n\r\n")
                    .map(|(head, body)| (head, body.to_owned()))
                    .expect("HTTP");
                for (from, to) in &pairs {
                    assert!(
                        body.contains(from),
                        "{from} is not in the emulator's answer: {body}"
                    );
                    body = body.replace(from, to);
                }
                written(200, &[("content-type".to_owned(), "text/xml".to_owned())], &body)
            }
            (None, Some(upstream)) => forward(upstream, &request).await,
            (_, None) => written(400, &[], "nobody prepared an answer"),
        };
        if stream.write_all(&answer).await.is_err() || upstream.is_some() {
            return;
        }
    }
}

fn written(status: u16, headers: &[(String, String)], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Replayed\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{text}\r\n{body}").into_bytes()
}

/// One request, head and body. `None` when the client is done.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|digits| digits.trim().parse().ok()).unwrap_or(0);
            if request.len() >= end + 4 + length {
                return Some(request);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => request.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

/// Service-linked roles as AWS names them, and as the emulator does: after the principal as it is written. The names
/// are equally long.
const LINKED_ROLES: [(&str, &str); 2] = [
    ("AWSServiceRoleForECS", "AWSServiceRoleForecs"),
    (
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSServiceRoleForelasticloadbalancing",
    ),
];

/// The request in the emulator's own words.
fn translated(request: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(request) else {
        return request.to_vec();
    };
    let said = |text: String, (aws, emulator): &(&str, &str)| text.replace(aws, emulator);
    LINKED_ROLES.iter().fold(text.to_owned(), said).into_bytes()
}

/// Sends the request on and reads the answer to its end.
async fn forward(upstream: &Url, request: &[u8]) -> Vec<u8> {
    let request = translated(request);
    let address = (
        upstream.host_str().expect("a host"),
        upstream.port_or_known_default().expect("a port"),
    );
    let mut stream = TcpStream::connect(address).await.expect("the emulator listens");
    stream.write_all(&request).await.expect("sent");
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            if let Some(length) = length.and_then(|digits| digits.trim().parse::<usize>().ok())
                && answer.len() >= end + 4 + length
            {
                return answer;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => answer.extend_from_slice(&chunk[..read]),
            _ => return answer,
        }
    }
}
