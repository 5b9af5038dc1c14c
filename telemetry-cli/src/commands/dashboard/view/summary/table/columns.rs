//! Which numbers there is room for, and how each is written.

use super::super::super::super::look::{Line, Look, Pace};
use super::super::super::super::skin::Skin;
use super::super::health::light;
use super::super::ink::{self, Ink, Piece, behind, columns, first};
use super::super::rates;
use super::names;
use super::rows::Row;
use ratatui::layout::Rect;
use ratatui::style::Style;
use telemetry_catalog::Estimate;
use telemetry_catalog::quantity::{UNKNOWN, exact, number, percent, seconds};
use telemetry_catalog::verdict::Verdict;
use telemetry_core::config::HealthThresholds;
use telemetry_core::metric::MetricDef;

/// The least columns for names, and the most that a name or a series gets.
const LEAST_NAME: u16 = 18;
const WIDEST_NAME: u16 = 72;

/// Where subsystems, metrics and series begin.
const TITLE_INDENT: u16 = 2;
const METRIC_INDENT: u16 = 3;
const INDENT: u16 = 5;

/// The title of the column of names. Where there is no room for it and the lines that are seen, it gives way.
const METRIC: &str = "METRIC";

/// The blanks before that.
const GAP: u16 = 2;

/// What stands before every line of the subsystem with the focus.
const FOCUS: &str = "┃";

/// A column of numbers or words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Count,
    PerMinute,
    P50,
    P95,
    P99,
    Failed,
    Pace,
}

/// What is shown, the most first; the first that leaves enough room for names is taken.
const CHOICES: [&[Column]; 4] = [
    &[Column::Count, Column::PerMinute, Column::P50, Column::P95, Column::P99, Column::Failed, Column::Pace],
    &[Column::Count, Column::PerMinute, Column::P95, Column::Failed, Column::Pace],
    &[Column::Count, Column::PerMinute, Column::P95],
    &[Column::Count],
];

/// How a table of some width is laid out.
#[derive(Debug)]
pub(super) struct Columns {
    shown: &'static [Column],
    name: u16,
    gap: u16,
    /// Whether there is room for the whole names of metrics.
    is_full: bool,
}

impl Column {
    const fn title(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::PerMinute => "PER MIN",
            Self::P50 => "P50",
            Self::P95 => "P95",
            Self::P99 => "P99",
            Self::Failed => "FAILED",
            Self::Pace => "PACE",
        }
    }

    /// As wide as the widest that it is likely to show.
    const fn width(self) -> u16 {
        match self {
            Self::Pace => 6,
            Self::Count | Self::PerMinute | Self::Failed => 7,
            Self::P50 | Self::P95 | Self::P99 => 9,
        }
    }

    fn written(self, line: &Line) -> String {
        match self {
            Self::Count => known(Some(line.count), number),
            Self::PerMinute => known(line.per_minute, number),
            Self::P50 => estimate(line, 0),
            Self::P95 => estimate(line, 1),
            Self::P99 => estimate(line, 2),
            Self::Failed => known(line.failed, percent),
            Self::Pace => line.pace.map(word).unwrap_or_default().to_owned(),
        }
    }

    fn style(self, line: &Line, skin: Skin, thresholds: &HealthThresholds) -> Style {
        match (self, line.pace, line.failed) {
            (Self::Pace, Some(Pace::Fast), _) => skin.verdict(Verdict::Healthy),
            (Self::Pace, Some(Pace::Slow), _) => skin.verdict(Verdict::Warning),
            (Self::Failed, _, Some(share)) => {
                failing(share, thresholds).map_or(Style::new(), |verdict| skin.verdict(verdict))
            }
            _ => Style::new(),
        }
    }
}

impl Columns {
    /// Those for which such a table has room.
    pub(super) fn of(width: u16, rows: &[Row<'_>]) -> Self {
        let gap = if width < SPACIOUS { 1 } else { 2 };
        let needed = |shown: &[Column]| shown.iter().map(|column| column.width() + gap).sum::<u16>();
        let fits = |shown: &&&[Column]| needed(shown) + LEAST_NAME <= width;
        let shown = CHOICES.iter().find(fits).or(CHOICES.last()).copied().unwrap_or_default();
        let name = width.saturating_sub(needed(shown)).min(WIDEST_NAME);
        let longest = rows.iter().filter_map(|row| match row {
            Row::Metric(line, _) => Some(METRIC_INDENT + columns(names::full(line.def))),
            _ => None,
        });
        Self { shown, name, gap, is_full: longest.max().unwrap_or_default() <= name }
    }

    /// The titles, of when the numbers are, and which lines are seen where that is not all.
    pub(super) fn header(&self, ink: &mut Ink<'_>, line: Rect, look: &Look, part: Option<String>) {
        let faint = ink.skin.faint();
        let name = first(line, self.name);
        let place = behind(name, TITLE_INDENT);
        let titled = part.as_ref().map_or_else(|| METRIC.to_owned(), |part| format!("{METRIC} {part}"));
        let text = part.filter(|_| columns(&titled) > place.width).unwrap_or(titled);
        let rest = behind(ink.write(place, &text, faint), GAP);
        if let Some(since) = since(look).into_iter().find(|since| columns(since) <= rest.width) {
            ink.write(rest, &since, faint);
        }
        self.cells(ink, line, |column| (column.title().to_owned(), faint));
    }

    /// A line of the table.
    pub(super) fn row(
        &self,
        ink: &mut Ink<'_>,
        line: Rect,
        row: &Row<'_>,
        look: &Look,
        thresholds: &HealthThresholds,
    ) {
        let skin = ink.skin;
        let name = first(line, self.name);
        match row {
            Row::Title { subsystem, focused, is_empty } => {
                let verdict = look.health.iter().find(|condition| condition.subsystem == *subsystem);
                let style = if *focused { skin.focus() } else { skin.strong() };
                let rest = ink.write(behind(line, TITLE_INDENT), subsystem.title, style);
                let light = verdict.map(|condition| light(skin, condition.verdict));
                let rest = behind(rest, 2);
                let nothing = is_empty.then(|| ("no metrics yet".to_owned(), skin.faint()));
                let gap = (nothing.is_some() && light.is_some()).then(|| ("  ".to_owned(), Style::new()));
                let said: Vec<Piece> = light.into_iter().chain(gap).chain(nothing).collect();
                ink.pieces(rest, &said);
            }
            Row::Metric(metric, subsystem) => {
                let text =
                    if self.is_full { names::full(metric.def) } else { names::short(metric.def, subsystem) };
                ink.write(behind(name, METRIC_INDENT), text, Style::new());
                self.cells(ink, line, |column| {
                    (column.written(metric), column.style(metric, skin, thresholds))
                });
            }
            Row::Series(series, labels) => {
                let place = behind(name, INDENT);
                ink.write(place, &names::fitted(&ink::clean(labels), place.width, skin), skin.faint());
                let style = |column: Column| match column.style(series, skin, thresholds) {
                    plain if plain == Style::new() => skin.faint(),
                    style => style,
                };
                self.cells(ink, line, |column| (column.written(series), style(column)));
            }
            Row::More(count) => {
                ink.write(behind(name, INDENT), &format!("+{count} more"), skin.faint());
            }
        }
    }

    /// What stands in each column, at its right.
    fn cells(&self, ink: &mut Ink<'_>, line: Rect, cell: impl Fn(Column) -> Piece) {
        let mut rest = behind(line, self.name);
        for column in self.shown {
            let place = first(behind(rest, self.gap), column.width());
            let (text, style) = cell(*column);
            ink.write_right(place, &text, style);
            rest = behind(rest, self.gap + column.width());
        }
    }
}

/// Of when the numbers are, the longest words first; the keys say it in full. What there is per minute is of the same time as the rates.
fn since(look: &Look) -> Vec<String> {
    const COUNTS: [&str; 2] = ["since each count began", "since start"];
    let title = Column::PerMinute.title();
    match rates::over(look) {
        None => COUNTS.map(str::to_owned).to_vec(),
        Some(over) => vec![
            format!("{}; {title}: the {over}", COUNTS[0]),
            format!("{}; {title}: {over}", COUNTS[1]),
            format!("{title}: {over}"),
        ],
    }
}

/// Marks a line of the subsystem with the focus.
pub(super) fn focus(ink: &mut Ink<'_>, line: Rect) {
    let style = ink.skin.focus();
    ink.write(first(line, 1), FOCUS, style);
}

/// A number that there may be.
fn known(value: Option<f64>, written: impl Fn(f64) -> String) -> String {
    match value {
        None => String::new(),
        Some(value) if value.is_nan() => UNKNOWN.to_owned(),
        Some(value) => written(value),
    }
}

/// From so many columns on there are two blanks between columns.
const SPACIOUS: u16 = 90;

/// A percentile; nothing for what has none, and `–` for a histogram that observed nothing.
fn estimate(line: &Line, place: usize) -> String {
    if line.def.bounds().is_empty() {
        return String::new();
    }
    match line.percentiles.get(place).copied().flatten() {
        None => UNKNOWN.to_owned(),
        Some(Estimate::At(value)) => known(Some(value), |value| amount(line.def, value)),
        Some(Estimate::Below { bound, .. }) => format!("< {}", amount(line.def, bound)),
        Some(Estimate::Beyond(bound)) => format!("> {}", amount(line.def, bound)),
    }
}

/// A value in the unit that the last word of the name tells.
fn amount(def: &MetricDef, value: f64) -> String {
    if def.name.ends_with("_seconds") { seconds(value) } else { exact(value) }
}

const fn word(pace: Pace) -> &'static str {
    match pace {
        Pace::Fast => "fast",
        Pace::Normal => "normal",
        Pace::Slow => "slow",
    }
}

/// A share at a threshold counts as beyond it, as everywhere.
fn failing(share: f64, thresholds: &HealthThresholds) -> Option<Verdict> {
    match share * 100.0 {
        percent if percent >= thresholds.error_rate_critical => Some(Verdict::Critical),
        percent if percent >= thresholds.error_rate_warn => Some(Verdict::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_core::catalog::AGENT_RUN_DURATION;

    #[test]
    fn a_percentile_outside_of_the_bounds_says_on_which_side_it_is() {
        let line = Line {
            def: AGENT_RUN_DURATION.def(),
            series: None,
            count: 1.0,
            per_minute: None,
            percentiles: [
                Some(Estimate::Below { bound: 10.0, guess: 5.0 }),
                Some(Estimate::At(12.4)),
                Some(Estimate::Beyond(7200.0)),
            ],
            pace: None,
            failed: None,
        };
        assert_eq!([0, 1, 2].map(|place| estimate(&line, place)), ["< 10 s", "12.4 s", "> 2 h"]);
    }
}
