//! What to do about a call that AWS refused or did not answer: try again after a while, or say why not.

use std::time::Duration;

use jiff::Timestamp;

use crate::cloud::{AwsFault, CloudError};
use crate::policy::depends_on_tags;
use crate::step::{Diagnosis, DiagnosisCode, StepError, Waiting, WaitingCode};

/// Tries of one call in a row.
const ATTEMPTS: u32 = 8;
/// Longest time in which one call is tried again after time-outs and throttling, seconds.
const PATIENCE_S: i64 = 120;
/// Longest time that AWS gets to spread what was just made, seconds. IAM may need more than a minute.
const SPREADING_S: i64 = 120;
/// Longest time that something may stay in use by things that are going away, seconds (L1: interfaces take minutes).
const IN_USE_S: i64 = 900;
/// Upper end of the first pause, milliseconds.
const BASE_MS: u64 = 500;
/// Upper end of any pause, milliseconds.
const CAP_MS: u64 = 20_000;
/// Pause while something spreads or is let go, on average, seconds.
const SETTLE_S: f64 = 3.0;
/// Longest time in which a right may depend on a tag that was just written, seconds.
const RIGHTS_S: i64 = 45;

/// Failures of one step since its last answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Streak {
    /// How many.
    pub(super) count: u32,
    /// Since when.
    pub(super) since: Option<Timestamp>,
}

/// What to do.
#[derive(Debug)]
pub(super) enum Reaction {
    /// Try again.
    Retry {
        /// After this time.
        after: Duration,
        /// What to tell meanwhile.
        why: Waiting,
    },
    /// Give up.
    Block(Diagnosis),
}

/// A pause with full jitter: anything between nothing and a limit that doubles with every try.
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>)
fn jitter(count: u32, unit: f64) -> Duration {
    let limit = BASE_MS
        .saturating_mul(1_u64.checked_shl(count.min(20)).unwrap_or(u64::MAX))
        .min(CAP_MS);
    Duration::from_millis(limit).mul_f64(unit.clamp(0.0, 1.0))
}

/// The same pause for everybody makes everybody come back at once: half as long to half as long again.
fn settling(unit: f64) -> Duration {
    Duration::from_secs_f64(SETTLE_S * (0.5 + unit.clamp(0.0, 1.0)))
}

/// Whether a right may only not have spread yet: it depends on a tag, the thing is new, and nobody denies it in so many
/// words.
fn may_spread(action: &str, fault: &AwsFault, makes: bool) -> bool {
    makes && depends_on_tags(action) && !fault.message.to_lowercase().contains("explicit deny")
}

/// Refusals that pass by themselves once AWS has spread what was just made.
fn spreading(fault: &AwsFault) -> Option<(WaitingCode, &'static str)> {
    let text = fault.message.to_lowercase();
    if text.contains("unable to assume the service linked role") {
        Some((WaitingCode::RoleSpreading, "A1"))
    } else if text.contains("does not have an associated load balancer") {
        Some((WaitingCode::Appearing, "B4"))
    } else if text.contains("role") && (text.contains("unable to assume") || text.contains("is not valid")) {
        Some((WaitingCode::RoleSpreading, "A4"))
    } else {
        None
    }
}

fn is_quota(code: &str) -> bool {
    code.starts_with("TooMany") && code != "TooManyRequestsException"
        || code.ends_with("LimitExceeded")
        || code == "LimitExceededException"
        || code == "ServiceQuotaExceededException"
        || code == "TargetGroupAssociationLimit"
}

/// The rule for what the connection's credentials may not do. `A0`: a right that the catalogue has no rule of its own for.
fn denial(action: &str, message: &str) -> &'static str {
    match action {
        _ if message.contains("explicit deny") || message.contains("service control policy") => "A7",
        "iam:PassRole" => "A3",
        "iam:CreateServiceLinkedRole" => "A2",
        _ => "A0",
    }
}

/// The diagnosis of an error that no retry will mend.
fn final_word(error: &StepError, now: Timestamp) -> Diagnosis {
    let cloud = match error {
        StepError::Cloud(cloud) => cloud.as_ref(),
        StepError::MissingOutput(missing) => {
            return Diagnosis::new(DiagnosisCode::Vanished, "L7")
                .with("what", missing)
                .seen(now, "ledger", missing);
        }
    };
    let fault = cloud.fault();
    let reason = format!("{}: {}", fault.code, fault.message);
    let diagnosis = match cloud {
        CloudError::NotFound { .. } => {
            Diagnosis::new(DiagnosisCode::Vanished, "B9").with("what", &fault.message)
        }
        CloudError::AlreadyExists { .. } => Diagnosis::new(DiagnosisCode::NameTaken, "H5")
            .with("kind", &fault.operation)
            .with("name", &fault.message),
        CloudError::InUse { .. } => Diagnosis::new(DiagnosisCode::Refused, "L1").with("reason", reason),
        CloudError::Denied { action, resource, .. } => {
            let rule = denial(action, &fault.message);
            Diagnosis::new(DiagnosisCode::Denied, rule)
                .with("action", action)
                .with("resource", resource.as_deref().unwrap_or("*"))
        }
        CloudError::Throttled { .. } => {
            Diagnosis::new(DiagnosisCode::Unreachable, "A13").with("reason", reason)
        }
        CloudError::Invalid { .. } if is_quota(&fault.code) => {
            Diagnosis::new(DiagnosisCode::Quota, "A10").with("reason", reason)
        }
        CloudError::Invalid { .. } => {
            let rule = spreading(fault).map_or("A14", |(_, rule)| rule);
            Diagnosis::new(DiagnosisCode::Refused, rule).with("reason", reason)
        }
        CloudError::Unavailable { retryable: true, .. } => {
            Diagnosis::new(DiagnosisCode::Unreachable, "A12").with("reason", reason)
        }
        CloudError::Unavailable { .. } if cloud.is_about_credentials() => {
            Diagnosis::new(DiagnosisCode::Credentials, "A6").with("reason", reason)
        }
        // An endpoint that does not know the call, or a proxy that answers in AWS's place.
        CloudError::Unavailable { retryable: false, .. } => {
            Diagnosis::new(DiagnosisCode::Unreachable, "A14").with("reason", reason)
        }
    };
    diagnosis.fault(now, fault)
}

/// What to do about an error. `streak` counts this one already; `makes`: the step makes what it deals with in this run.
pub(super) fn react(error: &StepError, streak: Streak, now: Timestamp, unit: f64, makes: bool) -> Reaction {
    let lasted_s = streak
        .since
        .map_or(0, |since| now.as_second() - since.as_second());
    let block = || Reaction::Block(final_word(error, now));
    let StepError::Cloud(cloud) = error else {
        return block();
    };
    let fault = cloud.fault();
    let settle = |code: WaitingCode, limit_s: i64| match lasted_s < limit_s {
        true => Reaction::Retry {
            after: settling(unit),
            why: Waiting::new(code)
                .with("what", &fault.operation)
                .with("role", &fault.operation),
        },
        false => block(),
    };
    match cloud.as_ref() {
        CloudError::Throttled { .. } | CloudError::Unavailable { retryable: true, .. } => {
            if streak.count >= ATTEMPTS || lasted_s >= PATIENCE_S {
                return block();
            }
            let code = match cloud.as_ref() {
                CloudError::Throttled { .. } => WaitingCode::Throttled,
                _ => WaitingCode::Retrying,
            };
            Reaction::Retry {
                after: jitter(streak.count, unit),
                why: Waiting::new(code).with("operation", &fault.operation),
            }
        }
        // Just made, and not shown everywhere yet; or made by somebody between our look and our call.
        CloudError::NotFound { .. } => settle(WaitingCode::Appearing, 60),
        CloudError::AlreadyExists { .. } => settle(WaitingCode::Appearing, 30),
        CloudError::InUse { .. } => settle(WaitingCode::InterfacesReleasing, IN_USE_S),
        CloudError::Invalid { .. } => match spreading(fault) {
            Some((code, _)) => settle(code, SPREADING_S),
            None => block(),
        },
        CloudError::Denied { action, .. } if may_spread(action, fault, makes) && lasted_s < RIGHTS_S => {
            Reaction::Retry {
                after: settling(unit),
                why: Waiting::new(WaitingCode::RightsSpreading).with("action", action),
            }
        }
        CloudError::Denied { .. } | CloudError::Unavailable { retryable: false, .. } => block(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: &str, message: &str) -> AwsFault {
        AwsFault {
            operation: "ecs:CreateService".into(),
            code: code.into(),
            message: message.into(),
            request_id: Some("r-1".into()),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn reaction(error: CloudError, count: u32, lasted_s: i64) -> Reaction {
        react(
            &StepError::from(error),
            Streak {
                count,
                since: Some(at(0)),
            },
            at(lasted_s),
            0.5,
            true,
        )
    }

    fn denied(action: &str, words: &str) -> CloudError {
        CloudError::Denied {
            action: action.into(),
            resource: None,
            fault: fault("UnauthorizedOperation", words),
        }
    }

    fn blocked(reaction: Reaction) -> (DiagnosisCode, String) {
        match reaction {
            Reaction::Block(diagnosis) => {
                assert!(
                    diagnosis.evidence.iter().any(|row| row.text.contains("r-1")),
                    "{diagnosis:?}"
                );
                (diagnosis.code, diagnosis.rule)
            }
            Reaction::Retry { why, .. } => panic!("retried: {why:?}"),
        }
    }

    #[test]
    fn throttling_is_tried_again_with_growing_pauses_and_not_for_ever() {
        let throttled = || CloudError::Throttled {
            fault: fault("ThrottlingException", "Rate exceeded"),
        };
        let mut last = Duration::ZERO;
        for count in 1..ATTEMPTS {
            match reaction(throttled(), count, 1) {
                Reaction::Retry { after, why } => {
                    assert!(after >= last && after <= Duration::from_millis(CAP_MS));
                    assert_eq!(why.code, WaitingCode::Throttled);
                    last = after;
                }
                Reaction::Block(diagnosis) => panic!("{diagnosis:?}"),
            }
        }
        assert_eq!(
            blocked(reaction(throttled(), ATTEMPTS, 1)).0,
            DiagnosisCode::Unreachable
        );
        assert_eq!(
            blocked(reaction(throttled(), 2, PATIENCE_S)).0,
            DiagnosisCode::Unreachable
        );
    }

    #[test]
    fn what_aws_has_not_spread_yet_is_waited_for() {
        let text = "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";
        let error = || CloudError::Invalid {
            fault: fault("InvalidParameterException", text),
        };
        match reaction(error(), 3, 20) {
            Reaction::Retry { why, .. } => assert_eq!(why.code, WaitingCode::RoleSpreading),
            Reaction::Block(diagnosis) => panic!("{diagnosis:?}"),
        }
        assert_eq!(
            blocked(reaction(error(), 90, SPREADING_S)),
            (DiagnosisCode::Refused, "A1".into())
        );
    }

    #[test]
    fn a_missing_permission_is_named_at_once() {
        let error = CloudError::Denied {
            action: "iam:PassRole".into(),
            resource: Some("arn:aws:iam::123456789012:role/x".into()),
            fault: fault(
                "AccessDeniedException",
                "is not authorized to perform: iam:PassRole",
            ),
        };
        assert_eq!(
            blocked(reaction(error, 1, 0)),
            (DiagnosisCode::Denied, "A3".into())
        );
    }

    #[test]
    fn a_right_to_what_was_just_tagged_gets_time_and_not_for_ever() {
        let words = "because no identity-based policy allows the ec2:CreateRoute action";
        let error = || denied("ec2:CreateRoute", words);
        match reaction(error(), 1, 0) {
            Reaction::Retry { why, .. } => assert_eq!(why.code, WaitingCode::RightsSpreading),
            Reaction::Block(diagnosis) => panic!("{diagnosis:?}"),
        }
        assert_eq!(
            blocked(reaction(error(), 20, RIGHTS_S)),
            (DiagnosisCode::Denied, "A0".into())
        );
        let explicit = denied(
            "ec2:CreateRoute",
            "with an explicit deny in a service control policy",
        );
        assert_eq!(blocked(reaction(explicit, 1, 0)).0, DiagnosisCode::Denied);
        let untagged = denied("ec2:CreateVpc", "because no identity-based policy allows it");
        assert_eq!(blocked(reaction(untagged, 1, 0)).0, DiagnosisCode::Denied);
        let streak = Streak {
            count: 1,
            since: Some(at(0)),
        };
        let of_old_things = react(&StepError::from(error()), streak, at(0), 0.5, false);
        assert_eq!(blocked(of_old_things).0, DiagnosisCode::Denied);
    }

    #[test]
    fn not_everybody_comes_back_at_the_same_time() {
        let pauses = [0.0, 0.5, 1.0].map(settling);
        assert_eq!(pauses.map(|pause| pause.as_millis()), [1_500, 3_000, 4_500]);
    }

    #[test]
    fn a_refusal_is_filed_under_who_refuses() {
        let denied = |action: &str, message: &str| {
            let error = CloudError::Denied {
                action: action.into(),
                resource: None,
                fault: fault("AccessDeniedException", message),
            };
            blocked(reaction(error, 1, 600)).1
        };
        let nobody = "because no identity-based policy allows it";
        assert_eq!(denied("iam:CreateServiceLinkedRole", nobody), "A2");
        assert_eq!(denied("logs:CreateLogGroup", nobody), "A0");
        let scp = "with an explicit deny in a service control policy";
        assert_eq!(denied("ecs:CreateService", scp), "A7");
        assert_eq!(denied("iam:PassRole", scp), "A7");
    }

    #[test]
    fn an_endpoint_that_does_not_know_a_call_is_no_matter_of_credentials() {
        for (code, wanted) in [
            ("UnknownOperationException", DiagnosisCode::Unreachable),
            ("Http501", DiagnosisCode::Unreachable),
            ("CredentialsNotLoaded", DiagnosisCode::Credentials),
            ("InvalidClientTokenId", DiagnosisCode::Credentials),
        ] {
            let error = CloudError::Unavailable {
                fault: fault(code, "no"),
                retryable: false,
            };
            assert_eq!(blocked(reaction(error, 1, 0)).0, wanted, "{code}");
        }
    }

    #[test]
    fn full_quotas_wrong_credentials_and_refusals_are_told_apart() {
        let quota = CloudError::Invalid {
            fault: fault("TooManyLoadBalancers", "limit"),
        };
        assert_eq!(blocked(reaction(quota, 1, 0)).0, DiagnosisCode::Quota);
        let keys = CloudError::Unavailable {
            fault: fault("ExpiredToken", "expired"),
            retryable: false,
        };
        assert_eq!(blocked(reaction(keys, 1, 0)).0, DiagnosisCode::Credentials);
        let refused = CloudError::Invalid {
            fault: fault("InvalidParameterException", "nonsense"),
        };
        assert_eq!(blocked(reaction(refused, 1, 0)).0, DiagnosisCode::Refused);
    }
}
