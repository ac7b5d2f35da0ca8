//! The shape of a day in a table's row.

use leptos::prelude::*;

use super::scale::trimmed;

const WIDTH: f64 = 104.0;
const HEIGHT: f64 = 24.0;
const EDGE: f64 = 3.0;

/// Draws a line through the values. A missing value is a gap, never a zero.
#[component]
pub fn Spark(
    /// The values, oldest first.
    values: Vec<Option<f64>>,
    /// The line in words: `Latency over 24 hours: 70 to 130 ms`.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let (path, end) = line(&values);
    view! {
        <svg class="spark" width="104" height="24" viewBox="0 0 104 24" role="img" aria-label=label>
            {(!path.is_empty()).then(|| view! { <path d=path/> })}
            {end.map(|(x, y)| view! { <circle cx=trimmed(x) cy=trimmed(y) r="1.8"/> })}
            {values.iter().all(Option::is_none).then(|| view! { <line class="empty" x1="0" x2="104" y1="12" y2="12"/> })}
        </svg>
    }
}

/// The path, and the newest point when the newest value is known.
fn line(values: &[Option<f64>]) -> (String, Option<(f64, f64)>) {
    let known = || values.iter().flatten().copied();
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    // A day that hardly changes is drawn as a calm line, not as a mountain range.
    let span = (high - low).max(high.abs() * 0.35).max(f64::MIN_POSITIVE);
    let middle = (high + low) / 2.0;
    let last = values.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut drawing = false;
    let mut end = None;
    for (index, value) in values.iter().enumerate() {
        end = None;
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let x = EDGE + index as f64 / last * (WIDTH - 2.0 * EDGE);
        let y = HEIGHT / 2.0 - (value - middle) / span * (HEIGHT - 2.0 * EDGE);
        path.push(if drawing { 'L' } else { 'M' });
        path.push_str(&format!("{} {}", trimmed(x), trimmed(y)));
        drawing = true;
        end = Some((x, y));
    }
    (path, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_a_gap() {
        let (path, _) = line(&[Some(1.0), Some(2.0), None, Some(2.0), Some(1.0)]);
        assert_eq!(path.matches('M').count(), 2);
        assert_eq!(path.matches('L').count(), 2);
    }

    #[test]
    fn the_line_stays_inside_of_its_place() {
        let (path, end) = line(&[Some(0.0), Some(1000.0), Some(500.0)]);
        assert_eq!(path, "M3 21L52 3L101 12");
        assert_eq!(end, Some((101.0, 12.0)));
    }

    #[test]
    fn nothing_known_draws_nothing_and_marks_no_end() {
        assert_eq!(line(&[None, None]), (String::new(), None));
        assert_eq!(line(&[Some(5.0), None]).1, None);
    }
}
