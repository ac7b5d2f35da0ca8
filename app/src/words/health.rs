//! What was wrong at a look, in the reader's language.

use crate::backend::stacks::{HealthTrouble, TroubleCode};
use crate::i18n::{Locale, t};

/// One phrase, with the values and AWS's own words behind it.
pub fn trouble(l: Locale, trouble: &HealthTrouble) -> String {
    let what = match trouble.code {
        TroubleCode::Dns => t!(l, trouble.dns),
        TroubleCode::Connect => t!(l, trouble.connect),
        TroubleCode::Tls => t!(l, trouble.tls),
        TroubleCode::Timeout => t!(l, trouble.timeout),
        TroubleCode::Protocol => t!(l, trouble.protocol),
        TroubleCode::Forbidden => t!(l, trouble.forbidden),
        TroubleCode::Status => t!(l, trouble.status),
        TroubleCode::Slow => t!(l, trouble.slow),
        TroubleCode::Targets => t!(l, trouble.targets),
        TroubleCode::NoTargets => t!(l, trouble.no_targets),
        TroubleCode::Tasks => t!(l, trouble.tasks),
        TroubleCode::Gone => t!(l, trouble.gone),
        TroubleCode::Denied => t!(l, trouble.denied),
        TroubleCode::OwnSide => t!(l, trouble.own_side),
    };
    match trouble.detail.as_str() {
        "" => what.to_owned(),
        detail => t!(l, trouble.with, what = what, detail = detail),
    }
}
