//! Waits until the ALB's name resolves and `GET path` answers as wanted. A new name takes a moment: that is a wait,
//! not a failure. Where `allow_from` does not hold the panel's own address, healthy targets have to do.

use async_trait::async_trait;

use super::{Context, Diagnosis, DiagnosisCode, Outcome, Progress, Step, StepError, Waiting, WaitingCode};
use crate::cloud::balancing::TargetState;
use crate::cloud::edge::EdgeError;
use crate::plan::action::{OutputName, Ref};

pub(crate) struct Reachable {
    pub(crate) dns_name: Ref,
    pub(crate) path: String,
    pub(crate) matcher: String,
    pub(crate) shut_out: Option<Ref>,
}

/// How long the ALB may answer wrongly, seconds, before that is the answer.
const PATIENCE_S: i64 = 180;
/// Limit of one request, seconds.
const TIMEOUT_S: u32 = 5;

/// Whether a status code is one of a matcher's (`200`, `200,202`, `200-299`).
#[must_use]
pub fn accepts(matcher: &str, status: u16) -> bool {
    matcher
        .split(',')
        .map(str::trim)
        .any(|part| match part.split_once('-') {
            Some((from, to)) => match (from.trim().parse::<u16>(), to.trim().parse::<u16>()) {
                (Ok(from), Ok(to)) => (from..=to).contains(&status),
                _ => false,
            },
            None => part.parse() == Ok(status),
        })
}

impl Reachable {
    /// Whether healthy targets count instead of an answer.
    async fn stands_in(&self, context: &Context<'_>) -> Result<bool, StepError> {
        let Some(target_group) = &self.shut_out else {
            return Ok(false);
        };
        let target_group = context.value(target_group)?;
        let targets = context.cloud.balancing.target_health(&target_group).await?;
        Ok(targets.iter().any(|target| target.state == TargetState::Healthy))
    }
}

#[async_trait]
impl Step for Reachable {
    fn iam_actions(&self) -> &'static [&'static str] {
        &["elasticloadbalancing:DescribeTargetHealth"]
    }

    async fn advance(&self, context: &Context<'_>) -> Result<Progress, StepError> {
        let edge = &context.cloud.edge;
        let host = context.value(&self.dns_name)?;
        let base = format!("http://{host}");
        let url = format!("{base}{}", self.path);
        let known = [(OutputName::Url, base), (OutputName::DnsName, host.clone())];
        let no_name = || {
            Waiting::new(WaitingCode::NameResolution)
                .with("host", &host)
                .poll(3)
        };
        match edge.resolve(&host).await {
            Ok(addresses) if !addresses.is_empty() => {}
            Ok(_) | Err(_) => return Ok(no_name().knowing(known)),
        }
        let answer = match edge.get(&url, TIMEOUT_S).await {
            Ok(answer) if accepts(&self.matcher, answer.status) => {
                return Ok(Progress::done(context.did.unwrap_or(Outcome::Kept), known));
            }
            Ok(answer) => answer.status.to_string(),
            Err(EdgeError::Dns { .. }) => return Ok(no_name().knowing(known)),
            // A security group drops what it does not let in, without a word.
            Err(error @ (EdgeError::Timeout { .. } | EdgeError::Connect { .. })) => {
                if self.stands_in(context).await? {
                    return Ok(Progress::done(Outcome::Unseen, known));
                }
                error.to_string()
            }
            Err(error) => error.to_string(),
        };
        if context.waited_s() < PATIENCE_S {
            let why = Waiting::new(WaitingCode::FirstAnswer)
                .with("url", &url)
                .with("answer", answer);
            return Ok(why.poll(3).knowing(known));
        }
        let rule = match answer.as_str() {
            "503" => "I1",
            "502" => "I2",
            "504" => "I3",
            _ => "H15",
        };
        Ok(Diagnosis::new(DiagnosisCode::WrongAnswer, rule)
            .with("url", &url)
            .with("answer", &answer)
            .with("matcher", &self.matcher)
            .seen(context.now, &format!("GET {url}"), &answer)
            .into())
    }
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn a_matcher_takes_codes_lists_and_ranges() {
        assert!(accepts("200", 200));
        assert!(!accepts("200", 201));
        assert!(accepts("200,202", 202));
        assert!(accepts("200-299", 204));
        assert!(accepts("200-299, 301", 301));
        assert!(!accepts("200-299", 302));
        assert!(!accepts("abc", 200));
    }
}
