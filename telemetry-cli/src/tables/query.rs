//! The page of `telemetry query`: values, or how they went.

use super::grid::{Cell, Grid, Lines, Paint, painted};
use super::harmless;
use super::spark::sparkline;
use crate::commands::query::Asked;
use crate::output::Screen;
use chrono::{DateTime, SecondsFormat};
use std::cmp::Ordering;
use std::time::Duration;
use telemetry_catalog::quantity::{UNKNOWN, exact, seconds};
use telemetry_query::{Label, Labels, METRIC_NAME, Sample, Series, Steps, Value};

/// The most series of a range that are shown where nobody asks for all.
const MOST: usize = 20;

/// The widest and the narrowest picture, in columns.
const WIDEST: u16 = 60;
const NARROWEST: u16 = 8;

/// How wide it is in a pipe, where nobody shall have to look for the numbers behind it.
const PIPED: u16 = 24;

/// A figure of a series, with its title.
type Column = (&'static str, fn(&Went<'_>) -> f64);

const MIN: Column = ("MIN", |went| went.min);
const MEAN: Column = ("MEAN", |went| went.mean);
const MAX: Column = ("MAX", |went| went.max);
const NOW: Column = ("LAST", |went| went.last);

/// The figures that are shown, as many as leave room for the series and its picture: which one a line is about comes before its numbers.
const FIGURES: [&[Column]; 4] = [&[MIN, MEAN, MAX, NOW], &[MIN, MAX, NOW], &[MAX, NOW], LAST];

/// The figure that is always shown.
const LAST: &[Column] = &[NOW];

/// The largest first, or what there is.
pub(crate) fn query(asked: &Asked, all: bool, screen: Screen) -> String {
    match (&asked.answer.value, asked.steps) {
        (Value::Scalar(sample), _) => format!("{}\n", figure(sample.value)),
        (Value::String { text, .. }, _) => format!("{}\n", harmless(text)),
        (Value::Vector(elements), _) => vector(elements, screen),
        (Value::Matrix(series), Some(steps)) => range(series, steps, all, screen),
        (Value::Matrix(series), None) => last(series, screen),
        _ => String::new(),
    }
}

fn vector(elements: &[(Labels, Sample)], screen: Screen) -> String {
    let mut sorted: Vec<_> = elements.iter().collect();
    sorted.sort_by(|(_, one), (_, other)| largest_first(one.value, other.value));
    let shared = Shared::of(elements.iter().map(|(labels, _)| labels));
    let mut grid = Grid::new(&["SERIES", "VALUE"], 1);
    for (labels, sample) in sorted {
        grid.push(vec![Cell::plain(shared.rest(labels)), Cell::plain(figure(sample.value))]);
    }
    table(&shared, &grid, elements.is_empty(), screen)
}

/// The last sample of each series, with its time.
fn last(series: &[Series], screen: Screen) -> String {
    let shared = Shared::of(series.iter().map(|series| &series.labels));
    let mut grid = Grid::new(&["SERIES", "SAMPLES", "LAST", "AT"], 1);
    let mut sorted: Vec<_> = series.iter().filter_map(|of| Some((of, of.samples.last()?))).collect();
    sorted.sort_by(|(_, one), (_, other)| largest_first(one.value, other.value));
    for (of, last) in sorted {
        let [count, value] = [of.samples.len().to_string(), figure(last.value)].map(Cell::plain);
        grid.push(vec![
            Cell::plain(shared.rest(&of.labels)),
            count,
            value,
            Cell::plain(moment(last.timestamp)),
        ]);
    }
    table(&shared, &grid, series.is_empty(), screen)
}

/// What all series share, and below it the table.
fn table(shared: &Shared<'_>, grid: &Grid, empty: bool, screen: Screen) -> String {
    if empty {
        return String::new();
    }
    let widest = grid.first_width();
    let Lines { header, rows } =
        grid.lines(grid.room(screen).map_or(widest, |room| room.min(widest)), screen);
    format!("{}{header}\n{}\n", shared.line(screen), rows.join("\n"))
}

fn range(series: &[Series], steps: Steps, all: bool, screen: Screen) -> String {
    if series.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<_> = series.iter().map(Went::of).collect();
    sorted.sort_by(|one, other| largest_first(one.last, other.last));
    let shown = if all { sorted.len() } else { sorted.len().min(MOST) };
    let shared = Shared::of(series.iter().map(|series| &series.labels));
    let grid = |columns: &[Column], picture: &dyn Fn(&Went<'_>) -> String| {
        let titles: Vec<_> =
            ["SERIES", ""].into_iter().chain(columns.iter().map(|(title, _)| *title)).collect();
        let mut grid = Grid::new(&titles, 2);
        for went in &sorted[..shown] {
            let mut row = vec![Cell::plain(shared.rest(&went.series.labels)), Cell::plain(picture(went))];
            row.extend(columns.iter().map(|(_, of)| Cell::plain(figure(of(went)))));
            grid.push(row);
        }
        grid
    };
    let taken = |columns: &[Column]| {
        let bare = grid(columns, &|_| String::new());
        bare.width(bare.first_width())
    };
    let fits = |columns: &&[Column]| screen.width.is_none_or(|width| taken(columns) + NARROWEST <= width);
    let columns = FIGURES.into_iter().find(fits).unwrap_or(LAST);
    let room =
        screen.width.map_or(PIPED, |width| width.saturating_sub(taken(columns)).clamp(NARROWEST, WIDEST));
    let drawn = grid(columns, &|went| sparkline(&went.values(steps), room.into(), screen));
    let step = seconds(Duration::from_millis(steps.step.unsigned_abs()).as_secs_f64());
    let times = format!("{} to {}, every {step}\n", moment(steps.start), moment(steps.end));
    let mut page =
        painted(times.trim_end(), Paint::Faint, screen) + "\n" + &table(&shared, &drawn, false, screen);
    if shown < sorted.len() {
        let more = format!("and {} more series; --all shows them", sorted.len() - shown);
        page += &format!("{}\n", painted(&more, Paint::Faint, screen));
    }
    page
}

/// How a series went.
struct Went<'s> {
    series: &'s Series,
    min: f64,
    mean: f64,
    max: f64,
    last: f64,
}

impl<'s> Went<'s> {
    fn of(series: &'s Series) -> Self {
        let values = || series.samples.iter().map(|sample| sample.value);
        #[expect(clippy::cast_precision_loss, reason = "there are at most 11,000")]
        let count = series.samples.len() as f64;
        Self {
            series,
            min: values().fold(f64::NAN, f64::min),
            // Each is divided before they are added, since the sum of large numbers may be none.
            mean: values().map(|value| value / count).sum(),
            max: values().fold(f64::NAN, f64::max),
            last: values().next_back().unwrap_or(f64::NAN),
        }
    }

    /// A value for each step; where there is none, no number.
    fn values(&self, steps: Steps) -> Vec<f64> {
        let count = usize::try_from((steps.end - steps.start) / steps.step + 1).unwrap_or_default();
        let mut values = vec![f64::NAN; count];
        for sample in &self.series.samples {
            let index = usize::try_from((sample.timestamp - steps.start) / steps.step);
            if let Some(value) = index.ok().and_then(|index| values.get_mut(index)) {
                *value = sample.value;
            }
        }
        values
    }
}

/// The labels that several series have in common.
struct Shared<'l>(Vec<&'l Label>);

impl<'l> Shared<'l> {
    fn of(mut all: impl Iterator<Item = &'l Labels>) -> Self {
        let mut shared: Vec<_> = all.next().map(|first| first.iter().collect()).unwrap_or_default();
        let mut several = false;
        for labels in all {
            several = true;
            shared.retain(|label| labels.get(&label.name) == &*label.value);
        }
        // Of a single series all would be said above the table, and nothing in it.
        Self(if several { shared } else { Vec::new() })
    }

    fn line(&self, screen: Screen) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        format!("{}\n", painted(&format!("all: {}", written(self.0.iter().copied())), Paint::Faint, screen))
    }

    /// What tells a series from the others.
    fn rest(&self, labels: &Labels) -> String {
        let rest = written(labels.iter().filter(|label| !self.0.contains(label)));
        if rest.is_empty() { UNKNOWN.to_owned() } else { rest }
    }
}

/// Labels as words, the name of the metric first.
fn written<'l>(labels: impl Iterator<Item = &'l Label>) -> String {
    let (names, others): (Vec<_>, Vec<_>) = labels.partition(|label| &*label.name == METRIC_NAME);
    let names = names.iter().map(|label| harmless(&label.value));
    let others = others.iter().map(|label| harmless(&format!("{}={}", label.name, label.value)));
    names.chain(others).collect::<Vec<_>>().join(" ")
}

/// What is no number comes last.
fn largest_first(one: f64, other: f64) -> Ordering {
    one.is_nan().cmp(&other.is_nan()).then(other.total_cmp(&one))
}

/// A whole number with all of its digits, and any other with six that matter, or its whole part where that has more: what is printed in
/// place of a digit would be taken for one.
fn figure(value: f64) -> String {
    /// From here on the whole part has more than six digits.
    const LARGE: f64 = 1e6;
    if value.trunc() == value || !value.is_finite() {
        return exact(value);
    }
    if value.abs() >= LARGE {
        return exact(value.trunc());
    }
    exact(format!("{value:.5e}").parse().unwrap_or(value))
}

/// A time to the second, or to the millisecond where it has any.
fn moment(milliseconds: i64) -> String {
    let format = if milliseconds % 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    let time = DateTime::from_timestamp_millis(milliseconds);
    time.map_or_else(|| milliseconds.to_string(), |time| time.to_rfc3339_opts(format, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_stack::source::Answer;

    fn page(value: Value, steps: Option<Steps>, screen: Screen) -> String {
        let answer = Answer { value, warnings: Vec::new() };
        let asked = Asked { expr: "x".to_owned(), source: "http://x".to_owned(), steps, answer };
        query(&asked, false, screen)
    }

    fn labels(zone: &str) -> Labels {
        Labels::new([("__name__", "load"), ("job", "fleet"), ("zone", zone)])
    }

    #[test]
    fn values_are_in_order_and_what_all_share_is_said_once() {
        let element = |(zone, value)| (labels(zone), Sample::new(0, value));
        let elements = [("a", 0.123_456_789), ("b", f64::NAN), ("c\u{1b}[2J", 1_234_567.0)].map(element);
        let expected = "\
all: load job=fleet
SERIES              VALUE
zone=c\\u{1b}[2J   1234567
zone=a           0.123457
zone=b                NaN
";
        assert_eq!(page(Value::Vector(elements.to_vec()), None, Screen::PLAIN), expected);
        let one = page(Value::Vector(vec![element(("a", 1.0))]), None, Screen::PLAIN);
        assert_eq!(one, "SERIES                 VALUE\nload job=fleet zone=a      1\n");
    }

    #[test]
    fn no_digit_is_made_up() {
        assert_eq!(figure(1_795_302_398.123), "1795302398");
        assert_eq!(figure(-1_234_567.9), "-1234567");
        assert_eq!(figure(123_456.78), "123457");
        assert_eq!(figure(1.951_219_5), "1.95122");
    }

    #[test]
    fn a_value_without_labels_has_its_own_line() {
        assert_eq!(page(Value::Scalar(Sample::new(0, 1e300)), None, Screen::PLAIN), "1e+300\n");
        let text = Value::String { timestamp: 0, text: "a\nb".to_owned() };
        assert_eq!(page(text, None, Screen::PLAIN), "a\\nb\n");
        let sum = Value::Vector(vec![(Labels::default(), Sample::new(0, 2.0))]);
        assert_eq!(page(sum, None, Screen::PLAIN), "SERIES  VALUE\n–           2\n");
        assert_eq!(page(Value::Vector(Vec::new()), None, Screen::PLAIN), "");
    }

    #[test]
    fn a_matrix_is_its_last_values_with_their_times() {
        let samples = vec![Sample::new(1_000, 1.0), Sample::new(2_500, 2.0)];
        let text = page(Value::Matrix(vec![Series { labels: labels("a"), samples }]), None, Screen::PLAIN);
        assert!(text.ends_with("load job=fleet zone=a        2     2  1970-01-01T00:00:02.500Z\n"), "{text}");
    }

    #[test]
    fn a_range_is_a_picture_with_gaps_and_not_more_series_than_anybody_reads() {
        let steps = Steps { start: 0, end: 4_000, step: 1_000 };
        let series = |index: u32| {
            let samples =
                [0, 1, 3, 4].map(|at| Sample::new(at * 1_000, f64::from(index) + at as f64)).to_vec();
            Series { labels: labels(&index.to_string()), samples }
        };
        let all: Vec<_> = (0..25).map(series).collect();
        let text = page(Value::Matrix(all.clone()), Some(steps), Screen::PLAIN);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "1970-01-01T00:00:00Z to 1970-01-01T00:00:04Z, every 1 s");
        assert_eq!(lines[3], "zone=24  ▁▃ ▆█   24    26   28    28");
        assert_eq!((lines.len(), *lines.last().unwrap()), (24, "and 5 more series; --all shows them"));
        let narrow = Screen { width: Some(30), ..Screen::PLAIN };
        let text = page(Value::Matrix(all), Some(steps), narrow);
        assert!(text.contains("zone=24  ▁▃ ▆█"), "{text}");
        assert!(text.contains("  MAX  LAST\n") && !text.contains("MEAN") && !text.contains("MIN"), "{text}");
    }
}
