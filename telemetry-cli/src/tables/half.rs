//! One half of a snapshot: all its numbers, or all its distributions, in one grid.
//!
//! Each metric is a row, followed by its label names and its largest series. Where the screen is too narrow for the names of metrics,
//! every name stands on a line of its own above its row.

use super::change::Change;
use super::grid::{Cell, Grid, Paint, painted};
use super::spark::shape;
use super::summary::{Figures, SeriesLine, Summary};
use super::units::{Unit, percent};
use crate::output::Screen;
use telemetry_catalog::Estimate;
use telemetry_core::config::HealthThresholds;

/// Shown where there is no value.
const NOTHING: &str = "-";

/// What rows below the row of their metric begin with.
const INDENT: &str = "  ";

/// How many characters of a label value are shown on a screen: as many as there is room for, and of no value more than a person takes in
/// at a glance.
const LABEL_CUTS: [usize; 5] = [40, 28, 20, 14, 9];

/// The most columns of a picture of buckets. Those of the catalog have less.
const WIDEST_SHAPE: usize = 24;

/// How the metrics of one half become cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'s> {
    /// Whether the metrics are distributions, which have other columns than numbers.
    pub(super) distributions: bool,
    /// Where a failure rate stands out.
    pub(super) thresholds: &'s HealthThresholds,
    /// Whether there is a column for what has changed.
    pub(super) changes: bool,
    pub(super) screen: Screen,
}

impl Style<'_> {
    /// The titles of the columns before and behind the number of series.
    const fn header(self) -> (&'static [&'static str], &'static [&'static str]) {
        match (self.distributions, self.changes) {
            (true, false) => (&["METRIC"], &["COUNT", "SUM", "P50", "P95", "P99", "SHAPE"]),
            (true, true) => (&["METRIC"], &["COUNT", "CHANGE", "SUM", "P50", "P95", "P99", "SHAPE"]),
            (false, false) => (&["METRIC", "TYPE"], &["VALUE", "FAILED"]),
            (false, true) => (&["METRIC", "TYPE"], &["VALUE", "CHANGE", "FAILED"]),
        }
    }
}

/// What gives way where the screen is narrow.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Whether names stand on lines of their own, with the number of series below them and not in a column.
    split: bool,
    /// How many characters of a label value are shown.
    cut: Option<usize>,
    /// Whether there is a column with pictures of distributions.
    pictured: bool,
}

/// A grid that is not laid out yet.
#[derive(Debug)]
pub(super) struct Half<'m> {
    metrics: Vec<&'m Summary<'m>>,
    /// How many rows each metric has.
    heights: Vec<usize>,
    grid: Grid,
    /// Whether names stand on lines of their own.
    split: bool,
    screen: Screen,
}

/// A grid as lines.
#[derive(Debug)]
pub(super) struct LaidOut {
    pub(super) header: String,
    /// The lines of each metric, in order.
    pub(super) blocks: Vec<Vec<String>>,
    /// How wide the lines are, all blanks included.
    pub(super) width: u16,
}

impl<'m> Half<'m> {
    pub(super) fn new(metrics: Vec<&'m Summary<'m>>, style: Style<'_>) -> Self {
        let plenty = Shape { split: false, cut: None, pictured: style.distributions };
        let mut half = Self::built(metrics, style, plenty);
        if style.screen.width.is_none() {
            return half;
        }
        // A picture is left out before anything else gives way.
        for pictured in [style.distributions, false] {
            half = Self::built(half.metrics, style, Shape { cut: Some(LABEL_CUTS[0]), pictured, ..plenty });
            if half.fits(style.screen) {
                return half;
            }
        }
        half.narrowed(style)
    }

    /// The same with whatever gives way so that it fits.
    fn narrowed(self, style: Style<'_>) -> Self {
        let mut half = self;
        let Some(room) = half.grid.room(style.screen) else { return half };
        let longest = half.metrics.iter().map(|metric| metric.name.len()).max().unwrap_or_default();
        let split = longest > usize::from(room);
        for cut in LABEL_CUTS {
            half = Self::built(half.metrics, style, Shape { split, cut: Some(cut), pictured: false });
            if half.fits(style.screen) {
                break;
            }
        }
        half
    }

    /// Whether the screen has room for the whole of it.
    fn fits(&self, screen: Screen) -> bool {
        screen.width.is_none_or(|width| self.grid.width(self.grid.first_width()) <= width)
    }

    fn built(metrics: Vec<&'m Summary<'m>>, style: Style<'_>, shape: Shape) -> Self {
        let (texts, mut numbers) = style.header();
        if style.distributions && !shape.pictured {
            numbers = numbers.split_last().map_or(numbers, |(_, numbers)| numbers);
        }
        let series = (!shape.split).then_some("SERIES");
        let header: Vec<_> = texts.iter().copied().chain(series).chain(numbers.iter().copied()).collect();
        let mut grid = Grid::new(&header, texts.len());
        if shape.pictured {
            grid = grid.with_text_last();
        }
        let mut heights = Vec::new();
        for metric in &metrics {
            let rows = rows(metric, style, shape);
            heights.push(rows.len());
            rows.into_iter().for_each(|row| grid.push(row));
        }
        Self { metrics, heights, grid, split: shape.split, screen: style.screen }
    }

    /// The width of the first column, as far as the screen has room for it.
    pub(super) fn first_width(&self) -> u16 {
        self.grid.first_width().min(self.grid.room(self.screen).unwrap_or(u16::MAX))
    }

    /// The lines, with a first column as wide as wished where there is room.
    pub(super) fn laid_out(self, wished: u16) -> LaidOut {
        let first = wished.min(self.grid.room(self.screen).unwrap_or(u16::MAX));
        let lines = self.grid.lines(first, self.screen);
        let mut rows = lines.rows.into_iter();
        let block = |(metric, height): (&&Summary<'_>, usize)| {
            let name = self.split.then(|| painted(metric.name, Paint::Strong, self.screen));
            name.into_iter().chain(rows.by_ref().take(height)).collect()
        };
        let blocks = self.metrics.iter().zip(self.heights).map(block).collect();
        LaidOut { header: lines.header, blocks, width: self.grid.width(first) }
    }
}

/// The row of a metric and those below it.
fn rows(metric: &Summary<'_>, style: Style<'_>, shape: Shape) -> Vec<Vec<Cell>> {
    let name = match (shape.split, metric.series) {
        (false, _) => metric.name.to_owned(),
        (true, 1) => format!("{INDENT}one series"),
        (true, several) => format!("{INDENT}all {several} series"),
    };
    let mut row = vec![Cell::new(name, Paint::Strong)];
    row.extend((!style.distributions).then(|| Cell::new(metric.kind, Paint::Faint)));
    row.extend((!shape.split).then(|| Cell::plain(metric.series.to_string())));
    let total = figures(metric, &metric.total, Paint::Strong, (style, shape));
    row.extend(with_change(total, metric, metric.change, style));
    row.extend(metric.failed.map(|ratio| failure(ratio, style.thresholds)));
    let mut rows = vec![row];
    if !metric.labels.is_empty() {
        rows.extend(series_rows(metric, style, shape));
    }
    rows
}

/// The label names over the label values, in columns of their own, with the figures of each series.
fn series_rows(metric: &Summary<'_>, style: Style<'_>, shape: Shape) -> Vec<Vec<Cell>> {
    let mut labels = Grid::new(&metric.labels, usize::MAX);
    metric.largest.iter().for_each(|line| labels.push(label_cells(line, shape.cut)));
    let lines = labels.lines(labels.first_width(), Screen::PLAIN);
    let skipped = style.header().0.len() - usize::from(shape.split);
    let mut rows = vec![vec![Cell::new(format!("{INDENT}{}", lines.header), Paint::Faint)]];
    for (line, text) in metric.largest.iter().zip(lines.rows) {
        let paint = if line.failing { Paint::Warning } else { Paint::Plain };
        let figures = figures(metric, &line.figures, paint, (style, shape));
        let cells = with_change(figures, metric, line.change, style);
        rows.push(below(format!("{INDENT}{text}"), paint, skipped, cells));
    }
    if let Some((count, size)) = metric.more {
        let size = Cell::new(Unit::None.show(size), Paint::Faint);
        let hint = metric.hint.map(|slug| format!(" (all with -s {slug})")).unwrap_or_default();
        rows.push(below(format!("{INDENT}+ {count} more{hint}"), Paint::Faint, skipped, vec![size]));
    }
    rows
}

/// A row without what only the row of a metric has.
fn below(text: String, paint: Paint, skipped: usize, figures: Vec<Cell>) -> Vec<Cell> {
    [Cell::new(text, paint)]
        .into_iter()
        .chain(std::iter::repeat_n(Cell::default(), skipped))
        .chain(figures)
        .collect()
}

fn label_cells(line: &SeriesLine, cut: Option<usize>) -> Vec<Cell> {
    let shown = |value: &String| match cut.filter(|&cut| value.chars().count() > cut) {
        Some(cut) => value.chars().take(cut - 1).chain(['…']).collect(),
        None => value.clone(),
    };
    line.values.iter().map(|value| Cell::plain(shown(value))).collect()
}

/// The figures with what has become of the first of them behind it, where there is a column for that.
fn with_change(
    mut cells: Vec<Cell>,
    metric: &Summary<'_>,
    change: Option<Change>,
    style: Style<'_>,
) -> Vec<Cell> {
    if style.changes {
        let unit = if style.distributions { Unit::None } else { metric.unit };
        let cell = change.map(|change| Cell::new(change.text(unit), Paint::Changed));
        cells.insert(cells.len().min(1), cell.unwrap_or_default());
    }
    cells
}

fn figures(
    metric: &Summary<'_>,
    figures: &Figures,
    paint: Paint,
    (style, shape): (Style<'_>, Shape),
) -> Vec<Cell> {
    let unit = metric.unit;
    let texts = match figures {
        Figures::Number(value) => vec![unit.show(*value)],
        Figures::Observations { count, sum, percentiles, counts } => {
            let count = Unit::None.show(*count);
            let sum = sum.map_or_else(|| NOTHING.to_owned(), |sum| unit.show(sum));
            let percentiles = percentiles.map(|percentile| match percentile {
                None => NOTHING.to_owned(),
                Some(Estimate::At(value)) => unit.show(value),
                Some(Estimate::Below { bound, .. }) => unit.below(bound),
                Some(Estimate::Beyond(bound)) => unit.beyond(bound),
            });
            let picture = shape.pictured.then(|| pictured(counts, style.screen));
            [count, sum].into_iter().chain(percentiles).chain(picture).collect()
        }
    };
    texts.into_iter().map(|text| Cell::new(text, paint)).collect()
}

fn pictured(counts: &[f64], screen: Screen) -> String {
    if counts.is_empty() { NOTHING.to_owned() } else { shape(counts, WIDEST_SHAPE, screen) }
}

/// A rate at a threshold counts as over it, as everywhere.
fn failure(ratio: f64, thresholds: &HealthThresholds) -> Cell {
    let paint = match ratio * 100.0 {
        percent if percent >= thresholds.error_rate_critical => Paint::Critical,
        percent if percent >= thresholds.error_rate_warn => Paint::Warning,
        _ => Paint::Plain,
    };
    Cell::new(percent(ratio), paint)
}

#[cfg(test)]
mod tests {
    use super::super::summary::Terms;
    use super::*;
    use telemetry_core::exposition::{Format, parse};

    #[test]
    fn a_failure_rate_stands_out_from_its_threshold_on() {
        let thresholds = HealthThresholds::default();
        let paint = |ratio| failure(ratio, &thresholds).paint;
        assert_eq!((paint(0.09), paint(0.1), paint(0.25)), (Paint::Plain, Paint::Warning, Paint::Critical));
    }

    #[test]
    fn a_percentile_in_the_first_bucket_is_below_its_bound_and_one_in_the_last_beyond_it() {
        let text = "# TYPE h_seconds histogram\nh_seconds_bucket{le=\"10\"} 8\nh_seconds_bucket{le=\"+Inf\"} 10\nh_seconds_sum 5\nh_seconds_count 10\n";
        let families = parse(text, Format::Text).unwrap();
        let summary = Summary::of(&families[0], Terms { hidden_labels: &[], limit: 9, before: None });
        let style = Style {
            distributions: true,
            thresholds: &HealthThresholds::default(),
            changes: false,
            screen: Screen::PLAIN,
        };
        let lines = Half::new(vec![&summary], style).laid_out(6).blocks.concat();
        assert!(lines[0].contains("< 10 s  > 10 s  > 10 s"), "{lines:?}");
    }

    #[test]
    fn how_it_is_spread_is_shown_where_nothing_else_gives_way_for_it() {
        let text = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 4\nh_bucket{le=\"+Inf\"} 4\nh_sum 5\nh_count 4\n# TYPE s summary\ns_sum 1\ns_count 1\n";
        let families = parse(text, Format::Text).unwrap();
        let terms = Terms { hidden_labels: &[], limit: 9, before: None };
        let summaries: Vec<_> = families.iter().map(|family| Summary::of(family, terms)).collect();
        let lines = |width| -> Vec<String> {
            let screen = Screen { width, ..Screen::PLAIN };
            let thresholds = &HealthThresholds::default();
            let style = Style { distributions: true, thresholds, changes: false, screen };
            let laid_out = Half::new(summaries.iter().collect(), style).laid_out(6);
            [vec![laid_out.header], laid_out.blocks.concat()].concat()
        };
        let whole = [
            "METRIC  SERIES  COUNT  SUM   P50   P95   P99  SHAPE",
            "h            1      4    5  1.33  1.93  1.99  ▃█▁",
            "s            1      1    1     -     -     -  -",
        ];
        assert_eq!(lines(None), whole);
        assert_eq!(lines(Some(51)), whole);
        let narrow = whole.map(|line| line[..line.char_indices().nth(44).unwrap().0].trim_end());
        assert_eq!(lines(Some(50)), narrow);
    }

    #[test]
    fn a_long_label_value_is_cut_on_a_screen_and_whole_in_a_pipe() {
        let line = SeriesLine {
            values: vec!["é".repeat(50)],
            figures: Figures::Number(1.0),
            change: None,
            failing: false,
        };
        let shown = |cut| label_cells(&line, cut)[0].text.clone();
        assert_eq!(shown(Some(5)), "éééé…");
        assert_eq!(shown(Some(50)).chars().count(), 50);
        assert_eq!(shown(None).chars().count(), 50);
    }
}
