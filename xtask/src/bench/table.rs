//! From the lines of the benches to a table, and from the table into the page.

use anyhow::{Context, Result};
use serde_json::Value;

/// What a line of a bench begins with.
const MARK: &str = "bench ";
/// Between these two lines the page is written by the workshop.
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

/// One figure.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Figure {
    /// What was measured.
    pub(super) what: String,
    /// Measured ÷ what it is set against; `None`: it could not be measured here.
    pub(super) ratio: Option<f64>,
    /// What it is set against, or why it was not measured.
    pub(super) against: String,
    /// What it may be at most.
    pub(super) most: Option<f64>,
    /// What it should be at least.
    pub(super) least: Option<f64>,
}

/// Figures that belong together.
pub(super) struct Part<'a> {
    pub(super) title: &'a str,
    pub(super) figures: Vec<Figure>,
}

impl Figure {
    /// Whether it is not what it should be.
    pub(super) fn missed(&self) -> bool {
        let Some(ratio) = self.ratio else { return false };
        self.most.is_some_and(|most| ratio > most) || self.least.is_some_and(|least| ratio < least)
    }

    fn wanted(&self) -> String {
        let limit = match (self.most, self.least) {
            (Some(most), _) => format!("≤ {most}"),
            (None, Some(least)) => format!("≥ {least}"),
            (None, None) => return String::new(),
        };
        match (self.ratio, self.missed()) {
            (None, _) => limit,
            (Some(_), false) => format!("{limit}, met"),
            (Some(_), true) => format!("{limit}, **missed**"),
        }
    }
}

/// The figures among the lines that a bench said.
pub(super) fn read(said: &str) -> Result<Vec<Figure>> {
    said.lines()
        .filter_map(|line| line.strip_prefix(MARK))
        .map(|line| {
            let value: Value = serde_json::from_str(line).with_context(|| format!("reading `{line}`"))?;
            let text = |name: &str| value[name].as_str().map(str::to_owned);
            let ratio = value["ratio"].as_f64();
            let against = if ratio.is_some() { "against" } else { "left_out" };
            Ok(Figure {
                what: text("what").with_context(|| format!("`{line}` does not say what it is"))?,
                ratio,
                against: text(against).with_context(|| format!("`{line}` has no `{against}`"))?,
                most: value["most"].as_f64(),
                least: value["least"].as_f64(),
            })
        })
        .collect()
}

/// The table: a row for each figure, under the title of its part.
pub(super) fn of(parts: &[Part<'_>]) -> String {
    let mut rows = vec![["what", "ratio", "to", "should be"].map(str::to_owned)];
    for part in parts {
        rows.push([
            format!("**{}**", part.title),
            String::new(),
            String::new(),
            String::new(),
        ]);
        rows.extend(part.figures.iter().map(|it| {
            let ratio = it.ratio.map_or_else(|| "not measured".to_owned(), spoken);
            [it.what.clone(), ratio, it.against.clone(), it.wanted()]
        }));
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |row: &[String; 4]| {
        let [what, ratio, against, wanted] = row;
        let [one, two, three, four] = widths;
        format!("| {what:<one$} | {ratio:>two$} | {against:<three$} | {wanted:<four$} |")
    };
    let [one, two, three, four] = widths.map(|width| "-".repeat(width));
    let rule = format!("|-{one}-|-{two}:|-{three}-|-{four}-|");
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, rule);
    lines.join("\n")
}

/// As many digits as matter.
fn spoken(ratio: f64) -> String {
    match ratio.abs() {
        size if size < 0.1 => format!("{ratio:.4}"),
        size if size < 10.0 => format!("{ratio:.3}"),
        size if size < 100.0 => format!("{ratio:.1}"),
        _ => format!("{ratio:.0}"),
    }
}

/// The page with this between its markers instead of what was there.
pub(super) fn put(page: &str, table: &str) -> Result<String> {
    let missing = || format!("the page needs a line `{BEGIN}` and after it a line `{END}`");
    let (head, rest) = page.split_once(BEGIN).with_context(missing)?;
    let (_, tail) = rest.split_once(END).with_context(missing)?;
    Ok(format!("{head}{BEGIN}\n\n{}\n\n{END}{tail}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(ratio: f64, most: Option<f64>, least: Option<f64>) -> Figure {
        Figure {
            what: "a page".to_owned(),
            ratio: Some(ratio),
            against: "25 ms".to_owned(),
            most,
            least,
        }
    }

    #[test]
    fn only_marked_lines_are_figures_and_a_broken_one_is_not_passed_over() {
        let said = "warming up\nbench {\"what\":\"a page\",\"ratio\":0.5,\"against\":\"25 ms\",\"most\":1.0}\ndone\n";
        assert_eq!(read(said).unwrap(), [figure(0.5, Some(1.0), None)]);
        assert!(read("bench {\"what\":\"a page\"}").is_err());
        assert!(read("bench nonsense").is_err());
    }

    #[test]
    fn what_could_not_be_measured_says_why_and_is_no_failure() {
        let said = "bench {\"what\":\"memory\",\"left_out\":\"needs Linux\"}";
        let figures = read(said).unwrap();
        assert!(!figures[0].missed());
        let table = of(&[Part {
            title: "Memory",
            figures,
        }]);
        assert!(
            table.contains("not measured") && table.contains("needs Linux"),
            "{table}"
        );
    }

    #[test]
    fn a_figure_on_its_limit_is_met_and_one_beyond_is_missed() {
        for (ratio, most, least, missed) in [
            (1.0, Some(1.0), None, false),
            (1.001, Some(1.0), None, true),
            (0.99, None, Some(0.99), false),
            (0.98, None, Some(0.99), true),
            (7.0, None, None, false),
        ] {
            assert_eq!(
                figure(ratio, most, least).missed(),
                missed,
                "{ratio} {most:?} {least:?}"
            );
        }
        assert_eq!(figure(2.0, Some(1.0), None).wanted(), "≤ 1, **missed**");
        assert_eq!(figure(1.0, None, None).wanted(), "");
    }

    #[test]
    fn the_columns_stand_under_each_other() {
        let table = of(&[
            Part {
                title: "Pages",
                figures: vec![figure(0.123_45, Some(1.0), None), figure(12.345, None, None)],
            },
            Part {
                title: "More",
                figures: vec![figure(0.01, None, Some(0.99))],
            },
        ]);
        let widths: Vec<usize> = table.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 7);
        assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
        assert!(table.contains(" 0.123 |") && table.contains(" 12.3 |") && table.contains("0.0100 |"));
    }

    #[test]
    fn the_page_around_the_markers_stays() {
        let page = format!("# Bench\n\n{BEGIN}\nold\n{END}\n\nHow to repeat it.\n");
        let once = put(&page, "new\n").unwrap();
        assert_eq!(
            once,
            format!("# Bench\n\n{BEGIN}\n\nnew\n\n{END}\n\nHow to repeat it.\n")
        );
        assert_eq!(
            put(&once, "new").unwrap(),
            once,
            "the same table again changes nothing"
        );
        assert!(put("# Bench\n", "new").is_err());
        assert!(put(&format!("{END}\n{BEGIN}\n"), "new").is_err());
    }
}
