//! What a permission check found.

use engine::cloud::identity::NoVerdict;

use crate::i18n::{Locale, t};

/// Why AWS would not say what is allowed.
pub fn unknown(l: Locale, why: NoVerdict) -> String {
    match why {
        NoVerdict::MayNotAsk => t!(l, connections.unknown.may_not_ask),
        NoVerdict::Root => t!(l, connections.unknown.root),
        NoVerdict::Federated => t!(l, connections.unknown.federated),
        NoVerdict::Throttled => t!(l, connections.unknown.throttled),
        NoVerdict::Unsupported => t!(l, connections.unknown.unsupported),
        NoVerdict::Refused => t!(l, connections.unknown.refused),
    }
    .to_owned()
}
