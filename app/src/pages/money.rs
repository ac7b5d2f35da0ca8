//! Money as the reader knows it: AWS's dollars, in yen for Japanese readers.

use crate::format::{self, Currency};
use crate::i18n::Locale;

/// The reader's currency and the amount in it.
pub(super) fn amount(l: Locale, usd: f64, yen_per_usd: f64) -> (Currency, f64) {
    match l {
        Locale::ja => (Currency::Jpy, usd * yen_per_usd),
        Locale::en => (Currency::Usd, usd),
    }
}

/// The amount as text.
pub(super) fn text(l: Locale, usd: f64, yen_per_usd: f64) -> String {
    let (currency, amount) = amount(l, usd, yen_per_usd);
    format::money(currency, amount)
}
