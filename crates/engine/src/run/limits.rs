//! How long a step may take before that itself is the news.

use std::time::Duration;

use crate::plan::PlannedStep;
use crate::plan::action::Action;

/// No step is given less.
const LEAST: Duration = Duration::from_secs(20 * 60);
/// Times the expected duration.
const FACTOR: u32 = 20;
/// A person pushes the image: a working day and the night after it.
const PERSON: Duration = Duration::from_secs(24 * 60 * 60);
/// Amplify ends a build by itself after this time at the latest.
const BUILD: Duration = Duration::from_secs(2 * 60 * 60);

/// The limit of a step.
pub(super) fn limit(planned: &PlannedStep) -> Duration {
    match planned.action {
        Action::ImagePushed { .. } => PERSON,
        Action::FrontendRelease { .. } => BUILD,
        _ => LEAST.max(Duration::from_secs(planned.expected_s.into()).saturating_mul(FACTOR)),
    }
}
