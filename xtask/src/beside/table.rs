//! Results: medians, their ratio, and the table of them.

use std::fmt::Write as _;
use std::time::Duration;

/// What was measured on both sides, the smaller the better unless it says otherwise.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) theirs: Option<Figure>,
    pub(super) ours: Option<Figure>,
}

/// A figure with its unit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Figure {
    /// A time.
    Time(Duration),
    /// Memory or disk.
    Bytes(f64),
    /// How many in a second; the more the better.
    PerSecond(f64),
}

impl Row {
    pub(super) fn new(
        what: impl Into<String>,
        theirs: impl Into<Option<Figure>>,
        ours: impl Into<Option<Figure>>,
    ) -> Self {
        Self { what: what.into(), theirs: theirs.into(), ours: ours.into() }
    }

    /// How many times theirs ours is.
    fn ratio(&self) -> Option<f64> {
        Some(self.ours?.number() / self.theirs?.number())
    }
}

impl Figure {
    /// The figure without its unit.
    pub(super) fn number(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Bytes(number) | Self::PerSecond(number) => number,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Time(time) => time_text(time),
            Self::Bytes(bytes) if bytes < 1_000.0 => format!("{bytes:.2} B"),
            Self::Bytes(bytes) if bytes < 1e6 => format!("{} kB", digits(bytes / 1e3)),
            Self::Bytes(bytes) => format!("{} MB", digits(bytes / 1e6)),
            Self::PerSecond(number) if number < 1e5 => digits(number),
            Self::PerSecond(number) => format!("{} k", digits(number / 1e3)),
        }
    }
}

/// The table in Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = "| | theirs | ours | ours ÷ theirs |\n|---|---|---|---|\n".to_owned();
    for row in rows {
        let text_of = |figure: Option<Figure>| figure.map(Figure::text).unwrap_or_default();
        let ratio = row.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        // Writing to text cannot fail.
        let _always =
            writeln!(text, "| {} | {} | {} | {ratio} |", row.what, text_of(row.theirs), text_of(row.ours));
    }
    text
}

/// A time with three digits.
pub(super) fn time_text(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{} µs", digits(seconds * 1e6)),
        _ if seconds < 1.0 => format!("{} ms", digits(seconds * 1e3)),
        _ => format!("{} s", digits(seconds)),
    }
}

fn digits(number: f64) -> String {
    match number {
        _ if number < 10.0 => format!("{number:.2}"),
        _ if number < 100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// The middle one of some values; the upper of two.
pub(super) fn median<T: Copy + PartialOrd>(values: &[T]) -> Option<T> {
    quantile(values, 0.5)
}

/// The value below which a share of the others lie.
pub(super) fn quantile<T: Copy + PartialOrd>(values: &[T], share: f64) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_both_figures_and_their_ratio() {
        let time = |millis| Figure::Time(Duration::from_millis(millis));
        let rows = [Row::new("a", time(200), time(50)), Row::new("b", None, Figure::PerSecond(123_456.0))];
        let text = table(&rows);
        assert!(text.ends_with("| a | 200 ms | 50.0 ms | 0.25 |\n| b |  | 123 k |  |\n"), "{text}");
    }

    #[test]
    fn quantiles_are_values_that_were_measured() {
        assert_eq!(median(&[3, 1, 2]), Some(2));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.99), Some(4.0));
        assert_eq!(median::<u8>(&[]), None);
    }
}
