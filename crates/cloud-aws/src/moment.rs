//! Points in time between the SDK and the engine.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// `None` also for the epoch: the SDK fills it in where a required time is missing from an answer (a step that has not
/// ended yet, for example).
pub(crate) fn timestamp(from: &DateTime) -> Option<Timestamp> {
    if from.secs() == 0 && from.subsec_nanos() == 0 {
        return None;
    }
    Timestamp::new(from.secs(), i32::try_from(from.subsec_nanos()).ok()?).ok()
}
