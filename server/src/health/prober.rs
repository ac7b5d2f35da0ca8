//! `GET` of the health path, as a visitor does it.

use engine::cloud::edge::{Answer, Edge, EdgeError, Phases};
use engine::health::state::Look;
use engine::step::accepts;
use store::health::Timing;

use super::monitors::HttpTarget;
use super::sight::{Sight, Trouble};

/// Limit of one request, seconds.
const TIMEOUT_S: u32 = 5;
/// A right answer that takes longer is slow: people notice.
const SLOW_US: u64 = 2_000_000;

/// One look. When there is no connection, `reference` (an address that answers as long as our own network works) tells
/// whether the stack or our own side is cut off; without one the stack is blamed.
pub async fn look(edge: &dyn Edge, target: &HttpTarget, reference: Option<&str>) -> Sight {
    let error = match edge.get(&target.url, TIMEOUT_S).await {
        Ok(answer) => return judge(target, &answer),
        Err(error) => error,
    };
    let words = format!("GET {}{}", target.url, said(&error));
    let trouble = match &error {
        // Nobody was asked.
        EdgeError::Unavailable { .. } => return Sight::blind(Trouble::OwnSide, words),
        EdgeError::Forbidden { .. } => return Sight::blind(Trouble::Forbidden, words),
        // Somebody answered, wrongly.
        EdgeError::Tls { .. } => return Sight::wrong(Look::Bad, Trouble::Tls, words),
        EdgeError::Protocol { .. } => return Sight::wrong(Look::Bad, Trouble::Protocol, words),
        EdgeError::Dns { .. } => Trouble::Dns,
        EdgeError::Connect { .. } => Trouble::Connect,
        EdgeError::Timeout { .. } => Trouble::Timeout,
    };
    if let Some(reference) = reference
        && let Err(also) = edge.get(reference, TIMEOUT_S).await
    {
        return Sight::blind(
            Trouble::OwnSide,
            format!("{words}; GET {reference}{}", said(&also)),
        );
    }
    Sight::wrong(Look::Bad, trouble, words)
}

/// What the system or a library said, after a colon. That it failed, and how, is the trouble's to say.
fn said(error: &EdgeError) -> String {
    match error {
        EdgeError::Dns { reason, .. }
        | EdgeError::Connect { reason }
        | EdgeError::Tls { reason }
        | EdgeError::Protocol { reason }
        | EdgeError::Unavailable { reason } => format!(": {reason}"),
        EdgeError::Timeout { timeout_s } => format!(": {timeout_s} s"),
        EdgeError::Forbidden { address } => format!(": {address}"),
    }
}

fn judge(target: &HttpTarget, answer: &Answer) -> Sight {
    let took = answer.phases.total_us();
    let sight = if !accepts(&target.matcher, answer.status) {
        let words = format!("GET {} → {} ≠ {}", target.url, answer.status, target.matcher);
        Sight::wrong(Look::Bad, Trouble::Status, words)
    } else if took > SLOW_US {
        Sight::wrong(
            Look::Slow,
            Trouble::Slow,
            format!("GET {} → {} ms", target.url, took / 1_000),
        )
    } else {
        Sight::good()
    };
    Sight {
        timing: timing(answer.status, answer.phases),
        ..sight
    }
}

fn timing(status: u16, phases: Phases) -> Timing {
    let micros = |us: u64| Some(u32::try_from(us).unwrap_or(u32::MAX));
    // A phase that did not happen is 0, and is not a measurement.
    let phase = |us: u64| micros(us).filter(|us| *us > 0);
    Timing {
        http_status: Some(status),
        latency_us: micros(phases.total_us()),
        dns_us: phase(phases.dns_us),
        connect_us: phase(phases.connect_us),
        tls_us: phase(phases.tls_us),
        ttfb_us: phase(phases.ttfb_us),
        body_us: phase(phases.body_us),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use async_trait::async_trait;

    use super::*;

    const REFERENCE: &str = "https://sts.ap-northeast-1.amazonaws.com/";

    /// Answers the stack's address with one thing and the reference with another.
    struct Scripted {
        stack: Result<Answer, EdgeError>,
        reference: Result<Answer, EdgeError>,
    }

    #[async_trait]
    impl Edge for Scripted {
        async fn resolve(&self, _host: &str) -> Result<Vec<IpAddr>, EdgeError> {
            Ok(Vec::new())
        }

        async fn get(&self, url: &str, _timeout_s: u32) -> Result<Answer, EdgeError> {
            if url == REFERENCE {
                self.reference.clone()
            } else {
                self.stack.clone()
            }
        }
    }

    fn answer(status: u16, ttfb_us: u64) -> Result<Answer, EdgeError> {
        Ok(Answer {
            status,
            body: String::new(),
            phases: Phases {
                ttfb_us,
                ..Phases::default()
            },
        })
    }

    async fn seen(stack: Result<Answer, EdgeError>, reference: Result<Answer, EdgeError>) -> Sight {
        let target = HttpTarget {
            url: "http://alb/health".to_owned(),
            matcher: "200-299".to_owned(),
        };
        look(&Scripted { stack, reference }, &target, Some(REFERENCE)).await
    }

    #[tokio::test]
    async fn an_answer_is_judged_by_status_and_time() {
        let online = || answer(302, 1);
        let good = seen(answer(204, 20_000), online()).await;
        assert_eq!((good.look, good.trouble), (Look::Good, None));
        assert_eq!(
            (
                good.timing.http_status,
                good.timing.latency_us,
                good.timing.tls_us
            ),
            (Some(204), Some(20_000), None)
        );
        let slow = seen(answer(200, 2_000_001), online()).await;
        assert_eq!(slow.look, Look::Slow);
        let wrong = seen(answer(503, 5_000), online()).await;
        assert_eq!((wrong.look, wrong.timing.http_status), (Look::Bad, Some(503)));
        assert!(wrong.trouble.unwrap().1.contains("503"));
    }

    #[tokio::test]
    async fn silence_is_the_stacks_only_while_our_own_side_works() {
        let silent = || Err(EdgeError::Timeout { timeout_s: 5 });
        assert_eq!(seen(silent(), answer(302, 1)).await.look, Look::Bad);
        let cut_off = seen(silent(), silent()).await;
        assert_eq!(
            (cut_off.look, cut_off.trouble.unwrap().0),
            (Look::Blind, Trouble::OwnSide)
        );
        let nobody_asked = Err(EdgeError::Unavailable {
            reason: "database".to_owned(),
        });
        assert_eq!(seen(nobody_asked, answer(302, 1)).await.look, Look::Blind);
        let guarded = Err(EdgeError::Forbidden {
            address: "10.0.0.1".to_owned(),
        });
        assert_eq!(seen(guarded, answer(302, 1)).await.look, Look::Blind);
    }
}
