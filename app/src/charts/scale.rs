//! Round numbers for axes.

/// A place on an axis as a percentage with the digits that a screen can show.
pub(super) fn percent(part: f64, whole: f64) -> String {
    let share = if whole > 0.0 {
        (part / whole * 100.0).clamp(0.0, 100.0)
    } else {
        0.0
    };
    format!("{}%", trimmed(share))
}

/// Two decimals at most, and none that are zero: paths are long.
pub(super) fn trimmed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Seconds between the lines of a time axis: a distance that people count in, with at most eight lines.
pub(super) fn time_step(span_s: f64) -> f64 {
    const STEPS: [f64; 14] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    ];
    STEPS
        .into_iter()
        .find(|step| span_s / step <= 8.0)
        .unwrap_or_else(|| (span_s / 8.0 / 3600.0).ceil() * 3600.0)
}

/// The lines of a value axis from zero to at least `max`: three to five of them at round numbers.
pub(super) fn value_lines(max: f64) -> Vec<f64> {
    let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
    let power = 10f64.powf((max / 4.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| max / step <= 4.0)
        .unwrap_or(10.0 * power);
    let count = (max / step).ceil().max(1.0) as usize;
    (0..=count).map(|line| line as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_axis_counts_as_people_do() {
        assert_eq!(time_step(7.0), 1.0);
        assert_eq!(time_step(224.0), 30.0);
        assert_eq!(time_step(900.0), 120.0);
        assert_eq!(time_step(86_400.0), 10_800.0);
    }

    #[test]
    fn a_value_axis_reaches_its_highest_value_in_few_round_lines() {
        assert_eq!(value_lines(302.0), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(value_lines(80.0), [0.0, 20.0, 40.0, 60.0, 80.0]);
        for max in [0.3, 1.0, 7.0, 99.0, 100.0, 101.0, 4321.0] {
            let lines = value_lines(max);
            assert!(lines.last().is_some_and(|top| *top >= max), "{max}: {lines:?}");
            assert!((2..=6).contains(&lines.len()), "{max}: {lines:?}");
        }
        assert_eq!(value_lines(0.0).len(), value_lines(f64::NAN).len());
    }

    #[test]
    fn percentages_are_short_and_stay_inside() {
        assert_eq!(percent(1.0, 3.0), "33.33%");
        assert_eq!(percent(5.0, 10.0), "50%");
        assert_eq!(percent(12.0, 10.0), "100%");
        assert_eq!(percent(1.0, 0.0), "0%");
    }
}
