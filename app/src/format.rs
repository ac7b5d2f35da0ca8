//! Numbers, money, durations and dates as a page writes them. Pure; the same on the server and in an island.

use std::fmt::Write;

use jiff::{Timestamp, tz::TimeZone};

use crate::i18n::{Locale, t, tn};

/// A running time as a clock: `0:07`, `3:35`, `1:02:03`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A duration in words, to the precision that a person plans with: `35 s`, `3 min 35 s`, `2 h 5 min`, `3 days`.
pub fn duration(locale: Locale, seconds: u64) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3600, seconds / 60, seconds % 60);
    match (days, hours, minutes) {
        (2.., _, _) => t!(locale, time.days, n = days),
        (_, 1.., _) => match minutes % 60 {
            0 => t!(locale, time.hours, n = hours),
            over => t!(locale, time.hours_minutes, n = hours, m = over),
        },
        (_, _, 1..) if rest == 0 => t!(locale, time.minutes, n = minutes),
        (_, _, 1..) => t!(locale, time.minutes_seconds, n = minutes, s = rest),
        _ => t!(locale, time.seconds, n = rest),
    }
}

/// A measured time: `84 ms`, `1.2 s`.
pub fn millis(ms: f64) -> String {
    if ms > 0.0 && ms < 0.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}

/// The moment before now, in words: `just now`, `3 minutes ago`. A moment in the future reads as now: clocks differ.
pub fn ago(locale: Locale, then: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second().saturating_sub(then.as_second())).unwrap_or(0);
    match seconds {
        0..=4 => t!(locale, time.just_now).to_owned(),
        5..=59 => tn!(locale, seconds, time.seconds_ago),
        60..=3599 => tn!(locale, seconds / 60, time.minutes_ago),
        3600..=86_399 => tn!(locale, seconds / 3600, time.hours_ago),
        _ => tn!(locale, seconds / 86_400, time.days_ago),
    }
}

/// A date and a time to the minute in a zone: `2026-11-23 14:31`. Year first in both languages: it sorts, and no one
/// has to guess which number is the month.
pub fn date_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The time of day to the second in a zone: `14:31:07`.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// The time of day to the minute in a zone: `14:31`.
pub fn hour_minute(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// The zone's distance from UTC at that moment, as a reader needs it beside a time: `UTC+9`, `UTC`, `UTC+5:30`.
pub fn offset(at: Timestamp, zone: &TimeZone) -> String {
    let seconds = zone.to_offset(at).seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// Money that a page can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// United States dollar, the currency of AWS's price lists.
    Usd,
    /// Japanese yen.
    Jpy,
}

/// An amount in whole units from `whole`: `¥5,790`, `$43`, and `$0.15` where a dollar would round to nothing.
pub fn money(currency: Currency, amount: f64) -> String {
    let sign = if amount < 0.0 { "-" } else { "" };
    let amount = amount.abs();
    match currency {
        Currency::Jpy => format!("{sign}¥{}", grouped(amount.round() as u64)),
        Currency::Usd if amount > 0.0 && amount < 10.0 => format!("{sign}${amount:.2}"),
        Currency::Usd => format!("{sign}${}", grouped(amount.round() as u64)),
    }
}

/// Digits in threes: `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share of one as a percentage. Never rounds up to 100%: one failed probe in a month must stay visible.
pub fn percent(share: f64) -> String {
    if share >= 1.0 {
        return "100%".to_owned();
    }
    let hundredths = (share.max(0.0) * 10_000.0).floor();
    format!("{:.2}%", hundredths / 100.0)
}

/// A size in binary units: `512 MiB`, `1.5 GiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = n as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let mut out = String::new();
    let whole = unit == 0 || size >= 100.0 || size.fract() == 0.0;
    let written = if whole {
        write!(out, "{size:.0}")
    } else {
        write!(out, "{size:.1}")
    };
    debug_assert!(written.is_ok());
    out.push(' ');
    out.push_str(UNITS[unit]);
    out
}

/// The middle of a long id gives way, its telling ends stay: `arn:aws:ecs:…service`.
pub fn shortened(id: &str, max_chars: usize) -> String {
    let chars: Vec<char> = id.chars().collect();
    if chars.len() <= max_chars || max_chars < 3 {
        return id.to_owned();
    }
    let head = max_chars / 2;
    let tail = max_chars - head - 1;
    chars[..head]
        .iter()
        .chain(&['…'])
        .chain(&chars[chars.len() - tail..])
        .collect()
}

/// An image as a sentence holds it: of a digest the first twelve digits, as `docker images --digests` cuts ids.
pub fn short_image(image: &str) -> String {
    const DIGITS: usize = 12;
    match image.split_once("@sha256:") {
        Some((name, digest)) if digest.is_ascii() && digest.len() > DIGITS => {
            format!("{name}@sha256:{}…", &digest[..DIGITS])
        }
        _ => image.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn a_clock_has_two_digits_where_a_clock_has_them() {
        assert_eq!(clock(7), "0:07");
        assert_eq!(clock(215), "3:35");
        assert_eq!(clock(3723), "1:02:03");
    }

    #[test]
    fn durations_are_said_in_both_languages() {
        assert_eq!(duration(Locale::en, 35), "35 s");
        assert_eq!(duration(Locale::ja, 215), "3 分 35 秒");
        assert_eq!(duration(Locale::en, 240), "4 min");
        assert_eq!(duration(Locale::ja, 7500), "2 時間 5 分");
        assert_eq!(duration(Locale::en, 300_000), "3 days");
    }

    #[test]
    fn a_moment_ago_is_said_in_both_languages() {
        let now: Timestamp = "2026-11-23T05:31:00Z".parse().unwrap();
        assert_eq!(ago(Locale::en, now - 3.seconds(), now), "just now");
        assert_eq!(ago(Locale::en, now - 60.seconds(), now), "1 minute ago");
        assert_eq!(ago(Locale::ja, now - 12.minutes(), now), "12 分前");
        assert_eq!(ago(Locale::ja, now + 12.minutes(), now), "たった今");
    }

    #[test]
    fn times_are_the_zone_s() {
        let at: Timestamp = "2026-11-23T05:31:07Z".parse().unwrap();
        let tokyo = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(date_time(at, &tokyo), "2026-11-23 14:31");
        assert_eq!(time_of_day(at, &tokyo), "14:31:07");
        assert_eq!(offset(at, &tokyo), "UTC+9");
        assert_eq!(offset(at, &TimeZone::UTC), "UTC");
    }

    #[test]
    fn small_dollars_keep_their_cents() {
        assert_eq!(money(Currency::Jpy, 5790.4), "¥5,790");
        assert_eq!(money(Currency::Usd, 42.9), "$43");
        assert_eq!(money(Currency::Usd, 0.15), "$0.15");
        assert_eq!(money(Currency::Usd, 0.0), "$0");
        assert_eq!(money(Currency::Usd, -1234.0), "-$1,234");
    }

    #[test]
    fn a_failure_is_never_rounded_away() {
        assert_eq!(percent(0.999_999), "99.99%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.972), "97.20%");
        assert_eq!(percent(-0.1), "0.00%");
    }

    #[test]
    fn sizes_and_times_keep_the_digits_that_matter() {
        assert_eq!(bytes(512 * 1024 * 1024), "512 MiB");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(millis(84.2), "84 ms");
        assert_eq!(millis(1234.0), "1.2 s");
        assert_eq!(millis(0.4), "0.4 ms");
        assert_eq!(millis(0.0), "0 ms");
    }

    #[test]
    fn a_long_id_keeps_both_ends() {
        assert_eq!(shortened("subnet-0fad2d28b04a7e2b5", 11), "subne…7e2b5");
        assert_eq!(shortened("short", 11), "short");
    }

    #[test]
    fn of_an_image_only_its_digest_is_cut() {
        let digest = "a".repeat(64);
        for (image, shown) in [
            (
                format!("shop-api@sha256:{digest}"),
                "shop-api@sha256:aaaaaaaaaaaa…",
            ),
            ("shop-api:v1.2.3".to_owned(), "shop-api:v1.2.3"),
            ("shop-api@sha256:abc".to_owned(), "shop-api@sha256:abc"),
            (
                "shop-api@sha256:あああああああああああああ".to_owned(),
                "shop-api@sha256:あああああああああああああ",
            ),
        ] {
            assert_eq!(short_image(&image), shown);
        }
    }
}
